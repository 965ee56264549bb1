// LLDP: IEEE 802.1AB. Its TLVs are in lldp-tlvs.ts.

import { u16 } from "../bytes.ts";
import { list } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { type LldpTlv, readTlvs, tlvSize, writeTlv } from "./lldp-tlvs.ts";

/** LLDP: IEEE 802.1AB. */
export type Lldp = {
  kind: "lldp";
  /** In order: chassis-id, port-id and ttl come first, and end last; none is added. */
  tlvs: LldpTlv[];
};

const TLV_HEADER = 2;
const LENGTH = 0x1ff;
const END = 0;

function scan(scan: Scan): number {
  const { bytes, start, end } = scan;
  if (start === end) return scan.truncated("lldp", TLV_HEADER);
  let at = start;
  while (at < end) {
    if (at + TLV_HEADER > end) return scan.truncated("lldp", at + TLV_HEADER - start);
    const header = u16(bytes, at);
    at += TLV_HEADER + (header & LENGTH);
    if (at > end) return scan.truncated("lldp", at - start);
    if (header >> 9 === END) {
      // What is behind it is Ethernet's padding.
      scan.limit("lldp", at, at);
      break;
    }
  }
  return at - start;
}

function read(bytes: Uint8Array, start: number, end: number): Lldp {
  return { kind: "lldp", tlvs: readTlvs(bytes, start, end) };
}

function size(layer: Init<Lldp>): number {
  let size = 0;
  for (const tlv of list(layer.tlvs, "lldp.tlvs")) size += TLV_HEADER + tlvSize(tlv);
  return size;
}

function write(layer: Init<Lldp>, { bytes, start }: Room): void {
  let at = start;
  for (const tlv of list(layer.tlvs, "lldp.tlvs")) {
    writeTlv(tlv, bytes, at);
    at += TLV_HEADER + tlvSize(tlv);
  }
}

const FIELDS: FieldNames<Lldp> = { tlvs: true };

export const lldp: Protocol<Lldp> = { kind: "lldp", fields: FIELDS, scan, read, size, write };
