// The types of options: checked by tsc, which reads this file; run, it shows that they are true.

import { expect, expectTypeOf, test } from "bun:test";
import type { TypeName } from "../../src/base/constants.ts";
import {
  type OptionInput,
  type OptionName,
  type OptionValue,
  type OptionValues,
  setSocketOption,
  setSocketOptions,
  socketOption,
  socketOptions,
} from "../../src/index.ts";
import type { TcpInfo } from "../../src/option/tcp_info.ts";
import { withSocket } from "../support/sockets.ts";

test("a value has its option's type", () => {
  withSocket("tcp", (fd) => {
    expectTypeOf(socketOption(fd, "SO_REUSEADDR")).toEqualTypeOf<boolean>();
    expectTypeOf(socketOption(fd, "SO_RCVBUF")).toEqualTypeOf<number>();
    expectTypeOf(socketOption(fd, "SO_LINGER")).toEqualTypeOf<number | null>();
    expectTypeOf(socketOption(fd, "SO_COOKIE")).toEqualTypeOf<bigint>();
    expectTypeOf(socketOption(fd, "SO_TYPE")).toEqualTypeOf<TypeName | number>();
    expectTypeOf(socketOption(fd, "TCP_CONGESTION")).toEqualTypeOf<string>();
    expectTypeOf(socketOption(fd, "TCP_INFO")).toEqualTypeOf<TcpInfo>();
    expectTypeOf(socketOption(fd, "TCP_INFO").rtt).toEqualTypeOf<number>();
    expectTypeOf(socketOption(fd, "IP_OPTIONS")).toEqualTypeOf<Uint8Array>();
    const { SO_LINGER, TCP_NODELAY } = socketOptions(fd, { level: "all" });
    expectTypeOf(SO_LINGER).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(TCP_NODELAY).toEqualTypeOf<boolean | undefined>();
    expect([SO_LINGER, TCP_NODELAY]).toEqual([null, false]);
  });
});

test("names and inputs are derived from the table", () => {
  expectTypeOf<"SO_LINGER">().toExtend<OptionName>();
  expectTypeOf<OptionValue<"SO_PEERCRED">>().toEqualTypeOf<{
    pid: number;
    uid: number;
    gid: number;
  }>();
  expectTypeOf<OptionInput<"IPV6_MULTICAST_IF">>().toEqualTypeOf<number | string>();
  expectTypeOf<OptionInput<"SO_TIMESTAMPING">>().toEqualTypeOf<readonly string[] | number>();
  expectTypeOf<keyof OptionValues>().toEqualTypeOf<OptionName>();
});

test("what socketOptions returns is what setSocketOptions takes", () => {
  withSocket("udp", (fd) => {
    const values: Partial<OptionValues> = socketOptions(fd);
    // The types allow it; SO_ACCEPTCONN and others can only be read.
    expect(() => setSocketOptions(fd, values)).toThrow(TypeError);
  });
});

test("what does not fit is a compile error, and an error", () => {
  withSocket("udp", (fd) => {
    // @ts-expect-error: no such option
    expect(() => socketOption(fd, "SO_NONSENSE")).toThrow(TypeError);
    // @ts-expect-error: no such option
    expect(() => setSocketOption(fd, "SO_NONSENSE", true)).toThrow(TypeError);
    // @ts-expect-error: a flag is a boolean
    expect(() => setSocketOption(fd, "SO_REUSEADDR", 1)).toThrow(TypeError);
    // @ts-expect-error: a count is a number
    expect(() => setSocketOption(fd, "SO_RCVBUF", "1")).toThrow(TypeError);
    // @ts-expect-error: a group is text
    expect(() => setSocketOption(fd, "MCAST_JOIN_GROUP", { group: 1 })).toThrow(TypeError);
    // @ts-expect-error: no such level
    expect(() => socketOptions(fd, { level: "sockets" })).toThrow(TypeError);
    // @ts-expect-error: no such option
    expect(() => setSocketOptions(fd, { SO_NONSENSE: 1 })).toThrow(TypeError);
  });
});
