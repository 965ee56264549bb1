// IPv4: RFC 791, with RFC 2474 and RFC 3168 for the byte that was the type of service.

import { part, put16, u8, u16 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { bit, octets, U8, U16, uint } from "../field.ts";
import { putIpv4 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { ipProtocols } from "../registry.ts";
import { ipv4Text } from "../text.ts";

/** IPv4: RFC 791; `dscp` and `ecn` of RFC 2474 and RFC 3168. */
export type Ipv4 = {
  kind: "ipv4";
  dscp: number;
  ecn: number;
  /** Of header and payload; 0 where the sender leaves it to the card (segmentation offload). */
  totalLength: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** In bytes. */
  fragmentOffset: number;
  ttl: number;
  protocol: number;
  checksum: number;
  source: string;
  destination: string;
  /** As they are on the wire, padded to a multiple of four bytes. */
  options: Uint8Array;
  /** The flag that must be zero, only where it is not. */
  reserved?: true;
};

const HEADER = 20;
const OPTIONS_MAX = 40;

const RESERVED = 0x8000;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;

const SERVICE = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) {
    if (left > 0 && u8(bytes, start) >> 4 !== 4) return notVersion4(scan);
    return scan.truncated("ipv4", HEADER);
  }
  if (u8(bytes, start) >> 4 !== 4) return notVersion4(scan);
  const length = (u8(bytes, start) & 15) * 4;
  if (length < HEADER) {
    return scan.malformed("ipv4", start, `a header length of ${length} is less than ${HEADER}`);
  }
  if (left < length) return scan.truncated("ipv4", length);
  const total = u16(bytes, start + TOTAL_LENGTH);
  if (total !== 0) {
    if (total < length) {
      const message = `a total length of ${total} is less than the header's ${length}`;
      return scan.malformed("ipv4", start + TOTAL_LENGTH, message);
    }
    scan.limit("ipv4", start + total, start + length);
  }
  const fragment = u16(bytes, start + FRAGMENT);
  if ((fragment & MORE_FRAGMENTS) !== 0) scan.partial = true;
  // Behind the first fragment there is no header.
  if ((fragment & OFFSET) === 0) scan.next = ipProtocols.protocol(u8(bytes, start + PROTOCOL));
  return length;
}

function notVersion4(scan: Scan): number {
  return scan.malformed("ipv4", scan.start, `version ${u8(scan.bytes, scan.start) >> 4}`);
}

function read(bytes: Uint8Array, start: number, end: number): Ipv4 {
  const service = u8(bytes, start + SERVICE);
  const fragment = u16(bytes, start + FRAGMENT);
  const layer: Ipv4 = {
    kind: "ipv4",
    dscp: service >> 2,
    ecn: service & 3,
    totalLength: u16(bytes, start + TOTAL_LENGTH),
    identification: u16(bytes, start + IDENTIFICATION),
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset: (fragment & OFFSET) * 8,
    ttl: u8(bytes, start + TTL),
    protocol: u8(bytes, start + PROTOCOL),
    checksum: u16(bytes, start + CHECKSUM),
    source: ipv4Text(bytes, start + SOURCE),
    destination: ipv4Text(bytes, start + DESTINATION),
    options: part(bytes, start + HEADER, end),
  };
  if ((fragment & RESERVED) !== 0) layer.reserved = true;
  return layer;
}

function size(layer: Init<Ipv4>): number {
  if (layer.options === undefined) return HEADER;
  const { length } = octets(layer.options, "ipv4.options");
  if (length <= OPTIONS_MAX) return HEADER + Math.ceil(length / 4) * 4;
  throw new RangeError(`ipv4.options must have at most ${OPTIONS_MAX} bytes, not ${length}`);
}

function write(layer: Init<Ipv4>, room: Room): void {
  const { bytes, start, payload } = room;
  bytes[start] = 0x40 | ((payload - start) >> 2);
  bytes[start + SERVICE] =
    (uint(layer.dscp, "ipv4.dscp", 63) << 2) | uint(layer.ecn, "ipv4.ecn", 3);
  put16(bytes, start + TOTAL_LENGTH, totalLength(layer, room));
  put16(bytes, start + IDENTIFICATION, uint(layer.identification, "ipv4.identification", U16));
  put16(bytes, start + FRAGMENT, fragmentBits(layer));
  bytes[start + TTL] = uint(layer.ttl, "ipv4.ttl", U8);
  bytes[start + PROTOCOL] = uint(layer.protocol, "ipv4.protocol", U8, ipProtocols.of(room.above));
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "ipv4.checksum", U16));
  putIpv4(bytes, start + SOURCE, layer.source, "ipv4.source");
  putIpv4(bytes, start + DESTINATION, layer.destination, "ipv4.destination");
  if (layer.options !== undefined) {
    bytes.set(octets(layer.options, "ipv4.options"), start + HEADER);
  }
}

function totalLength({ totalLength }: Init<Ipv4>, { start, end }: Room): number {
  if (totalLength !== undefined) return uint(totalLength, "ipv4.totalLength", U16);
  if (end - start <= U16) return end - start;
  throw new RangeError(`an IPv4 packet has at most ${U16} bytes, not ${end - start}`);
}

function fragmentBits(layer: Init<Ipv4>): number {
  const offset = uint(layer.fragmentOffset, "ipv4.fragmentOffset", OFFSET * 8);
  if (offset % 8 !== 0) {
    throw new RangeError(`ipv4.fragmentOffset must be a multiple of 8, not ${offset}`);
  }
  return (
    (bit(layer.reserved, "ipv4.reserved") << 15) |
    (bit(layer.dontFragment, "ipv4.dontFragment") << 14) |
    (bit(layer.moreFragments, "ipv4.moreFragments") << 13) |
    (offset >> 3)
  );
}

function seal(layer: Init<Ipv4>, { bytes, start, payload }: Room): void {
  if (layer.checksum === undefined) {
    put16(bytes, start + CHECKSUM, finish(add(0, bytes, start, payload)));
  }
}

const FIELDS: FieldNames<Ipv4> = {
  dscp: true,
  ecn: true,
  totalLength: true,
  identification: true,
  dontFragment: true,
  moreFragments: true,
  fragmentOffset: true,
  ttl: true,
  protocol: true,
  checksum: true,
  source: true,
  destination: true,
  options: true,
  reserved: true,
};

export const ipv4: Protocol<Ipv4> = { kind: "ipv4", fields: FIELDS, scan, read, size, write, seal };
