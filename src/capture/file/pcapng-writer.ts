// Writes pcapng files (draft-ietf-opsawg-pcapng).

import { integer, knownKeys, U32_MAX, wrongType } from "../../base/validate.ts";
import type { Link } from "../packet.ts";
import { type Form, formTime, type Place, placedTime } from "../place.ts";
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
import { copyPlace } from "./copy.ts";
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
import { checkPacket, checkSize } from "./packet-check.ts";
import { nanosecondsLost } from "./pcap-writer.ts";
import type { RotateOptions } from "./rotation.ts";
import type { PacketTarget } from "./sink.ts";
import {
  type AnyPacket,
  type Destination,
  type Encoder,
  KEY,
  PacketWriter,
  type Room,
} from "./writer.ts";

/** How `PcapngWriter.create` writes, and what the file says of where its packets come from. */
export type PcapngOptions = Section & {
  /** What packets begin with that do not say so themselves, as live ones don't: "ethernet". */
  readonly link?: Link;
  /** The most bytes of a packet: 262144, which is the most that other programs read. */
  readonly snaplen?: number;
  /**
   * The interfaces that are known. Packets belong to the one whose `index` or, without one, whose
   * place in the list is their `interface`; of others, interfaces are made as they come. A single
   * one without `index` is that of the first packet.
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
const NOTHING: Uint8Array = new Uint8Array(0);
const NONE: readonly Uint8Array[] = [];
const DIRECTION = { in: 1, out: 2 } as const;

class PcapngEncoder implements Encoder {
  size = 0;
  pending: Uint8Array | undefined;
  #timestamp = 0n;
  readonly #section: Section;
  readonly #link: Link | undefined;
  readonly #snaplen: number;
  readonly #nanoseconds: boolean;
  readonly #splitter = new Splitter();
  readonly #interfaces: Declared[] = [];
  /** By index and link: those in a file. */
  readonly #numbers = new Map<string, number>();
  /** Whether there is one interface, nobody gave its index, and no packet has come yet. */
  #nobodys = false;
  /** The packet that was admitted last, and the size of its options. */
  #number = 0;
  #index = -1;
  #packetLink: Link | undefined;
  /** It lies there, or has these bytes. */
  #place: Place | undefined;
  #data: Uint8Array = NOTHING;
  #length = 0;
  #direction: "in" | "out" | undefined;
  #dropped: number | undefined;
  #comments = NONE;
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
    this.#nobodys = interfaces.length === 1 && interfaces[0]?.index === undefined;
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
    const { data, length, timestamp, interface: index, link, direction, dropped } = packet;
    const { comment, comments } = packet;
    if (index !== this.#index || link !== this.#packetLink) this.#find(index, link);
    checkPacket(data, length, timestamp, (this.#interfaces[this.#number] as Declared).snaplen);
    this.#split(timestamp);
    let options = 0;
    if (direction !== undefined) {
      if (direction !== "in" && direction !== "out") {
        throw wrongType("direction", '"in" or "out"', direction);
      }
      options = FLAGS_SIZE;
    }
    if (dropped !== undefined) {
      integer(dropped, "dropped", 0, Number.MAX_SAFE_INTEGER);
      options += DROPPED_SIZE;
    }
    this.#comments = NONE;
    if (comment !== undefined || comments !== undefined) {
      this.#comments = (comments ?? [comment]).map((text) => optionText(text, "comment"));
      options = this.#comments.reduce((sum, { length }) => sum + 4 + padded(length), options);
    }
    this.#timestamp = timestamp;
    this.#place = undefined;
    this.#data = data;
    this.#length = length;
    this.#direction = direction;
    this.#dropped = dropped;
    this.#options = options === 0 ? 0 : options + END_SIZE;
    this.size = AROUND + padded(data.length) + this.#options;
  }

  admitPlace(place: Place): void {
    const { interface: index, kept, dropped, seconds, nanoseconds } = place;
    if (index !== this.#index || this.#packetLink !== undefined) this.#find(index, undefined);
    checkSize(kept, (this.#interfaces[this.#number] as Declared).snaplen);
    if (this.#nanoseconds) this.#splitter.join(seconds, nanoseconds, 1e9);
    else if (nanoseconds % 1000 === 0) this.#splitter.join(seconds, nanoseconds / 1000, 1e6);
    else throw nanosecondsLost(placedTime(place));
    this.#place = place;
    this.#length = place.length;
    this.#direction = place.outgoing ? "out" : "in";
    this.#dropped = dropped === 0 ? undefined : dropped;
    this.#comments = NONE;
    this.#options = FLAGS_SIZE + (dropped === 0 ? 0 : DROPPED_SIZE) + END_SIZE;
    this.size = AROUND + padded(kept) + this.#options;
  }

  describe(form: Form): boolean {
    // It is that of a packet that did not tell its link.
    const declared = this.#index < 0 ? undefined : this.#interfaces[this.#number];
    if (declared === undefined || this.#packetLink !== undefined) return false;
    form.blocks = true;
    form.nanoseconds = this.#nanoseconds;
    form.snaplen = declared.snaplen === 0 ? U32_MAX : declared.snaplen;
    form.interface = this.#index;
    form.number = this.#number;
    return this.#index > 0;
  }

  written(form: Form): void {
    this.#place = undefined;
    this.#timestamp = formTime(form);
  }

  /** When the packet was that was admitted last; 0 before the first. */
  get timestamp(): bigint {
    return this.#place === undefined ? this.#timestamp : placedTime(this.#place);
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
    const only = this.#nobodys ? this.#interfaces[0] : undefined;
    if (known >= 0) this.#number = known;
    else if (only !== undefined && (link === undefined || link === only.link)) {
      this.#number = 0;
      this.#interfaces[0] = { ...only, index };
      this.#numbers.clear();
      this.#numbers.set(`${index} ${only.link}`, 0);
    } else this.#number = this.#newNumber(index, own);
    this.#nobodys = false;
    this.#index = index;
    this.#packetLink = link;
  }

  #newNumber(index: number, link: Link): number {
    linkNumber(link);
    const block = this.#declare({ index, link, snaplen: this.#snaplen });
    this.pending = Buffer.concat([this.pending ?? NOTHING, block]);
    return this.#interfaces.length - 1;
  }

  #split(timestamp: bigint): void {
    if (this.#nanoseconds) this.#splitter.halves(timestamp);
    else if (!this.#splitter.microseconds(timestamp)) throw nanosecondsLost(timestamp);
  }

  put(room: Room, at: number): void {
    const { words } = room;
    const { size } = this;
    const place = this.#place;
    const count = place === undefined ? this.#data.length : place.kept;
    // All of a file's blocks are whole words, and so is where one begins.
    let word = at >> 2;
    words[word++] = BLOCK.enhancedPacket;
    words[word++] = size;
    words[word++] = this.#number;
    words[word++] = this.#splitter.high;
    words[word++] = this.#splitter.low;
    words[word++] = count;
    words[word] = this.#length;
    word += (count + 3) >> 2;
    // The padding; of a packet without bytes it is the length, which is written again.
    words[word++] = count === 0 ? this.#length : 0;
    if (place === undefined) room.bytes.set(this.#data, at + FIXED);
    else copyPlace(place, room.bytes, room.halves, at + FIXED);
    if (this.#options > 0) word = this.#putOptions(room, word);
    words[word] = size;
  }

  /** Where what follows the options begins. */
  #putOptions({ bytes, words, view }: Room, from: number): number {
    let word = from;
    if (this.#direction !== undefined) {
      words[word++] = PACKET.flags | (4 << 16);
      words[word++] = DIRECTION[this.#direction];
    }
    if (this.#dropped !== undefined) {
      words[word++] = PACKET.dropped | (8 << 16);
      view.setBigUint64(4 * word, BigInt(this.#dropped), true);
      word += 2;
    }
    for (const comment of this.#comments) {
      words[word++] = OPTION.comment | (comment.length << 16);
      bytes.fill(0, 4 * word, 4 * word + padded(comment.length));
      bytes.set(comment, 4 * word);
      word += padded(comment.length) >> 2;
    }
    words[word++] = OPTION.end;
    return word;
  }

  statistics(init: StatisticsInit): Uint8Array {
    const { interface: index = this.#interfaces[0]?.index ?? 0 } = init;
    const latest = this.timestamp > 0n ? this.timestamp : BigInt(Date.now()) * 1_000_000n;
    const { timestamp = latest } = init;
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

  private constructor(encoder: PcapngEncoder, destination: Destination, key: symbol) {
    super(encoder, destination, key);
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
    return new PcapngWriter(encoder, { target, rotate: options.rotate, sync }, KEY);
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
