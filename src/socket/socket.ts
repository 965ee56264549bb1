// Socket: a socket in Bun's event loop. Nothing here ever blocks the thread.

import type { AddressLike, Sockaddr } from "../address/sockaddr.ts";
import {
  ERRNO,
  type Family,
  type FamilyName,
  families,
  type Protocol,
  type SocketType,
  type TypeName,
  types,
} from "../base/constants.ts";
import { CLOSE } from "../base/descriptor.ts";
import { SocketError } from "../base/error.ts";
import type { Bytes } from "../base/validate.ts";
import type { SocketOptions } from "../calls/socket.ts";
import * as calls from "../calls/socket.ts";
import type { Message } from "../message/message.ts";
import type { ReceivedMessage } from "../message/received.ts";
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
import { Accept, type Adopt, Connections } from "./accept.ts";
import { Connect } from "./connect.ts";
import { attachFilter, type FilterOptions } from "./filter.ts";
import { type Limits, type LoopLimits, NO_LIMITS } from "./limits.ts";
import { type Made, makePair, makeSocket, takeOver } from "./make.ts";
import { receiveMessage, receiveMessages, sendMessage } from "./message.ts";
import { Messages, type MessagesOptions } from "./messages.ts";
import { promise } from "./operation.ts";
import { Ready } from "./ready.ts";
import type { ReceiveCallOptions, ReceivedFrom, ReceiveFromOptions } from "./receive.ts";
import { receive, receiveFrom } from "./receive.ts";
import { CONNECTED, type SendCallOptions, send } from "./send.ts";
import { sendBatch } from "./send-each.ts";
import { SocketState } from "./state.ts";

