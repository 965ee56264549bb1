// A Socket's accept and connections.

import { received, type Sockaddr } from "../address/sockaddr.ts";
import { ERRNO } from "../base/constants.ts";
import { failure } from "../base/error.ts";
import { knownKeys, wrongType } from "../base/validate.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { READ } from "../readiness/source.ts";
import {
  checkLimits,
  checkLoopLimits,
  type Limits,
  LOOP_KEYS,
  type LoopLimits,
  onlyLimits,
} from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";

/** Makes the Socket of a new connection. */
export type Adopt<S> = (fd: number, peer: Sockaddr | null) => S;

function numbers(...names: readonly string[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const name of names) {
    const errno = ERRNO[name];
    if (errno !== undefined) found.add(-errno);
  }
  return found;
}

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

/** How many lost connections in a row are left out: somebody else wants his turn. */
const LOST_MAX = 128;

abstract class Acceptance<T> extends Operation<T> {
  constructor(state: SocketState, limits: LoopLimits) {
    super(state, "accept", READ, limits);
  }

  protected call(fd: number): number {
    const { memory } = this.state.watch;
    let accepted = native.rawsock_owned_accept(memory, fd, addressSlot);
    // Each time a connection is gone from the queue, unless it is the listener that fails.
    for (let lost = 1; lost < LOST_MAX && LOST.has(accepted); lost++) {
      accepted = native.rawsock_owned_accept(memory, fd, addressSlot);
    }
    return accepted;
  }
}

export class Accept<S> extends Acceptance<S> {
  readonly #adopt: Adopt<S>;

  constructor(state: SocketState, limits: Limits, adopt: Adopt<S>) {
    state.descriptor("accept");
    super(state, onlyLimits(limits));
    this.#adopt = adopt;
  }

  protected value(accepted: number): S {
    return this.#adopt(accepted, received(slotAddress()));
  }
}

/** Errors that pass when somebody closes a descriptor or frees memory. */
const SHORTAGE = numbers("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM");

/** A step of connections(): waits while there are no descriptors, and ends with `until`. */
class NextConnection<S> extends Acceptance<IteratorResult<S, undefined>> {
  readonly #loop: Connections<S>;
  #over = false;

  constructor(loop: Connections<S>) {
    super(loop.state, loop.limits);
    this.#loop = loop;
  }

  protected override call(fd: number): number {
    this.#over = this.#loop.ended;
    if (this.#over) return 0;
    const accepted = super.call(fd);
    this.unannounced = SHORTAGE.has(accepted);
    if (this.unannounced) warnOnce(failure(accepted, "accept").message);
    if (accepted !== AGAIN && !this.unannounced) return accepted;
    this.#over = this.isOver;
    return this.#over ? 0 : AGAIN;
  }

  protected value(accepted: number): IteratorResult<S, undefined> {
    if (!this.#over) return { value: this.#loop.adopt(accepted), done: false };
    this.#loop.ended = true;
    return { value: undefined, done: true };
  }

  protected override failed(): void {
    this.#loop.ended = true;
  }
}

/** Each connection as it comes, until the loop is left, a limit reached or the socket closed. */
export class Connections<S> implements AsyncIterableIterator<S> {
  readonly state: SocketState;
  readonly limits: LoopLimits;
  readonly #adopt: Adopt<S>;
  ended = false;

  constructor(state: SocketState, limits: LoopLimits, adopt: Adopt<S>) {
    state.descriptor("accept");
    if (typeof limits !== "object" || limits === null) throw wrongType("op", "an object", limits);
    knownKeys(limits, LOOP_KEYS);
    checkLoopLimits(limits);
    this.state = state;
    this.limits = limits;
    this.#adopt = adopt;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<S, undefined>> {
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    try {
      this.state.descriptor("accept");
      checkLimits(this.limits);
      return new NextConnection(this).run();
    } catch (error) {
      this.ended = true;
      return Promise.reject(error);
    }
  }

  async return(): Promise<IteratorResult<S, undefined>> {
    this.ended = true;
    // Calls of next() that wait have nothing to wait for.
    this.state.watch.nudge(READ);
    return { value: undefined, done: true };
  }

  /** Of a new descriptor, whose peer is in the address slot. */
  adopt(fd: number): S {
    return this.#adopt(fd, received(slotAddress()));
  }
}

let warned = false;

function warnOnce(message: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(`rawsock: connections wait until this passes: ${message}`);
}
