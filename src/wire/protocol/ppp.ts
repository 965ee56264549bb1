// The protocol field of PPP: RFC 1661, with the address and control of RFC 1662's framing where
// they are there.

import { put16, u8, u16 } from "../bytes.ts";
import { bit, U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pppProtocols } from "../registry.ts";

/** The protocol field of PPP: RFC 1661. */
export type Ppp = {
  kind: "ppp";
  protocol: number;
  /** The bytes ff 03 of HDLC-like framing are before it; only where they are. */
  framed?: true;
  /** The protocol has one byte, an odd one; only where that is so (RFC 1661 section 6.5). */
  compressed?: true;
};

const ADDRESS_AND_CONTROL = 0xff03;
const FRAMING = 2;

/** The size of the framing, which no protocol's number looks like. */
function framing({ bytes, start, left }: Scan): number {
  return left >= FRAMING && u16(bytes, start) === ADDRESS_AND_CONTROL ? FRAMING : 0;
}

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  const at = framing(scan);
  if (left < at + 1) return scan.truncated("ppp", at + 2);
  const first = u8(bytes, start + at);
  // Of two bytes the first is even.
  if ((first & 1) === 1) {
    scan.next = pppProtocols.protocol(first);
    return at + 1;
  }
  if (left < at + 2) return scan.truncated("ppp", at + 2);
  scan.next = pppProtocols.protocol(u16(bytes, start + at));
  return at + 2;
}

function read(bytes: Uint8Array, start: number, end: number): Ppp {
  const framed = end - start > FRAMING;
  const compressed = (end - start) % 2 === 1;
  const layer: Ppp = {
    kind: "ppp",
    protocol: compressed ? u8(bytes, end - 1) : u16(bytes, end - 2),
  };
  if (framed) layer.framed = true;
  if (compressed) layer.compressed = true;
  return layer;
}

function size(layer: Init<Ppp>): number {
  const framed = bit(layer.framed, "ppp.framed") * FRAMING;
  return framed + 2 - bit(layer.compressed, "ppp.compressed");
}

function write(layer: Init<Ppp>, { bytes, start, payload, above }: Room): void {
  const compressed = layer.compressed === true;
  const protocol = uint(layer.protocol, "ppp.protocol", U16, pppProtocols.of(above));
  if (layer.framed === true) put16(bytes, start, ADDRESS_AND_CONTROL);
  if (!compressed) put16(bytes, payload - 2, protocol);
  else if (protocol <= 0xff && protocol % 2 === 1) bytes[payload - 1] = protocol;
  else throw new RangeError(`ppp.protocol must be an odd byte to be compressed, not ${protocol}`);
}

const FIELDS: FieldNames<Ppp> = { protocol: true, framed: true, compressed: true };

export const ppp: Protocol<Ppp> = { kind: "ppp", fields: FIELDS, scan, read, size, write };
