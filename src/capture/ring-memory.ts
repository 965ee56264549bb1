// The memory of a ring as views, and where everything is in it. packet(7), TPACKET_V3.

import { PACKET, single, TP_STATUS } from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import { native } from "../native/library.ts";
import { mapRing, type RingFailure } from "../native/mapping.ts";
import { Structure } from "../native/record.ts";
import { TAG_SIZE } from "./cooked.ts";
import type { RingSize } from "./settings.ts";

/** Bytes left free before each packet, for a tag. */
const RESERVE = TAG_SIZE;
/** Of IEEE 802.1Q, where the kernel does not tell. */
const TAG_TYPE = 0x8100;

/** Where everything is, in bytes, and the bits of a packet's status. */
export const layout = lazy(() => {
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
    blockStatus: header + block.offset("block_status"),
    count: header + block.offset("num_pkts"),
    first: header + block.offset("offset_to_first_pkt"),
    next: packet.offset("tp_next_offset"),
    seconds: packet.offset("tp_sec"),
    nanoseconds: packet.offset("tp_nsec"),
    kept: packet.offset("tp_snaplen"),
    length: packet.offset("tp_len"),
    status: packet.offset("tp_status"),
    mac: packet.offset("tp_mac"),
    tci: variant + tag.offset("tp_vlan_tci"),
    tpid: variant + tag.offset("tp_vlan_tpid"),
    address,
    index: address + from.offset("sll_ifindex"),
    pkttype: address + from.offset("sll_pkttype"),
    user: TP_STATUS.USER ?? 0,
    kernel: TP_STATUS.KERNEL ?? 0,
    losing: TP_STATUS.LOSING ?? 0,
    tagged: TP_STATUS.VLAN_VALID ?? 0,
    typed: TP_STATUS.VLAN_TPID_VALID ?? 0,
    partial: TP_STATUS.CSUMNOTREADY ?? 0,
    valid: TP_STATUS.CSUM_VALID ?? 0,
    outgoing: PACKET.OUTGOING ?? 0,
  };
});

export type RingLayout = ReturnType<typeof layout>;

/** What a ring and its packets read. Indices count bytes, words and halves of all of it. */
export class RingMemory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  /** The words that say whose a block is. */
  readonly states: Int32Array;
  readonly size: RingSize;
  readonly layout: RingLayout = layout();
  /** How many packets were dropped before the one at a place. */
  readonly dropped = new Map<number, number>();

  constructor(memory: ArrayBuffer, size: RingSize) {
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
    this.halves = new Uint16Array(memory);
    this.states = new Int32Array(memory);
    this.size = size;
  }

  /** A word of the packet at a place. */
  word(at: number, field: number): number {
    return this.words[(at + field) >>> 2] as number;
  }

  /** The tag that was taken out of the packet at a place: its type and control information. */
  tag(at: number): number {
    const { tci, tpid, typed, status } = this.layout;
    const isTyped = (this.word(at, status) & typed) !== 0;
    const type = isTyped ? (this.halves[(at + tpid) >>> 1] as number) : TAG_TYPE;
    return ((type << 16) | (this.word(at, tci) & 0xffff)) >>> 0;
  }

  /** Puts empty memory in its place, which the heap frees. */
  leave(): void {
    native.rawsock_ring_leave(this.bytes);
  }
}

/** The smallest ring that is tried where the memory for a larger one is not there. */
const LEAST: RingSize = { blockSize: 1 << 17, blocks: 4 };

/**
 * Gives a socket a ring: its memory, or why it has none. `shrink`: one as large as there is
 * memory for, which is not there where the kernel answers `-noMemory`.
 */
export function makeRing(
  fd: number,
  wanted: RingSize,
  timeout: number,
  shrink: boolean,
  noMemory: number,
): RingMemory | RingFailure {
  for (let size = wanted; ; ) {
    const memory = mapRing(fd, size, timeout, RESERVE);
    if (memory instanceof ArrayBuffer) return new RingMemory(memory, size);
    if (memory.status !== -noMemory || !shrink) return memory;
    if (size.blocks > LEAST.blocks) size = { ...size, blocks: size.blocks / 2 };
    else if (size.blockSize > LEAST.blockSize) size = { ...size, blockSize: size.blockSize / 2 };
    else return memory;
  }
}
