// What a Socket has received and nobody was given yet: the rest of an iteration that was left, and
// the beginning of a `waitall` that was given up. The next calls get it before anything new.

import type { Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import type { Span } from "../base/validate.ts";
import { type ControlMessage, descriptorsIn } from "../control/control.ts";
import type { Message, MessageFlag } from "../message/message.ts";
import { native } from "../native/library.ts";

export type ReceivedMessage = {
  readonly data: Uint8Array;
  /** Who sent it; null where the protocol does not say. */
  readonly address: Sockaddr | null;
  readonly control: ControlMessage[];
  readonly flags: MessageFlag[];
};

/** A message, or the -errno of a call whose data was handed out first. */
type Entry = ReceivedMessage | number;

/** Closes the descriptors that came with what nobody will be given: unix(7), as the kernel does. */
export function discard(entries: readonly Entry[]): void {
  for (const entry of entries) {
    if (typeof entry === "number") continue;
    for (const fd of descriptorsIn(entry.control)) native.rawsock_close(fd);
  }
}

export class Kept {
  readonly #entries: Entry[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Puts entries before those that are there. */
  restore(entries: readonly Entry[]): void {
    this.#entries.unshift(...entries);
  }

  /** The next message, or -errno; undefined where there is none. */
  take(): Entry | undefined {
    return this.#entries.shift();
  }

  /** Forgets everything, with the socket. */
  discard(): void {
    discard(this.#entries.splice(0));
  }

  /**
   * Like recv(2): the bytes stored, or -errno. `give` is told of the message; where it does not
   * return true, the descriptors that came with it are nobody's.
   */
  receive(
    target: Uint8Array,
    flags: number,
    isStream: boolean,
    give?: (message: ReceivedMessage) => unknown,
  ): number {
    const entry = this.#entries[0];
    if (entry === undefined) throw new Error("rawsock: nothing was kept");
    const peek = (flags & MSG.PEEK) !== 0;
    if (!peek) this.#entries.shift();
    if (typeof entry === "number") return entry;
    const part = entry.data.subarray(0, target.length);
    target.set(part);
    if (give?.(entry) !== true && !peek) discard([entry]);
    if (isStream) {
      const data = entry.data.subarray(part.length);
      // The control data went with the first part.
      if (!peek && data.length > 0) this.#entries.unshift({ ...entry, data, control: [] });
      return part.length;
    }
    return (flags & MSG.TRUNC) !== 0 ? entry.data.length : part.length;
  }

  /** Like recvmsg(2). */
  receiveMessage(message: Message, flags: number, isStream: boolean, span: Span): number {
    const buffers = message.iovec.slice(span.start ?? 0, span.end);
    const room = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const whole = new Uint8Array(room);
    const length = this.receive(whole, flags, isStream, (kept) => {
      message.address = kept.address;
      message.control = kept.control;
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
