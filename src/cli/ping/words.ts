// What `rawsock ping` says, and how it compares what came back.

import type { Sockaddr } from "../../address/sockaddr.ts";
import type { Echo } from "../shared/echo.ts";
import type { Host } from "../shared/host.ts";

export const HEADER = 8;

/** The first line. */
export function announce({ name, address, family }: Host, size: number): string {
  const bytes = family === "inet" ? `${size}(${size + HEADER + 20}) bytes of data.` : "";
  return `PING ${name} (${textOf(address)}) ${bytes || `${size} data bytes`}`;
}

/** The first byte that is not as it was sent; undefined where the reply is too short. */
export type Wrong = {
  readonly index: number;
  readonly expected: number;
  readonly actual: number | undefined;
};

export function hex(byte: number): string {
  return byte.toString(16);
}

export function localWords({ errno, info }: Extract<Echo, { kind: "error" }>): string {
  return errno === "EMSGSIZE" ? `message too long, mtu=${info}` : errno;
}

/** An address, with its zone where it has one. */
export function textOf(address: Sockaddr): string {
  const scope = address.scopeId ?? 0;
  return scope === 0 ? (address.address ?? "") : String(address.with({ port: 0 })).slice(1, -3);
}

/** Seconds since 1970, with six digits. */
export function secondsOf(time: bigint): string {
  const micro = time / 1000n;
  return `${micro / 1_000_000n}.${String(micro % 1_000_000n).padStart(6, "0")}`;
}

/** `mayBeForeign`: raw sockets also get replies to others, which may have our identifier. */
export function firstWrong(
  payload: Uint8Array,
  expected: Uint8Array,
  mayBeForeign: boolean,
): Wrong | "foreign" | null {
  const { length } = expected;
  // Another's does not begin with our random bytes.
  const start = Math.min(HEADER, payload.length, length);
  for (let index = 0; index < start && mayBeForeign; index++) {
    if (payload[index] !== expected[index]) return "foreign";
  }
  for (let index = 0; index < length; index++) {
    const actual = payload[index];
    if (actual !== expected[index]) return { index, expected: expected[index] ?? 0, actual };
  }
  return payload.length === length
    ? null
    : { index: payload.length, expected: 0, actual: undefined };
}
