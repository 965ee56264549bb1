// Many messages in one call: sendmmsg(2) and recvmmsg(2).

import { MSG } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure } from "../base/error.ts";
import {
  boolean,
  I32_MAX,
  integer,
  type Span,
  spanEnd,
  spanStart,
  wrongType,
} from "../base/validate.ts";
import { type ReceiveOptions, receiveFlags, type SendOptions, sendFlags } from "../calls/flags.ts";
import { refusal } from "../calls/remedy.ts";
import { IOV_MAX, limitElements } from "../calls/transfer.ts";
import { encodedLength } from "../control/control.ts";
import { native } from "../native/library.ts";
import { vectorTable } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";
import { ownerMemory } from "../readiness/ownership.ts";
import { type Message, slotOf } from "./message.ts";
import type { Slot } from "./slot.ts";

/** Of recvmmsg(2): those of recv, and when to end. */
export type BatchReceiveOptions = ReceiveOptions & {
  /** Milliseconds until the call ends with what has arrived. */
  readonly timeout?: number;
  /** Wait for the first message only. */
  readonly waitforone?: boolean;
};

const NO_OPTIONS = {};
/** Where the system has no MSG_WAITFORONE, the native library takes this bit for it. */
const WAIT_FOR_ONE = MSG.WAITFORONE ?? 0x10000;
const NO_TIMEOUT = -1;
const BATCH_KEYS: ReadonlySet<string> = new Set(["timeout", "waitforone"]);

const headerSize = new Structure("batch_header").size;
/** The addresses of the slots, two words each, and the kernel's table; for one call only. */
let addresses = new Uint32Array(new ArrayBuffer(64 * 8));
let table = new Uint8Array(new ArrayBuffer(64 * headerSize));

function reserve(count: number): void {
  if (addresses.length >= count * 2) return;
  const room = Math.min(IOV_MAX, 2 ** Math.ceil(Math.log2(count)));
  addresses = new Uint32Array(new ArrayBuffer(room * 8));
  table = new Uint8Array(new ArrayBuffer(room * headerSize));
}

function lastOf(messages: readonly Message[], options: Span): number {
  if (!Array.isArray(messages)) throw wrongType("messages", "an array of Messages", messages);
  return spanEnd(options, messages.length);
}

function prepareSend(messages: readonly Message[], start: number, end: number): void {
  limitElements(end - start, "messages");
  reserve(end - start);
  let word = 0;
  for (let index = start; index < end; index++) {
    const slot = slotOf(messages[index] as Message);
    slot.prepareSend(0, slot.iovec.length);
    addresses[word++] = slot.addressLow;
    addresses[word++] = slot.addressHigh;
  }
}

let batches = 0;

function prepareReceive(messages: readonly Message[], start: number, end: number): void {
  limitElements(end - start, "messages");
  reserve(end - start);
  const batch = ++batches;
  let word = 0;
  for (let index = start; index < end; index++) {
    const slot = slotOf(messages[index] as Message);
    // The second message would overwrite the first, its descriptors included.
    if (slot.batch === batch) throw new TypeError(`messages[${index}] is there twice`);
    slot.batch = batch;
    slot.prepareReceive(0, slot.iovec.length);
    addresses[word++] = slot.addressLow;
    addresses[word++] = slot.addressHigh;
  }
}

function sendBatch(
  fd: number,
  messages: readonly Message[],
  start: number,
  end: number,
  flags: number,
): number {
  prepareSend(messages, start, end);
  return native.rawsock_sendmmsg(fd, addresses, end - start, table, flags);
}

function receiveBatch(
  fd: number,
  messages: readonly Message[],
  start: number,
  end: number,
  flags: number,
  timeout: number,
): number {
  prepareReceive(messages, start, end);
  const room = end - start;
  const owner = ownerMemory();
  const count = native.rawsock_recvmmsg(owner, fd, addresses, room, table, flags, timeout);
  takeReceived(messages, start, count);
  return count;
}

function takeReceived(messages: readonly Message[], start: number, count: number): void {
  for (let index = start; index < start + count; index++) {
    slotOf(messages[index] as Message).takeReceived();
  }
}

/**
 * sendmmsg(2): sends `messages`, `start` to `end` of them, in one call. How many were sent, each
 * with its `length`: on a blocking descriptor all, unless an error or a signal came after the
 * first; that error is thrown by the next call. More than 1,024 are a RangeError.
 */
export function sendmmsg(
  fd: Descriptor,
  messages: readonly Message[],
  options: SendOptions = NO_OPTIONS,
): number {
  const number = descriptor(fd, "sendmmsg");
  const flags = options === NO_OPTIONS ? 0 : sendFlags.bits(options);
  const end = lastOf(messages, options);
  const start = spanStart(options, end);
  const sent = sendBatch(number, messages, start, end, flags);
  if (sent < 0) {
    throw refusal(sent, "sendmmsg", number, messages[start]?.address ?? undefined);
  }
  return sent;
}

