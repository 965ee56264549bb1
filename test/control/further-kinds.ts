// Control messages of families that few programs use, as arbitraries.

import fc from "fast-check";
import type { ControlMessage } from "../../src/index.ts";

export const u32 = fc.nat(2 ** 32 - 1);
export const u16 = fc.nat(65535);
export const u8 = fc.nat(255);
export const kind = <K extends ControlMessage["kind"]>(name: K) => fc.constant(name);

export const furtherKinds: Record<string, fc.Arbitrary<ControlMessage>> = {
  "alg-operation": fc.record({
    kind: kind("alg-operation"),
    value: fc.constantFrom("encrypt" as const, "decrypt" as const, 7),
  }),
  "alg-iv": fc.record({ kind: kind("alg-iv"), iv: fc.uint8Array({ maxLength: 40 }) }),
  "alg-associated": fc.record({ kind: kind("alg-associated"), length: u32 }),
  "tls-record": fc.record({ kind: kind("tls-record"), type: u8 }),
  "sctp-send": fc.record({
    kind: kind("sctp-send"),
    stream: u16,
    flags: u16,
    ppid: u32,
    context: u32,
    association: u32,
  }),
  "sctp-receive": fc.record({
    kind: kind("sctp-receive"),
    stream: u16,
    sequence: u16,
    flags: u16,
    ppid: u32,
    tsn: u32,
    cumulativeTsn: u32,
    context: u32,
    association: u32,
  }),
  "sctp-next": fc.record({
    kind: kind("sctp-next"),
    stream: u16,
    flags: u16,
    ppid: u32,
    length: u32,
    association: u32,
  }),
  "sctp-partial": fc.record({ kind: kind("sctp-partial"), policy: u16, value: u32 }),
  "sctp-init": fc.record({
    kind: kind("sctp-init"),
    outStreams: u16,
    maxInStreams: u16,
    maxAttempts: u16,
    maxInitTimeout: u16,
  }),
  "dccp-priority": fc.record({ kind: kind("dccp-priority"), value: u32 }),
};
