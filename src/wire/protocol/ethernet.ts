// Ethernet: IEEE 802.3, where the last field is a type from 0x0600 on and a length below.

import { put16, u16 } from "../bytes.ts";
import { U16, uint } from "../field.ts";
import { putMac } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { etherTypes, protocolOf } from "../registry.ts";
import { macText } from "../text.ts";

/** Ethernet: IEEE 802.3. There is either a `type` or a `length`, behind which comes LLC. */
export type Ethernet = {
  kind: "ethernet";
  destination: string;
  source: string;
  /** The EtherType, or, in a frame of IEEE 802.3 with LLC, nothing. */
  type?: number;
  /** The payload's length in a frame of IEEE 802.3. */
  length?: number;
};

const HEADER = 14;
const LENGTH_MAX = 1500;

const DESTINATION = 0;
const SOURCE = 6;
const TYPE = 12;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("ethernet", HEADER);
  const { bytes, start } = scan;
  const type = u16(bytes, start + TYPE);
  if (type > LENGTH_MAX) {
    scan.next = etherTypes.protocol(type);
  } else {
    scan.limit("ethernet", start + HEADER + type, start + HEADER);
    if (type > 0) scan.next = protocolOf("llc");
  }
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Ethernet {
  const type = u16(bytes, start + TYPE);
  const destination = macText(bytes, start + DESTINATION);
  const source = macText(bytes, start + SOURCE);
  return type > LENGTH_MAX
    ? { kind: "ethernet", destination, source, type }
    : { kind: "ethernet", destination, source, length: type };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Ethernet>, room: Room): void {
  const { bytes, start } = room;
  putMac(bytes, start + DESTINATION, layer.destination, "ethernet.destination");
  putMac(bytes, start + SOURCE, layer.source, "ethernet.source");
  put16(bytes, start + TYPE, typeOrLength(layer, room));
}

function typeOrLength({ type, length }: Init<Ethernet>, { above, payload, end }: Room): number {
  if (type !== undefined) return uint(type, "ethernet.type", U16);
  if (length !== undefined) return uint(length, "ethernet.length", U16);
  if (above?.kind !== "llc") return etherTypes.of(above) ?? 0;
  if (end - payload <= LENGTH_MAX) return end - payload;
  throw new RangeError(`a payload with llc has at most ${LENGTH_MAX} bytes, not ${end - payload}`);
}

const FIELDS: FieldNames<Ethernet> = { destination: true, source: true, type: true, length: true };

export const ethernet: Protocol<Ethernet> = {
  kind: "ethernet",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
