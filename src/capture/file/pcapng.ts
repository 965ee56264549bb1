// pcapng (draft-ietf-opsawg-pcapng): sections of blocks, of which some are packets.

import type { FilePacket } from "../packet.ts";
import {
  BLOCK,
  type Block,
  BYTE_ORDER_MAGIC,
  type ByteOrder,
  type FileInterface,
  OPTION,
  PACKET,
  padded,
  type Section,
} from "./block.ts";
import {
  type Body,
  type DecodedInterface,
  decodeCustom,
  decodeInterface,
  decodeNames,
  decodeSecrets,
  decodeSection,
  decodeStatistics,
  textOf,
} from "./decode.ts";
import { CaptureFileError } from "./error.ts";
import { Metadata } from "./metadata.ts";
import { BATCH, limited, type Parser, type Settings } from "./parser.ts";
import type { Window } from "./window.ts";

/** Type and length in front, the length again behind. */
const FRONT = 8;
const BLOCK_LEAST = 12;
/** What has to be there of a section header to know its byte order, and all of it. */
const ORDER_KNOWN = 12;
const SECTION_LEAST = 28;
const VERSION = 1;
/** The fixed part of each kind of packet block, and the block around it. */
const ENHANCED = 28;
const SIMPLE = 12;
/** A count of lost packets that says that nobody counted (the obsolete packet block). */
const UNCOUNTED = 0xffff;
/** Interfaces of a section. */
const INTERFACES_MAX = 65_536;

