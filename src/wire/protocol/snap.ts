// The subnetwork access protocol: IEEE 802, and RFC 1042, which carries EtherTypes in it.

import { put16, put24, u16, u24 } from "../bytes.ts";
import { U16, U24, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { etherTypes } from "../registry.ts";

/** The subnetwork access protocol: IEEE 802, RFC 1042. */
export type Snap = {
  kind: "snap";
  /** The organization that gives the protocol its number; 0 where that is an EtherType. */
  oui: number;
  protocol: number;
};

const HEADER = 5;

const OUI = 0;
const PROTOCOL = 3;

/** RFC 1042, and IEEE 802.1H for the protocols that are bridged in another way. */
const ETHERNET = 0x00_0000;
const BRIDGE_TUNNEL = 0x00_00f8;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("snap", HEADER);
  const { bytes, start } = scan;
  const oui = u24(bytes, start + OUI);
  if (oui === ETHERNET || oui === BRIDGE_TUNNEL) {
    scan.next = etherTypes.protocol(u16(bytes, start + PROTOCOL));
  }
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Snap {
  return { kind: "snap", oui: u24(bytes, start + OUI), protocol: u16(bytes, start + PROTOCOL) };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Snap>, { bytes, start, above }: Room): void {
  put24(bytes, start + OUI, uint(layer.oui, "snap.oui", U24));
  const type = etherTypes.of(above);
  put16(bytes, start + PROTOCOL, uint(layer.protocol, "snap.protocol", U16, type));
}

const FIELDS: FieldNames<Snap> = { oui: true, protocol: true };

export const snap: Protocol<Snap> = { kind: "snap", fields: FIELDS, scan, read, size, write };
