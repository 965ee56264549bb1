// A Socket's recv and recvfrom.

import { received, receivedInto, Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { type Bytes, spanEnd, spanStart, view, wrongType } from "../base/validate.ts";
import { type ReceiveOptions, receiveFlags } from "../calls/flags.ts";
import { TRANSFER_MAX } from "../calls/transfer.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { type Direction, ERRORS, READ, URGENT } from "../readiness/source.ts";
import { checkedFlags, checkLimits, LIMIT_KEYS, type Limits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";

/** Flags of recv(2), and how long to wait. */
export type ReceiveCallOptions = ReceiveOptions & Limits;
/** Those of recv, and an address to fill. */
export type ReceiveFromOptions = ReceiveCallOptions & {
  /** Filled with the sender, instead of a fresh one. */
  readonly address?: Sockaddr;
};
/** What recvfrom(2) returns. */
export type ReceivedFrom = {
  /** Bytes stored; 0 is an empty datagram, or the end of a stream. */
  length: number;
  /** Who sent it; null where the protocol does not say. */
  address: Sockaddr | null;
};

const FROM_KEYS: ReadonlySet<string> = new Set([...LIMIT_KEYS, "address"]);
const ERRQUEUE = MSG.ERRQUEUE ?? 0;

/** The queue in which a call with these flags waits. */
export function directionOf(flags: number): Direction {
  if ((flags & ERRQUEUE) !== 0) return ERRORS;
  return (flags & MSG.OOB) !== 0 ? URGENT : READ;
}

/** Is the call to wait until the buffer is full? recv(2): on a stream, of what is in band. */
export function wantsAll(state: SocketState, flags: number): boolean {
  const others = MSG.PEEK | MSG.OOB | ERRQUEUE;
  return (flags & MSG.WAITALL) !== 0 && (flags & others) === 0 && state.isStream;
}

/** Receives into one buffer. */
abstract class Reception<T> extends Operation<T> {
  readonly #target: Uint8Array;
  readonly #start: number;
  readonly #length: number;
  readonly #flags: number;
  readonly #all: boolean;
  /** A stream's bytes received so far, where all are wanted. */
  #done = 0;
  /** The sender of what was kept; undefined: the kernel's is in the address slot. */
  protected sender: Sockaddr | null | undefined;

  constructor(
    state: SocketState,
    name: string,
    buffer: Bytes,
    flags: number,
    op: ReceiveCallOptions,
  ) {
    super(state, name, directionOf(flags), op);
    this.#target = view(buffer, "buffer") as Uint8Array;
    const end = spanEnd(op, this.#target.byteLength);
    this.#start = spanStart(op, end);
    this.#length = Math.min(end - this.#start, TRANSFER_MAX);
    this.#flags = flags;
    this.#all = wantsAll(state, flags);
  }

  /** The system call, into a part of the target. */
  protected abstract receive(
    fd: number,
    target: Uint8Array,
    start: number,
    length: number,
    flags: number,
  ): number;

  protected override get neverWaits(): boolean {
    return (this.#flags & MSG.DONTWAIT) !== 0;
  }

  protected call(fd: number): number {
    if (this.#target.byteLength < this.#start + this.#length) {
      throw new RangeError("buffer has shrunk since the call was made");
    }
    return this.#all ? this.#callAll(fd) : this.#callOnce(fd, 0);
  }

  /** Behind `offset` bytes of the buffer, of what is kept or what the kernel has. */
  #callOnce(fd: number, offset: number): number {
    const { inbox, isStream } = this.state;
    const start = this.#start + offset;
    const length = this.#length - offset;
    if (!inbox.isEmpty && directionOf(this.#flags) === READ) {
      return inbox.receive(this.#part(start, length), this.#flags, isStream, (message) => {
        this.sender = message.address;
        return false;
      });
    }
    this.sender = undefined;
    return this.receive(fd, this.#target, start, length, this.#flags | MSG.DONTWAIT);
  }

  /** MSG_WAITALL on a stream: the buffer's length, less at the end, or EAGAIN. */
  #callAll(fd: number): number {
    while (this.#done < this.#length) {
      const stored = this.#callOnce(fd, this.#done);
      if (stored === AGAIN) return this.neverWaits && this.#done > 0 ? this.#done : AGAIN;
      if (stored < 0 && this.#done === 0) return stored;
      // The data first; the next call gets the error.
      if (stored < 0) this.state.keep([stored]);
      if (stored <= 0) break;
      this.#done += stored;
    }
    return this.#done;
  }

  #part(start: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.#target;
    return new Uint8Array(buffer, byteOffset + start, length);
  }

  /** The beginning is for the next call. */
  protected override abandon(): void {
    if (this.#done === 0) return;
    const data = this.#part(this.#start, this.#done).slice();
    this.state.keep([{ data, address: null, control: [], flags: [] }]);
  }
}

class Receive extends Reception<number> {
  protected receive(
    fd: number,
    target: Uint8Array,
    start: number,
    length: number,
    flags: number,
  ): number {
    return this.state.transfer.receive(fd, target, start, length, flags);
  }

  protected value(result: number): number {
    return result;
  }
}

export function receive(
  state: SocketState,
  buffer: Bytes,
  op: ReceiveCallOptions,
): Promise<number> {
  try {
    const { transfer } = state;
    const name = transfer.calls.receive;
    const fd = state.descriptor(name);
    if (op !== NO_LIMITS) {
      const flags = checkedFlags(transfer.receiveFlags, op);
      return new Receive(state, name, buffer, flags, op).run();
    }
    if (!state.inbox.isEmpty) return new Receive(state, name, buffer, 0, op).run();
    // The usual call goes past the door, without what only the others need.
    if (!state.watch.admit(READ)) return new Receive(state, name, buffer, 0, op).wait(false);
    const target = view(buffer, "buffer") as Uint8Array;
    const length = Math.min(target.byteLength, TRANSFER_MAX);
    const stored = transfer.receive(fd, target, 0, length, 0);
    if (stored >= 0) return Promise.resolve(stored);
    if (stored !== AGAIN) throw new SocketError(-stored, name, state.context(-stored));
    return new Receive(state, name, buffer, 0, op).wait(true);
  } catch (error) {
    return Promise.reject(error);
  }
}

class ReceiveFrom extends Reception<ReceivedFrom> {
  readonly #fill: Sockaddr | undefined;

  constructor(state: SocketState, buffer: Bytes, flags: number, op: ReceiveFromOptions) {
    super(state, "recvfrom", buffer, flags, op);
    this.#fill = op.address;
  }

  protected receive(
    fd: number,
    target: Uint8Array,
    start: number,
    length: number,
    flags: number,
  ): number {
    return native.rawsock_recvfrom(fd, target, start, length, flags, addressSlot);
  }

  protected value(length: number): ReceivedFrom {
    const { sender } = this;
    const bytes = sender === undefined ? slotAddress() : (sender?.bytes ?? null);
    const fill = this.#fill;
    return { length, address: fill === undefined ? received(bytes) : receivedInto(fill, bytes) };
  }
}

export function receiveFrom(
  state: SocketState,
  buffer: Bytes,
  op: ReceiveFromOptions,
): Promise<ReceivedFrom> {
  state.descriptor("recvfrom");
  let flags = 0;
  if (op !== NO_LIMITS) {
    flags = receiveFlags.bits(op, FROM_KEYS);
    const { address } = op;
    if (address !== undefined && !(address instanceof Sockaddr)) {
      throw wrongType("address", "a Sockaddr", address);
    }
    checkLimits(op);
  }
  return new ReceiveFrom(state, buffer, flags, op).run();
}
