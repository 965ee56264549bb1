// Descriptors that arrived in a message and that nobody has seen yet.

import { errorName } from "../base/error.ts";
import { native } from "../native/library.ts";

/** Closes descriptors of which nobody can be told. */
export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) {
    const status = native.rawsock_close(fd);
    // EBADF means that somebody closed a stranger's descriptor.
    if (status < 0) process.emitWarning(`rawsock: closing a descriptor: ${errorName(-status)}`);
  }
}

const forgotten = new FinalizationRegistry<Unseen>((unseen) => unseen.close());

/** They are closed unless somebody looks, also where `owner` is collected. */
export class Unseen {
  #fds: readonly number[] = [];

  constructor(owner: object) {
    forgotten.register(owner, this);
  }

  get isEmpty(): boolean {
    return this.#fds.length === 0;
  }

  hold(fds: readonly number[]): void {
    this.#fds = fds;
  }

  /** They are the caller's from now on. */
  release(): readonly number[] {
    const fds = this.#fds;
    this.#fds = [];
    return fds;
  }

  close(): void {
    closeAll(this.release());
  }
}
