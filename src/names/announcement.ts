// How a thread's end is told to Bun's event loop: by a descriptor that becomes readable.

import { namedError } from "../base/error.ts";
import { READ } from "../readiness/source.ts";
import { type Waiter, Watch } from "../readiness/watch.ts";

/** Keeps the process alive until `end`. */
export interface Announcement {
  /** Can it be heard again? */
  readonly again: boolean;
  /** Fulfils when the descriptor is readable. */
  heard(): Promise<unknown>;
  /** Watches the descriptor no longer. */
  end(): Promise<void>;
}

type Reader = { read(): Promise<unknown>; cancel(): Promise<void> };

/** Null where Bun has no descriptor left to watch this one with. */
function readerOf(fd: number): Reader | null {
  try {
    return Bun.file(fd).stream().getReader();
  } catch {
    return null;
  }
}

/** The longest pause, in milliseconds, of a clock that tells when to look. */
const PAUSE_MAX = 20;

/** Bun reads what is a file to it. */
class Stream implements Announcement {
  readonly #isOver: () => boolean;
  /** Null where the clock tells when to look. */
  #reader: Reader | null;

  constructor(fd: number, isOver: () => boolean) {
    this.#isOver = isOver;
    this.#reader = readerOf(fd);
  }

  get again(): boolean {
    return this.#reader !== null;
  }

  async heard(): Promise<void> {
    try {
      if (this.#reader !== null) return void (await this.#reader.read());
    } catch {
      this.#reader = null;
    }
    for (let pause = 1; !this.#isOver(); pause = Math.min(pause * 2, PAUSE_MAX)) {
      await Bun.sleep(pause);
    }
  }

  async end(): Promise<void> {
    await this.#reader?.cancel();
  }
}

/** Windows, whose sockets are no files: the event source tells. */
class Watching implements Announcement, Waiter {
  readonly again = false;
  readonly unannounced = false;
  readonly #watch: Watch;
  readonly #isOver: () => boolean;
  readonly #heard = Promise.withResolvers<void>();

  constructor(fd: number, isOver: () => boolean) {
    this.#isOver = isOver;
    this.#watch = new Watch(fd);
    this.#watch.wait(READ, this, false);
  }

  heard(): Promise<unknown> {
    return this.#heard.promise;
  }

  async end(): Promise<void> {
    this.#watch.withdraw(READ, this);
    this.#watch.detach();
  }

  attempt(): boolean {
    if (!this.#isOver()) return false;
    this.#heard.resolve();
    return true;
  }

  cancel(): void {
    this.fail(namedError("ECANCELED", "getaddrinfo"));
  }

  fail(error: unknown): void {
    this.#heard.reject(error);
  }
}

const FILES = process.platform !== "win32";

/** Watches a descriptor that becomes readable when `isOver` turns true. */
export function announcement(fd: number, isOver: () => boolean): Announcement {
  return FILES ? new Stream(fd, isOver) : new Watching(fd, isOver);
}
