// A netlink socket that asks: requests, the replies that belong to them, and dumps. netlink(7).

import { received } from "../address/sockaddr.ts";
import type { Protocol } from "../base/constants.ts";
import { ERRNO, MSG, NETLINK } from "../base/constants.ts";
import { check, closedError, namedError, SocketError } from "../base/error.ts";
import { lazy } from "../base/lazy.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { setSocketOption } from "../option/option.ts";
import { Socket } from "../socket/socket.ts";
import { constant, group } from "./constants.ts";
import { type Acknowledgement, acknowledgement, endOfDump, NetlinkError } from "./error.ts";
import { encodeMessage, walkMessages } from "./message.ts";

/** What becomes of the replies to a request. */
export interface Sink {
  /** What came so far counts no longer: a dump begins again. */
  reset(): void;
  /** A reply, whose bytes are the next reply's afterwards. */
  take(type: number, flags: number, bytes: Uint8Array, start: number, end: number): void;
}

/** A request, and what is known about it where it fails. */
export type Request = {
  readonly type: number;
  /** NLM_F_* bits besides NLM_F_REQUEST and NLM_F_ACK. */
  readonly flags: number;
  readonly body: Uint8Array;
  /** What errors call it: "RTM_NEWLINK". */
  readonly name: string;
  /** What it is about: an interface, an address. */
  readonly subject?: string | undefined;
};

/** Requests that the kernel has and we have not heard of: their replies must fit its buffer. */
const WINDOW = 32;
/** How often a dump is asked for before it is said that it never was whole. */
const DUMPS_MAX = 10;
/**
 * A dump whose replies could not be read goes on: each try to begin another reads a part of it,
 * which is 32 KiB.
 */
const BUSY_MAX = 4096;
/** The largest datagram of a dump is 32 KiB, unless one message alone is larger. */
const ROOM = 64 * 1024;
const RECEIVE_BUFFER = 1024 * 1024;

const INTERRUPTED = "what was listed changed each time it was read: try again";

/** Makes an error. */
type Failure = () => unknown;

class Exchange {
  readonly request: Request;
  readonly sink: Sink;
  readonly isDump: boolean;
  /** Why it failed, or undefined. */
  readonly outcome: Promise<Failure | undefined>;
  readonly #settle: (outcome: Failure | undefined) => void;
  /** The message as it was sent. */
  message = NOTHING;
  attempts = 0;
  /** How often the kernel said that an earlier dump goes on. */
  busy = 0;
  interrupted = false;

  constructor(request: Request, sink: Sink) {
    this.request = request;
    this.sink = sink;
    const dump = constant("NLM_F", "DUMP");
    this.isDump = (request.flags & dump) === dump;
    const { promise, resolve } = Promise.withResolvers<Failure | undefined>();
    this.outcome = promise;
    this.#settle = resolve;
  }

  succeed(): void {
    this.#settle(undefined);
  }

  fail(failure: Failure): void {
    this.#settle(failure);
  }

  refuse(said: Acknowledgement): void {
    const { name, subject } = this.request;
    this.fail(() => new NetlinkError(said, name, subject));
  }
}

/** Of each reply's type and flags, looked up once. */
const numbers = lazy(() => ({
  ERROR: constant("NLMSG", "ERROR"),
  DONE: constant("NLMSG", "DONE"),
  NOOP: constant("NLMSG", "NOOP"),
  interrupted: constant("NLM_F", "DUMP_INTR"),
}));
const NOTHING = new Uint8Array(0);
const IGNORED = "the kernel ignored the request: its body is too short";
const closedMeanwhile = () =>
  namedError("ECANCELED", "recvmsg", { remedy: "the socket was closed" });

