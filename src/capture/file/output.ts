// The bytes of one file on their way to it.

import { padded } from "./block.ts";
import type { Sink } from "./sink.ts";

/** What is written at a time: for each the thread is woken, which takes as long as 100 KB do. */
export const PORTION = 0x10_0000;
/** Room for the packets that come while a portion is written. */
const ROOM = 2 * PORTION;
/** What a target that cannot be written to at once may be behind. */
const BEHIND_MAX = 16 * 1024 * 1024;

/**
 * Collects what is encoded and writes it in large portions, while the next is collected. What is
 * written ends with a whole block, so that a reader of the file meanwhile finds whole ones.
 */
export class Output {
  readonly #sink: Sink;
  /** Filled up to `used`. */
  bytes = new Uint8Array(ROOM);
  view = new DataView(this.bytes.buffer);
  words = new Uint32Array(this.bytes.buffer);
  halves = new Uint16Array(this.bytes.buffer);
  #used = 0;
  #spare = new Uint8Array(ROOM);
  /** The write under way, and then its successor if there is enough for one. */
  #writing: Promise<void> | undefined;
  #error: unknown;
  /** All that was put in. */
  size = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Where the next `size` bytes have their place in `bytes`. */
  room(size: number): number {
    if (this.#error !== undefined) throw this.#error;
    if (this.#used + size > this.bytes.length) this.#makeRoom(size);
    return this.#used;
  }

  /** So many bytes were put there. The promise is for when the target is no longer behind. */
  put(size: number): void | Promise<void> {
    this.size += size;
    this.#used += size;
    if (this.#used >= PORTION) return this.#pass();
  }

  /** Bytes that are there already. */
  append(bytes: Uint8Array): void | Promise<void> {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
    return this.put(bytes.length);
  }

  /** For those who do not wait when told to: memory stays bounded. */
  #makeRoom(size: number): void {
    if (this.#sink.writeNow !== undefined) {
      this.#now(this.#sink.writeNow);
      if (size > this.bytes.length) this.#resize(size);
      return;
    }
    if (this.#used + size > BEHIND_MAX && this.#used > 0) {
      throw new RangeError(
        `the target is ${this.#used} bytes behind: wait for the promises that write() returns`,
      );
    }
    this.#resize(Math.max(2 * this.bytes.length, this.#used + size));
  }

  #resize(size: number): void {
    const larger = new Uint8Array(padded(size));
    larger.set(this.bytes.subarray(0, this.#used));
    this.#exchange(larger);
  }

  #exchange(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.words = new Uint32Array(bytes.buffer);
    this.halves = new Uint16Array(bytes.buffer);
  }

  #now(writeNow: (bytes: Uint8Array) => void): void {
    if (this.#used === 0) return;
    const used = this.#used;
    this.#used = 0;
    this.#failing(() => writeNow(this.bytes.subarray(0, used)));
  }

  /** An error is that of everything that follows. */
  #failing<Result>(body: () => Result): Result {
    try {
      return body();
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  #pass(): void | Promise<void> {
    if (this.#writing !== undefined) return this.#writing;
    this.#begin();
  }

  #begin(): void {
    const full = this.bytes;
    const portion = full.subarray(0, this.#used);
    this.#exchange(this.#spare);
    this.#used = 0;
    const writing = this.#sink.write(portion).then(
      () => {
        this.#writing = undefined;
        // A buffer that a large packet needed is not kept.
        this.#spare = full.length === ROOM ? full : new Uint8Array(ROOM);
        if (this.#used >= PORTION) this.#begin();
      },
      (error) => {
        this.#error = error;
        throw error;
      },
    );
    // Whoever waits gets the error, and so does the next call.
    writing.catch(() => undefined);
    this.#writing = writing;
  }

  /** Writes all that was put in. */
  async flush(): Promise<void> {
    await this.#drain();
    await this.#sink.flush();
  }

  async #drain(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    while (this.#writing !== undefined || this.#used > 0) {
      if (this.#writing === undefined) this.#begin();
      await this.#writing;
    }
  }

  /** Writes what is left, and closes. */
  async close(): Promise<void> {
    try {
      await this.#drain();
    } catch (error) {
      // What was not written says it.
      await this.#sink.close().catch(() => undefined);
      throw error;
    }
    await this.#sink.close();
  }

  /** The same at once; false where the target can't. */
  closeNow(): boolean {
    const { writeNow, closeNow } = this.#sink;
    if (writeNow === undefined || closeNow === undefined) return false;
    try {
      if (this.#error !== undefined) throw this.#error;
      this.#now(writeNow);
    } finally {
      closeNow();
    }
    return true;
  }
}
