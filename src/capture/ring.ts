// The ring of a packet socket: blocks that the kernel fills, read where they are. packet(7),
// TPACKET_V3.

import { PACKET, single, TP_STATUS } from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import type { PacketFilter } from "../bpf/realise.ts";
import { native } from "../native/library.ts";
import { mapRing } from "../native/mapping.ts";
import { Structure } from "../native/record.ts";
import { ADDRESSES, insertTag, TAG_SIZE, writeHeader } from "./cooked.ts";
import { COOKED } from "./link.ts";
import type { Link } from "./packet.ts";
import type { RingSize } from "./settings.ts";
import type { Batch } from "./tap.ts";
import { CHECKSUM_PARTIAL, CHECKSUM_VALID, PacketView, SENT, TAGGED } from "./view.ts";

/** Bytes left free before each packet, for a tag. */
const RESERVE = TAG_SIZE;
/** Of IEEE 802.1Q, where the kernel does not tell. */
const TAG_TYPE = 0x8100;

/** Where everything is, in bytes. */
const layout = lazy(() => {
  const block = new Structure("tpacket_hdr_v1");
  const header = new Structure("tpacket_block_desc").offset("hdr");
  const packet = new Structure("tpacket3_hdr");
  const variant = packet.offset("hv1");
  const tag = new Structure("tpacket_hdr_variant1");
  const alignment = single("TPACKET_ALIGNMENT");
  // Behind a packet's header stands the address that recvfrom(2) would give: TPACKET3_HDRLEN.
  const address = Math.ceil(packet.size / alignment) * alignment;
  const from = new Structure("sockaddr_ll");
  return {
    start: new Structure("ring").offset("first_block"),
    status: header + block.offset("block_status"),
    count: header + block.offset("num_pkts"),
    first: header + block.offset("offset_to_first_pkt"),
    next: packet.offset("tp_next_offset"),
    seconds: packet.offset("tp_sec"),
    nanoseconds: packet.offset("tp_nsec"),
    size: packet.offset("tp_snaplen"),
    length: packet.offset("tp_len"),
    state: packet.offset("tp_status"),
    mac: packet.offset("tp_mac"),
    tci: variant + tag.offset("tp_vlan_tci"),
    tpid: variant + tag.offset("tp_vlan_tpid"),
    address,
    index: address + from.offset("sll_ifindex"),
    pkttype: address + from.offset("sll_pkttype"),
  };
});

const bits = lazy(() => ({
  user: TP_STATUS.USER ?? 0,
  kernel: TP_STATUS.KERNEL ?? 0,
  losing: TP_STATUS.LOSING ?? 0,
  tagged: TP_STATUS.VLAN_VALID ?? 0,
  typed: TP_STATUS.VLAN_TPID_VALID ?? 0,
  partial: TP_STATUS.CSUMNOTREADY ?? 0,
  valid: TP_STATUS.CSUM_VALID ?? 0,
  outgoing: PACKET.OUTGOING ?? 0,
}));

/** A block that the kernel has handed over. */
class Block {
  readonly #words: Int32Array;
  readonly #status: number;
  /** Batches in use. */
  #used = 0;
  #read = false;

  /** `status`: the word that says whose it is. */
  constructor(words: Int32Array, status: number) {
    this.#words = words;
    this.#status = status;
  }

  use(): void {
    this.#used++;
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
    if (this.#used === 0 && this.#read) Atomics.store(this.#words, this.#status, bits().kernel);
  }
}

export type RingUse = {
  readonly link: Link;
  /** Bytes of a packet that are given out. */
  readonly snaplen: number;
  /** What this thread has to ask of packets. */
  readonly filter: PacketFilter | undefined;
  /** Tells how many packets were dropped since it was last asked. */
  readonly lost: () => number;
  /** Sees to it that nothing more comes: the memory is still in use. */
  readonly stop: () => void;
};

/** How many blocks are read before the kernel's counters are, which have 32 bits. */
const BLOCKS_PER_COUNT = 1024;

export class Ring {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #states: Int32Array;
  readonly #size: RingSize;
  readonly #use: RingUse;
  /** The number of the next block to be read, and the one that is being read. */
  #next = 0;
  #block: Block | undefined;
  /** Packets of it that are left, and where the next one is. */
  #left = 0;
  #at = 0;
  #dropped = 0;
  #blocksRead = 0;
  /** Batches in use. */
  #used = 0;
  #leaving = false;

  constructor(memory: ArrayBuffer, size: RingSize, use: RingUse) {
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#halves = new Uint16Array(memory);
    this.#states = new Int32Array(memory);
    this.#size = size;
    this.#use = use;
  }

