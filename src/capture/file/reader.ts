// Reads capture files: of every kind, from wherever bytes come.

import { type Bytes, integer, knownKeys, uint8Array, wrongType } from "../../base/validate.ts";
import type { FilePacket } from "../packet.ts";
import type { Block, ByteOrder, CustomBlock, FileInterface, Secrets, Section } from "./block.ts";
import { BLOCK, type InterfaceStatistics, type NameRecord } from "./block.ts";
import { packingOf, unpacked } from "./compression.ts";
import { CaptureFileError } from "./error.ts";
import type { Parser, Settings } from "./parser.ts";
import { FILE_HEADER, PcapParser, pcapOrder } from "./pcap.ts";
import { PcapngParser } from "./pcapng.ts";
import { FileSource, MemorySource, PrefixedSource, StreamSource } from "./source.ts";
import { type Source, Window } from "./window.ts";

/** What capture files are read from; "-" is standard input. */
export type PacketSource = string | Bytes | Blob | ReadableStream;

export type ReadOptions = {
  /** The longest packet or block in bytes, 16 MiB unless told: a longer one is an error. */
  readonly maximum?: number;
  /** Is given every block that is no packet (pcapng), as soon as it was read. */
  readonly blocks?: (block: Block) => void;
};

const OPTIONS: ReadonlySet<string> = new Set(["maximum", "blocks"]);
const MAXIMUM = 16 * 1024 * 1024;
const MAXIMUM_LEAST = 65_536;
const MAXIMUM_MOST = 1024 * 1024 * 1024;
/** Bytes that tell what a file is. */
const MAGIC = 4;
/** Files that are packed, and packed again, and again. */
const PACKED_MOST = 4;
const NOTHING = { names: [], statistics: [], secrets: [], custom: [] } as const;

/**
 * The packets of a capture file: pcap (both byte orders, micro- and nanoseconds, with the longer
 * records of several programs) or pcapng, packed with gzip or zstd or not packed; what it is, its
 * bytes tell. A path is opened at the first step, and memory does not grow with the file.
 *
 * A file that is cut off gives what is whole, and `truncated` says so. Bytes that no capture file
 * has there are a CaptureFileError. It is read once: whoever leaves the loop closes the file.
 */
export function readPackets(source: PacketSource, options: ReadOptions = {}): PacketReader {
  return new PacketReader(source, options);
}

export class PacketReader implements AsyncIterable<FilePacket>, AsyncDisposable {
  readonly #settings: Settings;
  #source: Source | undefined;
  #window: Window | undefined;
  #parser: Parser | undefined;
  #truncated = false;
  #started = false;
  #ended = false;

  /** @internal `readPackets` makes it. */
  constructor(source: PacketSource, options: ReadOptions) {
    knownKeys(options, OPTIONS);
    const { maximum = MAXIMUM, blocks } = options;
    if (blocks !== undefined && typeof blocks !== "function") {
      throw wrongType("blocks", "a function", blocks);
    }
    integer(maximum, "maximum", MAXIMUM_LEAST, MAXIMUM_MOST);
    this.#settings = { maximum, blocks };
    const opened = open(source);
    if (opened instanceof Window) this.#window = opened;
    else this.#source = opened;
  }

  /** The kind of file; null before its first bytes were read. */
  get format(): "pcap" | "pcapng" | null {
    return this.#parser?.format ?? null;
  }

  /** Of the file, or of the section (pcapng) that the last packet is from; null as for format. */
  get byteOrder(): ByteOrder | null {
    return this.#parser?.byteOrder ?? null;
  }

  /** Those described so far in the section of the last packet: its `interface` is an index. */
  get interfaces(): readonly FileInterface[] {
    return this.#parser?.interfaces ?? [];
  }

  /** Whether the file ended in the midst of something; known when all was read. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** What is told of the section of the last packet. */
  get section(): Section {
    return this.#parser?.section ?? {};
  }

