// Socket: a socket in Bun's event loop. Nothing here ever blocks the thread.

import type { AddressLike, Sockaddr } from "../address/sockaddr.ts";
import {
  ERRNO,
  type Family,
  type FamilyName,
  families,
  type Protocol,
  SOCK,
  type SocketType,
  type TypeName,
  types,
} from "../base/constants.ts";
import { CLOSE } from "../base/descriptor.ts";
import { check, SocketError } from "../base/error.ts";
import { protocolNumber } from "../base/protocol.ts";
import { type Bytes, I32_MAX, integer } from "../base/validate.ts";
import { natureOf } from "../calls/nature.ts";
import * as calls from "../calls/socket.ts";
import type { Message } from "../message/message.ts";
import { native } from "../native/library.ts";
import type { Program } from "../option/filter.ts";
import type { Membership } from "../option/membership.ts";
import {
  setSocketOption,
  setSocketOptions,
  socketOption,
  socketOptions,
} from "../option/option.ts";
import type {
  OptionInput,
  OptionInputs,
  OptionLevel,
  OptionName,
  OptionValue,
  OptionValues,
} from "../option/table.ts";
import { READ, WRITE } from "../readiness/source.ts";
import { accept } from "./accept.ts";
import { connect } from "./connect.ts";
import { Connections } from "./connections.ts";
import { Core } from "./core.ts";
import type { ReceivedMessage } from "./inbox.ts";
import { guard, unguard } from "./leak.ts";
import { type Limits, NO_LIMITS } from "./limits.ts";
import { receiveMessage, receiveMessages, sendMessage, sendMessages } from "./message.ts";
import { Messages, type MessagesOptions } from "./messages.ts";
import { ready } from "./ready.ts";
import type { ReceiveCallOptions, ReceivedFrom, ReceiveFromOptions } from "./receive.ts";
import { receive, receiveFrom } from "./receive.ts";
import { CONNECTED, type SendCallOptions, send } from "./send.ts";

const KEY = Symbol("Socket");
const NONBLOCK = SOCK.NONBLOCK ?? 0;

/**
 * A non-blocking socket that waits in the event loop.
 *
 * Calls that return a promise never throw: what the synchronous functions throw, they reject with.
 * Each is made in its own turn of the event loop; only where it would have to wait does it queue
 * behind those that wait for the same, and `op` may bound that: an aborted `signal` rejects with
 * its reason, `timeout` milliseconds with "ETIMEDOUT", close() with "ECANCELED". Buffers are the
 * call's until then. Where the system announces no room (a full Unix datagram queue elsewhere, a
 * full backlog of a Unix listener) it is tried again after 1 to 32 ms.
 *
 * A waiting call keeps the process alive, unless unref() was called; an idle socket does not. A
 * Socket that is collected without close() is closed with a warning.
 */
export class Socket implements Disposable, AsyncDisposable {
  readonly #core: Core;

  private constructor(fd: number, family: number, type: number, protocol: number, key: symbol) {
    // JavaScript knows no private constructor, and the descriptor is closed with the Socket.
    if (key !== KEY) throw new TypeError("a Socket is made by Socket.open, pair, adopt or accept");
    this.#core = new Core(this, fd, family, type, protocol);
    guard(this, this.#core.watch);
  }

  /** socket(2). */
  static open(domain: Family, type: SocketType, protocol?: Protocol): Socket {
    const make = Socket.#maker(domain, type, protocol);
    return make(calls.socket(domain, types.number(type) | NONBLOCK, protocol));
  }

  /** socketpair(2); of Unix domain stream sockets unless told. */
  static pair(
    domain: Family = "unix",
    type: SocketType = "stream",
    protocol?: Protocol,
  ): [Socket, Socket] {
    const make = Socket.#maker(domain, type, protocol);
    const [a, b] = calls.socketpair(domain, types.number(type) | NONBLOCK, protocol);
    return [make(a), make(b)];
  }

  static #maker(domain: Family, type: SocketType, protocol?: Protocol): (fd: number) => Socket {
    const family = families.number(domain);
    const number = protocolNumber(family, protocol);
    const kind = types.number(type) & ~FLAGS;
    return (fd) => new Socket(nonblocking(fd), family, kind, number, KEY);
  }