/** Opens a netlink socket that explains its refusals and takes requests by the letter. */
export function openSocket(
  protocol: Protocol,
  namespace: number | string | undefined,
  receiveBuffer: number,
): Socket {
  if (NETLINK.ROUTE === undefined) throw new TypeError("this platform has no netlink sockets");
  const where = namespace === undefined ? {} : { namespace };
  const socket = Socket.open("netlink", "raw", protocol, where);
  try {
    const options = ["NETLINK_EXT_ACK", "NETLINK_CAP_ACK", "NETLINK_GET_STRICT_CHK"] as const;
    for (const name of options) tolerate(() => setSocketOption(socket, name, true));
    enlarge(socket, receiveBuffer);
    // The kernel gives it a port of its own.
    socket.bind({ family: "netlink" });
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** SO_RCVBUFFORCE, which takes CAP_NET_ADMIN, or as much as SO_RCVBUF may. */
function enlarge(socket: Socket, size: number): void {
  try {
    setSocketOption(socket, "SO_RCVBUFFORCE", size);
  } catch (error) {
    if (!(error instanceof SocketError) || error.errno !== ERRNO.EPERM) throw error;
    setSocketOption(socket, "SO_RCVBUF", size);
  }
}

/** An option that this kernel is too old for. */
function tolerate(set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!(error instanceof SocketError) || error.errno !== ERRNO.ENOPROTOOPT) throw error;
  }
}

/** So many datagrams are read before the event loop has its turn. */
const TURN = 32;

/**
 * Reads datagrams whole, whatever their size. A dump's come one right after the other: they are
 * taken without the promises of `Socket`, which only waits.
 */
export class Reader {
  readonly #socket: Socket;
  #left = TURN;
  bytes = new Uint8Array(new ArrayBuffer(ROOM));

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The length of the next datagram, which is in `bytes`; 0: it was not the kernel's. */
  async next(op: { signal?: AbortSignal } = {}): Promise<number> {
    if (this.#left-- <= 0) {
      this.#left = TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (;;) {
      // Its true length first: what does not fit is lost.
      const length = native.rawsock_recv(this.#fd(), PEEK_ROOM, 0, 1, peekFlags);
      if (length === -ERRNO.EAGAIN) {
        await this.#socket.readable(op);
        this.#left = TURN;
        continue;
      }
      check(length, "recv", this.#socket.fd);
      if (length > this.bytes.length) this.bytes = new Uint8Array(new ArrayBuffer(length * 2));
      return this.#take();
    }
  }

  #fd(): number {
    if (this.#socket.closed) throw closedError("recv");
    return this.#socket.fd;
  }

  #take(): number {
    const { bytes } = this;
    const fd = this.#fd();
    const room = bytes.length;
    const length = native.rawsock_recvfrom(fd, bytes, 0, room, MSG.DONTWAIT, addressSlot);
    check(length, "recvfrom", fd);
    return received(slotAddress())?.pid === 0 ? length : 0;
  }
}

const PEEK_ROOM = new Uint8Array(new ArrayBuffer(1));
const peekFlags = MSG.PEEK | MSG.TRUNC | MSG.DONTWAIT;

export class Channel {
  readonly #socket: Socket;
  readonly #reader: Reader;
  readonly #open = new Map<number, Exchange>();
  readonly #waiting: Exchange[] = [];
  #dump: Exchange | undefined;
  #sequence = 0;
  #isReading = false;

  constructor(protocol: Protocol, namespace: number | string | undefined) {
    this.#socket = openSocket(protocol, namespace, RECEIVE_BUFFER);
    this.#reader = new Reader(this.#socket);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  get port(): number {
    return this.#socket.localAddress.pid ?? 0;
  }

