// Byte order: htonl(3) and its kin. Every supported platform is little-endian.

import { integer, U16_MAX, U32_MAX } from "./validate.ts";

/** Host to network order, 16 bits. RangeError outside 0..2^16-1. */
export function htons(value: number): number {
  const n = integer(value, "n", 0, U16_MAX);
  return ((n & 0xff) << 8) | (n >> 8);
}

/** Host to network order, 32 bits. RangeError outside 0..2^32-1. */
export function htonl(value: number): number {
  const n = integer(value, "n", 0, U32_MAX);
  return ((n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;
}

/** Network to host order, 16 bits. RangeError outside 0..2^16-1. */
export const ntohs: (value: number) => number = htons;
/** Network to host order, 32 bits. RangeError outside 0..2^32-1. */
export const ntohl: (value: number) => number = htonl;
