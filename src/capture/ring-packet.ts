// A packet in a ring.

import type { CapturedPacket, VlanTag } from "./packet.ts";
import { type Form, PLACE, type Place, type Placed, RUN } from "./place.ts";
import { encodeRun } from "./ring-encode.ts";
import type { RingMemory } from "./ring-memory.ts";
import { type PacketView, plain, tagOf, timestampOf } from "./view.ts";

/** Packets that are written at once. */
const RUN_MAX = 1024;
/** Where they are: only while they are written. */
const places = new Uint32Array(RUN_MAX);

/** Objects for the packets of a batch. */
export class PacketPool {
  readonly #memory: RingMemory;
  readonly #packets: RingPacket[] = [];
  /** Whether a batch has them. */
  used = false;

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** The first so many, in an array of its own. */
  packets(count: number): RingPacket[] {
    const packets = this.#packets;
    while (packets.length < count) packets.push(new RingPacket(this.#memory));
    return packets.slice(0, count);
  }
}

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

  /** Writes it and those of the same ring that follow it in a list, as far as they are simple. */
  [RUN](packets: readonly unknown[], from: number, form: Form): number {
    const memory = this.#memory;
    const { dropped } = memory;
    const most = Math.min(packets.length - from, RUN_MAX);
    let count = 0;
    for (; count < most; count++) {
      const packet = packets[from + count] as RingPacket;
      if (!(#memory in packet) || packet.#memory !== memory) break;
      const at = packet.#at;
      // A packet that tells of others before it has more to be written.
      if (dropped.size > 0 && dropped.has(at)) break;
      places[count] = at;
    }
    return encodeRun(memory, places, count, form);
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
