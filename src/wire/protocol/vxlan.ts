// VXLAN: RFC 7348, an Ethernet frame in a UDP datagram.

import { put24, u8, u24 } from "../bytes.ts";
import { U8, U24, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";

/** VXLAN: RFC 7348. */
export type Vxlan = {
  kind: "vxlan";
  /** The network's identifier. */
  vni: number;
  /** Only where they are not 8, which says that `vni` is valid. */
  flags?: number;
  /** The three bytes behind the flags, only where they are not 0 (a group policy, for one). */
  reserved?: number;
  /** The last byte, only where it is not 0. */
  reservedEnd?: number;
};

const HEADER = 8;
const VALID = 0x08;

const RESERVED = 1;
const VNI = 4;
const RESERVED_END = 7;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("vxlan", HEADER);
  if ((u8(scan.bytes, scan.start) & VALID) === 0) return scan.decline();
  scan.next = protocolOf("ethernet");
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Vxlan {
  const layer: Vxlan = { kind: "vxlan", vni: u24(bytes, start + VNI) };
  const flags = u8(bytes, start);
  const reserved = u24(bytes, start + RESERVED);
  const reservedEnd = u8(bytes, start + RESERVED_END);
  if (flags !== VALID) layer.flags = flags;
  if (reserved !== 0) layer.reserved = reserved;
  if (reservedEnd !== 0) layer.reservedEnd = reservedEnd;
  return layer;
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Vxlan>, { bytes, start }: Room): void {
  bytes[start] = uint(layer.flags, "vxlan.flags", U8, VALID);
  put24(bytes, start + RESERVED, uint(layer.reserved, "vxlan.reserved", U24));
  put24(bytes, start + VNI, uint(layer.vni, "vxlan.vni", U24));
  bytes[start + RESERVED_END] = uint(layer.reservedEnd, "vxlan.reservedEnd", U8);
}

const FIELDS: FieldNames<Vxlan> = { vni: true, flags: true, reserved: true, reservedEnd: true };

export const vxlan: Protocol<Vxlan> = { kind: "vxlan", fields: FIELDS, scan, read, size, write };
