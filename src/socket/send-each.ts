// A Socket's sendmmsg of bytes alone, each of them a message; also a device's, of packets.

import type { ErrorContext } from "../base/error.ts";
import { type Bytes, type Span, view, wrongType } from "../base/validate.ts";
import { elements } from "../calls/transfer.ts";
import type { Message } from "../message/message.ts";
import { checkedFlags, type Limits } from "./limits.ts";
import { sendMessages } from "./message.ts";
import { AGAIN } from "./operation.ts";
import { type SendCallOptions, Sending } from "./send.ts";
import type { SocketState } from "./state.ts";

class SendEach extends Sending {
  /** Not the program's array, which may change while this waits. */
  readonly #views: readonly Uint8Array[];
  /** Their sizes, once this has waited. */
  #sizes: readonly number[] | undefined;
  #next = 0;

  constructor(state: SocketState, views: readonly Uint8Array[], flags: number, op: Limits) {
    super(state, state.transfer.calls.sendEach, flags, op);
    this.#views = views;
  }

  protected send(fd: number): number {
    if (this.#sizes !== undefined) this.#checkSizes(this.#sizes);
    const { length } = this.#views;
    while (this.#next < length) {
      const { transfer } = this.state;
      const sent = transfer.sendEach(fd, this.#views, this.#next, length, this.flags);
      // What was sent counts; the next call gets the error.
      if (sent < 0) {
        if (sent !== AGAIN || this.neverWaits) return this.#next === 0 ? sent : this.#next;
        return AGAIN;
      }
      this.state.watch.charge(sent);
      for (const last = this.#next + sent; this.#next < last; this.#next++) {
        this.state.bytesSent += (this.#views[this.#next] as Uint8Array).byteLength;
      }
    }
    return this.#next;
  }

  override wait(tried: boolean): Promise<number> {
    this.#sizes = this.#views.map(({ byteLength }) => byteLength);
    return super.wait(tried);
  }

  #checkSizes(sizes: readonly number[]): void {
    for (let index = this.#next; index < sizes.length; index++) {
      if (this.#views[index]?.byteLength === sizes[index]) continue;
      throw new RangeError("the messages' buffers have changed since the call was made");
    }
  }

  protected get destination(): null {
    return null;
  }

  protected get progress(): ErrorContext {
    return { messagesSent: this.#next };
  }
}

/** `name` is the argument's. */
export function sendEach(
  state: SocketState,
  messages: readonly Bytes[],
  name: string,
  op: Limits & Span,
): Promise<number> {
  state.descriptor(state.transfer.calls.sendEach);
  const flags = checkedFlags(state.transfer.sendFlags, op);
  if (!Array.isArray(messages)) throw wrongType(name, "an array of buffers", messages);
  const [start, end] = elements(messages, name, op);
  const views = new Array<Uint8Array>(end - start);
  for (let index = start; index < end; index++) {
    views[index - start] = view(messages[index] as Bytes, `${name}[${index}]`) as Uint8Array;
  }
  return new SendEach(state, views, flags, op).run();
}

/** A Socket's, whose messages are Messages or buffers. */
export function sendBatch(
  state: SocketState,
  messages: readonly Message[] | readonly Bytes[],
  op: SendCallOptions,
): Promise<number> {
  if (!isBytes(messages?.[0])) return sendMessages(state, messages as readonly Message[], op);
  if (state.isStream) {
    throw new TypeError("messages must be Messages on a stream, of which a part may be sent");
  }
  return sendEach(state, messages as readonly Bytes[], "messages", op);
}

function isBytes(value: unknown): value is Bytes {
  if (ArrayBuffer.isView(value)) return true;
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}
