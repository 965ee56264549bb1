// A packet in a ring.

import type { CapturedPacket, VlanTag } from "./packet.ts";
import { PLACE, type Place, type Placed } from "./place.ts";
import type { RingMemory } from "./ring-memory.ts";
import { type PacketView, plain, tagOf, timestampOf } from "./view.ts";

/**
 * What is asked for is read from the ring, as long as the block is not the kernel's again, and some
 * batches later the object is another packet's. To make objects for a million packets in a second,
 * let alone all that is in them, would take longer than everything else.
 */
export class RingPacket implements PacketView, Placed {
  length = 0;
  readonly #memory: RingMemory;
  #at = 0;

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** Is the packet from now on whose header is at `at`. */
  become(at: number, length: number): void {
    this.#at = at;
    this.length = length;
  }

  #start(): number {
    return this.#at + (this.#memory.halves[(this.#at + this.#memory.layout.mac) >>> 1] as number);
  }

  #size(): number {
    return this.#memory.word(this.#at, this.#memory.layout.kept);
  }

  /** What a writer takes instead of all that follows. */
  [PLACE](place: Place): void {
    const { bytes, halves, words, layout, dropped } = this.#memory;
    const at = this.#at;
    place.bytes = bytes;
    place.halves = halves;
    place.start = at + (halves[(at + layout.mac) >>> 1] as number);
    place.kept = words[(at + layout.kept) >>> 2] as number;
    place.length = this.length;
    place.seconds = words[(at + layout.seconds) >>> 2] as number;
    place.nanoseconds = words[(at + layout.nanoseconds) >>> 2] as number;
    place.interface = words[(at + layout.index) >>> 2] as number;
    place.outgoing = bytes[at + layout.pkttype] === layout.outgoing;
    place.dropped = dropped.size === 0 ? 0 : (dropped.get(at) ?? 0);
  }

  get data(): Uint8Array {
    const start = this.#start();
    return this.#memory.bytes.subarray(start, start + this.#size());
  }

  get timestamp(): bigint {
    const { seconds, nanoseconds } = this.#memory.layout;
    const at = this.#at;
    return timestampOf(this.#memory.word(at, seconds), this.#memory.word(at, nanoseconds));
  }

  get interface(): number {
    return this.#memory.word(this.#at, this.#memory.layout.index);
  }

  get direction(): "in" | "out" {
    const { pkttype, outgoing } = this.#memory.layout;
    return this.#memory.bytes[this.#at + pkttype] === outgoing ? "out" : "in";
  }

  #has(bit: number): boolean {
    return (this.#memory.word(this.#at, this.#memory.layout.status) & bit) !== 0;
  }

  get checksum(): "valid" | "partial" | "unknown" {
    const { partial, valid } = this.#memory.layout;
    if (this.#has(partial)) return "partial";
    return this.#has(valid) ? "valid" : "unknown";
  }

  get vlan(): VlanTag | undefined {
    if (!this.#has(this.#memory.layout.tagged)) return undefined;
    return tagOf(this.#memory.tag(this.#at));
  }

  get dropped(): number | undefined {
    return this.#memory.dropped.get(this.#at);
  }

  copy(): CapturedPacket {
    const start = this.#start();
    return plain(this, this.#memory.bytes.slice(start, start + this.#size()));
  }

  toJSON(): object {
    return plain(this, this.data);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return plain(this, this.data);
  }
}
