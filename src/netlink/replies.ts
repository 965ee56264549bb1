// The replies to a request as they are: messages.

import type { Sink } from "./channel.ts";
import type { NetlinkMessage } from "./message.ts";

/** Copies each reply, so that the caller owns it. */
export class Replies implements Sink {
  messages: NetlinkMessage[] = [];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  reset(): void {
    this.messages = [];
  }

  take(type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    const body = bytes.slice(start, end);
    this.messages.push({ type, flags, sequence: 0, port: this.#port, body });
  }
}
