// Packets from their fragments: RFC 791 section 3.2 and RFC 8200 section 4.5; with RFC 5722, by
// which fragments that overlap are an attack and the packet is dropped, and RFC 6946, by which a
// packet in one fragment is whole as it is.

import { U32, uint } from "./field.ts";
import { type Fragment, fragmentOf, type Piece, wholePacket } from "./fragments.ts";
import type { Packet } from "./packet.ts";
import type { AnyLayer } from "./protocol.ts";

/** How much a Reassembler keeps, and for how long. */
export type ReassemblerOptions = {
  /** How many bytes fragments may take, with some for the record of each; the oldest go first. */
  readonly memory?: number | undefined;
  /** How long a packet's first fragment waits for the last, in milliseconds. */
  readonly timeout?: number | undefined;
};

const MEMORY = 4 * 1024 * 1024;
/** RFC 8200's; RFC 1122 has 60 to 120 seconds for IPv4. */
const TIMEOUT = 60_000;
/** What a fragment's record takes, roughly. */
const RECORD = 256;
/** What offset and length reach at most. */
const SIZE_MAX = 65_535;

/** A packet some of whose fragments came. */
type Waiting = {
  readonly since: bigint;
  /** In the order of their places. */
  pieces: Piece[];
  /** How many bytes they have. */
  size: number;
  memory: number;
  /** Where the last fragment ends, once it came. */
  end: number | undefined;
  /** The headers before the fragments, from the first of them. */
  headers: AnyLayer[] | undefined;
  /** Fragments overlapped: all that still come are dropped, too. */
  refused: boolean;
};

/** Puts fragments together. Each keeps its own packets; memory is bounded. */
export class Reassembler {
  readonly #memory: number;
  readonly #timeout: bigint;
  readonly #waiting = new Map<string, Waiting>();
  #used = 0;
  #dropped = 0;

  /** RangeError for a memory or timeout that is none. */
  constructor({ memory, timeout }: ReassemblerOptions = {}) {
    this.#memory = uint(memory, "memory", U32, MEMORY);
    this.#timeout = BigInt(uint(timeout, "timeout", U32, TIMEOUT)) * 1_000_000n;
  }

  /** How many packets wait for more of their fragments. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** How many packets were given up: too late, too many, overlapping or impossible. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The bytes that are kept. */
  get memory(): number {
    return this.#used;
  }

  /**
   * A packet that is no fragment comes back as it is. A fragment brings null, until the last one
   * that was missing brings the whole packet, with the headers of the first fragment below.
   * `timestamp` is the packet's, in nanoseconds: packets' time is the only one that passes. The
   * fragment's bytes are copied.
   */
  add(packet: Packet, timestamp = 0n): Packet | null {
    this.#expire(timestamp);
    const fragment = fragmentOf(packet);
    if (fragment === undefined) return packet;
    if (fragment === null) return this.#drop();
    const waiting = this.#enter(fragment, timestamp);
    if (waiting.refused || isKnown(waiting, fragment)) return null;
    if (!fits(waiting, fragment)) return this.#refuse(waiting);
    this.#keep(waiting, fragment);
    // Nothing overlaps: as many bytes as there should be are all of them.
    if (waiting.end !== waiting.size) {
      this.#makeRoom();
      return null;
    }
    this.#forget(fragment.key, waiting);
    const { headers, pieces, size } = waiting;
    return wholePacket(headers as AnyLayer[], joined(pieces, size)) ?? this.#drop();
  }

  /** Gives up all that waits. */
  clear(): void {
    this.#waiting.clear();
    this.#used = 0;
  }

  #enter({ key }: Fragment, since: bigint): Waiting {
    const known = this.#waiting.get(key);
    if (known !== undefined) return known;
    const waiting: Waiting = {
      since,
      pieces: [],
      size: 0,
      memory: RECORD,
      end: undefined,
      headers: undefined,
      refused: false,
    };
    this.#used += RECORD;
    this.#waiting.set(key, waiting);
    return waiting;
  }

  #keep(waiting: Waiting, { start, end, data, more, headers }: Fragment): void {
    waiting.pieces.splice(placeOf(waiting.pieces, start), 0, { start, end, data });
    waiting.size += data.length;
    if (start === 0) waiting.headers = headers;
    if (!more) waiting.end = end;
    const memory = RECORD + data.length;
    waiting.memory += memory;
    this.#used += memory;
  }

  /** Keeps nothing but the knowledge that the packet is refused. */
  #refuse(waiting: Waiting): null {
    this.#used -= waiting.memory - RECORD;
    waiting.memory = RECORD;
    waiting.pieces = [];
    waiting.headers = undefined;
    waiting.refused = true;
    return this.#drop();
  }

  #drop(): null {
    this.#dropped++;
    return null;
  }

  #forget(key: string, { memory }: Waiting): void {
    this.#waiting.delete(key);
    this.#used -= memory;
  }

  /** The map has them in the order of their first fragments. */
  #expire(now: bigint): void {
    for (const [key, waiting] of this.#waiting) {
      if (now - waiting.since <= this.#timeout) return;
      this.#giveUp(key, waiting);
    }
  }

  #makeRoom(): void {
    for (const [key, waiting] of this.#waiting) {
      if (this.#used <= this.#memory) return;
      this.#giveUp(key, waiting);
    }
  }

  #giveUp(key: string, waiting: Waiting): void {
    this.#forget(key, waiting);
    if (!waiting.refused) this.#dropped++;
  }
}

/** The same fragment once more, which is no overlap. */
function isKnown({ pieces }: Waiting, { start, end, data }: Fragment): boolean {
  const piece = pieces[placeOf(pieces, start)];
  if (piece?.start !== start || piece.end !== end) return false;
  return piece.data.every((byte, index) => byte === data[index]);
}

/** Whether nothing that came contradicts the fragment. */
function fits({ pieces, end }: Waiting, fragment: Fragment): boolean {
  const index = placeOf(pieces, fragment.start);
  const before = pieces[index - 1];
  const behind = pieces[index];
  if (before !== undefined && before.end > fragment.start) return false;
  if (behind !== undefined && (behind.start < fragment.end || !fragment.more)) return false;
  if (end !== undefined && (fragment.end > end || !fragment.more)) return false;
  return fragment.before + fragment.end <= SIZE_MAX;
}

/** The index of the first piece that begins at `start` or behind. */
function placeOf(pieces: readonly Piece[], start: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle] as Piece).start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(pieces: readonly Piece[], end: number): Uint8Array {
  const whole = new Uint8Array(end);
  for (const { start, data } of pieces) whole.set(data, start);
  return whole;
}
