// A Socket's readable and writable.

import { native } from "../native/library.ts";
import { READ, type WRITE } from "../readiness/source.ts";
import { type Limits, onlyLimits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";

export class Ready extends Operation<void> {
  readonly #wanted: typeof READ | typeof WRITE;

  /** `left`: milliseconds that are left of the timeout, which began before this wait. */
  constructor(state: SocketState, wanted: typeof READ | typeof WRITE, op: Limits, left?: number) {
    state.descriptor("poll");
    const limits = onlyLimits(op);
    super(state, "poll", wanted, left === undefined ? limits : { ...limits, left });
    this.#wanted = wanted;
  }

  protected call(fd: number): number {
    // What is kept is ready although the kernel knows nothing of it.
    if (this.#wanted === READ && !this.state.inbox.isEmpty) return 1;
    const ready = native.rawsock_is_ready(fd, 1 << this.#wanted);
    return ready === 0 ? AGAIN : ready;
  }

  protected value(): void {}
}
