// Where the bytes of a capture file come from: a path, memory, a Blob, a stream.

import type { FileHandle } from "node:fs/promises";
import { wrongType } from "../../base/validate.ts";
import { fs } from "./builtin.ts";
import type { Source } from "./window.ts";

/** A file, or whatever else has a path; opened at the first read. */
export class FileSource implements Source {
  readonly truncated = false;
  readonly #path: string;
  #handle: Promise<FileHandle> | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    if (this.#closed) return 0;
    this.#handle ??= fs().promises.open(this.#path, "r");
    const reading = this.#handle.then((handle) => handle.read(into, at, length, null));
    this.#reading = reading;
    return (await reading).bytesRead;
  }

  /** A descriptor that a read is under way with is closed after it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reading.catch(ignoredHere);
    // Where it could not be opened, the read said so.
    await this.#handle?.then((handle) => handle.close(), ignoredHere);
  }
}

/** The error went to whoever waited for the read. */
function ignoredHere(): void {}

/** A WHATWG stream of bytes. */
export class StreamSource implements Source {
  readonly truncated = false;
  readonly #reader: Pick<ReadableStreamDefaultReader<unknown>, "read" | "cancel">;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream) {
    this.#reader = stream.getReader();
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return 0;
      this.#chunk = bytesOf(value);
    }
    const part = this.#chunk.subarray(0, length);
    into.set(part, at);
    this.#chunk = this.#chunk.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    // A stream that failed says so once more, to nobody.
    await this.#reader.cancel().catch(ignoredHere);
  }
}

/** What was read already, and then the rest. */
export class PrefixedSource implements Source {
  readonly #rest: Source;
  #prefix: Uint8Array;

  constructor(prefix: Uint8Array, rest: Source) {
    this.#prefix = prefix;
    this.#rest = rest;
  }

  get truncated(): boolean {
    return this.#rest.truncated;
  }

  async read(into: Uint8Array<ArrayBuffer>, at: number, length: number): Promise<number> {
    if (this.#prefix.length === 0) return this.#rest.read(into, at, length);
    const part = this.#prefix.subarray(0, length);
    into.set(part, at);
    this.#prefix = this.#prefix.subarray(part.length);
    return part.length;
  }

  close(): Promise<void> {
    return this.#rest.close();
  }
}

/** Memory that was packed, and is read like a stream therefore. */
export class MemorySource extends PrefixedSource {
  constructor(bytes: Uint8Array) {
    super(bytes, new Nothing());
  }
}

class Nothing implements Source {
  readonly truncated = false;

  async read(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}
}

/** What a stream gave, as bytes. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrongType("a chunk of the stream", "bytes", value);
}
