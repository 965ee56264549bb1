// Where a packet lies in memory, for writers: neither a view of its bytes nor a bigint of its time
// has to be made, which take longer than all else that is done with a small packet.

const NOTHING: Uint8Array = new Uint8Array(0);
const NO_HALVES = new Uint16Array(0);

export class Place {
  /** The memory, and the same one in halves of words. */
  bytes: Uint8Array = NOTHING;
  halves: Uint16Array = NO_HALVES;
  /** The packet's first byte, at an even place, and how many were kept. */
  start = 0;
  kept = 0;
  /** Bytes on the wire. */
  length = 0;
  /** Since 1970, and the nanoseconds beyond them. */
  seconds = 0;
  nanoseconds = 0;
  /** The interface's index. */
  interface = 0;
  outgoing = false;
  /** Packets dropped between the one before and this one. */
  dropped = 0;
}

/** A packet that tells where it lies has a method of this name. */
export const PLACE: unique symbol = Symbol("place");

export interface Placed {
  [PLACE](place: Place): void;
}

/** The time as one number. */
export function placedTime({ seconds, nanoseconds }: Place): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}
