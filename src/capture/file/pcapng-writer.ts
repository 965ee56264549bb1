// Writes pcapng files (draft-ietf-opsawg-pcapng).

import { integer, knownKeys, U32_MAX, wrongType } from "../../base/validate.ts";
import type { Link } from "../packet.ts";
import {
  BLOCK,
  type CustomBlock,
  OPTION,
  PACKET,
  padded,
  type Secrets,
  type Section,
} from "./block.ts";
import { Splitter } from "./clock.ts";
import {
  customBlock,
  interfaceBlock,
  type Names,
  namesBlock,
  type StatisticsInit,
  secretsBlock,
  sectionBlock,
  statisticsBlock,
} from "./encode.ts";
import {
  type Declared,
  declared,
  type InterfaceInit,
  keepsNanoseconds,
  optionText,
  type Resolution,
  SNAPLEN,
} from "./interface.ts";
import { linkNumber } from "./link.ts";
import { checkPacket } from "./packet-check.ts";
import { nanosecondsLost } from "./pcap-writer.ts";
import type { RotateOptions } from "./rotation.ts";
import type { PacketTarget } from "./sink.ts";
import { type AnyPacket, type Encoder, PacketWriter, type Room } from "./writer.ts";

export type PcapngOptions = Section & {
  /** What packets begin with that do not say so themselves, as live ones don't: "ethernet". */
  readonly link?: Link;
  /** The most bytes of a packet: 262144, which is the most that other programs read. */
  readonly snaplen?: number;
  /**
   * The interfaces that are known. Packets belong to the one whose `index` or, without one, whose
   * place in the list is their `interface`; of others, interfaces are made as they come.
   */
  readonly interfaces?: readonly InterfaceInit[];
  /** Nanoseconds unless told. Packets that would lose some of theirs are a RangeError. */
  readonly resolution?: Resolution;
  /** Begins a new file from time to time. */
  readonly rotate?: RotateOptions;
  /** Whether flush and close wait for the disk, fsync(2). */
  readonly sync?: boolean;
};

const SECTION_KEYS = ["comment", "hardware", "os", "application"] as const;
const OPTIONS: ReadonlySet<string> = new Set([
  ...SECTION_KEYS,
  "link",
  "snaplen",
  "interfaces",
  "resolution",
  "rotate",
  "sync",
]);

/** The fixed part of a packet's block, and its length again behind it. */
const FIXED = 28;
const AROUND = 32;
/** Options of a packet with their headers, and what ends them. */
const FLAGS_SIZE = 8;
const DROPPED_SIZE = 12;
const END_SIZE = 4;
const NOTHING = new Uint8Array(0);
const DIRECTION = { in: 1, out: 2 } as const;

class PcapngEncoder implements Encoder {
  size = 0;
  pending: Uint8Array | undefined;
  /** When the last packet was. */
  latest: bigint | undefined;
  readonly #section: Section;
  readonly #link: Link | undefined;
  readonly #snaplen: number;
  readonly #nanoseconds: boolean;
  readonly #splitter = new Splitter();
  readonly #interfaces: Declared[] = [];
  /** By index and link: those in a file. */
  readonly #numbers = new Map<string, number>();
  /** Whether the only interface is one that was made because a file needs one. */
  #nobodys = false;
  /** The packet that was admitted last: its interface, comments, options. */
  #number = 0;
  #index = -1;
  #packetLink: Link | undefined;
  #comments: Uint8Array[] | undefined;
  #options = 0;

  constructor(section: Section, options: PcapngOptions, nanoseconds: boolean) {
    const { link, snaplen = SNAPLEN, interfaces = [] } = options;
    this.#section = section;
    this.#link = link;
    this.#snaplen = integer(snaplen, "snaplen", 0, U32_MAX);
    this.#nanoseconds = nanoseconds;
    if (link !== undefined) linkNumber(link);
    if (!Array.isArray(interfaces)) throw wrongType("interfaces", "a list", interfaces);
    const defaults = { link: link ?? "ethernet", snaplen } as const;
    for (const [place, init] of interfaces.entries()) {
      this.#declare(declared(init, place, defaults));
    }
  }

