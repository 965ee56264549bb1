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
  if (data.length > snaplen && snaplen !== 0) {
    throw new RangeError(`data has ${data.length} bytes, more than the snaplen of ${snaplen}`);
  }
  // Of what is right, nothing is asked twice: there may be millions.
  if (!Number.isInteger(length) || length < data.length || length > U32_MAX) {
    integer(length, "length", data.length, U32_MAX);
  }
  if (typeof timestamp !== "bigint") throw wrongType("timestamp", "a bigint", timestamp);
  if (timestamp < 0n || timestamp > TIMESTAMP_MAX) {
    throw new RangeError(`timestamp must be from 0 to ${TIMESTAMP_MAX}, not ${timestamp}`);
  }
}
