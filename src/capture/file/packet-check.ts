// What every packet must be to be written.

import { integer, U32_MAX, wrongType } from "../../base/validate.ts";

const TIMESTAMP_MAX = 2n ** 64n - 1n;

export function checkPacket(
  data: Uint8Array,
  length: number,
  timestamp: bigint,
  snaplen: number,
): void {
  if (!(data instanceof Uint8Array)) throw wrongType("data", "a Uint8Array", data);
  checkSize(data.length, snaplen);
  // Of what is right, nothing is asked twice: there may be millions.
  if (!Number.isInteger(length) || length < data.length || length > U32_MAX) {
    integer(length, "length", data.length, U32_MAX);
  }
  if (typeof timestamp !== "bigint") throw wrongType("timestamp", "a bigint", timestamp);
  if (timestamp < 0n || timestamp > TIMESTAMP_MAX) {
    throw new RangeError(`timestamp must be from 0 to ${TIMESTAMP_MAX}, not ${timestamp}`);
  }
}

/** Refuses more bytes than the file says that it has of a packet; 0 says nothing. */
export function checkSize(size: number, snaplen: number): void {
  if (size <= snaplen || snaplen === 0) return;
  throw new RangeError(`data has ${size} bytes, more than the snaplen of ${snaplen}`);
}