/**
 * recvmmsg(2): receives into `messages`, `start` to `end` of them, in one call. How many came.
 *
 * A blocking descriptor waits until all are filled; with `waitforone` until one is; with `timeout`
 * no longer than that many milliseconds, however the messages come in. A signal ends the wait with
 * what has come. Where nothing has, that is EAGAIN or EINTR.
 */
export function recvmmsg(
  fd: Descriptor,
  messages: readonly Message[],
  options: BatchReceiveOptions = NO_OPTIONS,
): number {
  const number = descriptor(fd, "recvmmsg");
  const flags = options === NO_OPTIONS ? 0 : batchFlags(options);
  const { timeout } = options;
  const limit = timeout === undefined ? NO_TIMEOUT : integer(timeout, "timeout", 0, I32_MAX);
  const end = lastOf(messages, options);
  const start = spanStart(options, end);
  const count = receiveBatch(number, messages, start, end, flags, limit);
  if (count < 0) throw failure(count, "recvmmsg", number);
  return count;
}

function batchFlags(options: BatchReceiveOptions): number {
  const { waitforone } = options;
  const one = waitforone !== undefined && boolean(waitforone, "waitforone");
  return receiveFlags.bits(options, BATCH_KEYS) | (one ? WAIT_FOR_ONE : 0);
}

/** The bytes that the last call moved of `messages`, `start` to `end` of them. */
export function bytesIn(messages: readonly Message[], start: number, end: number): number {
  let sum = 0;
  for (let index = start; index < end; index++) sum += slotOf(messages[index] as Message).length;
  return sum;
}

/** sendmmsg(2) that never waits: how many were sent, or -errno. `flags` are MSG_* bits. */
export function trySendMessages(
  fd: number,
  messages: readonly Message[],
  flags: number,
  span: Span = NO_OPTIONS,
): number {
  const end = lastOf(messages, span);
  const start = spanStart(span, end);
  return sendBatch(fd, messages, start, end, flags | MSG.DONTWAIT);
}

/**
 * sendmmsg(2) of messages that are `views` alone, `start` to `end` of them, which never waits: how
 * many were sent, or -errno. `flags` are MSG_* bits.
 */
export function trySendEach(
  fd: number,
  views: readonly Uint8Array[],
  start: number,
  end: number,
  flags: number,
): number {
  reserve(end - start);
  return native.rawsock_send_each(fd, vectorTable(views, start, end), end - start, table, flags);
}

/** recvmmsg(2) that never waits: how many came, or -errno. `flags` are MSG_* bits. */
export function tryReceiveMessages(
  fd: number,
  messages: readonly Message[],
  flags: number,
  span: Span = NO_OPTIONS,
): number {
  const end = lastOf(messages, span);
  const start = spanStart(span, end);
  return receiveBatch(fd, messages, start, end, flags | MSG.DONTWAIT, NO_TIMEOUT);
}

/** Messages that nobody else has, to receive into again and again: they are prepared once. */
export class ReceptionTable {
  readonly #slots: Slot[] = [];
  readonly #addresses: Uint32Array;
  readonly #headers: Uint8Array;

  /** For so many messages at most. */
  constructor(capacity: number) {
    this.#addresses = new Uint32Array(new ArrayBuffer(capacity * 8));
    this.#headers = new Uint8Array(new ArrayBuffer(capacity * headerSize));
  }

  add(slot: Slot): void {
    slot.prepareReceive(0, slot.iovec.length);
    const word = this.#slots.push(slot) * 2;
    this.#addresses[word - 2] = slot.addressLow;
    this.#addresses[word - 1] = slot.addressHigh;
  }

  /** recvmmsg(2) of `room` messages that never waits: how many came, or -errno. */
  receive(fd: number, room: number): number {
    const { rawsock_recvmmsg } = native;
    const owner = ownerMemory();
    const flags = MSG.DONTWAIT;
    return this.#take(
      rawsock_recvmmsg(owner, fd, this.#addresses, room, this.#headers, flags, NO_TIMEOUT),
    );
  }

  /**
   * The same on a Unix socket of records: how many came before the connection's end, 0 at the end
   * itself, or -errno. The messages have recordRoom() more for control data than is wanted.
   */
  receiveRecords(fd: number, room: number): number {
    const { rawsock_recv_records } = native;
    return this.#take(
      rawsock_recv_records(ownerMemory(), fd, this.#addresses, room, this.#headers),
    );
  }

  #take(count: number): number {
    for (let index = 0; index < count; index++) (this.#slots[index] as Slot).takeReceived();
    return count;
  }
}

/** Bytes of control data by which a record without bytes is told from the end. */
export function recordRoom(): number {
  return encodedLength([{ kind: "credentials", pid: 0, uid: 0, gid: 0 }]);
}
