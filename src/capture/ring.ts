// The ring of a packet socket: blocks that the kernel fills, read where they are. packet(7),
// TPACKET_V3.

import type { PacketFilter } from "../bpf/realise.ts";
import { ADDRESSES, insertTag, writeHeader } from "./cooked.ts";
import { COOKED } from "./link.ts";
import type { Link } from "./packet.ts";
import type { RingMemory } from "./ring-memory.ts";
import { PacketPool, type RingPacket } from "./ring-packet.ts";
import type { Batch } from "./tap.ts";

/** A block of the ring, while it is not the kernel's. */
class Block {
  readonly #memory: RingMemory;
  readonly start: number;
  /** Batches in use. */
  #used = 0;
  #read = false;
  /** Packets that tell of others that were dropped before them. */
  #marked: number[] = [];

  constructor(memory: RingMemory, start: number) {
    this.#memory = memory;
    this.start = start;
  }

  /** The kernel has handed it over. */
  begin(): void {
    this.#read = false;
  }

  use(): void {
    this.#used++;
  }

  /** Tells at a packet how many were dropped before it. */
  mark(at: number, dropped: number): void {
    this.#memory.dropped.set(at, dropped);
    this.#marked.push(at);
  }

  /** All of it was given out. */
  finish(): void {
    this.#read = true;
    this.#giveBack();
  }

  unuse(): void {
    this.#used--;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#used > 0 || !this.#read) return;
    const { states, dropped, layout } = this.#memory;
    for (const at of this.#marked.splice(0)) dropped.delete(at);
    Atomics.store(states, (this.start + layout.blockStatus) >>> 2, layout.kernel);
  }
}

/** Batches whose objects take turns: few enough that they stay in the processor's cache. */
const POOLS = 4;

export type RingUse = {
  readonly link: Link;
  /** Bytes of a packet that are given out. */
  readonly snaplen: number;
  /** Whether the kernel may have kept more. */
  readonly keepsMore: boolean;
  /** What this thread has to ask of packets. */
  readonly filter: PacketFilter | undefined;
  /** Tells how many packets were dropped since it was last asked. */
  readonly lost: () => number;
  /** Sees to it that nothing more comes: the memory is still in use. */
  readonly stop: () => void;
};

/** How many blocks are read before the kernel's counters are, which have 32 bits. */
const BLOCKS_PER_COUNT = 1024;

/** So many packets at once are traffic that is likely to go on. */
const FLOOD = 256;

export class Ring {
  readonly #memory: RingMemory;
  readonly #use: RingUse;
  readonly #blocks: readonly Block[];
  readonly #pools: PacketPool[];
  #pool = 0;
  /** The number of the next block to be read, and the one that is being read. */
  #next = 0;
  #block: Block | undefined;
  /** Packets of it that are left, and where the next one is. */
  #left = 0;
  #at = 0;
  #dropped = 0;
  #blocksRead = 0;
  /** Blocks, and packets, that were read since `share` was last asked. */
  #fresh = 0;
  #count = 0;
  /** Batches in use. */
  #used = 0;
  #leaving = false;

