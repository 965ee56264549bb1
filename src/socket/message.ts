// A Socket's sendmsg, recvmsg, sendmmsg and recvmmsg.

import { MSG } from "../base/constants.ts";
import { failure, SocketError } from "../base/error.ts";
import { type Span, wrongType } from "../base/validate.ts";
import { receiveFlags, sendFlags } from "../calls/flags.ts";
import { elements, limitElements } from "../calls/transfer.ts";
import { tryReceiveMessages, trySendMessages } from "../message/batch.ts";
import { Message, slotOf } from "../message/message.ts";
import { tryReceiveMessage, trySendMessage } from "../message/single.ts";
import { READ, WRITE } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import { checkLimits, LIMIT_KEYS, type Limits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import { directionOf, type ReceiveCallOptions, wantsAll } from "./receive.ts";
import type { SendCallOptions } from "./send.ts";

/** A call on messages: made again until it no longer would have to wait. */
class Repeated extends Operation<number> {
  readonly #call: (fd: number) => number;
  readonly #fail: (result: number) => SocketError;
  readonly #giveBack: () => void;

  constructor(
    core: Core,
    name: string,
    direction: ReturnType<typeof directionOf>,
    limits: Limits,
    call: (fd: number) => number,
    fail: (result: number) => SocketError,
    giveBack: () => void,
  ) {
    super(core, name, direction, limits);
    this.#giveBack = giveBack;
    this.#call = call;
    this.#fail = fail;
  }

  protected call(fd: number): number {
    return this.#call(fd);
  }

  protected value(result: number): number {
    return result;
  }

  protected override abandon(): void {
    this.#giveBack();
  }

  protected override error(result: number): SocketError {
    return this.#fail(result);
  }

  protected override describe(error: SocketError): SocketError {
    return this.#fail(-error.errno);
  }
}

function perform(
  core: Core,
  name: string,
  flags: number,
  direction: ReturnType<typeof directionOf>,
  limits: Limits,
  call: (fd: number) => number,
  fail: (result: number) => SocketError,
  giveBack: () => void = () => {},
): Promise<number> {
  const admitted = core.admit(direction, flags);
  if (admitted) {
    const result = call(core.watch.fd);
    if (result >= 0) return Promise.resolve(result);
    if (result !== AGAIN || core.refusesToWait(flags)) throw fail(result);
  }
  return new Repeated(core, name, direction, limits, call, fail, giveBack).start(admitted);
}

function flagsOf(kind: typeof sendFlags, op: { readonly flags?: number } & Limits): number {
  if (op === NO_LIMITS) return 0;
  const flags = kind.bits(op, LIMIT_KEYS);
  checkLimits(op);
  return flags;
}

export function sendMessage(core: Core, message: Message, op: SendCallOptions): Promise<number> {
  const fd = core.descriptor("sendmsg");
  const flags = flagsOf(sendFlags, op);
  const [start, end] = elements(slotOf(message).iovec, "iovec", op);
  let next = message;
  let span: Span = { start, end };
  let done = 0;
  const call = (number: number) => {
    for (;;) {
      const sent = trySendMessage(number, next, flags, span);
      if (sent < 0) return done > 0 && core.refusesToWait(flags) ? done : sent;
      done += sent;
      core.bytesSent += sent;
      const wanted = next.iovec.slice(span.start, span.end);
      const rest = core.isStream ? without(wanted, sent) : [];
      if (rest.length === 0) return done;
      // The control data went with the first part.
      next = new Message({ address: next.address, iovec: rest });
      span = { start: 0, end: rest.length };
    }
  };
  const fail = (result: number) =>
    new SocketError(-result, "sendmsg", {
      fd,
      bytesSent: done,
      ...(message.address === null ? {} : { address: message.address }),
    });
  return perform(core, "sendmsg", flags, WRITE, op, call, fail);
}

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

export function receiveMessage(
  core: Core,
  message: Message,
  op: ReceiveCallOptions,
): Promise<number> {
  const fd = core.descriptor("recvmsg");
  const flags = flagsOf(receiveFlags, op);
  const direction = directionOf(flags);
  const [start, end] = elements(slotOf(message).iovec, "iovec", op);
  const span = { start, end };
  const receive = (number: number, target: Message, part: Span) => {
    const kept = direction === READ ? core.waitingForReader : null;
    if (kept !== null) return kept.receiveMessage(target, flags, core.isStream, part);
    return tryReceiveMessage(number, target, flags, part);
  };
  const fail = (result: number) => failure(result, "recvmsg", fd);
  if (wantsAll(core, flags)) {
    const all = new WholeMessage(core, message, span, receive, core.refusesToWait(flags));
    const call = (number: number) => all.call(number);
    return perform(core, "recvmsg", flags, direction, op, call, fail, () => all.giveBack());
  }
  const call = (number: number) => receive(number, message, span);
  return perform(core, "recvmsg", flags, direction, op, call, fail);
}

/** recvmsg(2) with MSG_WAITALL on a stream: buffers that are filled by several calls. */
class WholeMessage {
  readonly #core: Core;
  readonly #message: Message;
  readonly #buffers: readonly Uint8Array[];
  readonly #span: Span;
  readonly #receive: (fd: number, target: Message, span: Span) => number;
  readonly #dontwait: boolean;
  #done = 0;

  constructor(
    core: Core,
    message: Message,
    span: Span,
    receive: (fd: number, target: Message, span: Span) => number,
    dontwait: boolean,
  ) {
    this.#dontwait = dontwait;
    this.#core = core;
    this.#message = message;
    this.#buffers = message.iovec.slice(span.start, span.end);
    this.#span = span;
    this.#receive = receive;
  }

  /** What the buffers hold in all, less at the stream's end or before an error; or -errno. */
  call(fd: number): number {
    for (;;) {
      const result = this.#done === 0 ? this.#first(fd) : this.#next(fd);
      if (result === AGAIN && this.#dontwait) return this.#done || AGAIN;
      if (result === AGAIN || (result < 0 && this.#done === 0)) return result;
      // The data first; the next call gets the error.
      if (result < 0) this.#core.keep([result]);
      this.#done += Math.max(result, 0);
      this.#message.length = this.#done;
      if (result <= 0 || without(this.#buffers, this.#done).length === 0) return this.#done;
    }
  }

  #first(fd: number): number {
    return this.#receive(fd, this.#message, this.#span);
  }

  #next(fd: number): number {
    const iovec = without(this.#buffers, this.#done);
    const { controlLength } = this.#message;
    const part = new Message({ iovec, controlLength });
    const result = this.#receive(fd, part, NO_LIMITS as Span);
    if (result < 0) return result;
    if (part.control.length > 0) this.#message.control.push(...part.control);
    this.#message.flags = [...this.#message.flags, ...part.flags];
    return result;
  }

  /** The call is given up: the beginning is for the next one. */
  giveBack(): void {
    if (this.#done === 0) return;
    const data = new Uint8Array(Buffer.concat(this.#buffers, this.#done));
    const { address, control, flags } = this.#message;
    this.#core.keep([{ data, address, control, flags }]);
    this.#message.control = [];
  }
}

function checkMessages(messages: readonly Message[], op: Span): Span {
  if (!Array.isArray(messages)) throw wrongType("messages", "an array of Messages", messages);
  const [start, end] = elements(messages, "messages", op);
  for (let index = start; index < end; index++) {
    limitElements(slotOf(messages[index] as Message).iovec.length, "iovec");
  }
  return { start, end };
}

export function sendMessages(
  core: Core,
  messages: readonly Message[],
  op: SendCallOptions,
): Promise<number> {
  const fd = core.descriptor("sendmmsg");
  const flags = flagsOf(sendFlags, op);
  const { start = 0, end = 0 } = checkMessages(messages, op);
  let next = start;
  const call = (number: number) => {
    while (next < end) {
      const sent = trySendMessages(number, messages, flags, { start: next, end });
      // What was sent counts; the next call gets the error.
      if (sent < 0) {
        const wait = sent === AGAIN && !core.refusesToWait(flags);
        return wait || next === start ? sent : next - start;
      }
      for (const last = next + sent; next < last; next++) {
        core.bytesSent += (messages[next] as Message).length;
      }
      core.watch.charge(sent);
    }
    return next - start;
  };
  const fail = (result: number) => {
    const address = messages[start]?.address ?? null;
    return new SocketError(-result, "sendmmsg", {
      fd,
      messagesSent: next - start,
      ...(address === null ? {} : { address }),
    });
  };
  return perform(core, "sendmmsg", flags, WRITE, op, call, fail);
}

export function receiveMessages(
  core: Core,
  messages: readonly Message[],
  op: ReceiveCallOptions,
): Promise<number> {
  const fd = core.descriptor("recvmmsg");
  const flags = flagsOf(receiveFlags, op) | (MSG.WAITFORONE ?? 0);
  const direction = directionOf(flags);
  const span = checkMessages(messages, op);
  const { start = 0, end = 0 } = span;
  if (start === end) return Promise.resolve(0);
  const call = (number: number) => {
    let index = start;
    while (direction === READ && index < end) {
      const kept = core.waitingForReader;
      if (kept === null) break;
      const message = messages[index] as Message;
      const length = kept.receiveMessage(message, flags, core.isStream, NO_LIMITS as Span);
      if (length < 0 && index > start) core.keep([length]);
      if (length < 0) return index > start ? index - start : length;
      index++;
    }
    if (index > start) return index - start;
    const count = tryReceiveMessages(number, messages, flags, span);
    if (count > 0) core.watch.charge(count - 1);
    return count;
  };
  const fail = (result: number) => failure(result, "recvmmsg", fd);
  return perform(core, "recvmmsg", flags, direction, op, call, fail);
}
