// The iteration over single packets.

import type { CapturedPacket } from "./packet.ts";

/** Gives packets that are there without the turns that an asynchronous function takes. */
export class Packets implements AsyncIterableIterator<CapturedPacket> {
  readonly #shift: () => CapturedPacket | undefined;
  readonly #next: () => Promise<CapturedPacket | null>;
  #done = false;

  /** `shift`: a packet that is there; `next`: one that is waited for, or null at the end. */
  constructor(shift: () => CapturedPacket | undefined, next: () => Promise<CapturedPacket | null>) {
    this.#shift = shift;
    this.#next = next;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<CapturedPacket, undefined>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    const packet = this.#shift();
    return packet === undefined ? this.#wait() : Promise.resolve({ done: false, value: packet });
  }

  async #wait(): Promise<IteratorResult<CapturedPacket, undefined>> {
    const packet = await this.#next();
    if (packet !== null) return { done: false, value: packet };
    this.#done = true;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<CapturedPacket, undefined>> {
    this.#done = true;
    return Promise.resolve({ done: true, value: undefined });
  }
}
