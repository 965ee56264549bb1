// How a thread's end is told to Bun's event loop: by a descriptor that becomes readable.

import { namedError } from "../base/error.ts";
import { READ } from "../readiness/source.ts";
import { type Waiter, Watch } from "../readiness/watch.ts";

/** Keeps the process alive until `end`. */
export interface Announcement {
  /** Fulfils when the descriptor is readable. */
  heard(): Promise<unknown>;
  /** Watches the descriptor no longer. */
  end(): Promise<void>;
}

/** Bun reads what is a file to it. */
class Stream implements Announcement {
  readonly #reader: { read(): Promise<unknown>; cancel(): Promise<void> };

  constructor(fd: number) {
    this.#reader = Bun.file(fd).stream().getReader();
  }

  heard(): Promise<unknown> {
    return this.#reader.read();
  }

  end(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** Windows, whose sockets are no files: the event source tells. */
class Watching implements Announcement, Waiter {
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
  return FILES ? new Stream(fd) : new Watching(fd, isOver);
}
