// Labels of MPLS: RFC 3032, with RFC 5462 for the traffic class.

import { put32, u8, u32 } from "../bytes.ts";
import { bit, U8, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";

/** One label of MPLS: RFC 3032, RFC 5462. */
export type Mpls = {
  kind: "mpls";
  label: number;
  trafficClass: number;
  /** Whether it is the last of the stack; what is not set says whether another one follows. */
  bottom: boolean;
  ttl: number;
};

const HEADER = 4;
const LABEL_MAX = 0xf_ffff;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("mpls", HEADER);
  if ((u32(bytes, start) & 0x100) === 0) scan.next = protocolOf("mpls");
  else if (left > HEADER) scan.next = protocolOf(guess(u8(bytes, start + HEADER)));
  return HEADER;
}

/** No field says what is labeled: IP packets tell by their version and header length. */
function guess(first: number): string {
  const [version, words] = [first >> 4, first & 15];
  if (version === 4 && words >= 5) return "ipv4";
  return version === 6 ? "ipv6" : "";
}

function read(bytes: Uint8Array, start: number): Mpls {
  const entry = u32(bytes, start);
  return {
    kind: "mpls",
    label: entry >>> 12,
    trafficClass: (entry >> 9) & 7,
    bottom: (entry & 0x100) !== 0,
    ttl: entry & 0xff,
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Mpls>, { bytes, start, above }: Room): void {
  const label = uint(layer.label, "mpls.label", LABEL_MAX);
  const trafficClass = uint(layer.trafficClass, "mpls.trafficClass", 7);
  const bottom = bit(layer.bottom ?? above?.kind !== "mpls", "mpls.bottom");
  const ttl = uint(layer.ttl, "mpls.ttl", U8);
  put32(bytes, start, (label << 12) | (trafficClass << 9) | (bottom << 8) | ttl);
}

const FIELDS: FieldNames<Mpls> = { label: true, trafficClass: true, bottom: true, ttl: true };

export const mpls: Protocol<Mpls> = { kind: "mpls", fields: FIELDS, scan, read, size, write };
