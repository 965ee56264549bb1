// Tun: a network device in Bun's event loop, whose packets the program reads and writes.

import { CLOSE } from "../base/descriptor.ts";
import { failure, namedError } from "../base/error.ts";
import { Flags, withPrefix } from "../base/keyword.ts";
import {
  type Bytes,
  boolean,
  I32_MAX,
  integer,
  object,
  type Span,
  U32_MAX,
} from "../base/validate.ts";
import type { ReceivedMessage } from "../message/received.ts";
import { furtherConstants } from "../native/library.ts";
import { own } from "../readiness/ownership.ts";
import { READ, WRITE } from "../readiness/source.ts";
import { type Limits, NO_LIMITS } from "../socket/limits.ts";
import { Messages, type MessagesOptions } from "../socket/messages.ts";
import { promise } from "../socket/operation.ts";
import { Ready } from "../socket/ready.ts";
import { receive } from "../socket/receive.ts";
import { CONNECTED, send } from "../socket/send.ts";
import { sendEach } from "../socket/send-each.ts";
import { type Opened, openDevice, type TunMode, type TunOptions } from "./open.ts";
import { attached, getInt, type Remedies, setInt, setNumber, setQueue } from "./request.ts";
import { TunState } from "./state.ts";

/** `start` and `end` bound the part that is used of the packet's buffer, or of the packets. */
export type TunSendOptions = Limits &
  Span & {
    /** Rejects with the code "EAGAIN" instead of waiting. */
    readonly dontwait?: boolean;
  };
/** The same, of `Tun.recv`. */
export type TunReceiveOptions = TunSendOptions & {
  /** Return the packet's own length, even where it is more than what was stored. */
  readonly trunc?: boolean;
};
/** Those of a Socket's messages(), but for control data, of which there are none. */
export type TunMessagesOptions = Omit<MessagesOptions, "controlLength">;

/** The largest packet, and a virtio header of any version before it. */
const SIZE = 65_536 + 64;
const KEY = Symbol("Tun");

const offloads = new Flags("offload", () =>
  withPrefix(furtherConstants("network").TUN ?? {}, "F_"),
);
const OWNER_REMEDIES: Remedies = { EINVAL: "this user namespace does not know the number" };

/**
 * A network device, in the event loop as a Socket is: what the system sends into its interface is
 * received here, a packet with each call, and what is sent here comes out of the interface. Calls
 * wait, end and fail as those of a Socket do.
 *
 * Linux: /dev/net/tun, Documentation/networking/tuntap.rst; never with the four bytes of packet
 * information (IFF_NO_PI). Elsewhere it was compiled and never run: utun of macOS, which has no
 * "tap", and tun(4) and tap(4) of FreeBSD; there all but open() and the packets is missing.
 */
export class Tun implements Disposable, AsyncDisposable {
  readonly #state: TunState;

  private constructor(opened: Opened, key: symbol) {
    if (key !== KEY) throw new TypeError("a Tun is made by Tun.open or Tun.adopt");
    this.#state = new TunState(this, opened);
  }

  /**
   * Makes an interface, or takes one that is persistent, or a further queue of one. It is down and
   * has no address yet. Needs CAP_NET_ADMIN, or that the persistent one is this user's. TUNSETIFF.
   */
  static open(options: TunOptions = {}): Tun {
    const tun = new Tun(openDevice(options), KEY);
    const { virtioHeader, persist } = options;
    try {
      if (typeof virtioHeader === "number") setInt(tun.fd, "VNETHDRSZ", virtioHeader);
      if (persist !== undefined) tun.setPersist(persist);
    } catch (error) {
      tun.close();
      throw error;
    }
    return tun;
  }

  /**
   * A Tun of a descriptor that is given to it, from another process say: closed with it.
   * SocketError: it is no device with an interface, or one with packet information. TUNGETIFF.
   */
  static adopt(fd: number): Tun {
    const number = integer(fd, "fd", 0, I32_MAX);
    const found = attached(number);
    if (found === undefined) throw new TypeError("this platform has no TUNGETIFF");
    if (typeof found === "number") throw failure(found, "ioctl TUNGETIFF", number);
    if (!found.has("NO_PI")) {
      const remedy = "open it with IFF_NO_PI";
      throw namedError("EINVAL", "ioctl TUNGETIFF", { fd: number, subject: found.name, remedy });
    }
    const headerSize = found.has("VNET_HDR") ? getInt(number, "VNETHDRSZ") : 0;
    const mode = found.has("TAP") ? "tap" : "tun";
    const multiQueue = found.has("MULTI_QUEUE");
    own(number);
    return new Tun({ fd: number, name: found.name, mode, multiQueue, headerSize }, KEY);
  }

  /** The descriptor; -1 once the device is closed. */
  get fd(): number {
    return this.#state.closed ? -1 : this.#state.watch.fd;
  }

  /** Whether it is closed, or its descriptor given away by detach(). */
  get closed(): boolean {
    return this.#state.closed;
  }

  /** The interface's name, which others may change; the last where it is gone. */
  get name(): string {
    return this.#state.name;
  }

  /** What its packets are: IP packets, "tun", or Ethernet frames, "tap". */
  get mode(): TunMode {
    return this.#state.opened.mode;
  }

  /** Whether it is one of several queues of its interface, or may be. */
  get multiQueue(): boolean {
    return this.#state.opened.multiQueue;
  }

  /** How many bytes of each packet are a struct virtio_net_hdr; 0: none. */
  get headerSize(): number {
    return this.#state.opened.headerSize;
  }

