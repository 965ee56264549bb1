// The system calls that move one message: sendmsg(2), recvmsg(2).

import { MSG } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure } from "../base/error.ts";
import { type Span, spanEnd, spanStart } from "../base/validate.ts";
import { type ReceiveOptions, receiveFlags, type SendOptions, sendFlags } from "../calls/flags.ts";
import { refusal } from "../calls/remedy.ts";
import { native } from "../native/library.ts";
import { ownerMemory } from "../readiness/ownership.ts";
import { type Message, slotOf } from "./message.ts";
import type { Slot } from "./slot.ts";

const NO_OPTIONS = {};

function prepareSend(message: Message, options: Span): Slot {
  const slot = slotOf(message);
  const { length } = slot.iovec;
  if (options === NO_OPTIONS) {
    slot.prepareSend(0, length);
  } else {
    const end = spanEnd(options, length);
    slot.prepareSend(spanStart(options, end), end);
  }
  return slot;
}

function prepareReceive(message: Message, options: Span): Slot {
  const slot = slotOf(message);
  const { length } = slot.iovec;
  if (options === NO_OPTIONS) {
    slot.prepareReceive(0, length);
  } else {
    const end = spanEnd(options, length);
    slot.prepareReceive(spanStart(options, end), end);
  }
  return slot;
}

/**
 * sendmsg(2): sends the buffers, `start` to `end` of `message.iovec`, as one message with its
 * control messages to its address. The number of bytes sent: on a blocking descriptor all.
 */
export function sendmsg(
  fd: Descriptor,
  message: Message,
  options: SendOptions = NO_OPTIONS,
): number {
  const number = descriptor(fd, "sendmsg");
  const flags = options === NO_OPTIONS ? 0 : sendFlags.bits(options);
  const slot = prepareSend(message, options);
  const sent = native.rawsock_sendmsg(number, slot.words, flags);
  if (sent < 0) throw refusal(sent, "sendmsg", number, slot.address ?? undefined);
  return sent;
}

/**
 * recvmsg(2): receives one message into the buffers, `start` to `end` of `message.iovec`, and
 * fills in `message`. The number of bytes, 0 at the end of a stream.
 */
export function recvmsg(
  fd: Descriptor,
  message: Message,
  options: ReceiveOptions = NO_OPTIONS,
): number {
  const number = descriptor(fd, "recvmsg");
  const flags = options === NO_OPTIONS ? 0 : receiveFlags.bits(options);
  const slot = prepareReceive(message, options);
  const length = native.rawsock_recvmsg(ownerMemory(), number, slot.words, flags);
  if (length < 0) throw failure(length, "recvmsg", number);
  slot.takeReceived();
  return length;
}

/** sendmsg(2) that never waits: the number of bytes, or -errno. `flags` are MSG_* bits. */
export function trySendMessage(
  fd: number,
  message: Message,
  flags: number,
  span: Span = NO_OPTIONS,
): number {
  const slot = prepareSend(message, span);
  return native.rawsock_sendmsg(fd, slot.words, flags | MSG.DONTWAIT);
}

/** recvmsg(2) that never waits: the number of bytes, or -errno. `flags` are MSG_* bits. */
export function tryReceiveMessage(
  fd: number,
  message: Message,
  flags: number,
  span: Span = NO_OPTIONS,
): number {
  const slot = prepareReceive(message, span);
  const length = native.rawsock_recvmsg(ownerMemory(), fd, slot.words, flags | MSG.DONTWAIT);
  if (length >= 0) slot.takeReceived();
  return length;
}