  /** The next packets that the kernel has handed over, `most` at the most; undefined: none. */
  take(most: number): Batch | undefined {
    if (this.#left === 0 && !this.#open()) return undefined;
    const block = this.#block as Block;
    block.use();
    this.#used++;
    const packets = this.#walk(Math.min(most, this.#left));
    if (this.#left === 0) block.finish();
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      block.unuse();
      if (--this.#used === 0 && this.#leaving) native.rawsock_ring_leave(this.#bytes);
    };
    return { packets, end };
  }

  /** Tells of packets that were dropped, for the next one that is read. */
  lose(count: number): void {
    this.#dropped += count;
  }

  /** Begins with the next block: false where the kernel still has it. */
  #open(): boolean {
    const { start, status, count, first } = layout();
    const at = start + this.#next * this.#size.blockSize;
    // Not to be read before the kernel says so: the load is one that orders others behind it.
    const state = Atomics.load(this.#states, (at + status) >>> 2);
    if ((state & bits().user) === 0) return false;
    if ((state & bits().losing) !== 0 || ++this.#blocksRead % BLOCKS_PER_COUNT === 0) {
      this.#dropped += this.#use.lost();
    }
    this.#block = new Block(this.#states, (at + status) >>> 2);
    this.#left = this.#words[(at + count) >>> 2] as number;
    this.#at = at + (this.#words[(at + first) >>> 2] as number);
    this.#next = (this.#next + 1) % this.#size.blocks;
    return true;
  }

  /** The next `count` packets of the block, without those that the filter refuses. */
  #walk(count: number): PacketView[] {
    const [bytes, words, halves] = [this.#bytes, this.#words, this.#halves];
    const { next, seconds, nanoseconds, size, length, state, mac, index, pkttype } = layout();
    const { outgoing, tagged, partial, valid } = bits();
    const { snaplen, link, filter } = this.#use;
    const cooked = link === COOKED;
    const plain = !cooked && filter === undefined;
    const packets: PacketView[] = [];
    let at = this.#at;
    for (let number = 0; number < count; number++) {
      const status = words[(at + state) >>> 2] as number;
      const known =
        (bytes[at + pkttype] === outgoing ? SENT : 0) |
        ((status & partial) === 0 ? 0 : CHECKSUM_PARTIAL) |
        ((status & valid) === 0 ? 0 : CHECKSUM_VALID) |
        ((status & tagged) === 0 ? 0 : TAGGED);
      let start = at + (halves[(at + mac) >>> 1] as number);
      let kept = words[(at + size) >>> 2] as number;
      let whole = words[(at + length) >>> 2] as number;
      let tag = 0;
      if (!plain || (known & TAGGED) !== 0) {
        if ((known & TAGGED) !== 0) tag = this.#tag(at, status);
        const before = this.#complete(at, start, kept, known, tag);
        start -= before;
        kept += before;
        whole += before;
      }
      if (kept > snaplen) kept = snaplen;
      if (filter !== undefined) {
        kept = Math.min(kept, filter(bytes.subarray(start, start + kept), whole));
      }
      if (filter === undefined || kept > 0) {
        packets.push(
          new PacketView(
            bytes,
            start,
            kept,
            whole,
            words[(at + index) >>> 2] as number,
            words[(at + seconds) >>> 2] as number,
            words[(at + nanoseconds) >>> 2] as number,
            known,
            tag,
            this.#dropped,
          ),
        );
        this.#dropped = 0;
      }
      at += words[(at + next) >>> 2] as number;
    }
    this.#at = at;
    this.#left -= count;
    return packets;
  }

  /** The tag that was taken out of the packet at `at`: its type and control information. */
  #tag(at: number, status: number): number {
    const { tci, tpid } = layout();
    const typed = (status & bits().typed) !== 0;
    const type = typed ? (this.#halves[(at + tpid) >>> 1] as number) : TAG_TYPE;
    return ((type << 16) | ((this.#words[(at + tci) >>> 2] as number) & 0xffff)) >>> 0;
  }

  /** Writes what the kernel left out before a packet: how many bytes. */
  #complete(at: number, start: number, kept: number, known: number, tag: number): number {
    const tagged = (known & TAGGED) !== 0;
    if (this.#use.link === COOKED) {
      return start - writeHeader(this.#bytes, at + layout().address, start, tagged, tag);
    }
    if (!tagged || this.#use.link !== "ethernet" || kept < ADDRESSES) return 0;
    return start - insertTag(this.#bytes, start, tag);
  }

  /** Leaves the socket, as soon as no batch is in use any more. */
  leave(): void {
    this.#leaving = true;
    this.#left = 0;
    if (this.#used === 0) native.rawsock_ring_leave(this.#bytes);
    else this.#use.stop();
  }
}

/** The smallest ring that is tried where the memory for a larger one is not there. */
const LEAST: RingSize = { blockSize: 1 << 17, blocks: 4 };

export type RingMemory = { readonly memory: ArrayBuffer; readonly size: RingSize };

/** Gives a socket a ring: its memory, or -errno. `shrink`: one as large as there is memory for. */
export function makeRing(
  fd: number,
  wanted: RingSize,
  timeout: number,
  shrink: boolean,
  noMemory: number,
): RingMemory | number {
  for (let size = wanted; ; ) {
    const memory = mapRing(fd, size, timeout, RESERVE);
    if (typeof memory !== "number") return { memory, size };
    if (memory !== -noMemory || !shrink) return memory;
    if (size.blocks > LEAST.blocks) size = { ...size, blocks: size.blocks / 2 };
    else if (size.blockSize > LEAST.blockSize) size = { ...size, blockSize: size.blockSize / 2 };
    else return memory;
  }
}
