// Descriptors that arrived in a message and that nobody has seen yet: the thread's own since the
// call that received them, so that they are closed also where it is terminated.

import { errorName } from "../base/error.ts";
import { closeOwned, disown } from "../readiness/ownership.ts";

/** Closes descriptors of which nobody can be told. */
export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) {
    const status = closeOwned(fd);
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

  /** They are another owner's from now on, unseen as before. */
  give(): readonly number[] {
    const fds = this.#fds;
    this.#fds = [];
    return fds;
  }

  /** They are the program's from now on. */
  release(): void {
    if (this.isEmpty) return;
    for (const fd of this.give()) disown(fd);
  }

  close(): void {
    closeAll(this.give());
  }
}
