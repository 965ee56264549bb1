// In steady state the calls that move bytes allocate nothing.

import { expect, test } from "bun:test";
import { read, recv, send, socketpair, write } from "../../src/index.ts";
import { heapGrowth } from "../support/allocation.ts";
import { Descriptors } from "../support/descriptors.ts";

/** Some blocks: what a collection, or the compiler, leaves lying about. */
const NOTHING = 100_000;

test("one small object a call shows in the measure", () => {
  const kept: { value: object } = { value: {} };
  const growth = heapGrowth(() => {
    kept.value = { growth: 1 };
  });
  expect(growth).toBeGreaterThan(3 * NOTHING);
});

test("send and recv allocate nothing, with and without options", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const data = new Uint8Array(64);
  const options = { dontwait: true, start: 1 };
  const growth = heapGrowth(() => {
    send(a, data);
    recv(b, data);
    send(a, data, options);
    recv(b, data, options);
  });
  expect(growth).toBeLessThanOrEqual(NOTHING);
});

test("read and write allocate nothing", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const data = new Uint8Array(64);
  const growth = heapGrowth(() => {
    write(a, data);
    read(b, data);
  });
  expect(growth).toBeLessThanOrEqual(NOTHING);
});