  constructor(memory: RingMemory, use: RingUse) {
    this.#memory = memory;
    this.#use = use;
    const { size, layout } = memory;
    this.#pools = Array.from({ length: POOLS }, () => new PacketPool(memory));
    this.#blocks = Array.from({ length: size.blocks }, (_, number) => {
      return new Block(memory, layout.start + number * size.blockSize);
    });
  }

  /** The next packets that the kernel has handed over, `most` at the most; undefined: none. */
  take(most: number): Batch | undefined {
    if (this.#left === 0 && !this.#open()) return undefined;
    const block = this.#block as Block;
    block.use();
    this.#used++;
    const count = Math.min(most, this.#left);
    this.#left -= count;
    const { link, filter, keepsMore } = this.#use;
    const asTheyAre = link !== COOKED && filter === undefined && !keepsMore;
    const pool = this.#nextPool();
    const packets = pool.packets(count);
    if (asTheyAre) this.#walk(packets, block);
    else this.#prepare(packets, block);
    if (this.#left === 0) block.finish();
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      pool.used = false;
      block.unuse();
      if (--this.#used === 0 && this.#leaving) this.#memory.leave();
    };
    return { packets, end };
  }

  #nextPool(): PacketPool {
    this.#pool = (this.#pool + 1) % POOLS;
    let pool = this.#pools[this.#pool] as PacketPool;
    // Where somebody takes his time, the objects stay his.
    if (pool.used) pool = this.#pools[this.#pool] = new PacketPool(this.#memory);
    pool.used = true;
    return pool;
  }

  /** Begins with the next block: false where the kernel still has it. */
  #open(): boolean {
    const { states, words, size, layout } = this.#memory;
    const { blockStatus, count, first, user, losing } = layout;
    const block = this.#blocks[this.#next] as Block;
    const at = block.start;
    // Not to be read before the kernel says so: the load is one that orders others behind it.
    const status = Atomics.load(states, (at + blockStatus) >>> 2);
    if ((status & user) === 0) return false;
    if ((status & losing) !== 0 || ++this.#blocksRead % BLOCKS_PER_COUNT === 0) {
      this.#dropped += this.#use.lost();
    }
    block.begin();
    this.#block = block;
    this.#left = words[(at + count) >>> 2] as number;
    this.#fresh++;
    this.#count += this.#left;
    this.#at = at + (words[(at + first) >>> 2] as number);
    this.#next = (this.#next + 1) % size.blocks;
    return true;
  }

  /** The next packets of the block, which are as they shall be, but for tags. */
  #walk(packets: readonly RingPacket[], block: Block): void {
    const { words, layout } = this.#memory;
    const [next, status, length] = [layout.next >>> 2, layout.status >>> 2, layout.length >>> 2];
    const { tagged } = layout;
    if (this.#dropped > 0 && packets.length > 0) this.#mark(block, this.#at);
    let word = this.#at >>> 2;
    for (const packet of packets) {
      if (((words[word + status] as number) & tagged) !== 0) this.#complete(word * 4, true);
      packet.become(word * 4, words[word + length] as number);
      word += (words[word + next] as number) >>> 2;
    }
    this.#at = word * 4;
  }

  /** The same, each made what it shall be, without those that the filter refuses. */
  #prepare(packets: RingPacket[], block: Block): void {
    const memory = this.#memory;
    const { next, status, length, tagged } = memory.layout;
    const count = packets.length;
    let wanted = 0;
    let at = this.#at;
    for (let number = 0; number < count; number++) {
      this.#complete(at, (memory.word(at, status) & tagged) !== 0);
      if (this.#isWanted(at)) {
        if (this.#dropped > 0) this.#mark(block, at);
        (packets[wanted++] as RingPacket).become(at, memory.word(at, length));
      }
      at += memory.word(at, next);
    }
    packets.length = wanted;
    this.#at = at;
  }

  #mark(block: Block, at: number): void {
    block.mark(at, this.#dropped);
    this.#dropped = 0;
  }

  /** Writes what the kernel left out before a packet, and in its header how much it is now. */
  #complete(at: number, tagged: boolean): void {
    const { bytes, words, halves, layout } = this.#memory;
    const { link, snaplen } = this.#use;
    const before = halves[(at + layout.mac) >>> 1] as number;
    const start = at + before;
    let kept = words[(at + layout.kept) >>> 2] as number;
    let begin = start;
    if (link === COOKED) {
      const tag = tagged ? this.#memory.tag(at) : 0;
      begin = writeHeader(bytes, at + layout.address, start, tagged, tag);
    } else if (tagged && link === "ethernet" && kept >= ADDRESSES) {
      begin = insertTag(bytes, start, this.#memory.tag(at));
    }
    const more = start - begin;
    kept += more;
    words[(at + layout.length) >>> 2] = (words[(at + layout.length) >>> 2] as number) + more;
    halves[(at + layout.mac) >>> 1] = before - more;
    words[(at + layout.kept) >>> 2] = Math.min(kept, snaplen);
  }

  /** Asks this thread's filter, which may also want less of a packet. */
  #isWanted(at: number): boolean {
    const { filter } = this.#use;
    if (filter === undefined) return true;
    const { bytes, words, halves, layout } = this.#memory;
    const start = at + (halves[(at + layout.mac) >>> 1] as number);
    const kept = words[(at + layout.kept) >>> 2] as number;
    const length = words[(at + layout.length) >>> 2] as number;
    const wanted = filter(bytes.subarray(start, start + kept), length);
    if (wanted < kept) words[(at + layout.kept) >>> 2] = wanted;
    return wanted > 0;
  }

  /** Which part of the ring was read since this was last asked; 0 where it was few packets. */
  share(): number {
    const share = this.#count < FLOOD ? 0 : this.#fresh / this.#memory.size.blocks;
    this.#fresh = 0;
    this.#count = 0;
    return share;
  }

  /** Tells of packets that were dropped, at the next one that is read. */
  lose(count: number): void {
    this.#dropped += count;
  }

  /** Leaves the socket, as soon as no batch is in use any more. */
  leave(): void {
    this.#leaving = true;
    this.#left = 0;
    if (this.#used === 0) this.#memory.leave();
    else this.#use.stop();
  }
}
