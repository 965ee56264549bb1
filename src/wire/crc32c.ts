// CRC32c, the Castagnoli polynomial, by a table: RFC 9260 appendix A. `wire` runs without the
// native library.

import { u8 } from "./bytes.ts";

/** The polynomial 0x1edc6f41, its bits in reverse. */
const POLYNOMIAL = 0x82f6_3b78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ POLYNOMIAL;
  }
  return remainder;
});

export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff_ffff;
  for (let at = start; at < end; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ u8(bytes, at)) & 0xff] as number);
  }
  return ~crc >>> 0;
}
