// The header of BSD's loopback interfaces: LINKTYPE_NULL, a number of an address family in the
// byte order of the machine that captured it; and LINKTYPE_LOOP, in that of the network.

import { put32, u16, u32 } from "../bytes.ts";
import { U32, uint } from "../field.ts";
import type { AnyLayer, FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";

/** The header of BSD's loopback: LINKTYPE_NULL. */
export type Null = {
  kind: "null";
  /** 2 is IPv4; IPv6 is 30 on macOS, 28 on FreeBSD, 24 on NetBSD and OpenBSD. */
  family: number;
  /** Only where a big-endian machine wrote it. */
  bigEndian?: true;
};

/** The header of OpenBSD's loopback: LINKTYPE_LOOP. */
export type Loop = {
  kind: "loop";
  /** As that of `null`. */
  family: number;
};

const HEADER = 4;
const IPV4 = 2;
const MACOS_IPV6 = 30;
const OPENBSD_IPV6 = 24;
/** And Linux, and Windows. */
const IPV6: ReadonlySet<number> = new Set([MACOS_IPV6, 28, OPENBSD_IPV6, 10, 23]);

function next(family: number): Protocol | undefined {
  if (family === IPV4) return protocolOf("ipv4");
  return IPV6.has(family) ? protocolOf("ipv6") : undefined;
}

function familyOf(above: AnyLayer | undefined, ipv6: number): number {
  if (above?.kind === "ipv4") return IPV4;
  return above?.kind === "ipv6" ? ipv6 : 0;
}

/** Families are small numbers: in the right order, their upper half is zero. */
function isBigEndian(bytes: Uint8Array, start: number): boolean {
  return u16(bytes, start) === 0 && u16(bytes, start + 2) !== 0;
}

function reversed(number: number): number {
  const [a, b, c, d] = [number & 0xff, number & 0xff00, number & 0xff_0000, number >>> 24];
  return ((a << 24) | (b << 8) | (c >>> 8) | d) >>> 0;
}

function nullFamily(bytes: Uint8Array, start: number): number {
  const number = u32(bytes, start);
  return isBigEndian(bytes, start) ? number : reversed(number);
}

function scanNull(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("null", HEADER);
  scan.next = next(nullFamily(scan.bytes, scan.start));
  return HEADER;
}

function readNull(bytes: Uint8Array, start: number): Null {
  const layer: Null = { kind: "null", family: nullFamily(bytes, start) };
  if (isBigEndian(bytes, start)) layer.bigEndian = true;
  return layer;
}

function size(): number {
  return HEADER;
}

function writeNull(layer: Init<Null>, { bytes, start, above }: Room): void {
  const family = uint(layer.family, "null.family", U32, familyOf(above, MACOS_IPV6));
  put32(bytes, start, layer.bigEndian === true ? family : reversed(family));
}

function scanLoop(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("loop", HEADER);
  scan.next = next(u32(scan.bytes, scan.start));
  return HEADER;
}

function readLoop(bytes: Uint8Array, start: number): Loop {
  return { kind: "loop", family: u32(bytes, start) };
}

function writeLoop(layer: Init<Loop>, { bytes, start, above }: Room): void {
  const family = uint(layer.family, "loop.family", U32, familyOf(above, OPENBSD_IPV6));
  put32(bytes, start, family);
}

const NULL_FIELDS: FieldNames<Null> = { family: true, bigEndian: true };

export const nullLink: Protocol<Null> = {
  kind: "null",
  fields: NULL_FIELDS,
  scan: scanNull,
  read: readNull,
  size,
  write: writeNull,
};

const LOOP_FIELDS: FieldNames<Loop> = { family: true };

export const loop: Protocol<Loop> = {
  kind: "loop",
  fields: LOOP_FIELDS,
  scan: scanLoop,
  read: readLoop,
  size,
  write: writeLoop,
};