const KEY = Symbol("Socket");

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
  readonly #state: SocketState;

  private constructor(fd: number, family: number, type: number, protocol: number, key: symbol) {
    // JavaScript knows no private constructor, and the descriptor is closed with the Socket.
    if (key !== KEY) throw new TypeError("a Socket is made by Socket.open, pair, adopt or accept");
    this.#state = new SocketState(this, fd, family, type, protocol);
  }

  /** socket(2). `namespace`: in that network namespace, which takes CAP_SYS_ADMIN; see openIn. */
  static open(
    domain: Family,
    type: SocketType,
    protocol?: Protocol,
    options: SocketOptions = {},
  ): Socket {
    return Socket.#of(makeSocket(domain, type, protocol, options));
  }

  /** socketpair(2); of Unix domain stream sockets unless told. */
  static pair(
    domain: Family = "unix",
    type: SocketType = "stream",
    protocol?: Protocol,
  ): [Socket, Socket] {
    const [a, b] = makePair(domain, type, protocol);
    return [Socket.#of(a), Socket.#of(b)];
  }

  /**
   * A Socket of a descriptor that is given to it: non-blocking from now on, and closed with it. It
   * must not belong to another Socket. SocketError: it is no socket.
   */
  static adopt(fd: number): Socket {
    const socket = Socket.#of(takeOver(fd));
    socket.#state.isShared = true;
    return socket;
  }

  static #of({ fd, family, type, protocol }: Made): Socket {
    return new Socket(fd, family, type, protocol, KEY);
  }

  /**
   * Gives the descriptor, which stays non-blocking, to the caller; the calls that wait end with
   * "ECANCELED". What a loop over messages() has received and not yielded is lost.
   */
  detach(): number {
    return this.#state.detach();
  }

  /** The descriptor; -1 once the socket is closed. */
  get fd(): number {
    // Who knows the number may give the open file to other processes.
    this.#state.isShared = true;
    return this.#state.closed ? -1 : this.#state.watch.fd;
  }

  /** Whether it is closed, or its descriptor was given away. */
  get closed(): boolean {
    return this.#state.closed;
  }

  /** The family's keyword, or its number. */
  get family(): FamilyName | number {
    return families.name(this.#state.family);
  }

  /** The type's keyword, or its number. */
  get type(): TypeName | number {
    return types.name(this.#state.type);
  }

  /** The number, as given to socket(2). */
  get protocol(): number {
    return this.#state.protocol;
  }

  /** How many bytes of data the kernel has taken, also of calls that were given up. */
  get bytesSent(): number {
    return this.#state.bytesSent;
  }

  /** getsockname(2): the address of its own, with the port that the kernel chose. */
  get localAddress(): Sockaddr {
    this.#state.descriptor("getsockname");
    return calls.getsockname(this);
  }

  /**
   * getpeername(2); null where the socket is not connected. That of a connection which was accepted
   * or made here is known even when it has ended.
   */
  get peerAddress(): Sockaddr | null {
    this.#state.descriptor("getpeername");
    try {
      return calls.getpeername(this);
    } catch (error) {
      if (error instanceof SocketError && UNCONNECTED.has(error.errno)) return this.#state.peer;
      throw error;
    }
  }

  /** bind(2): gives it an address of its own. Port 0 leaves the choice to the kernel. */
  bind(address: AddressLike): this {
    calls.bind(this, address);
    return this;
  }

  /** listen(2). `backlog`: how many connections may wait; SOMAXCONN unless told. */
  listen(backlog?: number): this {
    calls.listen(this, backlog);
    return this;
  }

  /** shutdown(2): ends receiving, sending, which the peer sees as the end, or both. */
  shutdown(how: "rd" | "wr" | "rdwr" | number): this {
    calls.shutdown(this, how);
    return this;
  }

  /**
   * close(2); rejects the calls that wait with the code "ECANCELED". Once is enough. With SO_LINGER
   * a thread does the waiting: data that are not sent yet are sent in the background.
   */
  close(): void {
    this.#state.close();
  }

  /** What the function close() calls. */
  readonly [CLOSE] = this.close;

  /** close(), at the end of a block: `using socket = …`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** close(), for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Lets calls that wait keep the process alive, as they do unless unref() was called. */
  ref(): this {
    this.#state.watch.referenced = true;
    return this;
  }

  /** Calls that wait no longer keep the process alive; they are served while it lives. */
  unref(): this {
    this.#state.watch.referenced = false;
    return this;
  }

  /**
   * connect(2): resolves when the connection stands, rejects with its error and the address.
   * Given up, the attempt of an IPv4 or IPv6 socket is ended, and the socket can connect again.
   */
  connect(address: AddressLike, op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => new Connect(this.#state, address, op).run());
  }

  /** accept(2): the connection's Socket. */
  accept(op: Limits = NO_LIMITS): Promise<Socket> {
    return promise(() => new Accept(this.#state, op, this.#adopt).run());
  }

  readonly #adopt: Adopt<Socket> = (fd, peer) => {
    const { family, type, protocol } = this.#state;
    const socket = new Socket(fd, family, type, protocol, KEY);
    socket.#state.peer = peer;
    return socket;
  };

  /**
   * send(2): the number of bytes sent; on a stream all of them, unless `dontwait`. One that fails
   * or is given up has a `bytesSent`, as has the Socket.
   */
  send(data: Bytes, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return send(this.#state, data, CONNECTED, op);
  }

  /** sendto(2): like send, to an address. */
  sendto(data: Bytes, address: AddressLike, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return send(this.#state, data, address, op);
  }

  /** sendmsg(2): the number of bytes sent; on a stream all of them. */
  sendmsg(message: Message, op: SendCallOptions = NO_LIMITS): Promise<number> {
    return sendMessage(this.#state, message, op);
  }

  /**
   * sendmmsg(2): how many were sent: all, unless there was an error after the first, or `dontwait`.
   * One that fails or is late has a `messagesSent`. Messages that are but bytes for the peer of a
   * connected socket can be given as buffers, except on a stream, whose bytes are one message.
   */
  sendmmsg(
    messages: readonly Message[] | readonly Bytes[],
    op: SendCallOptions = NO_LIMITS,
  ): Promise<number> {
    return promise(() => sendBatch(this.#state, messages, op));
  }

  /**
   * recv(2): the number of bytes stored; 0 is the end of a stream, and of a "seqpacket" the end or
   * a record without bytes, which messages() tells apart on a Unix socket, as does recvmsg with
   * SO_PASSCRED on: the end alone brings no credentials.
   */
  recv(buffer: Bytes, op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return receive(this.#state, buffer, op);
  }

  /** recvfrom(2): the number of bytes stored and the sender, or null; `address` is filled. */
  recvfrom(buffer: Bytes, op: ReceiveFromOptions = NO_LIMITS): Promise<ReceivedFrom> {
    return promise(() => receiveFrom(this.#state, buffer, op));
  }

  /** recvmsg(2): the number of bytes; fills in `message`. */
  recvmsg(message: Message, op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return receiveMessage(this.#state, message, op);
  }

  /** recvmmsg(2): how many came: waits for the first, then takes what is there. */
  recvmmsg(messages: readonly Message[], op: ReceiveCallOptions = NO_LIMITS): Promise<number> {
    return promise(() => receiveMessages(this.#state, messages, op));
  }

  /** Resolves when recv or accept need not wait, be it for an error. poll(2). */
  readable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => new Ready(this.#state, READ, op).run());
  }

  /** Resolves when send need not wait, be it for an error. poll(2). */
  writable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => new Ready(this.#state, WRITE, op).run());
  }

  /**
   * What arrives, in arrays where `batch` is given: copies, so that they stay valid. Ends where the
   * peer of a connection does, or after what has come when `until` is aborted; closing the socket,
   * aborting `signal`, or `timeout` milliseconds without a message throw. What was received and not
   * yielded when the loop is left is kept for the next calls. Of descriptors see ReceivedMessage.
   */
  messages(
    options: MessagesOptions & { readonly batch: true | number },
  ): AsyncIterableIterator<ReceivedMessage[]>;
  messages(options?: MessagesOptions): AsyncIterableIterator<ReceivedMessage>;
  messages(
    options: MessagesOptions = {},
  ): AsyncIterableIterator<ReceivedMessage | ReceivedMessage[]> {
    return new Messages(this.#state, options);
  }

  /**
   * accept(2) again and again. Where no descriptors or memory are left it waits, with one warning;
   * connections that were lost before they were accepted are left out. `until`, `signal` and
   * `timeout` as with messages().
   */
  connections(op: LoopLimits = NO_LIMITS): AsyncIterableIterator<Socket> {
    return new Connections(this.#state, op, this.#adopt);
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

  /** Leaves a multicast group, or with `source` that sender of it. */
  leaveGroup(membership: Membership): this {
    return this.setOption("MCAST_LEAVE_GROUP", membership);
  }

  /**
   * SO_ATTACH_FILTER: a classic BPF program decides what arrives; socket(7). Packet and raw IPv4
   * sockets also take an expression of pcap-filter(7): "udp port 53". `drain`: what has arrived
   * before is thrown away, so that nothing unfiltered is received.
   */
  attachFilter(program: Program | string, options: FilterOptions = {}): this {
    attachFilter(this, this.#state, program, options);
    return this;
  }

  /** SO_DETACH_FILTER: everything arrives again. */
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

const UNCONNECTED: ReadonlySet<number> = new Set([ERRNO.ENOTCONN, ERRNO.EOPNOTSUPP ?? 0]);
