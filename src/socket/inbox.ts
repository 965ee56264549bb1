// What a Socket has received and nobody was given yet: the rest of a batch, and the beginning of a
// `waitall` that was given up. The next calls get it before anything new.

import { MSG } from "../base/constants.ts";
import type { Span } from "../base/validate.ts";
import { type Message, slotOf } from "../message/message.ts";
import {
  discardMessage,
  giveUnseen,
  hasUnseen,
  lookAtControl,
  type ReceivedMessage,
  withoutDescriptors,
} from "../message/received.ts";

/** A message, or the -errno of a call whose data was handed out first. */
export type Entry = ReceivedMessage | number;

/** Closes the descriptors that came with what nobody will be given. */
export function discard(entries: readonly Entry[]): void {
  for (const entry of entries) if (typeof entry !== "number") discardMessage(entry);
}

export class Inbox {
  #entries: Entry[] = [];
  /** Those before it were given out. */
  #next = 0;
  /** Did ever a message come with descriptors? */
  hasDescriptors = false;

  get isEmpty(): boolean {
    return this.#next === this.#entries.length;
  }

  /** Takes over `messages`, which came after those that are there. */
  add(messages: Entry[]): void {
    if (this.isEmpty) {
      this.#entries = messages;
      this.#next = 0;
    } else this.#entries.push(...messages);
  }

  /** Puts entries before those that are there. */
  restore(entries: readonly Entry[]): void {
    if (entries.some((entry) => typeof entry !== "number" && hasUnseen(entry))) {
      this.hasDescriptors = true;
    }
    this.#entries.splice(0, this.#next, ...entries);
    this.#next = 0;
  }

  /** The next message, or -errno; undefined where there is none. */
  take(): Entry | undefined {
    const entry = this.#entries[this.#next];
    if (entry === undefined) return undefined;
    if (++this.#next === this.#entries.length) {
      this.#entries = [];
      this.#next = 0;
    }
    return entry;
  }

  /** Is there a message, and no error before it? */
  get isMessageNext(): boolean {
    return typeof this.#entries[this.#next] === "object";
  }

  /** Up to `count` messages, none of them behind an error. */
  takeMessages(count: number): ReceivedMessage[] {
    let last = this.#next;
    const end = Math.min(this.#entries.length, last + count);
    while (last < end && typeof this.#entries[last] !== "number") last++;
    const whole = this.#next === 0 && last === this.#entries.length;
    const taken = whole ? this.#entries : this.#entries.slice(this.#next, last);
    this.#next = last;
    if (last === this.#entries.length) {
      this.#entries = [];
      this.#next = 0;
    }
    return taken as ReceivedMessage[];
  }

  /** Forgets everything, with the socket. */
  discard(): void {
    const entries = this.#entries.slice(this.#next);
    this.#entries = [];
    this.#next = 0;
    discard(entries);
  }

  /**
   * Like recv(2): the bytes stored, or -errno. `give` is told of the message and whether it is but
   * peeked at; where it does not return true, the descriptors that came with it are nobody's.
   */
  receive(
    target: Uint8Array,
    flags: number,
    isStream: boolean,
    give?: (message: ReceivedMessage, peeked: boolean) => boolean,
  ): number {
    const entry = this.#entries[this.#next];
    if (entry === undefined) throw new Error("rawsock: nothing was kept");
    const peeked = (flags & MSG.PEEK) !== 0;
    if (!peeked) this.take();
    if (typeof entry === "number") return entry;
    const part = entry.data.subarray(0, target.length);
    target.set(part);
    if (give?.(entry, peeked) !== true && !peeked) discard([entry]);
    if (isStream) {
      const data = entry.data.subarray(part.length);
      const { address } = entry;
      // The control data went with the first part.
      if (!peeked && data.length > 0) this.restore([{ data, address, control: [], flags: [] }]);
      return part.length;
    }
    return (flags & MSG.TRUNC) !== 0 ? entry.data.length : part.length;
  }

  /** Like recvmsg(2). A message that is but peeked at shows no descriptors: they come once. */
  receiveMessage(message: Message, flags: number, isStream: boolean, span: Span): number {
    const buffers = message.iovec.slice(span.start ?? 0, span.end);
    const room = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const whole = new Uint8Array(room);
    const length = this.receive(whole, flags, isStream, (kept, peeked) => {
      message.address = kept.address;
      const control = lookAtControl(kept);
      if (peeked) message.control = withoutDescriptors(control);
      else slotOf(message).adopt(control, giveUnseen(kept));
      const cut = !isStream && kept.data.length > room && !kept.flags.includes("trunc");
      message.flags = cut ? [...kept.flags, "trunc"] : kept.flags;
      return true;
    });
    if (length < 0) return length;
    let offset = 0;
    for (const buffer of buffers) {
      buffer.set(whole.subarray(offset, offset + Math.min(buffer.length, room - offset)));
      offset += buffer.length;
    }
    message.length = length;
    return length;
  }
}
