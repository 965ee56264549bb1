// IPsec's authentication header: RFC 4302. Nothing is verified.

import { part, put16, put32, u8, u16, u32 } from "../bytes.ts";
import { octets, U8, U16, U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { nextHeader, nextHeaderOf } from "../registry.ts";

/** IPsec's authentication header: RFC 4302. */
export type Authentication = {
  kind: "authentication";
  nextHeader: number;
  /** The security parameters index. */
  spi: number;
  sequence: number;
  /** The integrity check value, with its padding. */
  icv: Uint8Array;
  /** The field that must be zero, only where it is not. */
  reserved?: number;
};

const FIXED = 12;
const UNIT = 4;
const LENGTH_MAX = (U8 + 2) * UNIT;

const NEXT_HEADER = 0;
const LENGTH = 1;
const RESERVED = 2;
const SPI = 4;
const SEQUENCE = 8;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < FIXED) return scan.truncated("authentication", FIXED);
  const length = (u8(bytes, start + LENGTH) + 2) * UNIT;
  if (length < FIXED) {
    const message = `a length of ${length} is less than ${FIXED}`;
    return scan.malformed("authentication", start + LENGTH, message);
  }
  if (left < length) return scan.truncated("authentication", length);
  scan.next = nextHeader(u8(bytes, start + NEXT_HEADER));
  return length;
}

function read(bytes: Uint8Array, start: number, end: number): Authentication {
  const layer: Authentication = {
    kind: "authentication",
    nextHeader: u8(bytes, start + NEXT_HEADER),
    spi: u32(bytes, start + SPI),
    sequence: u32(bytes, start + SEQUENCE),
    icv: part(bytes, start + FIXED, end),
  };
  const reserved = u16(bytes, start + RESERVED);
  if (reserved !== 0) layer.reserved = reserved;
  return layer;
}

function size(layer: Init<Authentication>): number {
  const { length } = octets(layer.icv, "authentication.icv");
  const whole = FIXED + Math.ceil(length / UNIT) * UNIT;
  if (whole <= LENGTH_MAX) return whole;
  const most = LENGTH_MAX - FIXED;
  throw new RangeError(`authentication.icv must have at most ${most} bytes, not ${length}`);
}

function write(layer: Init<Authentication>, { bytes, start, payload, above }: Room): void {
  const next = nextHeaderOf(above);
  bytes[start + NEXT_HEADER] = uint(layer.nextHeader, "authentication.nextHeader", U8, next);
  bytes[start + LENGTH] = (payload - start) / UNIT - 2;
  put16(bytes, start + RESERVED, uint(layer.reserved, "authentication.reserved", U16));
  put32(bytes, start + SPI, uint(layer.spi, "authentication.spi", U32));
  put32(bytes, start + SEQUENCE, uint(layer.sequence, "authentication.sequence", U32));
  bytes.set(octets(layer.icv, "authentication.icv"), start + FIXED);
}

const FIELDS: FieldNames<Authentication> = {
  nextHeader: true,
  spi: true,
  sequence: true,
  icv: true,
  reserved: true,
};

export const authentication: Protocol<Authentication> = {
  kind: "authentication",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
