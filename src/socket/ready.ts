// A Socket's readable and writable.

import { failure } from "../base/error.ts";
import { native } from "../native/library.ts";
import { READ, type WRITE } from "../readiness/source.ts";
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
    const ready = readyNow(this.core, fd, this.#wanted);
    return ready === 0 ? AGAIN : ready;
  }

  protected value(): void {}
}

/** 1 or 0, or -errno. What is kept is ready although the kernel knows nothing of it. */
function readyNow(core: Core, fd: number, wanted: typeof READ | typeof WRITE): number {
  if (wanted === READ && core.waitingForReader !== null) return 1;
  return native.rawsock_is_ready(fd, 1 << wanted);
}

export function ready(core: Core, wanted: typeof READ | typeof WRITE, op: Limits): Promise<void> {
  const fd = core.descriptor("poll");
  const limits = onlyLimits(op);
  const admitted = core.watch.admit(wanted);
  if (admitted) {
    const now = readyNow(core, fd, wanted);
    if (now > 0) return Promise.resolve();
    if (now < 0) throw failure(now, "poll", fd);
  }
  return new Ready(core, wanted, limits).start(admitted);
}
