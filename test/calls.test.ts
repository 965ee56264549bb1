import { expect, test } from "bun:test";
import { close, recv, send, socketpair } from "../src/index.ts";
import { Namespace } from "./support/namespace.ts";
import { ip, root, testWith } from "./support/requirements.ts";

test("socketpair gives two connected descriptors", () => {
  const [a, b] = socketpair("unix", "stream");
  expect(send(a, new Uint8Array([1, 2, 3]))).toBe(3);
  const buffer = new Uint8Array(8);
  expect(recv(b, buffer)).toBe(3);
  expect(buffer.subarray(0, 3)).toEqual(new Uint8Array([1, 2, 3]));
  close(a);
  close(b);
});

testWith(root, ip)("a namespace can be entered and left", () => {
  using namespace = new Namespace();
  const names = namespace.enter(() => require("node:fs").readlinkSync("/proc/thread-self/ns/net"));
  expect(names).not.toBe(require("node:fs").readlinkSync("/proc/thread-self/ns/net"));
});
