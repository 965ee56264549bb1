// ICMP: RFC 792, with the next hop's MTU of RFC 1191. Behind the header of an error comes the
// packet that caused it, as far as it is quoted.

import { put16, put32, u8, u16, u24, u32 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { U8, U16, U24, U32, uint } from "../field.ts";
import { putIpv4 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";
import { ipv4Text } from "../text.ts";

/** ICMP: RFC 792. Which fields it has goes by its `type`. */
export type Icmp = {
  kind: "icmp";
  type: number;
  code: number;
  checksum: number;
  /** Of echo, timestamp, information and address mask messages. */
  identifier?: number;
  sequence?: number;
  /** Destination unreachable, code 4: of the next hop. */
  mtu?: number;
  /** Redirect: the better one. */
  gateway?: string;
  /** Parameter problem: the offset of the byte that is wrong. */
  pointer?: number;
  /** Timestamps, in milliseconds since midnight UTC. */
  originate?: number;
  receive?: number;
  transmit?: number;
  /** The other four bytes of the header, of any other type. */
  rest?: number;
  /** The bits beside mtu and pointer, only where they are not zero (RFC 4884's length). */
  unused?: number;
};

const HEADER = 8;
const TIMESTAMP_HEADER = 20;

const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
const SECOND = 6;
const ORIGINATE = 8;
const RECEIVE = 12;
const TRANSMIT = 16;

const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const SOURCE_QUENCH = 4;
const REDIRECT = 5;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const ERRORS: ReadonlySet<number> = new Set([
  UNREACHABLE,
  SOURCE_QUENCH,
  REDIRECT,
  TIME_EXCEEDED,
  PARAMETER_PROBLEM,
]);
const TIMESTAMPS: ReadonlySet<number> = new Set([13, 14]);
/** Echo, timestamp, information and address mask, each a request and its reply. */
const QUERIES: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

function headerSize(type: number): number {
  return TIMESTAMPS.has(type) ? TIMESTAMP_HEADER : HEADER;
}

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("icmp", HEADER);
  const type = u8(bytes, start);
  const length = headerSize(type);
  if (left < length) return scan.truncated("icmp", length);
  if (ERRORS.has(type)) {
    scan.next = protocolOf("ipv4");
    scan.partial = true;
  }
  return length;
}

function read(bytes: Uint8Array, start: number): Icmp {
  const type = u8(bytes, start);
  const code = u8(bytes, start + CODE);
  const layer: Icmp = { kind: "icmp", type, code, checksum: u16(bytes, start + CHECKSUM) };
  if (QUERIES.has(type)) {
    layer.identifier = u16(bytes, start + REST);
    layer.sequence = u16(bytes, start + SECOND);
    if (TIMESTAMPS.has(type)) {
      layer.originate = u32(bytes, start + ORIGINATE);
      layer.receive = u32(bytes, start + RECEIVE);
      layer.transmit = u32(bytes, start + TRANSMIT);
    }
  } else if (type === UNREACHABLE && code === FRAGMENTATION_NEEDED) {
    layer.mtu = u16(bytes, start + SECOND);
    unused(layer, u16(bytes, start + REST));
  } else if (type === REDIRECT) {
    layer.gateway = ipv4Text(bytes, start + REST);
  } else if (type === PARAMETER_PROBLEM) {
    layer.pointer = u8(bytes, start + REST);
    unused(layer, u24(bytes, start + REST + 1));
  } else {
    layer.rest = u32(bytes, start + REST);
  }
  return layer;
}

function unused(layer: Icmp, bits: number): void {
  if (bits !== 0) layer.unused = bits;
}

function size(layer: Init<Icmp>): number {
  return headerSize(uint(layer.type, "icmp.type", U8));
}

function write(layer: Init<Icmp>, { bytes, start, payload }: Room): void {
  bytes[start] = uint(layer.type, "icmp.type", U8);
  bytes[start + CODE] = uint(layer.code, "icmp.code", U8);
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "icmp.checksum", U16));
  const { identifier, sequence, mtu, gateway, pointer, unused } = layer;
  // Whatever is set is written: types that use one of these may come yet.
  put32(bytes, start + REST, uint(layer.rest, "icmp.rest", U32));
  if (pointer !== undefined) {
    const bits = uint(pointer, "icmp.pointer", U8) * 2 ** 24;
    put32(bytes, start + REST, bits + uint(unused, "icmp.unused", U24));
  } else if (unused !== undefined) put16(bytes, start + REST, uint(unused, "icmp.unused", U16));
  if (gateway !== undefined) putIpv4(bytes, start + REST, gateway, "icmp.gateway");
  if (identifier !== undefined) {
    put16(bytes, start + REST, uint(identifier, "icmp.identifier", U16));
  }
  if (sequence !== undefined) put16(bytes, start + SECOND, uint(sequence, "icmp.sequence", U16));
  if (mtu !== undefined) put16(bytes, start + SECOND, uint(mtu, "icmp.mtu", U16));
  if (payload - start === TIMESTAMP_HEADER) {
    put32(bytes, start + ORIGINATE, uint(layer.originate, "icmp.originate", U32));
    put32(bytes, start + RECEIVE, uint(layer.receive, "icmp.receive", U32));
    put32(bytes, start + TRANSMIT, uint(layer.transmit, "icmp.transmit", U32));
  }
}

function seal(layer: Init<Icmp>, { bytes, start, end }: Room): void {
  if (layer.checksum === undefined) {
    put16(bytes, start + CHECKSUM, finish(add(0, bytes, start, end)));
  }
}

const FIELDS: FieldNames<Icmp> = {
  type: true,
  code: true,
  checksum: true,
  identifier: true,
  sequence: true,
  mtu: true,
  gateway: true,
  pointer: true,
  originate: true,
  receive: true,
  transmit: true,
  rest: true,
  unused: true,
};

export const icmp: Protocol<Icmp> = { kind: "icmp", fields: FIELDS, scan, read, size, write, seal };
