// CRC32c, the Castagnoli polynomial, by tables: RFC 9260 appendix A. `wire` runs without the
// native library.

import { u8 } from "./bytes.ts";

/** The polynomial 0x1edc6f41, its bits in reverse. */
const POLYNOMIAL = 0x82f6_3b78;

/** How many bytes are taken at once: four go into the remainder, four have a table alone. */
const STEP = 8;

/** The remainders of a byte, of a byte with a zero behind it, with two, and so on. */
const TABLES: Int32Array = tables();

function tables(): Int32Array {
  const result = new Int32Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ POLYNOMIAL;
    }
    result[byte] = remainder;
  }
  for (let index = 256; index < result.length; index++) {
    const before = result[index - 256] as number;
    result[index] = (before >>> 8) ^ (result[before & 0xff] as number);
  }
  return result;
}

function table(zeros: number, byte: number): number {
  return TABLES[256 * zeros + byte] as number;
}

export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + STEP <= end; at += STEP) {
    crc =
      table(7, (crc ^ u8(bytes, at)) & 0xff) ^
      table(6, ((crc >>> 8) ^ u8(bytes, at + 1)) & 0xff) ^
      table(5, ((crc >>> 16) ^ u8(bytes, at + 2)) & 0xff) ^
      table(4, (crc >>> 24) ^ u8(bytes, at + 3)) ^
      table(3, u8(bytes, at + 4)) ^
      table(2, u8(bytes, at + 5)) ^
      table(1, u8(bytes, at + 6)) ^
      table(0, u8(bytes, at + 7));
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ table(0, (crc ^ u8(bytes, at)) & 0xff);
  return ~crc >>> 0;
}
