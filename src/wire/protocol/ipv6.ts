// IPv6: RFC 8200, with jumbograms, RFC 2675.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { U8, U16, uint } from "../field.ts";
import { putIpv6 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { nextHeader, nextHeaderOf } from "../registry.ts";
import { ipv6Text } from "../text.ts";

/** IPv6: RFC 8200. */
export type Ipv6 = {
  kind: "ipv6";
  dscp: number;
  ecn: number;
  flowLabel: number;
  /** Of what follows this header; 0 in a jumbogram, whose length is a hop-by-hop option. */
  payloadLength: number;
  nextHeader: number;
  hopLimit: number;
  source: string;
  destination: string;
};

const HEADER = 40;

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;

const HOP_BY_HOP = 0;
const PAD_1 = 0;
const JUMBO_PAYLOAD = 0xc2;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left > 0 && u8(bytes, start) >> 4 !== 6) {
    return scan.malformed("ipv6", start, `version ${u8(bytes, start) >> 4}`);
  }
  if (left < HEADER) return scan.truncated("ipv6", HEADER);
  const payload = start + HEADER;
  scan.limit("ipv6", payload + payloadLength(scan), payload);
  scan.next = nextHeader(u8(bytes, start + NEXT_HEADER));
  return HEADER;
}

function payloadLength({ bytes, start, end }: Scan): number {
  const length = u16(bytes, start + PAYLOAD_LENGTH);
  if (length !== 0) return length;
  const left = end - start - HEADER;
  if (u8(bytes, start + NEXT_HEADER) === HOP_BY_HOP) {
    const jumbo = jumboLength(bytes, start + HEADER, end);
    if (jumbo > U16) return jumbo;
  }
  // Where nothing but segmentation offload makes so large a packet, it goes to the end.
  return left > U16 ? left : 0;
}

/** The jumbo payload option of the hop-by-hop header at `start`, or 0. */
function jumboLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8) return 0;
  const last = Math.min(end, start + (u8(bytes, start + 1) + 1) * 8);
  for (let at = start + 2; at + 6 <= last; ) {
    const type = u8(bytes, at);
    if (type === JUMBO_PAYLOAD && u8(bytes, at + 1) === 4) return u32(bytes, at + 2);
    at += type === PAD_1 ? 1 : 2 + u8(bytes, at + 1);
  }
  return 0;
}

function read(bytes: Uint8Array, start: number): Ipv6 {
  const first = u32(bytes, start);
  return {
    kind: "ipv6",
    dscp: (first >>> 22) & 63,
    ecn: (first >>> 20) & 3,
    flowLabel: first & 0xf_ffff,
    payloadLength: u16(bytes, start + PAYLOAD_LENGTH),
    nextHeader: u8(bytes, start + NEXT_HEADER),
    hopLimit: u8(bytes, start + HOP_LIMIT),
    source: ipv6Text(bytes, start + SOURCE),
    destination: ipv6Text(bytes, start + DESTINATION),
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Ipv6>, room: Room): void {
  const { bytes, start } = room;
  const dscp = uint(layer.dscp, "ipv6.dscp", 63);
  const ecn = uint(layer.ecn, "ipv6.ecn", 3);
  const flowLabel = uint(layer.flowLabel, "ipv6.flowLabel", 0xf_ffff);
  put32(bytes, start, (6 << 28) | (dscp << 22) | (ecn << 20) | flowLabel);
  put16(
    bytes,
    start + PAYLOAD_LENGTH,
    uint(layer.payloadLength, "ipv6.payloadLength", U16, length(room)),
  );
  const next = nextHeaderOf(room.above);
  bytes[start + NEXT_HEADER] = uint(layer.nextHeader, "ipv6.nextHeader", U8, next);
  bytes[start + HOP_LIMIT] = uint(layer.hopLimit, "ipv6.hopLimit", U8);
  putIpv6(bytes, start + SOURCE, layer.source, "ipv6.source");
  putIpv6(bytes, start + DESTINATION, layer.destination, "ipv6.destination");
}

/** 0 for a jumbogram, whose length its hop-by-hop option says. */
function length({ payload, end }: Room): number {
  return end - payload > U16 ? 0 : end - payload;
}

const FIELDS: FieldNames<Ipv6> = {
  dscp: true,
  ecn: true,
  flowLabel: true,
  payloadLength: true,
  nextHeader: true,
  hopLimit: true,
  source: true,
  destination: true,
};

export const ipv6: Protocol<Ipv6> = { kind: "ipv6", fields: FIELDS, scan, read, size, write };
