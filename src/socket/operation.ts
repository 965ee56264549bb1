// The one door of a Socket's calls: each is made at once where it may and need not wait, or waits
// in its socket's queue.

import { ERRNO } from "../base/constants.ts";
import { namedError, SocketError } from "../base/error.ts";
import type { Direction } from "../readiness/source.ts";
import type { Waiter } from "../readiness/watch.ts";
import { type Bounds, NO_LIMITS } from "./limits.ts";
import type { SocketState } from "./state.ts";

export const AGAIN = -ERRNO.EAGAIN;

/** How a call that waited came to its end; where it failed, what to throw is made by its caller. */
type Outcome<T> = { readonly value: T } | { readonly error: () => unknown };

export abstract class Operation<T> implements Waiter {
  readonly state: SocketState;
  unannounced = false;
  /** The system call, for errors. */
  protected readonly name: string;
  readonly #direction: Direction;
  readonly #limits: Bounds;
  #settle: ((outcome: Outcome<T>) => void) | undefined;
  #timer: Timer | undefined;

  constructor(state: SocketState, name: string, direction: Direction, limits: Bounds) {
    this.state = state;
    this.name = name;
    this.#direction = direction;
    this.#limits = limits;
  }

  /** Makes the system call without waiting: its result, or -errno. */
  protected abstract call(fd: number): number;

  /** What the promise resolves to. */
  protected abstract value(result: number): T;

  /** Did the caller ask for EAGAIN instead of a wait? */
  protected get neverWaits(): boolean {
    return false;
  }

  /** The error of a result < 0. */
  protected error(result: number): Error {
    return new SocketError(-result, this.name, this.state.context(-result));
  }

  /** Adds what is known to the error of a call that was given up. */
  protected describe(error: SocketError): SocketError {
    return error;
  }

  /** Undoes what a call that is given up has begun. */
  protected abandon(): void {}

  /** Told where a wait ends with an error. */
  protected failed(): void {}

  /** Is the loop to end that makes this call? See messages({ until }). */
  protected get isOver(): boolean {
    return this.#limits.until?.aborted === true;
  }

  /** Admits, tries, and throws or waits. */
  run(): Promise<T> {
    const admitted = this.state.watch.admit(this.#direction) || this.neverWaits;
    if (!admitted) return this.wait(false);
    const result = this.call(this.state.watch.fd);
    return result >= 0 ? Promise.resolve(this.value(result)) : this.goOn(result);
  }

  /** Throws or waits, where the call was admitted and came to that result < 0. */
  goOn(result: number): Promise<T> {
    if (result !== AGAIN || this.neverWaits) throw this.error(result);
    return this.wait(true);
  }

  /**
   * Waits. `tried`: the call was made just now and would have had to wait. Errors are made here,
   * where the engine knows who awaits the result: their stacks name the caller's line.
   */
  async wait(tried: boolean): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<Outcome<T>>();
    this.#settle = resolve;
    this.state.watch.wait(this.#direction, this, tried);
    if (this.#limits !== NO_LIMITS) this.#begin();
    const outcome = await promise;
    if ("value" in outcome) return outcome.value;
    this.failed();
    throw outcome.error();
  }

  #begin(): void {
    const { signal, timeout, left = timeout, until } = this.#limits;
    signal?.addEventListener("abort", this);
    until?.addEventListener("abort", this);
    if (timeout === undefined) return;
    const late = () => this.#named("ETIMEDOUT", { timeout });
    this.#timer = setTimeout(() => this.#giveUp(late), left);
    // The wait is what keeps the process alive, or not.
    this.#timer.unref();
  }

  attempt(): boolean {
    let outcome: Outcome<T>;
    try {
      const result = this.call(this.state.watch.fd);
      if (result === AGAIN) return false;
      // The value at once: the next call that waits would otherwise find it, too.
      outcome = result < 0 ? { error: () => this.error(result) } : { value: this.value(result) };
    } catch (error) {
      outcome = { error: () => error };
    }
    this.#finish(outcome);
    return true;
  }

  cancel(): void {
    this.#finish({ error: () => this.#named("ECANCELED", {}) });
  }

  fail(error: unknown): void {
    this.#finish({ error: () => error });
  }

  /** One of the signals was aborted. */
  handleEvent({ target }: Event): void {
    const { signal } = this.#limits;
    if (target === signal) this.#giveUp(() => signal?.reason);
    else this.state.watch.nudge(this.#direction);
  }

  #giveUp(error: () => unknown): void {
    this.abandon();
    this.state.watch.withdraw(this.#direction, this);
    this.#finish({ error });
  }

  #named(code: string, context: { timeout?: number }): SocketError {
    const fd = this.state.closed ? {} : { fd: this.state.watch.fd };
    return this.describe(namedError(code, this.name, { ...fd, ...context }));
  }

  #finish(outcome: Outcome<T>): void {
    this.#settle?.(outcome);
    if (this.#limits === NO_LIMITS) return;
    const { signal, until } = this.#limits;
    signal?.removeEventListener("abort", this);
    until?.removeEventListener("abort", this);
    clearTimeout(this.#timer);
  }
}

/** What a call throws becomes its rejection. */
export function promise<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}
