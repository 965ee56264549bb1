import { expect, test } from "bun:test";
import { poll, send, shutdown, socketpair } from "../../src/index.ts";
import { closedDescriptor, Descriptors } from "../support/descriptors.ts";

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

test("an array that lies about its length, or grows while it is read, is polled within bounds", () => {
  using open = new Descriptors();
  const [a] = open.own(socketpair("unix", "stream"));
  const lying = new Proxy([{ fd: a, events: ["out" as const] }], {
    get: (target, key) => (key === "length" ? 100_000 : Reflect.get(target, key)),
  });
  expect(() => poll(lying, 0)).toThrow(TypeError);
  const growing = [{ fd: a, events: ["out" as const] }];
  Object.defineProperty(growing[0], "fd", {
    get: () => {
      for (let count = 0; count < 100; count++) growing.push({ fd: a, events: ["out"] });
      return a;
    },
  });
  expect(poll(growing, 0)).toHaveLength(1);
});
