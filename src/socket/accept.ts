// A Socket's accept and connections.

import { ERRNO } from "../base/constants.ts";
import { failure } from "../base/error.ts";
import { addressSlot } from "../native/address.ts";
import { native } from "../native/library.ts";
import { READ } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import { type Limits, onlyLimits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

const numbers = (...names: readonly string[]): ReadonlySet<number> =>
  new Set(names.flatMap((name) => (ERRNO[name] === undefined ? [] : [-(ERRNO[name] as number)])));

/** accept(2): errors of the connection that would have been accepted; the next one may be well. */
const LOST = numbers(
  "ECONNABORTED",
  "ENETDOWN",
  "EPROTO",
  "ENOPROTOOPT",
  "EHOSTDOWN",
  "ENONET",
  "EHOSTUNREACH",
  "ENETUNREACH",
);
/** Errors that pass when somebody closes a descriptor or frees memory. */
const SHORTAGE = numbers("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM");

/** The new descriptor, non-blocking, or -errno. */
function acceptNow(fd: number): number {
  for (;;) {
    const accepted = native.rawsock_accept(fd, addressSlot, 1, 0);
    if (!LOST.has(accepted)) return accepted;
  }
}

class Accept<S> extends Operation<S> {
  readonly #adopt: (fd: number) => S;
  /** Does a shortage of descriptors pass by waiting? Else it is an error. */
  readonly #patient: boolean;

  constructor(core: Core, limits: Limits, adopt: (fd: number) => S, patient: boolean) {
    super(core, "accept", READ, limits);
    this.#adopt = adopt;
    this.#patient = patient;
  }

  protected call(fd: number): number {
    const accepted = acceptNow(fd);
    this.unannounced = this.#patient && SHORTAGE.has(accepted);
    if (!this.unannounced) return accepted;
    warnOnce(failure(accepted, "accept").message);
    return AGAIN;
  }

  protected value(accepted: number): S {
    return this.#adopt(accepted);
  }
}

let warned = false;

function warnOnce(message: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(`rawsock: connections wait until this passes: ${message}`);
}

/** `adopt` makes the Socket of a new descriptor; `patient`: wait while there are none left. */
export function accept<S>(
  core: Core,
  op: Limits,
  adopt: (fd: number) => S,
  patient = false,
): Promise<S> {
  const fd = core.descriptor("accept");
  const limits = onlyLimits(op);
  let admitted = core.watch.admit(READ);
  if (admitted) {
    const accepted = acceptNow(fd);
    if (accepted >= 0) return Promise.resolve(adopt(accepted));
    // The operation tries again and deals with it.
    if (patient && SHORTAGE.has(accepted)) admitted = false;
    else if (accepted !== AGAIN) throw failure(accepted, "accept", fd);
  }
  return new Accept(core, limits, adopt, patient).start(admitted);
}
