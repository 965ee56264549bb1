// Where the bytes of a capture file go to: a path, a stream, whatever has `write`.

import { wrongType } from "../../base/validate.ts";
import { fs } from "./builtin.ts";
import { drained, type Emitter } from "./drain.ts";

/** What capture files are written to; "-" is standard output. */
export type PacketTarget = string | WritableStream | { write(bytes: Uint8Array): unknown };

export interface Sink {
  /** Writes all of it, behind what was written before; the bytes are left alone meanwhile. */
  write(bytes: Uint8Array): Promise<void>;
  /** The same at once, even while a `write` is under way; absent where that can't be. */
  readonly writeNow: ((bytes: Uint8Array) => void) | undefined;
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Absent where that can't be; a write that is under way is finished first. */
  readonly closeNow: (() => void) | undefined;
}

const STANDARD_OUTPUT = 1;
/** How long a full pipe that does not block is left alone, in ms. */
const RETRY = 2;

/** A descriptor. Of regular files every write says where, so that none waits for another. */
class FileSink implements Sink {
  readonly #fd: number;
  readonly #owned: boolean;
  readonly #sync: boolean;
  readonly writeNow: ((bytes: Uint8Array) => void) | undefined;
  readonly closeNow: (() => void) | undefined;
  /** Where the next write goes; null where the target has no places. */
  #position: number | null;
  #writing: { bytes: Uint8Array; position: number } | undefined;
  /** Fulfils when nothing is under way. */
  #idle: Promise<void> = Promise.resolve();

  constructor(fd: number, owned: boolean, sync: boolean) {
    this.#fd = fd;
    this.#owned = owned;
    // Standard output may be a file to which others append.
    const regular = owned && fs().fstatSync(fd).isFile();
    this.#sync = sync && regular;
    this.#position = regular ? 0 : null;
    this.writeNow = regular ? (bytes) => this.#writeNow(bytes) : undefined;
    this.closeNow = regular ? () => this.#closeNow() : undefined;
  }

  write(bytes: Uint8Array): Promise<void> {
    const writing = this.#write(bytes);
    this.#idle = writing.catch(() => undefined);
    return writing;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const position = this.#position;
    if (position !== null) {
      this.#position = position + bytes.length;
      this.#writing = { bytes, position };
    }
    let done = 0;
    try {
      while (done < bytes.length) {
        const place = position === null ? null : position + done;
        done += await writePart(this.#fd, bytes, done, place);
      }
    } catch (error) {
      if (position !== null) this.#cut(bytes, done, position);
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }

  /**
   * What was written behind it meanwhile would leave a hole before it, and may have taken the room
   * that was left: as much as fits is written once more.
   */
  #cut(bytes: Uint8Array, done: number, position: number): void {
    fs().ftruncateSync(this.#fd, position + done);
    try {
      writeAllSync(this.#fd, bytes.subarray(done), position + done);
    } catch {
      // The same error as before, which the caller gets.
    }
  }

  #writeNow(bytes: Uint8Array): void {
    const position = this.#position as number;
    this.#position = position + bytes.length;
    writeAllSync(this.#fd, bytes, position);
  }

  async flush(): Promise<void> {
    if (this.#sync) await synchronize(this.#fd);
  }

  async close(): Promise<void> {
    // Others may get the descriptor's number.
    await this.#idle;
    try {
      await this.flush();
    } finally {
      if (this.#owned) fs().closeSync(this.#fd);
    }
  }

  #closeNow(): void {
    const close = () => fs().closeSync(this.#fd);
    const writing = this.#writing;
    if (writing !== undefined) {
      // The descriptor has to wait for it, the bytes need not: the same ones go to the same place.
      this.#idle.then(close).catch(() => undefined);
      writeAllSync(this.#fd, writing.bytes, writing.position);
    }
    try {
      if (this.#sync) fs().fsyncSync(this.#fd);
    } finally {
      if (writing === undefined) close();
    }
  }
}

function writeAllSync(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs().writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** Writes some of it, and waits for a full pipe that others made non-blocking. */
function writePart(
  fd: number,
  bytes: Uint8Array,
  from: number,
  position: number | null,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const attempt = () =>
      fs().write(fd, bytes, from, bytes.length - from, position, (error, count) => {
        if (error === null || error === undefined) resolve(count);
        else if (error.code === "EAGAIN") setTimeout(attempt, RETRY);
        else reject(error);
      });
    attempt();
  });
}

function synchronize(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs().fsync(fd, (error) => (error ? reject(error) : resolve()));
  });
}

/** A WHATWG stream, which may keep what it is given: it gets copies. */
class StreamSink implements Sink {
  readonly writeNow = undefined;
  readonly closeNow = undefined;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: WritableStream) {
    this.#writer = stream.getWriter();
    // Each write tells of it.
    this.#writer.closed.catch(() => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.ready;
    await this.#writer.write(new Uint8Array(bytes));
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    await this.#writer.close();
  }
}

type Writable = Partial<Emitter> & { write(bytes: Uint8Array): unknown; flush?(): unknown };

function isEmitter(target: Writable): target is Writable & Emitter {
  return typeof target.on === "function" && typeof target.off === "function";
}

/** Whatever has `write`: Bun's sinks, node's streams. It stays open, being somebody else's. */
class ObjectSink implements Sink {
  readonly writeNow = undefined;
  readonly closeNow = undefined;
  readonly #target: Writable;

  constructor(target: Writable) {
    this.#target = target;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const result = await this.#target.write(new Uint8Array(bytes));
    // That is how node's streams say that they are behind.
    if (result === false && isEmitter(this.#target)) await drained(this.#target);
  }

  async flush(): Promise<void> {
    if (typeof this.#target.flush === "function") await this.#target.flush();
  }

  close(): Promise<void> {
    return this.flush();
  }
}

/** A path's file is made, or emptied, at once. */
export function sinkOf(target: PacketTarget, sync: boolean): Sink {
  if (target === "-") return new FileSink(STANDARD_OUTPUT, false, false);
  if (typeof target === "string") return new FileSink(fs().openSync(target, "w"), true, sync);
  if (target instanceof WritableStream) return new StreamSink(target);
  if (typeof (target as Writable | null)?.write === "function") return new ObjectSink(target);
  throw wrongType("target", "a path, a WritableStream or an object with write()", target);
}
