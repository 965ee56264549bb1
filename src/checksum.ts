// The internet checksum. RFC 1071.

import { native } from "./native/library.ts";
import { type Bytes, integer, type Span, spanEnd, spanStart, view } from "./validate.ts";

const U16_MAX = 0xffff;

/** The complement of the folded sum: the value for a checksum field, read big-endian. */
export function internet(data: Bytes, options: Span = {}): number {
  return partial(data, 0, options) ^ U16_MAX;
}

/** `sum` with the 16-bit words of `data` added, folded to 16 bits; an odd last byte is padded. */
export function partial(data: Bytes, sum = 0, options: Span = {}): number {
  const bytes = view(data, "data");
  const end = spanEnd(options, bytes.byteLength);
  const start = spanStart(options, end);
  const folded = fold(sum);
  return native.rawsock_checksum_partial(bytes as Uint8Array, start, end - start, folded);
}

/** A sum of 16-bit words folded to 16 bits with end-around carry. */
export function fold(sum: number): number {
  let folded = integer(sum, "sum", 0, Number.MAX_SAFE_INTEGER);
  while (folded > U16_MAX) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The sum of two parts, the second of which begins `offsetOfB` bytes behind the first's start. */
export function combine(a: number, b: number, offsetOfB: number): number {
  integer(offsetOfB, "offsetOfB", 0, Number.MAX_SAFE_INTEGER);
  const second = fold(b);
  // RFC 1071, 2(B): a sum at an odd offset is the byte-swapped sum.
  const aligned = offsetOfB % 2 === 0 ? second : ((second & 0xff) << 8) | (second >> 8);
  return fold(fold(a) + aligned);
}