export class PcapngParser implements Parser {
  readonly format = "pcapng";
  byteOrder: ByteOrder = "little";
  interfaces: FileInterface[] = [];
  section: Section = {};
  goesTo = 0;
  readonly #settings: Settings;
  readonly #metadata: Metadata;
  #decoded: DecodedInterface[] = [];
  #little = true;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#metadata = new Metadata(settings.blocks);
  }

  get names() {
    return this.#metadata.names;
  }

  get statistics() {
    return this.#metadata.statistics;
  }

  get secrets() {
    return this.#metadata.secrets;
  }

  get custom() {
    return this.#metadata.custom;
  }

  get omitted() {
    return this.#metadata.omitted;
  }

  parse(window: Window, packets: FilePacket[], own: boolean): number {
    const { view, end } = window;
    while (packets.length < BATCH) {
      const at = window.start;
      if (end - at < FRONT) return FRONT;
      const type = view.getUint32(at, this.#little);
      if (type === BLOCK.section) {
        // Packets are given out with what is known of their own section.
        if (packets.length > 0) return 0;
        if (end - at < ORDER_KNOWN) return ORDER_KNOWN;
        this.#setOrder(window, at);
      }
      const length = view.getUint32(at + 4, this.#little);
      if (length < BLOCK_LEAST) {
        throw new CaptureFileError(`a block of ${length} bytes`, window.offset(at + 4));
      }
      limited(length, this.#settings, "a block", window.offset(at + 4));
      // Some programs leave out the padding in the length, not in the file.
      const size = padded(length);
      if (end - at < size) return size;
      const again = view.getUint32(at + size - 4, this.#little);
      if (again !== length) {
        const message = `a block of ${length} bytes ends as if it had ${again}`;
        throw new CaptureFileError(message, window.offset(at + size - 4));
      }
      if (type === BLOCK.enhancedPacket) packets.push(this.#enhanced(window, at, size, own));
      else if (type === BLOCK.simplePacket) packets.push(this.#simple(window, at, size, own));
      else if (type === BLOCK.packet) packets.push(this.#obsolete(window, at, size, own));
      else this.#other(window, type, at, size);
      window.start = at + size;
    }
    return 0;
  }

  #setOrder(window: Window, at: number): void {
    const { view } = window;
    const little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) {
      throw new CaptureFileError("a section without a byte order", window.offset(at + 8));
    }
    this.#little = little;
  }

  /** The bytes of a packet, which is followed by its options and the length of its block. */
  #data(window: Window, at: number, size: number, from: number, count: number, own: boolean) {
    if (count > size - BLOCK_LEAST - (from - at - FRONT)) {
      const message = `a packet of ${count} bytes is longer than its block of ${size}`;
      throw new CaptureFileError(message, window.offset(at));
    }
    const { bytes } = window;
    if (own) return bytes.slice(from, from + count);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + from, count);
  }

  #interface(window: Window, at: number, number: number): DecodedInterface {
    const known = this.#decoded[number];
    if (known !== undefined) return known;
    throw new CaptureFileError(`no interface ${number} was described`, window.offset(at));
  }

  #least(window: Window, at: number, size: number, least: number): void {
    if (size >= least + 4) return;
    throw new CaptureFileError(`a packet's block of ${size} bytes`, window.offset(at));
  }

  #enhanced(window: Window, at: number, size: number, own: boolean): FilePacket {
    const { view } = window;
    const little = this.#little;
    this.#least(window, at, size, ENHANCED);
    const number = view.getUint32(at + 8, little);
    const { clock, shown } = this.#interface(window, at + 8, number);
    const count = view.getUint32(at + 20, little);
    const packet: FilePacket = {
      data: this.#data(window, at, size, at + ENHANCED, count, own),
      length: view.getUint32(at + 24, little),
      timestamp: clock.time(view.getUint32(at + 12, little), view.getUint32(at + 16, little)),
      interface: number,
      link: shown.link,
    };
    const options = at + ENHANCED + padded(count);
    return options + 4 < at + size ? this.#told(window, packet, options, at + size - 4) : packet;
  }

  #simple(window: Window, at: number, size: number, own: boolean): FilePacket {
    const { view } = window;
    this.#least(window, at, size, SIMPLE);
    const { link, snaplen } = this.#interface(window, at, 0).shown;
    const length = view.getUint32(at + 8, this.#little);
    const count = Math.min(length, snaplen === 0 ? length : snaplen, size - SIMPLE - 4);
    const data = this.#data(window, at, size, at + SIMPLE, count, own);
    return { data, length, timestamp: 0n, interface: 0, link };
  }

  #obsolete(window: Window, at: number, size: number, own: boolean): FilePacket {
    const { view } = window;
    const little = this.#little;
    this.#least(window, at, size, ENHANCED);
    const number = view.getUint16(at + 8, little);
    const dropped = view.getUint16(at + 10, little);
    const { clock, shown } = this.#interface(window, at + 8, number);
    const count = view.getUint32(at + 20, little);
    const packet: FilePacket = {
      data: this.#data(window, at, size, at + ENHANCED, count, own),
      length: view.getUint32(at + 24, little),
      timestamp: clock.time(view.getUint32(at + 12, little), view.getUint32(at + 16, little)),
      interface: number,
      link: shown.link,
      ...(dropped === UNCOUNTED ? {} : { dropped }),
    };
    return this.#told(window, packet, at + ENHANCED + padded(count), at + size - 4);
  }

  /** The packet with what its options tell. */
  #told(window: Window, packet: FilePacket, from: number, end: number): FilePacket {
    const { view, bytes } = window;
    const little = this.#little;
    // Written into the new object: one more for each option would cost more than all the rest.
    const told = packet as { -readonly [key in keyof FilePacket]: FilePacket[key] };
    let comments: string[] | undefined;
    for (let at = from; end - at >= 4; ) {
      const code = view.getUint16(at, little);
      const length = view.getUint16(at + 2, little);
      if (code === OPTION.end) break;
      const start = at + 4;
      if (length > end - start) {
        const message = `option ${code} of ${length} bytes is longer than its block`;
        throw new CaptureFileError(message, window.offset(at));
      }
      if (code === PACKET.flags && length === 4) {
        const direction = view.getUint32(start, little) & 3;
        if (direction === 1) told.direction = "in";
        else if (direction === 2) told.direction = "out";
      } else if (code === OPTION.comment) {
        comments ??= [];
        comments.push(textOf(bytes, start, start + length));
      } else if (code === PACKET.dropped && length === 8) {
        told.dropped = Number(view.getBigUint64(start, little));
      }
      at = start + padded(length);
    }
    if (comments !== undefined) {
      told.comment = comments.join("\n");
      if (comments.length > 1) told.comments = comments;
    }
    return told;
  }

  #other(window: Window, type: number, at: number, size: number): void {
    const { bytes, view } = window;
    const [start, end] = [at + FRONT, at + size - 4];
    const body: Body = { bytes, view, start, end, little: this.#little, base: window.offset(0) };
    if (type === BLOCK.section) this.#beginSection(body);
    else if (type === BLOCK.interface) this.#describe(body, size);
    else {
      const block = this.#blockOf(body, type);
      if (block !== undefined) this.#metadata.add(block, size);
    }
  }

  /** A block that only tells something. */
  #blockOf(body: Body, type: number): Block | undefined {
    switch (type) {
      case BLOCK.names:
        return { kind: "names", names: decodeNames(body) };
      case BLOCK.statistics:
        return { kind: "statistics", ...decodeStatistics(body, this.#decoded) };
      case BLOCK.secrets:
        return { kind: "secrets", ...decodeSecrets(body) };
      case BLOCK.custom:
      case BLOCK.customUncopied:
        return { kind: "custom", ...decodeCustom(body, type === BLOCK.custom) };
      default:
        if (this.#settings.blocks === undefined) return undefined;
        return { kind: "unknown", type, data: body.bytes.slice(body.start, body.end) };
    }
  }

  #describe(body: Body, size: number): void {
    if (this.#decoded.length === INTERFACES_MAX) {
      throw new CaptureFileError(`more than ${INTERFACES_MAX} interfaces`, body.base + body.start);
    }
    const decoded = decodeInterface(body);
    this.#decoded.push(decoded);
    this.interfaces.push(decoded.shown);
    this.#metadata.add({ kind: "interface", ...decoded.shown }, size);
  }

  #beginSection(body: Body): void {
    const { view, start, end, little, base } = body;
    if (end - start + BLOCK_LEAST < SECTION_LEAST) {
      throw new CaptureFileError("a section header that is too short", base + start);
    }
    const [major, minor] = [view.getUint16(start + 4, little), view.getUint16(start + 6, little)];
    if (major !== VERSION) {
      const message = `a pcapng section of the unknown version ${major}.${minor}`;
      throw new CaptureFileError(message, base + start + 4);
    }
    this.byteOrder = little ? "little" : "big";
    const length = view.getBigInt64(start + 8, little);
    const known = length >= 0n && length <= Number.MAX_SAFE_INTEGER;
    this.goesTo = known ? base + end + 4 + Number(length) : 0;
    this.#decoded = [];
    this.interfaces = [];
    this.section = decodeSection(body);
    this.#metadata.add({ kind: "section", byteOrder: this.byteOrder, ...this.section }, 0);
  }
}
