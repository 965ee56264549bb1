// Whatever is given as a name, a value or bytes, only documented errors are thrown.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  getsockopt,
  type OptionName,
  SocketError,
  setSocketOption,
  setSocketOptions,
  setsockopt,
  socketOption,
  socketOptions,
} from "../../src/index.ts";
import { optionNames, optionsOf } from "../../src/option/table.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { socketKinds, withSocket } from "../support/sockets.ts";

const set = setSocketOption as (fd: number, name: unknown, value: unknown) => void;

/** Runs `call`; true where it returned, false where it threw what it may throw. */
function documented(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    const expected =
      error instanceof TypeError || error instanceof RangeError || error instanceof SocketError;
    if (!expected) throw error;
    return false;
  }
}

const keys = ["group", "interface", "source", "address", "key", "clockid", "flags", "low", "high"];
const shaped = fc.dictionary(
  fc.constantFrom(...keys, "type", "pass", "block", "mode", "sources", "code", "jt", "jf", "k"),
  fc.oneof(
    fc.integer(),
    fc.constantFrom("lo", "239.1.2.3", "ff15::1", "127.0.0.1", "::1", "include", "promisc", "tai"),
    fc.array(fc.oneof(fc.integer({ min: -1, max: 300 }), fc.string())),
  ),
  { maxKeys: 4 },
);
const values = fc.oneof(
  fc.anything(),
  fc.boolean(),
  fc.integer({ min: -2, max: 300 }),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.string({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 300 }),
  shaped,
  fc.array(shaped, { maxLength: 3 }),
);

// Inside a namespace, since a value may be a group, and joining one is told to the network.
function inNamespace(body: () => void): void {
  using namespace = new Namespace();
  namespace.enter(body);
}

const names = fc.constantFrom(...optionNames());

testWith(namespaces)("any value for any option", () => {
  let accepted = 0;
  inNamespace(() =>
    fc.assert(
      fc.property(fc.constantFrom(...socketKinds), names, values, (kind, name, value) => {
        withSocket(kind, (fd) => {
          if (documented(() => set(fd, name, value))) accepted++;
          documented(() => setSocketOptions(fd, { [name]: value }));
          socketOptions(fd, { level: "all" });
        });
      }),
      { numRuns: 2000 },
    ),
  );
  expect(accepted).toBeGreaterThan(0);
});

test("any name", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.anything()), values, (name, value) => {
      withSocket("udp", (fd) => {
        expect(documented(() => socketOption(fd, name as OptionName))).toBe(false);
        expect(documented(() => set(fd, name, value))).toBe(false);
        documented(() => setSocketOptions(fd, { [String(name)]: value } as object));
      });
    }),
    { numRuns: 1000 },
  );
});

test("whatever the kernel might return decodes without an error of ours", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
      for (const { codec } of optionsOf("all")) codec.decode?.(bytes.slice());
    }),
    { numRuns: 500 },
  );
});

testWith(namespaces)("any bytes for any level and name", () => {
  // SOL_SOCKET's SO_ATTACH_FILTER and its like take pointers; they are left to the named options.
  const levels = fc.constantFrom(0, 6, 17, 41, 255, 263, 270);
  inNamespace(() =>
    fc.assert(
      fc.property(levels, fc.nat(120), fc.uint8Array({ maxLength: 300 }), (level, name, bytes) => {
        for (const kind of ["tcp", "udp6", "unix"] as const) {
          withSocket(kind, (fd) => {
            documented(() => setsockopt(fd, level, name, bytes));
            documented(() => getsockopt(fd, level, name, bytes.length));
            documented(() => getsockopt(fd, level, name, bytes));
          });
        }
      }),
      { numRuns: 1500 },
    ),
  );
});
