// The internet checksum, RFC 1071, by plain loops: `wire` runs without the native library.

import { u8, u16 } from "./bytes.ts";

/** `sum` with the words of a part added; an odd last byte is padded with a zero. Not folded. */
export function add(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  let at = start;
  // Below 2^53 for any array: no fold is needed on the way.
  for (; at + 8 <= end; at += 8) {
    total += u16(bytes, at) + u16(bytes, at + 2) + (u16(bytes, at + 4) + u16(bytes, at + 6));
  }
  for (; at + 2 <= end; at += 2) total += u16(bytes, at);
  return at < end ? total + (u8(bytes, at) << 8) : total;
}

/** The field's value of a sum: folded to 16 bits and complemented. */
export function finish(sum: number): number {
  let folded = sum;
  // Above 2^31 bits would be lost.
  while (folded > 0x7fff_ffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded ^ 0xffff;
}
