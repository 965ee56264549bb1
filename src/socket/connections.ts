// A Socket's connections(): what a listening socket accepts.

import { accept } from "./accept.ts";
import type { Core } from "./core.ts";
import { type Limits, onlyLimits } from "./limits.ts";

/** Each connection as it comes, until the loop is left, the limit reached or the socket closed. */
export class Connections<S extends { close(): unknown }> implements AsyncIterableIterator<S> {
  readonly #core: Core;
  readonly #limits: Limits;
  readonly #adopt: (fd: number) => S;
  #ended = false;

  constructor(core: Core, limits: Limits, adopt: (fd: number) => S) {
    core.descriptor("accept");
    if (limits.signal?.aborted !== true) onlyLimits(limits);
    this.#core = core;
    this.#limits = limits;
    this.#adopt = adopt;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<S, undefined>> {
    if (this.#ended) return { value: undefined, done: true };
    try {
      const value = await accept(this.#core, this.#limits, this.#adopt, true);
      return { value, done: false };
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }

  async return(): Promise<IteratorResult<S, undefined>> {
    this.#ended = true;
    return { value: undefined, done: true };
  }
}
