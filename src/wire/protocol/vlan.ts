// VLAN tags: IEEE 802.1Q and 802.1ad. Which of them it is says the type before.

import { put16, u16 } from "../bytes.ts";
import { bit, U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { etherTypes, protocolOf } from "../registry.ts";

/** A VLAN tag: IEEE 802.1Q and 802.1ad. Which of them it is says the type before. */
export type Vlan = {
  kind: "vlan";
  priority: number;
  dropEligible: boolean;
  id: number;
  /** The EtherType of what follows; up to 1500, the length of a payload that begins with llc. */
  type: number;
};

const HEADER = 4;
const LENGTH_MAX = 1500;

const CONTROL = 0;
const TYPE = 2;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("vlan", HEADER);
  const { bytes, start } = scan;
  const type = u16(bytes, start + TYPE);
  if (type > LENGTH_MAX) {
    scan.next = etherTypes.protocol(type);
  } else {
    scan.limit("vlan", start + HEADER + type, start + HEADER);
    if (type > 0) scan.next = protocolOf("llc");
  }
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Vlan {
  const control = u16(bytes, start + CONTROL);
  return {
    kind: "vlan",
    priority: control >> 13,
    dropEligible: (control & 0x1000) !== 0,
    id: control & 0xfff,
    type: u16(bytes, start + TYPE),
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Vlan>, { bytes, start, payload, end, above }: Room): void {
  const priority = uint(layer.priority, "vlan.priority", 7);
  const dropEligible = bit(layer.dropEligible, "vlan.dropEligible");
  const id = uint(layer.id, "vlan.id", 0xfff);
  put16(bytes, start + CONTROL, (priority << 13) | (dropEligible << 12) | id);
  const computed = above?.kind === "llc" ? end - payload : etherTypes.of(above);
  put16(bytes, start + TYPE, uint(layer.type, "vlan.type", U16, computed));
}

const FIELDS: FieldNames<Vlan> = { priority: true, dropEligible: true, id: true, type: true };

export const vlan: Protocol<Vlan> = { kind: "vlan", fields: FIELDS, scan, read, size, write };
