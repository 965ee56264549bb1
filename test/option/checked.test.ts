// What is checked of an option's name and value, before any system call.

import { describe, expect, test } from "bun:test";
import { setSocketOption, setSocketOptions, socketOption, socketOptions } from "../../src/index.ts";

const set = setSocketOption as (fd: unknown, name: unknown, value?: unknown) => void;
const get = socketOption as (fd: unknown, name: unknown) => unknown;
const setAll = setSocketOptions as (fd: unknown, values?: unknown) => void;
const getAll = socketOptions as (fd: unknown, options?: unknown) => Record<string, unknown>;

describe("what is checked before any system call", () => {
  // No descriptor of this number is open: a system call would be EBADF.
  const fd = 999_999;

  test("an unknown name lists the names there are", () => {
    for (const name of ["SO_FOO", "FOO", "", "SO_", "toString", "SO_REUSEADDR ", "so_reuseaddr"]) {
      for (const call of [() => get(fd, name), () => set(fd, name, 1)]) {
        expect(call).toThrow(TypeError);
        expect(call).toThrow(`unknown option "${name}"`);
      }
    }
    expect(() => get(fd, "SO_REUSEADR")).toThrow("SO_REUSEADDR");
    for (const name of [undefined, null, 4, {}, Symbol.iterator]) {
      expect(() => get(fd, name)).toThrow(TypeError);
      expect(() => set(fd, name, 1)).toThrow(TypeError);
    }
  });

  test("an option of another platform says that this one lacks it", () => {
    const name = process.platform === "linux" ? "SO_NOSIGPIPE" : "SO_PEERCRED";
    expect(() => get(fd, name)).toThrow(new TypeError(`this platform has no ${name}`));
    expect(() => set(fd, name, true)).toThrow(TypeError);
  });

  test("what can only be read is not set, what can only be set not read", () => {
    for (const name of ["SO_TYPE", "SO_ERROR", "TCP_INFO", "SO_PEERCRED", "SO_PEERPIDFD"]) {
      expect(() => set(fd, name, 1)).toThrow(new TypeError(`${name} can only be read`));
    }
    for (const name of ["IP_ADD_MEMBERSHIP", "SO_ATTACH_FILTER", "SO_DETACH_FILTER"]) {
      expect(() => get(fd, name)).toThrow(new TypeError(`${name} can only be set`));
    }
  });

  for (const [name, value] of [
    ["SO_RCVBUF", "1"],
    ["SO_RCVBUF", true],
    ["SO_RCVBUF", 1n],
    ["SO_RCVBUF", undefined],
    ["SO_REUSEADDR", 1],
    ["SO_REUSEADDR", null],
    ["SO_LINGER", true],
    ["SO_RCVTIMEO", null],
    ["SO_BINDTODEVICE", 1],
    ["SO_BINDTODEVICE", "a\0b"],
    ["SO_TIMESTAMPING", ["software", "nonsense"]],
    ["SO_TIMESTAMPING", true],
    ["SO_TXTIME", { clockid: "sundial" }],
    ["SO_TXTIME", { clockid: "tai", flag: 1 }],
    ["SO_TXTIME", 1],
    ["SO_DETACH_FILTER", false],
    ["IP_OPTIONS", [1, 1]],
    ["IP_LOCAL_PORT_RANGE", [1, 2]],
    ["IP_MULTICAST_IF", true],
    ["IP_MTU_DISCOVER", "nonsense"],
    ["IP_MTU_DISCOVER", null],
    ["IPV6_MULTICAST_IF", null],
    ["IPV6_PKTINFO", { address: "127.0.0.1" }],
    ["TCP_CONGESTION", null],
    ["ICMP_FILTER", { pass: [], block: [] }],
    ["ICMP_FILTER", {}],
    ["ICMP_FILTER", { pass: ["nonsense"] }],
    ["ICMP_FILTER", 3],
  ] as const) {
    test(`${name} of ${Bun.inspect(value).replaceAll(/\s+/g, " ")} is a TypeError`, () => {
      expect(() => set(fd, name, value)).toThrow(TypeError);
      expect(() => setAll(fd, { [name]: value })).toThrow(TypeError);
    });
  }

  for (const [name, value] of [
    ["SO_RCVBUF", 1.5],
    ["SO_RCVBUF", -1],
    ["SO_RCVBUF", 2 ** 40],
    ["SO_RCVBUF", Number.NaN],
    ["SO_MARK", 2 ** 32],
    ["SO_LINGER", 0.5],
    ["SO_LINGER", -1],
    ["SO_RCVTIMEO", -1],
    ["SO_RCVTIMEO", Number.NaN],
    ["SO_RCVTIMEO", Number.POSITIVE_INFINITY],
    ["SO_BINDTODEVICE", "sixteen-letters!"],
    ["SO_TXTIME", { clockid: 1.5 }],
    ["IP_TTL", 256],
    ["IP_TTL", -2],
    ["IP_TOS", 256],
    ["IP_TOS", -1],
    ["IP_LOCAL_PORT_RANGE", { low: 1, high: 65_536 }],
    ["IPV6_UNICAST_HOPS", 256],
    ["TCP_CONGESTION", "x".repeat(16)],
    ["UDP_SEGMENT", 65_536],
    ["SO_VM_SOCKETS_BUFFER_SIZE", 2 ** 53],
    ["ICMP_FILTER", { block: [32] }],
    ["SO_ATTACH_FILTER", []],
    ["SO_ATTACH_FILTER", [{ code: 6, jt: 256, jf: 0, k: 0 }]],
    ["SO_ATTACH_FILTER", new Uint8Array(7)],
  ] as const) {
    test(`${name} of ${Bun.inspect(value).replaceAll(/\s+/g, " ")} is a RangeError`, () => {
      expect(() => set(fd, name, value)).toThrow(RangeError);
      expect(() => setAll(fd, { [name]: value })).toThrow(RangeError);
    });
  }

  test("options and values of the wrong kind", () => {
    for (const options of [null, 1, "socket"]) expect(() => getAll(fd, options)).toThrow(TypeError);
    expect(() => getAll(fd, { levels: "ip" })).toThrow(TypeError);
    expect(() => getAll(fd, { level: "sockets" })).toThrow(/accepted: .*socket.*all/);
    expect(() => getAll(fd, { level: "toString" })).toThrow(TypeError);
    expect(() => getAll(fd, { level: 12_345 })).toThrow(RangeError);
    for (const values of [undefined, null, 1]) expect(() => setAll(fd, values)).toThrow(TypeError);
  });
});
