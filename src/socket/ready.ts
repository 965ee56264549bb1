// A Socket's readable and writable.

import { failure } from "../error.ts";
import { native } from "../native/library.ts";
import type { READ, WRITE } from "../readiness.ts";
import type { Core } from "./core.ts";
import { type Limits, onlyLimits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

class Ready extends Operation<void> {
  readonly #wanted: typeof READ | typeof WRITE;

  constructor(core: Core, wanted: typeof READ | typeof WRITE, limits: Limits) {
    super(core, "poll", wanted, limits);
    this.#wanted = wanted;
  }

  protected call(fd: number): number {
    const ready = native.rawsock_is_ready(fd, 1 << this.#wanted);
    return ready === 0 ? AGAIN : ready;
  }

  protected value(): void {}
}

export function ready(core: Core, wanted: typeof READ | typeof WRITE, op: Limits): Promise<void> {
  const fd = core.descriptor("poll");
  const limits = onlyLimits(op);
  const admitted = core.watch.admit(wanted);
  if (admitted) {
    const now = native.rawsock_is_ready(fd, 1 << wanted);
    if (now > 0) return Promise.resolve();
    if (now < 0) throw failure(now, "poll", fd);
  }
  return new Ready(core, wanted, limits).start(admitted);
}
