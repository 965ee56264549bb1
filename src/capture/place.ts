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

/** What a file's packets look like, for those who can write many at once. */
export class Form {
  /** pcapng's blocks; else pcap's records. */
  blocks = false;
  nanoseconds = true;
  /** The most bytes of a packet. */
  snaplen = 0;
  /** The index of the interface that all of them must be of; 0: any. */
  interface = 0;
  /** Its number in the file. */
  number = 0;
  /** All of them must be before that. */
  untilSeconds = 0xffff_ffff;
  untilNanoseconds = 0xffff_ffff;
  /** Where they are written to, from `at` to `end`. */
  bytes: Uint8Array = NOTHING;
  at = 0;
  end = 0;
  /** The answer: how many bytes they were, and when the last one was. */
  size = 0;
  seconds = 0;
  nanosecond = 0;
}

/** A packet that can be written together with those that follow it has a method of this name. */
export const RUN: unique symbol = Symbol("run");

export interface Placed {
  [PLACE](place: Place): void;
  /**
   * Writes packets of a list from `from` on, this one first, until one needs a closer look: how
   * many were written, maybe none.
   */
  [RUN]?(packets: readonly unknown[], from: number, form: Form): number;
}

/** When the last of packets was that were written together. */
export function formTime({ seconds, nanosecond }: Form): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanosecond);
}

/** The time as one number. */
export function placedTime({ seconds, nanoseconds }: Place): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}