  /**
   * A Socket of a descriptor that is given to it: non-blocking from now on, and closed with it. It
   * must not belong to another Socket. SocketError: it is no socket.
   */
  static adopt(fd: number): Socket {
    const number = integer(fd, "fd", 0, I32_MAX);
    const { family, type, protocol } = natureOf(number);
    check(native.rawsock_set_nonblocking(number, 1), "fcntl", number);
    return new Socket(number, family, type, protocol, KEY);
  }

  /**
   * Gives the descriptor, which stays non-blocking, to the caller; the calls that wait end with
   * "ECANCELED". What a loop over messages() has received and not yielded is lost.
   */
  detach(): number {
    const fd = this.#core.descriptor("detach");
    this.#release();
    this.#core.watch.cancel();
    return fd;
  }

  #release(): void {
    this.#core.closed = true;
    this.#core.kept?.discard();
    unguard(this.#core.watch);
    this.#core.watch.stop();
  }

  /** The descriptor; -1 once the socket is closed. */
  get fd(): number {
    return this.#core.closed ? -1 : this.#core.watch.fd;
  }

  get closed(): boolean {
    return this.#core.closed;
  }

  get family(): FamilyName | number {
    return families.name(this.#core.family);
  }

  get type(): TypeName | number {
    return types.name(this.#core.type);
  }

  /** The number, as given to socket(2). */
  get protocol(): number {
    return this.#core.protocol;
  }

  /** How many bytes of data the kernel has taken, also of calls that were given up. */
  get bytesSent(): number {
    return this.#core.bytesSent;
  }

  /** getsockname(2). */
  get localAddress(): Sockaddr {
    this.#core.descriptor("getsockname");
    return calls.getsockname(this);
  }

  /** getpeername(2); null where the socket is not connected. */
  get peerAddress(): Sockaddr | null {
    this.#core.descriptor("getpeername");
    try {
      return calls.getpeername(this);
    } catch (error) {
      if (error instanceof SocketError && UNCONNECTED.has(error.errno)) return null;
      throw error;
    }
  }

  /** bind(2). */
  bind(address: AddressLike): this {
    calls.bind(this, address);
    return this;
  }

  /** listen(2). */
  listen(backlog?: number): this {
    calls.listen(this, backlog);
    return this;
  }

  /** shutdown(2). */
  shutdown(how: "rd" | "wr" | "rdwr" | number): this {
    calls.shutdown(this, how);
    return this;
  }

  /** close(2); rejects the calls that wait with the code "ECANCELED". Once is enough. */
  close(): void {
    if (this.#core.closed) return;
    const { watch } = this.#core;
    this.#release();
    const status = native.rawsock_close(watch.fd);
    watch.cancel();
    check(status, "close", watch.fd);
  }

  /** What the function close() calls. */
  readonly [CLOSE] = this.close;

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Lets calls that wait keep the process alive, as they do unless unref() was called. */
  ref(): this {
    this.#core.watch.referenced = true;
    return this;
  }

  /** Calls that wait no longer keep the process alive; they are served while it lives. */
  unref(): this {
    this.#core.watch.referenced = false;
    return this;
  }

  /**
   * connect(2): resolves when the connection stands, rejects with its error and the address.
   * Given up, the attempt of an IPv4 or IPv6 socket is ended, and the socket can connect again.
   */
  connect(address: AddressLike, op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => connect(this.#core, address, op));
  }

  /** accept(2): the connection's Socket. */
  accept(op: Limits = NO_LIMITS): Promise<Socket> {
    return promise(() => accept(this.#core, op, this.#adopt));
  }

  readonly #adopt = (fd: number): Socket => {
    const { family, type, protocol } = this.#core;
    return new Socket(fd, family, type, protocol, KEY);
  };

  /**
   * send(2): the number of bytes sent; on a stream all of them, unless `dontwait`. One that fails
   * or is given up has a `bytesSent`, as has the Socket.
   */
  send(data: Bytes, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return send(this.#core, data, CONNECTED, op);
  }

  /** sendto(2): like send, to an address. */
  sendto(data: Bytes, address: AddressLike, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return send(this.#core, data, address, op);
  }

  /** sendmsg(2): the number of bytes sent; on a stream all of them. */
  sendmsg(message: Message, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return promise(() => sendMessage(this.#core, message, op));
  }

  /**
   * sendmmsg(2): how many were sent: all, unless there was an error after the first, or `dontwait`.
   * One that fails or is late has a `messagesSent`.
   */
  sendmmsg(messages: readonly Message[], op: SendCallOptions = NO_LIMITS): Promise<number> {
    return promise(() => sendMessages(this.#core, messages, op));
  }

  /** recv(2): the number of bytes stored, 0 at the end of a stream. */
  recv(buffer: Bytes, op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return receive(this.#core, buffer, op);
  }

  /** recvfrom(2): the number of bytes stored and the sender, or null; `address` is filled. */
  recvfrom(buffer: Bytes, op: ReceiveFromOptions = NO_LIMITS): Promise<ReceivedFrom> {
    return receiveFrom(this.#core, buffer, op);
  }

  /** recvmsg(2): the number of bytes; fills in `message`. */
  recvmsg(message: Message, op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return promise(() => receiveMessage(this.#core, message, op));
  }

  /** recvmmsg(2): how many came: waits for the first, then takes what is there. */
  recvmmsg(messages: readonly Message[], op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return promise(() => receiveMessages(this.#core, messages, op));
  }

  /** Resolves when recv or accept need not wait, be it for an error. poll(2). */
  readable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => ready(this.#core, READ, op));
  }

  /** Resolves when send need not wait, be it for an error. poll(2). */
  writable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => ready(this.#core, WRITE, op));
  }

  /**
   * What arrives, in arrays where `batch` is given: copies, so that they stay valid. Ends with a
   * stream; closing the socket or aborting the signal throws. What was received and not yielded
   * when the loop is left is kept for the next calls.
   */
  messages(
    options: MessagesOptions & { readonly batch: true | number },
  ): AsyncIterableIterator<ReceivedMessage[]>;
  messages(options?: MessagesOptions): AsyncIterableIterator<ReceivedMessage>;
  messages(
    options: MessagesOptions = {},
  ): AsyncIterableIterator<ReceivedMessage | ReceivedMessage[]> {
    return new Messages(this.#core, options);
  }

  /**
   * accept(2) again and again. Where no descriptors or memory are left it waits, with one warning;
   * connections that were lost before they were accepted are left out.
   */
  connections(op: Limits = NO_LIMITS): AsyncIterableIterator<Socket> {
    return new Connections(this.#core, op, this.#adopt);
  }

  /** getsockopt(2): see socketOption. */
  option<Name extends OptionName>(name: Name): OptionValue<Name> {
    return socketOption(this, name);
  }

  /** setsockopt(2): see setSocketOption. */
  setOption<Name extends OptionName>(name: Name, value: OptionInput<Name>): this {
    setSocketOption(this, name, value);
    return this;
  }

  /** See socketOptions. */
  options(options?: { readonly level?: OptionLevel | "all" | number }): Partial<OptionValues> {
    return socketOptions(this, options);
  }

  /** See setSocketOptions. */
  setOptions(values: Partial<OptionInputs>): this {
    setSocketOptions(this, values);
    return this;
  }

  /** Joins a multicast group, of IPv4 or IPv6, on an interface; with `source` that sender's. */
  joinGroup(membership: Membership): this {
    return this.setOption("MCAST_JOIN_GROUP", membership);
  }

  leaveGroup(membership: Membership): this {
    return this.setOption("MCAST_LEAVE_GROUP", membership);
  }

  /** SO_ATTACH_FILTER: a classic BPF program decides what arrives. socket(7). */
  attachFilter(program: Program): this {
    return this.setOption("SO_ATTACH_FILTER", program);
  }

  detachFilter(): this {
    return this.setOption("SO_DETACH_FILTER", true);
  }

  /** SO_LOCK_FILTER: the filter can never be changed again. */
  lockFilter(): this {
    return this.setOption("SO_LOCK_FILTER", true);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { fd, closed, family, type, protocol } = this;
    return { fd, closed, family, type, protocol };
  }
}

/** What a call throws becomes its rejection. */
function promise<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** SOCK_NONBLOCK and SOCK_CLOEXEC stand above the type. */
const FLAGS = ~0xf;

const UNCONNECTED: ReadonlySet<number> = new Set([ERRNO.ENOTCONN, ERRNO.EOPNOTSUPP ?? 0]);

/** Where socket(2) does not take the flag the descriptor is made so afterwards. */
function nonblocking(fd: number): number {
  if (NONBLOCK === 0) check(native.rawsock_set_nonblocking(fd, 1), "fcntl", fd);
  return fd;
}
