// Bytes in and out: send(2), recv(2), read(2), write(2) and their kin. One system call where no
// wait is needed.

import {
  type AddressLike,
  received,
  receivedInto,
  Sockaddr,
  toSockaddr,
} from "../address/sockaddr.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure } from "../base/error.ts";
import {
  type Bytes,
  knownKeys,
  type Span,
  spanEnd,
  spanStart,
  view,
  wrongType,
} from "../base/validate.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { vectorTable } from "../native/pointers.ts";
import { type ReceiveOptions, receiveFlags, type SendOptions, sendFlags } from "./flags.ts";
import { refusal } from "./remedy.ts";

/** IOV_MAX: elements of one scatter/gather call. */
export const IOV_MAX = 1024;
/** MAX_RW_COUNT of Linux: no call transfers more. Larger lengths are cut to it, as there. */
export const TRANSFER_MAX = 0x7fff_f000;

const NO_OPTIONS = {};
const SPAN_KEYS: ReadonlySet<string> = new Set(["start", "end"]);

/** send(2): the number of bytes sent. EPIPE where the peer has closed, never SIGPIPE. */
export function send(fd: Descriptor, data: Bytes, options: SendOptions = NO_OPTIONS): number {
  const number = descriptor(fd, "send");
  const source = view(data, "data");
  const flags = options === NO_OPTIONS ? 0 : sendFlags.bits(options);
  const end = spanEnd(options, source.byteLength);
  const start = spanStart(options, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const sent = native.rawsock_send(number, source as Uint8Array, start, length, flags);
  if (sent < 0) throw refusal(sent, "send", number);
  return sent;
}

/** sendto(2): the number of bytes sent to `address`. */
export function sendto(
  fd: Descriptor,
  data: Bytes,
  address: AddressLike,
  options: SendOptions = NO_OPTIONS,
): number {
  const number = descriptor(fd, "sendto");
  const source = view(data, "data");
  const { bytes } = toSockaddr(address);
  const flags = options === NO_OPTIONS ? 0 : sendFlags.bits(options);
  const end = spanEnd(options, source.byteLength);
  const start = spanStart(options, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const sent = native.rawsock_sendto(
    number,
    source as Uint8Array,
    start,
    length,
    flags,
    bytes,
    bytes.length,
  );
  if (sent < 0) throw refusal(sent, "sendto", number, toSockaddr(address));
  return sent;
}

/** recv(2): the number of bytes stored, 0 at the end of a stream. */
export function recv(fd: Descriptor, buffer: Bytes, options: ReceiveOptions = NO_OPTIONS): number {
  const number = descriptor(fd, "recv");
  const target = view(buffer, "buffer");
  const flags = options === NO_OPTIONS ? 0 : receiveFlags.bits(options);
  const end = spanEnd(options, target.byteLength);
  const start = spanStart(options, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const stored = native.rawsock_recv(number, target as Uint8Array, start, length, flags);
  if (stored < 0) throw failure(stored, "recv", number);
  return stored;
}

const RECVFROM_KEYS: ReadonlySet<string> = new Set(["address"]);

/**
 * recvfrom(2): the number of bytes stored and the sender, null where the protocol names none.
 * `address` is a Sockaddr to fill instead of a fresh one.
 */
export function recvfrom(
  fd: Descriptor,
  buffer: Bytes,
  options: ReceiveOptions & { readonly address?: Sockaddr } = NO_OPTIONS,
): { length: number; address: Sockaddr | null } {
  const number = descriptor(fd, "recvfrom");
  const target = view(buffer, "buffer");
  const flags = options === NO_OPTIONS ? 0 : receiveFlags.bits(options, RECVFROM_KEYS);
  const fill = options.address;
  if (fill !== undefined && !(fill instanceof Sockaddr)) {
    throw wrongType("address", "a Sockaddr", fill);
  }
  const end = spanEnd(options, target.byteLength);
  const start = spanStart(options, end);
  const size = Math.min(end - start, TRANSFER_MAX);
  const length = native.rawsock_recvfrom(
    number,
    target as Uint8Array,
    start,
    size,
    flags,
    addressSlot,
  );
  if (length < 0) throw failure(length, "recvfrom", number);
  const sender = slotAddress();
  return { length, address: fill === undefined ? received(sender) : receivedInto(fill, sender) };
}

/** read(2), or readv(2) into several buffers, whose elements `start` and `end` then bound. */
export function read(
  fd: Descriptor,
  buffer: Bytes | readonly Bytes[],
  options: Span = NO_OPTIONS,
): number {
  if (options !== NO_OPTIONS) knownKeys(options, SPAN_KEYS);
  if (Array.isArray(buffer)) return readInto(fd, buffer, options);
  const number = descriptor(fd, "read");
  const target = view(buffer as Bytes, "buffer");
  const end = spanEnd(options, target.byteLength);
  const start = spanStart(options, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const stored = native.rawsock_read(number, target as Uint8Array, start, length);
  if (stored < 0) throw failure(stored, "read", number);
  return stored;
}

function readInto(fd: Descriptor, buffers: readonly Bytes[], options: Span): number {
  const number = descriptor(fd, "readv");
  const [start, end] = elements(buffers, "buffers", options);
  const views = buffers.map((buffer) => view(buffer, "buffers"));
  const stored = native.rawsock_readv(number, vectorTable(views, start, end), end - start);
  if (stored < 0) throw failure(stored, "readv", number);
  return stored;
}

/** write(2), or writev(2) of several buffers, whose elements `start` and `end` then bound. */
export function write(
  fd: Descriptor,
  data: Bytes | readonly Bytes[],
  options: Span = NO_OPTIONS,
): number {
  if (options !== NO_OPTIONS) knownKeys(options, SPAN_KEYS);
  if (Array.isArray(data)) return writeFrom(fd, data, options);
  const number = descriptor(fd, "write");
  const source = view(data as Bytes, "data");
  const end = spanEnd(options, source.byteLength);
  const start = spanStart(options, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const written = native.rawsock_write(number, source as Uint8Array, start, length);
  if (written < 0) throw refusal(written, "write", number);
  return written;
}

function writeFrom(fd: Descriptor, datas: readonly Bytes[], options: Span): number {
  const number = descriptor(fd, "writev");
  const [start, end] = elements(datas, "datas", options);
  const views = datas.map((data) => view(data, "datas"));
  const written = native.rawsock_writev(number, vectorTable(views, start, end), end - start);
  if (written < 0) throw refusal(written, "writev", number);
  return written;
}

/** The bounds of the elements used; more than IOV_MAX of them is a RangeError. */
export function elements(
  vector: readonly unknown[],
  name: string,
  options: Span,
): [start: number, end: number] {
  const end = spanEnd(options, vector.length);
  const start = spanStart(options, end);
  limitElements(end - start, name);
  return [start, end];
}

/** More than IOV_MAX elements are a RangeError. */
export function limitElements(count: number, name: string): void {
  if (count <= IOV_MAX) return;
  throw new RangeError(`${name} must have at most ${IOV_MAX} elements, not ${count}`);
}
