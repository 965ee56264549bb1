// The headers that carry options in IPv6, hop-by-hop and destination options: RFC 8200 section 4.2.

import { NOTHING, part, u8 } from "../bytes.ts";
import { list, octets, U8, uint } from "../field.ts";
import type { AnyLayer, FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { nextHeader, nextHeaderOf } from "../registry.ts";

/** Padding is an option, too: type 0 is one byte, which has no data, type 1 more of them. */
export type Ipv6Option = { type: number; data: Uint8Array };

export type OptionsHeader = AnyLayer & { nextHeader: number; options: Ipv6Option[] };

const FIXED = 2;
const UNIT = 8;
const LENGTH_MAX = 256 * UNIT;

const NEXT_HEADER = 0;
const LENGTH = 1;

const PAD_1 = 0;
const PAD_N = 1;

/** The protocol of such a header; both look the same. */
export function optionsHeader<L extends OptionsHeader>(kind: L["kind"]): Protocol<L> {
  const fields = { nextHeader: true, options: true } satisfies FieldNames<OptionsHeader>;
  return {
    kind,
    fields: fields as FieldNames<L>,
    scan: (scan: Scan) => scanHeader(scan, kind),
    read: (bytes, start, end) => readHeader(kind, bytes, start, end) as L,
    size: (layer: Init<L>) => sizeOf(layer, kind),
    write: (layer: Init<L>, room: Room) => writeHeader(layer, room, kind),
  };
}

function scanHeader(scan: Scan, kind: string): number {
  const { bytes, start, left } = scan;
  if (left < UNIT) return scan.truncated(kind, UNIT);
  const length = (u8(bytes, start + LENGTH) + 1) * UNIT;
  if (left < length) return scan.truncated(kind, length);
  const end = start + length;
  for (let at = start + FIXED; at < end; ) {
    if (u8(bytes, at) === PAD_1) {
      at++;
      continue;
    }
    const behind = at + 1 < end ? at + 2 + u8(bytes, at + 1) : end + 1;
    if (behind > end) return scan.malformed(kind, at, "an option ends behind the header");
    at = behind;
  }
  scan.next = nextHeader(u8(bytes, start + NEXT_HEADER));
  return length;
}

function readHeader(kind: string, bytes: Uint8Array, start: number, end: number): OptionsHeader {
  const options: Ipv6Option[] = [];
  for (let at = start + FIXED; at < end; ) {
    const type = u8(bytes, at);
    const length = type === PAD_1 ? 1 : 2 + u8(bytes, at + 1);
    const data = type === PAD_1 ? NOTHING : part(bytes, at + 2, Math.min(end, at + length));
    options.push({ type, data });
    at += length;
  }
  return { kind, nextHeader: u8(bytes, start + NEXT_HEADER), options };
}

type OptionsInit = { options?: readonly Ipv6Option[] | undefined; nextHeader?: number | undefined };

function sizeOf({ options }: OptionsInit, kind: string): number {
  const length = Math.ceil((FIXED + optionsSize(options, kind)) / UNIT) * UNIT;
  if (length <= LENGTH_MAX) return length;
  throw new RangeError(`${kind}.options must take at most ${LENGTH_MAX - FIXED} bytes`);
}

function optionsSize(options: readonly Ipv6Option[] | undefined, kind: string): number {
  let size = 0;
  for (const { type, data } of list(options, `${kind}.options`)) {
    size += type === PAD_1 ? 1 : 2 + octets(data, `${kind}.options: data`).length;
  }
  return size;
}

function writeHeader(layer: OptionsInit, room: Room, kind: string): void {
  const { bytes, start, payload, above } = room;
  const next = nextHeaderOf(above);
  bytes[start + NEXT_HEADER] = uint(layer.nextHeader, `${kind}.nextHeader`, U8, next);
  bytes[start + LENGTH] = (payload - start) / UNIT - 1;
  let at = start + FIXED;
  for (const { type, data } of list(layer.options, `${kind}.options`)) {
    bytes[at++] = uint(type, `${kind}.options: type`, U8);
    if (type === PAD_1) continue;
    const content = octets(data, `${kind}.options: data`);
    bytes[at] = uint(content.length, `${kind}.options: length`, U8);
    bytes.set(content, at + 1);
    at += 1 + content.length;
  }
  if (payload - at < 2) return;
  bytes[at] = PAD_N;
  bytes[at + 1] = payload - at - 2;
}
