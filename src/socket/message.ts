// A Socket's sendmsg, recvmsg, sendmmsg and recvmmsg.

import type { Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import type { ErrorContext } from "../base/error.ts";
import { type Span, wrongType } from "../base/validate.ts";
import { receiveFlags, sendFlags } from "../calls/flags.ts";
import { elements, limitElements } from "../calls/transfer.ts";
import { bytesIn, tryReceiveMessages, trySendMessages } from "../message/batch.ts";
import { Message, slotOf } from "../message/message.ts";
import { withUnseen } from "../message/received.ts";
import { tryReceiveMessage, trySendMessage } from "../message/single.ts";
import { type Direction, READ, WRITE } from "../readiness/source.ts";
import { checkedFlags, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import { directionOf, type ReceiveCallOptions, wantsAll } from "./receive.ts";
import { type SendCallOptions, Sending } from "./send.ts";
import type { SocketState } from "./state.ts";

const WHOLE: Span = {};

/** Flags with which one system call may not be all. */
const UNUSUAL = MSG.DONTWAIT | MSG.WAITALL | (MSG.FASTOPEN ?? 0);

/** The buffers without their first `count` bytes. */
function without(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  const rest: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (left < buffer.length) rest.push(buffer.subarray(left));
    left = Math.max(0, left - buffer.length);
  }
  return rest;
}

class SendMessage extends Sending {
  readonly #message: Message;
  /** What is left of it. */
  #next: Message;
  #span: Span;
  #done = 0;

  constructor(state: SocketState, message: Message, flags: number, op: SendCallOptions) {
    super(state, "sendmsg", flags, op);
    const [start, end] = elements(slotOf(message).iovec, "iovec", op);
    this.#message = message;
    this.#next = message;
    this.#span = { start, end };
  }

  protected send(fd: number): number {
    for (;;) {
      const sent = this.opened(trySendMessage(fd, this.#next, this.flags, this.#span));
      if (sent < 0) return this.#done > 0 && this.neverWaits ? this.#done : sent;
      this.#done += sent;
      this.state.bytesSent += sent;
      const wanted = this.#next.iovec.slice(this.#span.start, this.#span.end);
      const rest = this.state.isStream ? without(wanted, sent) : [];
      if (rest.length === 0) return this.#done;
      // The control data went with the first part.
      this.#next = new Message({ address: this.#next.address, iovec: rest });
      this.#span = { start: 0, end: rest.length };
    }
  }

  protected get destination(): Sockaddr | null {
    return this.#message.address;
  }

  protected get progress(): ErrorContext {
    return { bytesSent: this.#done };
  }
}

class SendMessages extends Sending {
  readonly #messages: readonly Message[];
  readonly #start: number;
  readonly #end: number;
  #next: number;

  constructor(
    state: SocketState,
    messages: readonly Message[],
    flags: number,
    op: SendCallOptions,
  ) {
    super(state, "sendmmsg", flags, op);
    const { start, end } = checkMessages(messages, op);
    this.#messages = messages;
    this.#start = start;
    this.#next = start;
    this.#end = end;
  }

  protected send(fd: number): number {
    const messages = this.#messages;
    while (this.#next < this.#end) {
      const span = { start: this.#next, end: this.#end };
      const sent = this.opened(trySendMessages(fd, messages, this.flags, span));
      // What was sent counts; the next call gets the error.
      if (sent < 0) {
        const wait = sent === AGAIN && !this.neverWaits;
        return wait || this.#next === this.#start ? sent : this.#next - this.#start;
      }
      this.note(sent);
    }
    return this.#next - this.#start;
  }

  /** So many messages more are sent. */
  note(sent: number): void {
    const end = this.#next + sent;
    this.state.bytesSent += bytesIn(this.#messages, this.#next, end);
    this.state.watch.charge(sent);
    this.#next = end;
  }

  protected get destination(): Sockaddr | null {
    return this.#messages[this.#start]?.address ?? null;
  }

  protected get progress(): ErrorContext {
    return { messagesSent: this.#next - this.#start };
  }
}

function checkMessages(messages: readonly Message[], op: Span): { start: number; end: number } {
  if (!Array.isArray(messages)) throw wrongType("messages", "an array of Messages", messages);
  const [start, end] = elements(messages, "messages", op);
  for (let index = start; index < end; index++) {
    limitElements(slotOf(messages[index] as Message).iovec.length, "iovec");
  }
  return { start, end };
}

/** Receives into messages. */
abstract class MessageReception extends Operation<number> {
  readonly flags: number;
  readonly direction: Direction;

  constructor(state: SocketState, name: string, flags: number, op: ReceiveCallOptions) {
    super(state, name, directionOf(flags), op);
    this.flags = flags;
    this.direction = directionOf(flags);
  }

  protected override get neverWaits(): boolean {
    return (this.flags & MSG.DONTWAIT) !== 0;
  }

  /** Is something kept that this call would get? */
  protected get isKept(): boolean {
    return this.direction === READ && !this.state.inbox.isEmpty;
  }

  protected take(message: Message, span: Span): number {
    return this.state.inbox.receiveMessage(message, this.flags, this.state.isStream, span);
  }

  protected value(result: number): number {
    return result;
  }
}

class ReceiveMessage extends MessageReception {
  readonly #message: Message;
  readonly #span: Span;
  readonly #buffers: readonly Uint8Array[];
  readonly #all: boolean;
  /** A stream's bytes received so far, where all are wanted. */
  #done = 0;

  constructor(state: SocketState, message: Message, flags: number, op: ReceiveCallOptions) {
    super(state, "recvmsg", flags, op);
    const [start, end] = elements(slotOf(message).iovec, "iovec", op);
    this.#message = message;
    this.#span = { start, end };
    this.#all = wantsAll(state, this.flags);
    this.#buffers = this.#all ? message.iovec.slice(start, end) : [];
  }

  protected call(fd: number): number {
    return this.#all ? this.#callAll(fd) : this.#receive(fd, this.#message, this.#span);
  }

  #receive(fd: number, target: Message, span: Span): number {
    if (this.isKept) return this.take(target, span);
    return tryReceiveMessage(fd, target, this.flags, span);
  }

  /** What the buffers hold in all, less at the stream's end or before an error; or -errno. */
  #callAll(fd: number): number {
    for (;;) {
      const result =
        this.#done === 0 ? this.#receive(fd, this.#message, this.#span) : this.#next(fd);
      if (result === AGAIN && this.neverWaits) return this.#done || AGAIN;
      if (result === AGAIN || (result < 0 && this.#done === 0)) return result;
      // The data first; the next call gets the error.
      if (result < 0) this.state.keep([result]);
      this.#done += Math.max(result, 0);
      this.#message.length = this.#done;
      if (result <= 0 || without(this.#buffers, this.#done).length === 0) return this.#done;
    }
  }

  #next(fd: number): number {
    const iovec = without(this.#buffers, this.#done);
    const { controlLength } = this.#message;
    const part = new Message({ iovec, controlLength });
    const result = this.#receive(fd, part, WHOLE);
    if (result < 0) return result;
    slotOf(this.#message).append(slotOf(part));
    return result;
  }

  /** The beginning is for the next call. */
  protected override abandon(): void {
    if (this.#done === 0) return;
    const data = new Uint8Array(Buffer.concat(this.#buffers, this.#done));
    const { address, flags } = this.#message;
    const slot = slotOf(this.#message);
    const message = { data, address, control: slot.lookAtControl(), flags };
    this.state.keep([withUnseen(message, slot.giveUnseen())]);
    this.#message.control = [];
  }
}

class ReceiveMessages extends MessageReception {
  readonly #messages: readonly Message[];
  readonly #start: number;
  readonly #end: number;

  constructor(
    state: SocketState,
    messages: readonly Message[],
    flags: number,
    op: ReceiveCallOptions,
  ) {
    super(state, "recvmmsg", flags, op);
    const { start, end } = checkMessages(messages, op);
    this.#messages = messages;
    this.#start = start;
    this.#end = end;
  }

  protected call(fd: number): number {
    if (this.#start === this.#end) return 0;
    let index = this.#start;
    while (this.isKept && index < this.#end) {
      const length = this.take(this.#messages[index] as Message, WHOLE);
      // The messages first; the next call gets the error.
      if (length < 0 && index > this.#start) this.state.keep([length]);
      if (length < 0) return index > this.#start ? index - this.#start : length;
      index++;
    }
    if (index > this.#start) return index - this.#start;
    const span = { start: this.#start, end: this.#end };
    const count = tryReceiveMessages(fd, this.#messages, this.flags, span);
    if (count > 0) this.state.watch.charge(count - 1);
    return count;
  }
}

export function sendMessage(
  state: SocketState,
  message: Message,
  op: SendCallOptions,
): Promise<number> {
  try {
    const fd = state.descriptor("sendmsg");
    const flags = checkedFlags(sendFlags, op);
    if (!state.isStream && (flags & UNUSUAL) === 0 && state.watch.admit(WRITE)) {
      // A datagram goes as a whole or not at all: the usual call goes past the door.
      const sent = trySendMessage(fd, message, flags, op);
      if (sent < 0) return new SendMessage(state, message, flags, op).goOn(sent);
      state.bytesSent += sent;
      return Promise.resolve(sent);
    }
    return new SendMessage(state, message, flags, op).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function sendMessages(
  state: SocketState,
  messages: readonly Message[],
  op: SendCallOptions,
): Promise<number> {
  const fd = state.descriptor("sendmmsg");
  const flags = checkedFlags(sendFlags, op);
  if (op !== NO_LIMITS || state.isStream || !state.watch.admit(WRITE)) {
    return new SendMessages(state, messages, flags, op).run();
  }
  const sent = trySendMessages(fd, messages, flags);
  if (sent < 0) return new SendMessages(state, messages, flags, op).goOn(sent);
  if (sent < messages.length) {
    const operation = new SendMessages(state, messages, flags, op);
    operation.note(sent);
    return operation.run();
  }
  state.bytesSent += bytesIn(messages, 0, sent);
  state.watch.charge(sent);
  return Promise.resolve(sent);
}

export function receiveMessage(
  state: SocketState,
  message: Message,
  op: ReceiveCallOptions,
): Promise<number> {
  try {
    const fd = state.descriptor("recvmsg");
    const flags = checkedFlags(receiveFlags, op);
    const direction = directionOf(flags);
    const unkept = direction !== READ || state.inbox.isEmpty;
    if (unkept && (flags & UNUSUAL) === 0 && state.watch.admit(direction)) {
      const length = tryReceiveMessage(fd, message, flags, op);
      if (length >= 0) return Promise.resolve(length);
      return new ReceiveMessage(state, message, flags, op).goOn(length);
    }
    return new ReceiveMessage(state, message, flags, op).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function receiveMessages(
  state: SocketState,
  messages: readonly Message[],
  op: ReceiveCallOptions,
): Promise<number> {
  const fd = state.descriptor("recvmmsg");
  const flags = checkedFlags(receiveFlags, op) | (MSG.WAITFORONE ?? 0);
  if (op !== NO_LIMITS || !state.inbox.isEmpty || !state.watch.admit(READ)) {
    return new ReceiveMessages(state, messages, flags, op).run();
  }
  const count = tryReceiveMessages(fd, messages, flags);
  if (count < 0) return new ReceiveMessages(state, messages, flags, op).goOn(count);
  if (count > 0) state.watch.charge(count - 1);
  return Promise.resolve(count);
}
