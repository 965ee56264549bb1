// A call that could not be done at once: it waits in its socket's queue and settles one promise.

import { ERRNO } from "../base/constants.ts";
import { failure, namedError, type SocketError } from "../base/error.ts";
import type { Direction } from "../readiness/source.ts";
import type { Waiter } from "../readiness/watch.ts";
import type { Core } from "./core.ts";
import { type Limits, NO_LIMITS } from "./limits.ts";

export const AGAIN = -ERRNO.EAGAIN;

export abstract class Operation<T> implements Waiter {
  readonly core: Core;
  unannounced = false;
  /** The system call, for errors. */
  readonly #name: string;
  readonly #direction: Direction;
  readonly #limits: Limits;
  readonly #deferred = Promise.withResolvers<T>();
  #timer: Timer | undefined;

  constructor(core: Core, name: string, direction: Direction, limits: Limits) {
    this.core = core;
    this.#name = name;
    this.#direction = direction;
    this.#limits = limits;
  }

  /** Makes the system call without waiting: its result, or -errno. */
  protected abstract call(fd: number): number;

  /** What the promise resolves to. */
  protected abstract value(result: number): T;

  protected error(result: number): Error {
    return failure(result, this.#name, this.core.watch.fd);
  }

  /** Undoes what a call that is given up has begun. */
  protected abandon(): void {}

  /** Waits. `tried`: the call was made just now and would have had to wait. */
  start(tried: boolean): Promise<T> {
    this.core.watch.wait(this.#direction, this, tried);
    if (this.#limits === NO_LIMITS) return this.#deferred.promise;
    const { signal, timeout } = this.#limits;
    signal?.addEventListener("abort", this);
    if (timeout !== undefined) {
      this.#timer = setTimeout(() => this.#giveUp(this.#named("ETIMEDOUT")), timeout);
      // The wait is what keeps the process alive, or not.
      this.#timer.unref();
    }
    return this.#deferred.promise;
  }

  /** Waits, and is tried for the first time when the program's own work is done. */
  startLater(): Promise<T> {
    this.core.watch.postpone(this);
    return this.#deferred.promise;
  }

  attempt(): boolean {
    try {
      const result = this.call(this.core.watch.fd);
      if (result === AGAIN) return false;
      if (result < 0) this.#deferred.reject(this.error(result));
      else this.#deferred.resolve(this.value(result));
    } catch (error) {
      this.#deferred.reject(error);
    }
    this.#finish();
    return true;
  }

  cancel(): void {
    this.#finish();
    this.#deferred.reject(this.#named("ECANCELED"));
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#giveUp(this.#limits.signal?.reason);
  }

  #giveUp(reason: unknown): void {
    this.#finish();
    this.abandon();
    this.core.watch.withdraw(this.#direction, this);
    this.#deferred.reject(reason);
  }

  #named(code: string): SocketError {
    const fd = this.core.closed ? {} : { fd: this.core.watch.fd };
    return this.describe(namedError(code, this.#name, fd));
  }

  /** Adds what is known to the error of a call that was given up. */
  protected describe(error: SocketError): SocketError {
    return error;
  }

  #finish(): void {
    if (this.#limits === NO_LIMITS) return;
    this.#limits.signal?.removeEventListener("abort", this);
    clearTimeout(this.#timer);
  }
}
