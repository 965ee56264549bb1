// Geneve: RFC 8926, any protocol of an EtherType in a UDP datagram.

import { part, put16, put24, u8, u16, u24 } from "../bytes.ts";
import { bit, list, octets, U8, U16, U24, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { etherTypes } from "../registry.ts";

/** An option of Geneve: RFC 8926, section 3.5. */
export type GeneveOption = {
  /** Who gives the type its meaning. */
  class: number;
  /** From 0x80 on the option is critical: whoever doesn't know it drops the packet. */
  type: number;
  /** A multiple of four bytes, at most 124. */
  data: Uint8Array;
  /** The three bits before the length, only where they are not 0. */
  reserved?: number;
};

/** Geneve: RFC 8926. */
export type Geneve = {
  kind: "geneve";
  /** The network's identifier. */
  vni: number;
  /** An EtherType; 0x6558 for Ethernet. */
  protocol: number;
  options: GeneveOption[];
  /** The payload is a control message; only where it is. */
  control?: true;
  /** Whether an option is critical; only where the options say otherwise. */
  critical?: boolean;
  /** The six bits behind both, and the last byte, only where they are not 0. */
  reserved?: number;
  reservedEnd?: number;
};

const HEADER = 8;
const OPTION_HEADER = 4;
const OPTIONS_MAX = 252;
const OPTION_DATA_MAX = 124;

const FLAGS = 1;
const PROTOCOL = 2;
const VNI = 4;
const RESERVED_END = 7;
const CONTROL = 0x80;
const CRITICAL = 0x40;

const OPTION_TYPE = 2;
const OPTION_LENGTH = 3;
const OPTION_CRITICAL = 0x80;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("geneve", HEADER);
  const first = u8(bytes, start);
  if (first >> 6 !== 0) return scan.decline();
  const length = HEADER + (first & 63) * 4;
  if (left < length) return scan.truncated("geneve", length);
  for (let at = start + HEADER; at < start + length; at += optionSize(bytes, at)) {
    if (at + optionSize(bytes, at) > start + length) {
      return scan.malformed("geneve", at, "an option is longer than the options");
    }
  }
  scan.next = etherTypes.protocol(u16(bytes, start + PROTOCOL));
  return length;
}

function optionSize(bytes: Uint8Array, at: number): number {
  return OPTION_HEADER + (u8(bytes, at + OPTION_LENGTH) & 31) * 4;
}

function read(bytes: Uint8Array, start: number, end: number): Geneve {
  const options: GeneveOption[] = [];
  for (let at = start + HEADER; at < end; at += optionSize(bytes, at)) {
    options.push(readOption(bytes, at));
  }
  const layer: Geneve = {
    kind: "geneve",
    vni: u24(bytes, start + VNI),
    protocol: u16(bytes, start + PROTOCOL),
    options,
  };
  const flags = u8(bytes, start + FLAGS);
  const critical = (flags & CRITICAL) !== 0;
  if ((flags & CONTROL) !== 0) layer.control = true;
  if (critical !== options.some(isCritical)) layer.critical = critical;
  if ((flags & 63) !== 0) layer.reserved = flags & 63;
  const reservedEnd = u8(bytes, start + RESERVED_END);
  if (reservedEnd !== 0) layer.reservedEnd = reservedEnd;
  return layer;
}

function readOption(bytes: Uint8Array, at: number): GeneveOption {
  const option: GeneveOption = {
    class: u16(bytes, at),
    type: u8(bytes, at + OPTION_TYPE),
    data: part(bytes, at + OPTION_HEADER, at + optionSize(bytes, at)),
  };
  const reserved = u8(bytes, at + OPTION_LENGTH) >> 5;
  if (reserved !== 0) option.reserved = reserved;
  return option;
}

function isCritical({ type }: GeneveOption): boolean {
  return type >= OPTION_CRITICAL;
}

function size(layer: Init<Geneve>): number {
  let length = 0;
  for (const option of list(layer.options, "geneve.options")) {
    length += OPTION_HEADER + dataOf(option).length;
  }
  if (length <= OPTIONS_MAX) return HEADER + length;
  throw new RangeError(`geneve.options must take at most ${OPTIONS_MAX} bytes, not ${length}`);
}

function dataOf(option: GeneveOption): Uint8Array {
  const data = octets(option.data, "geneve.options: data");
  if (data.length % 4 === 0 && data.length <= OPTION_DATA_MAX) return data;
  const expected = `a multiple of 4 up to ${OPTION_DATA_MAX} bytes`;
  throw new RangeError(`geneve.options: data must be ${expected}, not ${data.length}`);
}

function write(layer: Init<Geneve>, { bytes, start, payload, above }: Room): void {
  const options = list(layer.options, "geneve.options");
  const critical = layer.critical ?? options.some(isCritical);
  bytes[start] = (payload - start - HEADER) >> 2;
  bytes[start + FLAGS] =
    (bit(layer.control, "geneve.control") << 7) |
    (bit(critical, "geneve.critical") << 6) |
    uint(layer.reserved, "geneve.reserved", 63);
  const type = etherTypes.of(above);
  put16(bytes, start + PROTOCOL, uint(layer.protocol, "geneve.protocol", U16, type));
  put24(bytes, start + VNI, uint(layer.vni, "geneve.vni", U24));
  bytes[start + RESERVED_END] = uint(layer.reservedEnd, "geneve.reservedEnd", U8);
  let at = start + HEADER;
  for (const option of options) at += writeOption(option, bytes, at);
}

/** Returns its size. */
function writeOption(option: GeneveOption, bytes: Uint8Array, at: number): number {
  const data = dataOf(option);
  const reserved = uint(option.reserved, "geneve.options: reserved", 7);
  put16(bytes, at, uint(option.class, "geneve.options: class", U16));
  bytes[at + OPTION_TYPE] = uint(option.type, "geneve.options: type", U8);
  bytes[at + OPTION_LENGTH] = (reserved << 5) | (data.length >> 2);
  bytes.set(data, at + OPTION_HEADER);
  return OPTION_HEADER + data.length;
}

const FIELDS: FieldNames<Geneve> = {
  vni: true,
  protocol: true,
  options: true,
  control: true,
  critical: true,
  reserved: true,
  reservedEnd: true,
};

export const geneve: Protocol<Geneve> = { kind: "geneve", fields: FIELDS, scan, read, size, write };
