// A Socket's send and sendto. On a stream they send everything before they resolve.

import { type AddressLike, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { ERRNO, MSG } from "../base/constants.ts";
import type { ErrorContext, SocketError } from "../base/error.ts";
import { type Bytes, spanEnd, spanStart, view } from "../base/validate.ts";
import type { SendOptions } from "../calls/flags.ts";
import { refusal } from "../calls/remedy.ts";
import { TRANSFER_MAX } from "../calls/transfer.ts";
import { native } from "../native/library.ts";
import { WRITE } from "../readiness/source.ts";
import { checkedFlags, type Limits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";

/** No address: to where the socket is connected. */
export const CONNECTED = Symbol("connected");

/** Flags of send(2), and how long to wait. */
export type SendCallOptions = SendOptions & Limits;

const FASTOPEN = MSG.FASTOPEN ?? 0;
const UNDER_WAY = -ERRNO.EINPROGRESS;
/** Flags with which one system call may not be all. */
const UNUSUAL = MSG.DONTWAIT | FASTOPEN;

/**
 * A call that sends. With MSG_FASTOPEN it connects as well: where the peer's cookie is not known
 * yet the kernel takes no data, and the call goes on when the connection stands. tcp(7).
 */
export abstract class Sending extends Operation<number> {
  protected flags: number;
  #connecting = false;

  constructor(state: SocketState, name: string, flags: number, limits: Limits) {
    super(state, name, WRITE, limits);
    this.flags = flags;
  }

  protected override get neverWaits(): boolean {
    return (this.flags & MSG.DONTWAIT) !== 0;
  }

  /** Sends without waiting: what was moved in all, or -errno. */
  protected abstract send(fd: number): number;

  protected call(fd: number): number {
    if (this.#connecting) {
      const status = native.rawsock_connected(fd);
      if (status < 0) return status;
      this.#connecting = false;
    }
    return this.send(fd);
  }

  /** What the result of a system call with `flags` means. */
  protected opened(result: number): number {
    if ((this.flags & FASTOPEN) === 0 || this.neverWaits) return result;
    if (result < 0 && result !== UNDER_WAY) return result;
    // Connected, or about to be: what follows is sent as usual.
    this.flags &= ~FASTOPEN;
    if (result !== UNDER_WAY) return result;
    this.#connecting = true;
    return AGAIN;
  }

  protected value(sent: number): number {
    return sent;
  }

  protected abstract get destination(): Sockaddr | null;

  /** How much was sent before it failed. */
  protected abstract get progress(): ErrorContext;

  protected override error(result: number): SocketError {
    return this.#error(-result, {});
  }

  protected override describe({ errno, timeout }: SocketError): SocketError {
    return this.#error(errno, timeout === undefined ? {} : { timeout });
  }

  #error(errno: number, context: ErrorContext): SocketError {
    const further = { ...this.state.context(errno), ...this.progress, ...context };
    const { fd } = this.state.watch;
    return refusal(-errno, this.name, fd, this.destination ?? undefined, further);
  }
}

class Send extends Sending {
  readonly #source: Uint8Array;
  readonly #end: number;
  readonly #address: Sockaddr | null;
  #next: number;
  #sent = 0;

  constructor(
    state: SocketState,
    source: Uint8Array,
    address: Sockaddr | null,
    flags: number,
    op: SendCallOptions,
  ) {
    super(state, address === null ? state.transfer.calls.send : "sendto", flags, op);
    const end = spanEnd(op, source.byteLength);
    this.#source = source;
    this.#next = spanStart(op, end);
    this.#end = Math.min(end, this.#next + TRANSFER_MAX);
    this.#address = address;
  }

  protected send(fd: number): number {
    if (this.#source.byteLength < this.#end) {
      throw new RangeError("data has shrunk since the call was made");
    }
    do {
      const length = this.#end - this.#next;
      const sent = this.opened(
        this.state.transfer.send(fd, this.#source, this.#next, length, this.flags, this.#address),
      );
      if (sent < 0) return sent;
      this.note(sent);
      // A datagram goes as a whole.
    } while (this.#next < this.#end && this.state.isStream && !this.neverWaits);
    return this.#sent;
  }

  /** So many bytes more are sent. */
  note(sent: number): void {
    this.#next += sent;
    this.#sent += sent;
    this.state.bytesSent += sent;
  }

  protected get destination(): Sockaddr | null {
    return this.#address;
  }

  protected get progress(): ErrorContext {
    return { bytesSent: this.#sent };
  }
}

export function send(
  state: SocketState,
  data: Bytes,
  destination: AddressLike | typeof CONNECTED,
  op: SendCallOptions,
): Promise<number> {
  try {
    const { transfer } = state;
    const fd = state.descriptor(destination === CONNECTED ? transfer.calls.send : "sendto");
    const source = view(data, "data") as Uint8Array;
    const address = destination === CONNECTED ? null : toSockaddr(destination);
    const flags = op === NO_LIMITS ? 0 : checkedFlags(transfer.sendFlags, op);
    const operation = () => new Send(state, source, address, flags, op);
    if ((flags & UNUSUAL) !== 0) return operation().run();
    // The usual call goes past the door, without what only the others need.
    const end = spanEnd(op, source.byteLength);
    const start = spanStart(op, end);
    if (!state.watch.admit(WRITE)) return operation().wait(false);
    const length = Math.min(end - start, TRANSFER_MAX);
    const sent = transfer.send(fd, source, start, length, flags, address);
    if (sent === length || (sent >= 0 && !state.isStream)) {
      state.bytesSent += sent;
      return Promise.resolve(sent);
    }
    const waiting = operation();
    if (sent < 0) return waiting.goOn(sent);
    waiting.note(sent);
    return waiting.wait(true);
  } catch (error) {
    return Promise.reject(error);
  }
}
