// IPv6's fragment header: RFC 8200 section 4.5. One without offset and without more to come is an
// atomic fragment, a whole packet: RFC 6946.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { bit, U8, U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { nextHeader, nextHeaderOf } from "../registry.ts";

/** IPv6's fragment header: RFC 8200, section 4.5. */
export type Fragment = {
  kind: "fragment";
  nextHeader: number;
  /** In bytes. */
  fragmentOffset: number;
  moreFragments: boolean;
  identification: number;
  /** The byte and, in the lowest two bits, the bits that must be zero, only where they are not. */
  reserved?: number;
};

const HEADER = 8;
const OFFSET = 0xfff8;
const MORE = 1;

const NEXT_HEADER = 0;
const RESERVED = 1;
const OFFSET_AND_MORE = 2;
const IDENTIFICATION = 4;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("fragment", HEADER);
  const bits = u16(bytes, start + OFFSET_AND_MORE);
  if ((bits & MORE) !== 0) scan.partial = true;
  // Behind the first fragment there is no header.
  if ((bits & OFFSET) === 0) scan.next = nextHeader(u8(bytes, start + NEXT_HEADER));
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Fragment {
  const bits = u16(bytes, start + OFFSET_AND_MORE);
  const layer: Fragment = {
    kind: "fragment",
    nextHeader: u8(bytes, start + NEXT_HEADER),
    fragmentOffset: bits & OFFSET,
    moreFragments: (bits & MORE) !== 0,
    identification: u32(bytes, start + IDENTIFICATION),
  };
  const reserved = (u8(bytes, start + RESERVED) << 2) | ((bits >> 1) & 3);
  if (reserved !== 0) layer.reserved = reserved;
  return layer;
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Fragment>, { bytes, start, above }: Room): void {
  const next = nextHeaderOf(above);
  bytes[start + NEXT_HEADER] = uint(layer.nextHeader, "fragment.nextHeader", U8, next);
  const reserved = uint(layer.reserved, "fragment.reserved", 0x3ff);
  bytes[start + RESERVED] = reserved >> 2;
  const offset = uint(layer.fragmentOffset, "fragment.fragmentOffset", OFFSET);
  if (offset % 8 !== 0) {
    throw new RangeError(`fragment.fragmentOffset must be a multiple of 8, not ${offset}`);
  }
  const more = bit(layer.moreFragments, "fragment.moreFragments");
  put16(bytes, start + OFFSET_AND_MORE, offset | ((reserved & 3) << 1) | more);
  put32(bytes, start + IDENTIFICATION, uint(layer.identification, "fragment.identification", U32));
}

const FIELDS: FieldNames<Fragment> = {
  nextHeader: true,
  fragmentOffset: true,
  moreFragments: true,
  identification: true,
  reserved: true,
};

export const fragment: Protocol<Fragment> = {
  kind: "fragment",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