  close(): void {
    if (this.#socket.closed) return;
    const unsent = this.#waiting.splice(0);
    try {
      this.#socket.close();
    } finally {
      this.#failOpen(closedMeanwhile);
      for (const exchange of unsent) exchange.fail(closedMeanwhile);
    }
  }

  /** Asks, and resolves when all that the kernel replied is in the sink. */
  async ask(request: Request, sink: Sink): Promise<void> {
    if (this.closed) throw closedError(request.name);
    const exchange = new Exchange(request, sink);
    this.#waiting.push(exchange);
    this.#startAll();
    const failure = await exchange.outcome;
    // Made here, where the engine knows who awaits it: the stack names the caller's line.
    if (failure !== undefined) throw failure();
  }

  /** Sends what may be sent now: so many requests, and one dump, at a time. */
  #startAll(): void {
    for (let index = 0; index < this.#waiting.length && this.#open.size < WINDOW; ) {
      const exchange = this.#waiting[index] as Exchange;
      if (exchange.isDump && this.#dump !== undefined) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      this.#start(exchange);
    }
    if (this.#open.size > 0 && !this.#isReading) void this.#read();
  }

  #start(exchange: Exchange): void {
    const { REQUEST = 0, ACK = 0 } = group("NLM_F");
    const { type, flags, body } = exchange.request;
    // 0 is what the kernel's own messages have.
    this.#sequence = (this.#sequence % 0xffff_ffff) + 1;
    const sequence = this.#sequence;
    // A dump is acknowledged only where it is none: what is too short the kernel ignores.
    exchange.message = encodeMessage({ type, flags: flags | REQUEST | ACK, sequence, body });
    exchange.attempts++;
    exchange.interrupted = false;
    if (exchange.isDump) this.#dump = exchange;
    this.#open.set(sequence, exchange);
    this.#socket.send(exchange.message).catch((error) => {
      if (this.#open.get(sequence) !== exchange) return;
      this.#end(sequence, exchange);
      exchange.fail(() => error);
      this.#startAll();
    });
  }

  #end(sequence: number, exchange: Exchange): void {
    this.#open.delete(sequence);
    if (this.#dump === exchange) this.#dump = undefined;
  }

  /** Reads as long as there is something to wait for, so that an idle socket holds nothing up. */
  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#open.size > 0 && !this.closed) {
      try {
        const length = await this.#reader.next();
        this.#dispatch(this.#reader.bytes, length);
      } catch (error) {
        // Lost with the replies is what became of the requests.
        this.#failOpen(() => error);
      }
      this.#startAll();
    }
    this.#isReading = false;
  }

  #dispatch(bytes: Uint8Array, length: number): void {
    try {
      walkMessages(bytes, length, (type, flags, sequence, _port, start, end) => {
        const exchange = this.#open.get(sequence);
        if (exchange !== undefined) this.#reply(exchange, sequence, type, flags, bytes, start, end);
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw namedError("EBADMSG", "recvmsg", { remedy: `a malformed reply: ${error.message}` });
    }
  }

  #reply(
    exchange: Exchange,
    sequence: number,
    type: number,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { ERROR, DONE, NOOP, interrupted } = numbers();
    if ((flags & interrupted) !== 0) exchange.interrupted = true;
    if (type === NOOP) return;
    if (type !== ERROR && type !== DONE) {
      exchange.sink.take(type, flags, bytes, start, end);
      return;
    }
    const { message } = exchange;
    const said =
      type === DONE
        ? endOfDump(bytes, start, end, message)
        : acknowledgement(bytes, start, end, flags, message);
    this.#end(sequence, exchange);
    if (exchange.isDump && said.errno === ERRNO.EBUSY && exchange.busy++ < BUSY_MAX) {
      exchange.attempts--;
      this.#waiting.unshift(exchange);
    } else if (said.errno !== 0) exchange.refuse(said);
    else if (exchange.isDump && type === ERROR) {
      exchange.fail(() => namedError("EBADMSG", exchange.request.name, { remedy: IGNORED }));
    } else if (!exchange.interrupted) exchange.succeed();
    else this.#again(exchange);
  }

  /** A dump during which something changed may lack things, or tell them twice. */
  #again(exchange: Exchange): void {
    if (exchange.attempts >= DUMPS_MAX) {
      const { name } = exchange.request;
      exchange.fail(() => namedError("EAGAIN", name, { remedy: INTERRUPTED }));
      return;
    }
    exchange.sink.reset();
    this.#waiting.unshift(exchange);
  }

  #failOpen(failure: Failure): void {
    const all = [...this.#open.values()];
    this.#open.clear();
    this.#dump = undefined;
    for (const exchange of all) exchange.fail(failure);
  }
}
