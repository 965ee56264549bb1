// Generic routing encapsulation: RFC 2784 with the key and sequence number of RFC 2890, and
// version 1 as PPTP uses it, RFC 2637.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { bit, U16, U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { etherTypes } from "../registry.ts";

/** Generic routing encapsulation: RFC 2784, RFC 2890; version 1 as PPTP uses it, RFC 2637. */
export type Gre = {
  kind: "gre";
  /** An EtherType: 0x6558 for Ethernet, 0x880b for PPP. */
  protocol: number;
  /** Where there is one; in version 1 the payload's length (upper half) and the call. */
  key?: number;
  sequence?: number;
  /** Of header and payload. Set it, or `checksummed` for the right one. */
  checksum?: number;
  /** For building: there is a checksum, which is computed where none is set. */
  checksummed?: true;
  /** 1 for PPTP, else nothing. */
  version?: number;
  /** Of version 1: the sequence number up to which packets have come. */
  acknowledgment?: number;
  /** The bits between the flags and the version, only where they are not 0. */
  flags?: number;
  /** The 16 bits behind the checksum, only where they are not 0. */
  reserved?: number;
};

const HEADER = 4;
const WORD = 4;

const PROTOCOL = 2;

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGMENT = 0x0080;
const VERSION = 0x0007;
const PPTP = 1;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("gre", HEADER);
  const bits = u16(bytes, start);
  if ((bits & VERSION) > PPTP) return scan.malformed("gre", start, `version ${bits & VERSION}`);
  if ((bits & ROUTING) !== 0) {
    // RFC 2784 section 2.3 took them back.
    return scan.malformed("gre", start, "it has source routes");
  }
  if ((bits & VERSION) === PPTP && (bits & KEY) === 0) {
    return scan.malformed("gre", start, "version 1 without a key");
  }
  const length = sizeOf(bits);
  if (left < length) return scan.truncated("gre", length);
  if ((bits & VERSION) === PPTP) {
    const payload = u16(bytes, start + HEADER + checksumSize(bits));
    scan.limit("gre", start + length + payload, start + length);
  }
  scan.next = etherTypes.protocol(u16(bytes, start + PROTOCOL));
  return length;
}

function checksumSize(bits: number): number {
  return (bits & CHECKSUM) === 0 ? 0 : WORD;
}

function acknowledges(bits: number): boolean {
  return (bits & VERSION) === PPTP && (bits & ACKNOWLEDGMENT) !== 0;
}

function sizeOf(bits: number): number {
  let size = HEADER + checksumSize(bits);
  if ((bits & KEY) !== 0) size += WORD;
  if ((bits & SEQUENCE) !== 0) size += WORD;
  return acknowledges(bits) ? size + WORD : size;
}

function read(bytes: Uint8Array, start: number): Gre {
  const bits = u16(bytes, start);
  const layer: Gre = { kind: "gre", protocol: u16(bytes, start + PROTOCOL) };
  let at = start + HEADER;
  if ((bits & CHECKSUM) !== 0) {
    layer.checksum = u16(bytes, at);
    const reserved = u16(bytes, at + 2);
    if (reserved !== 0) layer.reserved = reserved;
    at += WORD;
  }
  if ((bits & KEY) !== 0) {
    layer.key = u32(bytes, at);
    at += WORD;
  }
  if ((bits & SEQUENCE) !== 0) {
    layer.sequence = u32(bytes, at);
    at += WORD;
  }
  if (acknowledges(bits)) layer.acknowledgment = u32(bytes, at);
  const version = bits & VERSION;
  if (version !== 0) layer.version = version;
  const flags = flagsOf(bits);
  if (flags !== 0) layer.flags = flags;
  return layer;
}

/** The bits from 0x0800 down to 0x0008 that mean nothing else. */
function flagsOf(bits: number): number {
  const known = acknowledges(bits) ? ACKNOWLEDGMENT : 0;
  return (bits & 0x0ff8 & ~known) >> 3;
}

/** The first 16 bits. */
function bitsOf(layer: Init<Gre>): number {
  const version = uint(layer.version, "gre.version", PPTP);
  const checksummed = bit(layer.checksummed, "gre.checksummed") === 1;
  let bits = version | (uint(layer.flags, "gre.flags", 0x1ff) << 3);
  if (layer.checksum !== undefined || checksummed) bits |= CHECKSUM;
  if (layer.key !== undefined || version === PPTP) bits |= KEY;
  if (layer.sequence !== undefined) bits |= SEQUENCE;
  if (layer.acknowledgment === undefined) return bits;
  if (version === PPTP) return bits | ACKNOWLEDGMENT;
  throw new RangeError("gre.acknowledgment needs gre.version 1");
}

function size(layer: Init<Gre>): number {
  return sizeOf(bitsOf(layer));
}

function write(layer: Init<Gre>, { bytes, start, payload, end, above }: Room): void {
  const bits = bitsOf(layer);
  put16(bytes, start, bits);
  const type = etherTypes.of(above);
  put16(bytes, start + PROTOCOL, uint(layer.protocol, "gre.protocol", U16, type));
  let at = start + HEADER;
  if ((bits & CHECKSUM) !== 0) {
    put16(bytes, at, uint(layer.checksum, "gre.checksum", U16));
    put16(bytes, at + 2, uint(layer.reserved, "gre.reserved", U16));
    at += WORD;
  }
  if ((bits & KEY) !== 0) {
    const length = (bits & VERSION) === PPTP ? Math.min(end - payload, U16) : 0;
    put32(bytes, at, uint(layer.key, "gre.key", U32, length * 0x1_0000));
    at += WORD;
  }
  if ((bits & SEQUENCE) !== 0) {
    put32(bytes, at, uint(layer.sequence, "gre.sequence", U32));
    at += WORD;
  }
  if (acknowledges(bits)) {
    put32(bytes, at, uint(layer.acknowledgment, "gre.acknowledgment", U32));
  }
}

function seal(layer: Init<Gre>, { bytes, start, end }: Room): void {
  if (layer.checksum !== undefined || (u8(bytes, start) & 0x80) === 0) return;
  put16(bytes, start + HEADER, finish(add(0, bytes, start, end)));
}

const FIELDS: FieldNames<Gre> = {
  protocol: true,
  key: true,
  sequence: true,
  checksum: true,
  checksummed: true,
  version: true,
  acknowledgment: true,
  flags: true,
  reserved: true,
};

export const gre: Protocol<Gre> = { kind: "gre", fields: FIELDS, scan, read, size, write, seal };