  /**
   * Receives a packet: the bytes stored; with `trunc` its own length, where `buffer` is too short
   * for it. The interface's queue holds txqueuelen packets, and drops what comes then. read(2).
   */
  recv(buffer: Bytes, op: TunReceiveOptions = NO_LIMITS): Promise<number> {
    return receive(this.#state, buffer, op);
  }

  /**
   * Sends a packet: its length. EIO: the interface is down; EINVAL: it is no packet. Waits where
   * the send buffer is full. write(2).
   */
  send(data: Bytes, op: TunSendOptions = NO_LIMITS): Promise<number> {
    return send(this.#state, data, CONNECTED, op);
  }

  /**
   * Sends packets in order, each as send does, in as few calls as it takes: how many went: all,
   * unless one after the first failed, or `dontwait`; the next call, from there, meets its error.
   * `start` and `end` bound the part of the array that is used, of at most 1,024 packets. One that
   * fails or is late has a `messagesSent`. write(2).
   */
  sendmmsg(packets: readonly Bytes[], op: TunSendOptions = NO_LIMITS): Promise<number> {
    return promise(() => sendEach(this.#state, packets, "packets", op));
  }

  /** Resolves when recv need not wait, be it for an error. poll(2). */
  readable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => new Ready(this.#state, READ, op).run());
  }

  /** Resolves when the interface is up and send need not wait, or for an error. poll(2). */
  writable(op: Limits = NO_LIMITS): Promise<void> {
    return promise(() => new Ready(this.#state, WRITE, op).run());
  }

  /**
   * The packets that arrive, in arrays where `batch` is given: as a Socket's messages(), without
   * address and control data.
   */
  messages(
    options: TunMessagesOptions & { readonly batch: true | number },
  ): AsyncIterableIterator<ReceivedMessage[]>;
  messages(options?: TunMessagesOptions): AsyncIterableIterator<ReceivedMessage>;
  messages(
    options: TunMessagesOptions = {},
  ): AsyncIterableIterator<ReceivedMessage | ReceivedMessage[]> {
    const sized = Object.hasOwn(object(options, "options"), "size")
      ? options
      : { ...options, size: SIZE };
    return new Messages(this.#state, sized);
  }

  /** The user who may open the interface without CAP_NET_ADMIN, where it is persistent. */
  setOwner(uid: number): this {
    return this.#number("OWNER", integer(uid, "uid", 0, U32_MAX - 1), OWNER_REMEDIES);
  }

  /** The group whose members may open it. */
  setGroup(gid: number): this {
    return this.#number("GROUP", integer(gid, "gid", 0, U32_MAX - 1), OWNER_REMEDIES);
  }

  /** Whether the interface stays when its last descriptor is closed. TUNSETPERSIST. */
  setPersist(on: boolean): this {
    return this.#number("PERSIST", Number(boolean(on, "on")));
  }

  /**
   * What the system may leave undone in packets received, as each one's virtio header tells:
   * "csum" checksums; with it "tso4", "tso6", "tso-ecn", "uso4", "uso6" the cutting into segments,
   * so that packets of 64 KiB come. TypeError: there is no such header. TUNSETOFFLOAD.
   */
  setOffload(what: readonly string[]): this {
    const bits = offloads.bits(what, "what");
    if (bits !== 0 && this.headerSize === 0) {
      throw new TypeError("offloads need the device to be opened with `virtioHeader: true`");
    }
    return this.#number("OFFLOAD", bits, {
      EINVAL: '"tso4" and the others need "csum", and "tso-ecn" one of those',
    });
  }

  /** Makes this queue of a device opened with `multiQueue` one of the interface's again. */
  attachQueue(): this {
    setQueue(this.#state.descriptor("ioctl"), "ATTACH_QUEUE");
    return this;
  }

  /** Takes this queue from the interface: nothing is received until it is attached again. */
  detachQueue(): this {
    setQueue(this.#state.descriptor("ioctl"), "DETACH_QUEUE");
    return this;
  }

  /** Whether the interface has a carrier, as if a cable were plugged in. TUNSETCARRIER. */
  setCarrier(on: boolean): this {
    const value = Number(boolean(on, "on"));
    setInt(this.#state.descriptor("ioctl"), "CARRIER", value);
    return this;
  }

  /** Bytes of packets sent that may be on their way before send waits. TUNGETSNDBUF. */
  get sendBuffer(): number {
    return getInt(this.#state.descriptor("ioctl"), "SNDBUF");
  }

  /** TUNSETSNDBUF. */
  setSendBuffer(bytes: number): this {
    setInt(this.#state.descriptor("ioctl"), "SNDBUF", integer(bytes, "bytes", 1, I32_MAX));
    return this;
  }

  #number(name: string, value: number, remedies?: Remedies): this {
    setNumber(this.#state.descriptor("ioctl"), name, value, remedies);
    return this;
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

  /** Gives the descriptor to the caller; the calls that wait end with "ECANCELED". */
  detach(): number {
    return this.#state.detach();
  }

  /**
   * close(2); rejects the calls that wait with the code "ECANCELED". Once is enough. The interface
   * goes with its last descriptor, unless it is persistent: it is gone when this returns, for which
   * the kernel takes some 20 ms.
   */
  close(): void {
    this.#state.close();
  }

  /** What the function close() calls. */
  readonly [CLOSE] = this.close;

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { fd, closed, name, mode } = this;
    return { fd, closed, name, mode };
  }
}
