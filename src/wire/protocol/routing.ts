// IPv6's routing header: RFC 8200 section 4.4; what is in it depends on its type, as in RFC 6275
// (2), RFC 6554 (3) and RFC 8754 (4).

import { part, u8 } from "../bytes.ts";
import { octets, U8, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { nextHeader, nextHeaderOf } from "../registry.ts";

/** IPv6's routing header: RFC 8200, section 4.4. */
export type Routing = {
  kind: "routing";
  nextHeader: number;
  routingType: number;
  segmentsLeft: number;
  /** What is behind the first four bytes: of type 0, four more and the addresses. */
  data: Uint8Array;
};

const FIXED = 4;
const UNIT = 8;
const LENGTH_MAX = 256 * UNIT;

const NEXT_HEADER = 0;
const LENGTH = 1;
const TYPE = 2;
const SEGMENTS_LEFT = 3;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < UNIT) return scan.truncated("routing", UNIT);
  const length = (u8(bytes, start + LENGTH) + 1) * UNIT;
  if (left < length) return scan.truncated("routing", length);
  scan.next = nextHeader(u8(bytes, start + NEXT_HEADER));
  return length;
}

function read(bytes: Uint8Array, start: number, end: number): Routing {
  return {
    kind: "routing",
    nextHeader: u8(bytes, start + NEXT_HEADER),
    routingType: u8(bytes, start + TYPE),
    segmentsLeft: u8(bytes, start + SEGMENTS_LEFT),
    data: part(bytes, start + FIXED, end),
  };
}

function size(layer: Init<Routing>): number {
  const { length } = octets(layer.data, "routing.data");
  const whole = Math.ceil((FIXED + length) / UNIT) * UNIT;
  if (whole <= LENGTH_MAX) return whole;
  throw new RangeError(`routing.data must have at most ${LENGTH_MAX - FIXED} bytes, not ${length}`);
}

function write(layer: Init<Routing>, { bytes, start, payload, above }: Room): void {
  const next = nextHeaderOf(above);
  bytes[start + NEXT_HEADER] = uint(layer.nextHeader, "routing.nextHeader", U8, next);
  bytes[start + LENGTH] = (payload - start) / UNIT - 1;
  bytes[start + TYPE] = uint(layer.routingType, "routing.routingType", U8);
  bytes[start + SEGMENTS_LEFT] = uint(layer.segmentsLeft, "routing.segmentsLeft", U8);
  bytes.set(octets(layer.data, "routing.data"), start + FIXED);
}

const FIELDS: FieldNames<Routing> = {
  nextHeader: true,
  routingType: true,
  segmentsLeft: true,
  data: true,
};

export const routing: Protocol<Routing> = {
  kind: "routing",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
