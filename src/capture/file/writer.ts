// What the writers of both formats have in common: files, rotation, order, errors.

import type { FilePacket, Link } from "../packet.ts";
import { Form, PLACE, Place, type Placed, RUN } from "../place.ts";
import { Output, PORTION } from "./output.ts";
import { type RotateOptions, Rotation } from "./rotation.ts";
import { type PacketTarget, sinkOf } from "./sink.ts";

/** What can be written: what a capture or a file gives, or the like. */
export type AnyPacket = Pick<FilePacket, "data" | "length" | "timestamp" | "interface"> & {
  /** Live ones have none: it is the interface's. */
  readonly link?: Link | undefined;
  readonly direction?: "in" | "out" | undefined;
  readonly comment?: string | undefined;
  readonly comments?: readonly string[] | undefined;
  readonly dropped?: number | undefined;
};

/** Memory that packets are written to; the words are little-endian, as on every platform. */
export type Room = {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  readonly view: DataView;
};

/** How a format writes packets. */
export interface Encoder {
  /** What a file begins with, all that was declared so far included. */
  begin(): Uint8Array;
  /**
   * Checks a packet, throwing before anything of it is written. `size` is then its own, and `put`
   * writes it. Everything is asked for once: of views of a ring, each answer is made anew.
   */
  admit(packet: AnyPacket): void;
  /** The same for a packet of a ring, which is right. */
  admitPlace(place: Place): void;
  /**
   * Tells how packets like the last one are written; false where that is not known. Those that
   * were written so are then told of with their time.
   */
  describe(form: Form): boolean;
  written(form: Form): void;
  readonly size: number;
  readonly timestamp: bigint;
  /** What was declared since the file was begun, and has to be written before the next block. */
  pending: Uint8Array | undefined;
  put(room: Room, at: number): void;
}

export type Destination = {
  readonly target: PacketTarget;
  readonly rotate: RotateOptions | undefined;
  readonly sync: boolean;
};

/** Files that are being finished while the next one is written. */
const CLOSING_MAX = 4;

/** So many packets are written one by one where the next could not be written with others. */
const ALONE = 8;

/** JavaScript knows no protected constructor. */
export const KEY: unique symbol = Symbol("create");

