// Logical link control: IEEE 802.2, behind a length in place of an EtherType.

import { u8 } from "../bytes.ts";
import { U8, U16, uint } from "../field.ts";
import type { AnyLayer, FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { protocolOf } from "../registry.ts";

/** Logical link control: IEEE 802.2. */
export type Llc = {
  kind: "llc";
  /** The service access point of the destination, and that of the source. */
  dsap: number;
  ssap: number;
  /**
   * One byte where its lowest two bits are set, as in 3 for unnumbered information; two bytes else,
   * of which the first is the low one.
   */
  control: number;
};

const HEADER = 3;
const NUMBERED_HEADER = 4;

const DSAP = 0;
const SSAP = 1;
const CONTROL = 2;

const UNNUMBERED = 3;
const INTERNET = 0x06;
const SNAP = 0xaa;
/** What NetWare's raw frames begin with instead of a header. */
const NONE = 0xff;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("llc", HEADER);
  const dsap = u8(bytes, start + DSAP);
  const ssap = u8(bytes, start + SSAP);
  if (dsap === NONE && ssap === NONE) return scan.decline();
  const control = u8(bytes, start + CONTROL);
  if ((control & UNNUMBERED) !== UNNUMBERED) {
    return left < NUMBERED_HEADER ? scan.truncated("llc", NUMBERED_HEADER) : NUMBERED_HEADER;
  }
  if (control === UNNUMBERED && dsap === ssap) {
    if (dsap === SNAP) scan.next = protocolOf("snap");
    else if (dsap === INTERNET) scan.next = protocolOf("ipv4");
  }
  return HEADER;
}

function read(bytes: Uint8Array, start: number, end: number): Llc {
  const low = u8(bytes, start + CONTROL);
  return {
    kind: "llc",
    dsap: u8(bytes, start + DSAP),
    ssap: u8(bytes, start + SSAP),
    control: end - start === HEADER ? low : low | (u8(bytes, start + CONTROL + 1) << 8),
  };
}

/** A control field that is not set is that of unnumbered information. */
function controlOf(layer: Init<Llc>): number {
  const control = uint(layer.control, "llc.control", U16, UNNUMBERED);
  if ((control & UNNUMBERED) !== UNNUMBERED || control <= U8) return control;
  throw new RangeError(`llc.control must be at most ${U8} where it is unnumbered, not ${control}`);
}

function size(layer: Init<Llc>): number {
  return (controlOf(layer) & UNNUMBERED) === UNNUMBERED ? HEADER : NUMBERED_HEADER;
}

function write(layer: Init<Llc>, { bytes, start, payload, above }: Room): void {
  const point = accessPoint(above);
  bytes[start + DSAP] = uint(layer.dsap, "llc.dsap", U8, point);
  bytes[start + SSAP] = uint(layer.ssap, "llc.ssap", U8, point);
  const control = controlOf(layer);
  bytes[start + CONTROL] = control;
  if (payload - start === NUMBERED_HEADER) bytes[start + CONTROL + 1] = control >> 8;
}

function accessPoint(above: AnyLayer | undefined): number {
  if (above?.kind === "snap") return SNAP;
  return above?.kind === "ipv4" ? INTERNET : 0;
}

const FIELDS: FieldNames<Llc> = { dsap: true, ssap: true, control: true };

export const llc: Protocol<Llc> = { kind: "llc", fields: FIELDS, scan, read, size, write };