  #declare(one: Declared): Uint8Array {
    const key = `${one.index} ${one.link}`;
    if (this.#numbers.has(key)) throw new RangeError(`interface ${one.index} is given twice`);
    // What cannot be written is told before it is declared.
    const block = interfaceBlock(one, this.#nanoseconds ? 9 : 6);
    this.#numbers.set(key, this.#interfaces.length);
    this.#interfaces.push(one);
    return block;
  }

  begin(): Uint8Array {
    if (this.#interfaces.length === 0) {
      // Without one, libpcap does not read the file.
      this.#declare({ index: 0, link: this.#link ?? "ethernet", snaplen: this.#snaplen });
      this.#nobodys = true;
    }
    this.pending = undefined;
    const digits = this.#nanoseconds ? 9 : 6;
    const blocks = this.#interfaces.map((one) => interfaceBlock(one, digits));
    return Buffer.concat([sectionBlock(this.#section), ...blocks]);
  }

  admit(packet: AnyPacket): void {
    const link = "link" in packet ? packet.link : undefined;
    const known = packet.interface === this.#index && link === this.#packetLink;
    if (!known) this.#find(packet.interface, link);
    checkPacket(packet, (this.#interfaces[this.#number] as Declared).snaplen);
    this.#split(packet.timestamp);
    this.latest = packet.timestamp;
    const { direction } = packet;
    let options = direction === undefined ? 0 : FLAGS_SIZE;
    if ("comment" in packet || "dropped" in packet || "comments" in packet) {
      options += this.#further(packet);
    } else this.#comments = undefined;
    if (direction !== undefined && direction !== "in" && direction !== "out") {
      throw wrongType("direction", '"in" or "out"', direction);
    }
    this.#options = options === 0 ? 0 : options + END_SIZE;
    this.size = AROUND + padded(packet.data.length) + this.#options;
  }

  /** The size of the options that few packets have. */
  #further({ comment, comments, dropped }: Partial<Extract<AnyPacket, { link: Link }>>): number {
    const texts = comments ?? (comment === undefined ? [] : [comment]);
    this.#comments = texts.map((text) => optionText(text, "comment"));
    if (dropped !== undefined) integer(dropped, "dropped", 0, Number.MAX_SAFE_INTEGER);
    const size = dropped === undefined ? 0 : DROPPED_SIZE;
    return this.#comments.reduce((sum, { length }) => sum + 4 + padded(length), size);
  }

  /** Finds the interface of a packet, or declares one. */
  #find(index: number, link: Link | undefined): void {
    integer(index, "interface", 0, U32_MAX);
    const own = link ?? this.#link ?? "ethernet";
    // A live packet belongs to an interface, whatever that one's link.
    const known =
      link === undefined
        ? this.#interfaces.findIndex((one) => one.index === index)
        : (this.#numbers.get(`${index} ${link}`) ?? -1);
    this.#number = known >= 0 ? known : this.#newNumber(index, own);
    this.#index = index;
    this.#packetLink = link;
  }

  #newNumber(index: number, link: Link): number {
    linkNumber(link);
    if (this.#nobodys && this.#interfaces[0]?.link === link) {
      this.#nobodys = false;
      this.#interfaces[0] = { ...(this.#interfaces[0] as Declared), index };
      this.#numbers.clear();
      this.#numbers.set(`${index} ${link}`, 0);
      return 0;
    }
    const block = this.#declare({ index, link, snaplen: this.#snaplen });
    this.pending = Buffer.concat([this.pending ?? NOTHING, block]);
    return this.#interfaces.length - 1;
  }

  #split(timestamp: bigint): void {
    if (this.#nanoseconds) this.#splitter.halves(timestamp);
    else if (!this.#splitter.microseconds(timestamp)) throw nanosecondsLost(timestamp);
  }

  put(packet: AnyPacket, { bytes, words, view }: Room, at: number): void {
    const { size } = this;
    const { data, length, direction } = packet;
    const count = data.length;
    // All of a file's blocks are whole words, and so is where one begins.
    let word = at >> 2;
    words[word++] = BLOCK.enhancedPacket;
    words[word++] = size;
    words[word++] = this.#number;
    words[word++] = this.#splitter.high;
    words[word++] = this.#splitter.low;
    words[word++] = count;
    words[word] = length;
    word += (count + 3) >> 2;
    // The padding; of a packet without bytes it is the length, which is written again.
    words[word++] = count === 0 ? length : 0;
    bytes.set(data, at + FIXED);
    if (this.#options > 0) {
      if (direction !== undefined) {
        words[word++] = PACKET.flags | (4 << 16);
        words[word++] = DIRECTION[direction];
      }
      if (this.#comments !== undefined) {
        word = this.#putFurther(packet, bytes, view, 4 * word) >> 2;
      }
      words[word++] = OPTION.end;
    }
    words[word] = size;
  }

  #putFurther(packet: AnyPacket, bytes: Uint8Array, view: DataView, at: number): number {
    const dropped = "dropped" in packet ? packet.dropped : undefined;
    if (dropped !== undefined) {
      view.setUint32(at, PACKET.dropped | (8 << 16), true);
      view.setBigUint64(at + 4, BigInt(dropped), true);
      at += DROPPED_SIZE;
    }
    for (const comment of this.#comments ?? []) {
      view.setUint16(at, OPTION.comment, true);
      view.setUint16(at + 2, comment.length, true);
      bytes.fill(0, at + 4, at + 4 + padded(comment.length));
      bytes.set(comment, at + 4);
      at += 4 + padded(comment.length);
    }
    return at;
  }

  statistics(init: StatisticsInit): Uint8Array {
    const { interface: index = this.#interfaces[0]?.index ?? 0 } = init;
    const timestamp = init.timestamp ?? this.latest ?? BigInt(Date.now()) * 1_000_000n;
    const number = this.#interfaces.findIndex((one) => one.index === index);
    // A file that has no interface yet gets one with its header.
    const first = this.#interfaces.length === 0 && index === 0;
    if (number < 0 && !first) throw new RangeError(`interface ${index} is none of the file`);
    return statisticsBlock({ ...init, timestamp }, Math.max(0, number), (view, at, time) => {
      if (typeof time !== "bigint") throw wrongType("a time of statistics", "a bigint", time);
      // Of when something was counted, what the resolution has no room for does not matter.
      this.#split(this.#nanoseconds ? time : time - (time % 1000n));
      view.setUint32(at, this.#splitter.high, true);
      view.setUint32(at + 4, this.#splitter.low, true);
    });
  }
}

/** Writes a pcapng file: packets of several interfaces with what is known of them. */
export class PcapngWriter extends PacketWriter {
  readonly #encoder: PcapngEncoder;

  private constructor(encoder: PcapngEncoder, options: PcapngOptions, target: PacketTarget) {
    super(encoder, { target, rotate: options.rotate, sync: options.sync ?? false });
    this.#encoder = encoder;
  }

  /** Makes the file at once. Throws what open(2) fails with. */
  static create(target: PacketTarget, options: PcapngOptions = {}): PcapngWriter {
    knownKeys(options, OPTIONS);
    const { resolution = "nanoseconds", sync = false } = options;
    if (typeof sync !== "boolean") throw wrongType("sync", "a boolean", sync);
    const section: { -readonly [key in keyof Section]: string } = {};
    for (const key of SECTION_KEYS) {
      const value = options[key];
      if (value === undefined) continue;
      optionText(value, key);
      section[key] = value;
    }
    const encoder = new PcapngEncoder(section, options, keepsNanoseconds(resolution));
    return new PcapngWriter(encoder, options, target);
  }

  /**
   * Writes an interface's counters, of the first one unless told; without a time, as of the last
   * packet. What `Capture.statistics` gives can be written as it is.
   */
  writeStatistics(statistics: StatisticsInit): void | Promise<void> {
    return this.append(() => this.#encoder.statistics(statistics));
  }

  /** Writes names of hosts, for programs that show them instead of addresses. */
  writeNames(names: Names): void | Promise<void> {
    return this.append(() => namesBlock(names));
  }

  /** Writes what decrypts the packets that follow. */
  writeSecrets(secrets: Secrets): void | Promise<void> {
    return this.append(() => secretsBlock(secrets));
  }

  /** Writes a block of somebody's own. */
  writeCustom(block: CustomBlock): void | Promise<void> {
    return this.append(() => customBlock(block));
  }
}