/** A capture file that is being written: what `PcapWriter` and `PcapngWriter` have in common. */
export abstract class PacketWriter implements Disposable, AsyncDisposable {
  readonly #encoder: Encoder;
  readonly #destination: Destination;
  readonly #rotation: Rotation | undefined;
  readonly #place = new Place();
  readonly #form = new Form();
  /** A list of a single packet, and how many are not tried to be written with others. */
  readonly #one: AnyPacket[] = [];
  #alone = 0;
  #output: Output;
  #path: string | null;
  /** Whether the file has its header, and whether it has packets. */
  #begun = false;
  #packets = 0;
  /** Files that are being finished; the last error of one. */
  readonly #closing = new Set<Promise<void>>();
  #error: unknown;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(encoder: Encoder, destination: Destination, key: symbol) {
    if (key !== KEY) throw new TypeError(`a ${new.target.name} is made by its create()`);
    const { target, rotate } = destination;
    this.#encoder = encoder;
    this.#destination = destination;
    this.#rotation = rotate === undefined ? undefined : new Rotation(target, rotate);
    this.#path = typeof target === "string" && target !== "-" ? target : null;
    this.#output = this.#open();
  }

  /** The file that is written to; null where it is none. */
  get path(): string | null {
    return this.#path;
  }

  /** Whether `close` was called; writing is a TypeError then. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  #open(): Output {
    const { target, sync } = this.#destination;
    const path = this.#rotation?.next();
    const output = new Output(sinkOf(path ?? target, sync));
    if (path !== undefined) {
      this.#path = path;
      this.#rotation?.made(path);
    }
    return output;
  }

  /**
   * Writes a packet. A promise says that the target is behind: wait for it. What was captured may
   * be used for the next at once. Throws a TypeError or RangeError for a packet that the format
   * can't hold, before anything of it is written, and what an earlier write failed with.
   */
  write(packet: AnyPacket): void | Promise<void> {
    if ((packet as Partial<Placed>)[RUN] === undefined) return this.#writeOne(packet);
    this.#one[0] = packet;
    return this.#writeRun(this.#one, 0) > 0 ? this.#put(1) : this.#writeOne(packet);
  }

  #writeOne(packet: AnyPacket): void | Promise<void> {
    if (this.#error !== undefined || this.#closed !== undefined) this.#refuse();
    const encoder = this.#encoder;
    if (PLACE in packet) {
      (packet as Placed)[PLACE](this.#place);
      encoder.admitPlace(this.#place);
    } else encoder.admit(packet);
    if (!this.#begun || this.#rotation !== undefined || encoder.pending !== undefined) {
      this.#prepare(encoder.timestamp);
    }
    const { size } = encoder;
    const output = this.#output;
    const at = output.room(size);
    encoder.put(output, at);
    this.#packets++;
    return output.put(size);
  }

  /**
   * Writes packets in their order, such as a batch, which takes less time than one by one; waits
   * when the target is behind.
   */
  async writeAll(packets: Iterable<AnyPacket>): Promise<void> {
    if (Array.isArray(packets)) return this.#writeList(packets);
    for (const packet of packets) {
      const behind = this.write(packet);
      if (behind !== undefined) await behind;
    }
  }

  async #writeList(packets: readonly AnyPacket[]): Promise<void> {
    for (let next = 0; next < packets.length; ) {
      const count = this.#writeRun(packets, next);
      const behind = count > 0 ? this.#put(count) : this.#writeOne(packets[next] as AnyPacket);
      next += Math.max(1, count);
      if (behind !== undefined) await behind;
    }
  }

  /** Has packets of a ring written to the room that is free: how many. */
  #writeRun(packets: readonly AnyPacket[], next: number): number {
    const packet = packets[next] as Partial<Placed>;
    if (packet[RUN] === undefined || !this.#begun) return 0;
    // Where none can be written together, it takes time to find that out.
    if (this.#alone > 0) {
      this.#alone--;
      return 0;
    }
    const form = this.#form;
    if (this.#error !== undefined || this.#closed !== undefined) this.#refuse();
    if (!this.#encoder.describe(form)) return 0;
    const output = this.#output;
    form.at = output.room(0);
    form.bytes = output.bytes;
    const rotation = this.#rotation;
    const left = rotation === undefined ? PORTION : Math.max(0, rotation.size - output.size);
    form.end = Math.min(form.bytes.length, form.at + Math.min(PORTION, left));
    rotation?.limit(form);
    const count = packet[RUN](packets, next, form);
    if (count === 0) this.#alone = ALONE;
    return count;
  }

  #put(count: number): void | Promise<void> {
    this.#packets += count;
    this.#encoder.written(this.#form);
    return this.#output.put(this.#form.size);
  }

  #refuse(): void {
    if (this.#error !== undefined) throw this.#error;
    throw new TypeError("the writer is closed");
  }

  /** Begins the file or the next one, and writes what has to be there before the packet. */
  #prepare(timestamp: bigint): void {
    this.#begin();
    const rotation = this.#rotation;
    if (rotation !== undefined) {
      const size = this.#encoder.size + (this.#encoder.pending?.length ?? 0);
      const full = this.#output.size + size > rotation.size;
      if ((rotation.due(timestamp) || full) && this.#packets > 0) {
        this.#rotate();
        rotation.due(timestamp);
      }
    }
    this.#declare();
  }

  #declare(): void {
    const { pending } = this.#encoder;
    this.#encoder.pending = undefined;
    if (pending !== undefined) void this.#output.append(pending);
  }

  /** What the header has is no longer pending. */
  #begin(): void {
    if (this.#begun) return;
    void this.#output.append(this.#encoder.begin());
    this.#begun = true;
  }

  #rotate(): void {
    if (this.#closing.size < CLOSING_MAX) this.#finish(this.#output);
    else this.#finishNow(this.#output);
    this.#packets = 0;
    this.#output = this.#open();
    this.#begun = false;
    this.#begin();
  }

  /** For those who do not wait: files would be left open without end. */
  #finishNow(output: Output): void {
    try {
      if (!output.closeNow()) this.#finish(output);
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  #finish(output: Output): void {
    const closing = output.close().then(
      () => void this.#closing.delete(closing),
      (error) => {
        this.#error = error;
      },
    );
    this.#closing.add(closing);
  }

  /** A block that is no packet. */
  protected append(make: () => Uint8Array): void | Promise<void> {
    if (this.#error !== undefined || this.#closed !== undefined) this.#refuse();
    const block = make();
    this.#begin();
    this.#declare();
    return this.#output.append(block);
  }

  /** When it is fulfilled, what was written can be read. */
  async flush(): Promise<void> {
    if (this.#error !== undefined || this.#closed !== undefined) this.#refuse();
    this.#begin();
    await this.#output.flush();
    await this.#finished();
  }

  async #finished(): Promise<void> {
    await Promise.all(this.#closing);
    if (this.#error !== undefined) throw this.#error;
  }

  /**
   * Writes what is left. A path's file and a WritableStream are closed; standard output and objects
   * with `write` stay open. Rejects with what could not be written.
   */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    try {
      if (this.#error === undefined) this.#begin();
    } finally {
      this.#finish(this.#output);
    }
    await this.#finished();
  }

  /** Closes a path's file at once; for other targets as `close`, whose errors nobody sees then. */
  [Symbol.dispose](): void {
    if (this.#closed !== undefined) return;
    if (this.#error === undefined) this.#begin();
    if (!this.#output.closeNow()) {
      void this.close();
      return;
    }
    this.#closed = Promise.resolve();
    if (this.#error !== undefined) throw this.#error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
