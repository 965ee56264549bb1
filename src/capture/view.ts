// A packet where it was captured: in memory that will be used again.

import type { CapturedPacket, VlanTag } from "./packet.ts";

const LOW_WORD = 2 ** 32;
const stamp = new BigInt64Array(1);
const stampWords = new Uint32Array(stamp.buffer);

/** Nanoseconds since 1970 as one number; seconds times 10^9 are exact as a double: 2^9 * 5^9. */
function timestampOf(seconds: number, nanoseconds: number): bigint {
  const whole = seconds * 1e9;
  const high = Math.floor(whole / LOW_WORD);
  const low = whole - high * LOW_WORD + nanoseconds;
  const carry = low >= LOW_WORD ? 1 : 0;
  stampWords[0] = low - carry * LOW_WORD;
  stampWords[1] = high + carry;
  return stamp[0] as bigint;
}

/** What is known of a packet, in one number. */
export const SENT = 1;
export const CHECKSUM_VALID = 2;
export const CHECKSUM_PARTIAL = 4;
export const TAGGED = 8;

/**
 * A packet of `batches()`. Its `data` are the memory that it was captured in: they, and so they
 * when they are first read later, are this packet's until the next step. `copy` makes a packet that
 * stays.
 */
export class PacketView implements CapturedPacket {
  readonly length: number;
  readonly interface: number;
  readonly #memory: Uint8Array;
  readonly #start: number;
  readonly #size: number;
  readonly #seconds: number;
  readonly #nanoseconds: number;
  readonly #known: number;
  readonly #tag: number;
  readonly #dropped: number;

  /** `known`: bits of the above; `tag`: the type times 2^16 and the control information. */
  constructor(
    memory: Uint8Array,
    start: number,
    size: number,
    length: number,
    index: number,
    seconds: number,
    nanoseconds: number,
    known: number,
    tag: number,
    dropped: number,
  ) {
    this.length = length;
    this.interface = index;
    this.#memory = memory;
    this.#start = start;
    this.#size = size;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
    this.#known = known;
    this.#tag = tag;
    this.#dropped = dropped;
  }

  /** Its bytes, which are made a view when they are asked for: that takes most of the time. */
  get data(): Uint8Array {
    return this.#memory.subarray(this.#start, this.#start + this.#size);
  }

  get timestamp(): bigint {
    return timestampOf(this.#seconds, this.#nanoseconds);
  }

  get direction(): "in" | "out" {
    return (this.#known & SENT) === 0 ? "in" : "out";
  }

  get checksum(): "valid" | "partial" | "unknown" {
    const known = this.#known;
    if ((known & CHECKSUM_PARTIAL) !== 0) return "partial";
    return (known & CHECKSUM_VALID) === 0 ? "unknown" : "valid";
  }

  get vlan(): VlanTag | undefined {
    if ((this.#known & TAGGED) === 0) return undefined;
    return { tci: this.#tag & 0xffff, tpid: this.#tag >>> 16 };
  }

  get dropped(): number | undefined {
    return this.#dropped === 0 ? undefined : this.#dropped;
  }

  /** The packet as an object of its own, with bytes of its own. */
  copy(): CapturedPacket {
    const start = this.#start;
    return this.#with(this.#memory.slice(start, start + this.#size));
  }

  #with(data: Uint8Array): CapturedPacket {
    const { length, timestamp, direction, checksum, vlan, dropped } = this;
    const packet = { data, length, timestamp, interface: this.interface, direction, checksum };
    if (vlan === undefined && dropped === undefined) return packet;
    return {
      ...packet,
      ...(vlan === undefined ? {} : { vlan }),
      ...(dropped === undefined ? {} : { dropped }),
    };
  }

  toJSON(): object {
    return this.#with(this.data);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.#with(this.data);
  }
}