  /** Names of hosts, as far as the file was read; so are the next three. */
  get names(): readonly NameRecord[] {
    return (this.#parser ?? NOTHING).names;
  }

  get statistics(): readonly InterfaceStatistics[] {
    return (this.#parser ?? NOTHING).statistics;
  }

  /** What decrypts packets. */
  get secrets(): readonly Secrets[] {
    return (this.#parser ?? NOTHING).secrets;
  }

  get custom(): readonly CustomBlock[] {
    return (this.#parser ?? NOTHING).custom;
  }

  /** How many blocks are in none of these lists, which hold 16 MiB: `blocks` gets all. */
  get omitted(): number {
    return this.#parser?.omitted ?? 0;
  }

  /** Packet by packet; each owns its bytes. */
  [Symbol.asyncIterator](): AsyncIterableIterator<FilePacket> {
    this.#start();
    return new FilePackets(this);
  }

  /** Many packets at a time, whose data are views that are valid until the next step. */
  async *batches(): AsyncGenerator<FilePacket[], void, void> {
    this.#start();
    try {
      for (;;) {
        const packets = await this.more(false);
        if (packets.length === 0) return;
        yield packets;
      }
    } finally {
      await this.close();
    }
  }

  #start(): void {
    if (this.#started) throw new TypeError("a capture file is read once: call readPackets again");
    this.#started = true;
  }

  /** Ends the reading, and closes what was opened. */
  async close(): Promise<void> {
    this.#started = true;
    this.#ended = true;
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The next packets, none at the end. */
  async more(own: boolean): Promise<FilePacket[]> {
    const packets: FilePacket[] = [];
    try {
      const window = await this.#prepare();
      while (window !== undefined && this.#parser !== undefined && !this.#ended) {
        const wanted = this.#parser.parse(window, packets, own);
        if (packets.length > 0) return packets;
        if (window.available >= wanted && wanted > 0) throw new Error("a parser stands still");
        await window.fill(wanted);
        if (window.available < wanted && !this.#ended) this.#end(window);
      }
    } catch (error) {
      // What came before the error is given out; the next call meets it again.
      if (packets.length > 0 && error instanceof CaptureFileError) return packets;
      await this.close();
      throw error;
    }
    if (this.#source !== undefined) await this.close();
    return packets;
  }

  /** The window behind the header, from which the parser was chosen. */
  async #prepare(): Promise<Window | undefined> {
    if (this.#ended || this.#parser !== undefined) return this.#window;
    let window = this.#window ?? Window.over(this.#source as Source);
    await window.fill(MAGIC);
    for (let depth = 0; this.#source !== undefined; depth++) {
      const packing = packingOf(first(window));
      if (packing === undefined) break;
      if (depth === PACKED_MOST) throw new CaptureFileError("a file packed too many times", 0);
      const packed = new PrefixedSource(window.bytes.slice(0, window.end), this.#source);
      this.#source = unpacked(packed, packing);
      window = Window.over(this.#source);
      await window.fill(MAGIC);
    }
    this.#window = window;
    if (!this.#ended) this.#parser = await this.#recognize(window);
    return window;
  }

  async #recognize(window: Window): Promise<Parser | undefined> {
    if (window.available < MAGIC && beginsMagic(first(window))) {
      this.#end(window);
      this.#truncated = true;
      return undefined;
    }
    const { view, start } = window;
    const known = window.available >= MAGIC;
    if (known && view.getUint32(start) === BLOCK.section) return new PcapngParser(this.#settings);
    const order = known ? pcapOrder(view, start) : undefined;
    if (order === undefined) throw new CaptureFileError("no capture file", window.offset(start));
    await window.fill(FILE_HEADER);
    if (window.available >= FILE_HEADER) return new PcapParser(window, order, this.#settings);
    this.#end(window);
    return undefined;
  }

  #end(window: Window): void {
    this.#ended = true;
    const short = window.offset(window.end) < (this.#parser?.goesTo ?? 0);
    this.#truncated = window.available > 0 || short || this.#source?.truncated === true;
  }
}

function first({ bytes, start, end }: Window): Uint8Array {
  return bytes.subarray(start, Math.min(end, start + MAGIC));
}

/** What capture files begin with, in both byte orders. */
const BEGINNINGS: readonly (readonly number[])[] = [
  [0x0a, 0x0d, 0x0d, 0x0a],
  [0xa1, 0xb2, 0xc3, 0xd4],
  [0xa1, 0xb2, 0x3c, 0x4d],
  [0xa1, 0xb2, 0xcd, 0x34],
];

/** Whether a file may be one that was cut off within its first bytes. */
function beginsMagic(bytes: Uint8Array): boolean {
  const begins = (magic: readonly number[]) => bytes.every((byte, at) => byte === magic[at]);
  return BEGINNINGS.some((magic) => begins(magic) || begins([...magic].reverse()));
}

function open(source: PacketSource): Source | Window {
  if (source === "-") return new StreamSource(Bun.stdin.stream());
  if (typeof source === "string") return new FileSource(source);
  if (source instanceof Blob) return new StreamSource(source.stream());
  if (source instanceof ReadableStream) return new StreamSource(source);
  const isBuffer = source instanceof ArrayBuffer || source instanceof SharedArrayBuffer;
  if (!isBuffer && !ArrayBuffer.isView(source)) {
    throw wrongType("source", "a path, bytes, a Blob or a ReadableStream", source);
  }
  const given = uint8Array(source, "source") as Uint8Array<ArrayBuffer>;
  // Of a Buffer, slice() would make views.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const packed = packingOf(bytes.subarray(0, MAGIC)) !== undefined;
  return packed ? new MemorySource(bytes) : Window.of(bytes);
}

type Step = IteratorResult<FilePacket>;

/** Steps that are answered out of a batch, as long as there is one: a promise is all they cost. */
class FilePackets implements AsyncIterableIterator<FilePacket> {
  readonly #reader: PacketReader;
  #packets: readonly FilePacket[] = [];
  #next = 0;
  /** Steps that wait for those before them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #done = false;

  constructor(reader: PacketReader) {
    this.#reader = reader;
  }

  next(): Promise<Step> {
    if (this.#waiting === 0 && this.#next < this.#packets.length) {
      const value = this.#packets[this.#next++] as FilePacket;
      return Promise.resolve({ done: false, value });
    }
    this.#waiting++;
    const step = this.#last.then(() => this.#step());
    this.#last = step.then(settled, settled);
    return step;
  }

  async #step(): Promise<Step> {
    try {
      if (this.#next === this.#packets.length && !this.#done) {
        this.#packets = [];
        this.#next = 0;
        const packets = await this.#reader.more(true);
        // Meanwhile it may have been left.
        if (packets.length === 0) this.#done = true;
        if (!this.#done) this.#packets = packets;
      }
    } catch (error) {
      this.#done = true;
      throw error;
    } finally {
      this.#waiting--;
    }
    if (this.#done) return { done: true, value: undefined };
    return { done: false, value: this.#packets[this.#next++] as FilePacket };
  }

  async return(): Promise<Step> {
    this.#done = true;
    this.#packets = [];
    this.#next = 0;
    await this.#reader.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The outcome is the step's own. */
function settled(): void {}
