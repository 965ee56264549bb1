import { expect, test } from "bun:test";
import { poll, send, shutdown, socketpair } from "../src/index.ts";
import { closedDescriptor, Descriptors } from "./support/descriptors.ts";

test("only the ready descriptors are returned, as they were given", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  expect(poll([{ fd: b, events: ["in"] }], 0)).toEqual([]);
  send(a, new Uint8Array(1));
  const owner = { fd: b };
  expect(
    poll(
      [
        { fd: a, events: ["in"] },
        { fd: owner, events: ["in", "out"] },
      ],
      0,
    ),
  ).toEqual([{ fd: owner, events: ["in", "out"] }]);
});

test("a hung-up and a closed descriptor are reported unasked", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  shutdown(a, "rdwr");
  const closed = closedDescriptor();
  expect(
    poll([
      { fd: b, events: [] },
      { fd: closed, events: ["in"] },
    ]),
  ).toEqual([
    { fd: b, events: ["hup"] },
    { fd: closed, events: ["nval"] },
  ]);
});

test("the timeout is kept", () => {
  const start = performance.now();
  expect(poll([], 60)).toEqual([]);
  expect(performance.now() - start).toBeGreaterThanOrEqual(59);
});

test("bad arguments throw", () => {
  expect(() => poll("x" as never)).toThrow(TypeError);
  expect(() => poll([{ fd: 0, events: ["read" as never] }], 0)).toThrow(/accepted: in, out, pri/);
  expect(() => poll([{ fd: 0, events: "in" as never }], 0)).toThrow(TypeError);
  expect(() => poll([], 1.5)).toThrow(RangeError);
  expect(() => poll([], -2)).toThrow(RangeError);
  expect(() => poll([{ fd: -1, events: [] }], 0)).toThrow(RangeError);
});
