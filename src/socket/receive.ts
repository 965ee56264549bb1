// A Socket's recv and recvfrom.

import { received, receivedInto, Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import { failure } from "../base/error.ts";
import { type Bytes, spanEnd, spanStart, view, wrongType } from "../base/validate.ts";
import { type ReceiveOptions, receiveFlags } from "../calls/flags.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { type Direction, ERRORS, READ, URGENT } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import type { ReceivedMessage } from "./inbox.ts";
import { checkLimits, LIMIT_KEYS, type Limits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

export type ReceiveCallOptions = ReceiveOptions & Limits;
export type ReceiveFromOptions = ReceiveCallOptions & { readonly address?: Sockaddr };
export type ReceivedFrom = { length: number; address: Sockaddr | null };

/** MAX_RW_COUNT of Linux: no call transfers more. */
export const TRANSFER_MAX = 0x7fff_f000;
const FROM_KEYS: ReadonlySet<string> = new Set([...LIMIT_KEYS, "address"]);
const ERRQUEUE = MSG.ERRQUEUE ?? 0;

/** The queue in which a call with these flags waits. */
export function directionOf(flags: number): Direction {
  if ((flags & ERRQUEUE) !== 0) return ERRORS;
  return (flags & MSG.OOB) !== 0 ? URGENT : READ;
}

/** Is the call to wait until the buffer is full? recv(2): on a stream, of what is in band. */
export function wantsAll(core: Core, flags: number): boolean {
  const others = MSG.PEEK | MSG.OOB | ERRQUEUE;
  return (flags & MSG.WAITALL) !== 0 && (flags & others) === 0 && core.isStream;
}

/** What to receive, and where. */
class Request {
  readonly target: Uint8Array;
  readonly start: number;
  readonly length: number;
  readonly flags: number;
  /** A stream's bytes received so far, where all are wanted. */
  done = 0;

  constructor(buffer: Bytes, flags: number, op: ReceiveOptions) {
    this.target = view(buffer, "buffer") as Uint8Array;
    const end = spanEnd(op, this.target.byteLength);
    this.start = spanStart(op, end);
    this.length = Math.min(end - this.start, TRANSFER_MAX);
    this.flags = flags;
  }

  get direction(): Direction {
    return directionOf(this.flags);
  }

  part(length = this.length): Uint8Array {
    const { buffer, byteOffset } = this.target;
    return new Uint8Array(buffer, byteOffset + this.start, length);
  }

  /** The call is given up: the beginning is for the next one. */
  giveBack(core: Core): void {
    if (this.done === 0) return;
    core.keep([{ data: this.part(this.done).slice(), address: null, control: [], flags: [] }]);
  }

  /** Throws where the buffer was taken away or has shrunk while the call waited. */
  check(): void {
    if (this.target.byteLength < this.start + this.length) {
      throw new RangeError("buffer has shrunk since the call was made");
    }
  }
}

/** recv(2) without waiting, of what is kept or what the kernel has. */
function receiveNow(core: Core, fd: number, request: Request): number {
  const { target, start, length, flags } = request;
  const kept = core.kept === null ? null : core.waitingForReader;
  if (kept !== null && request.direction === READ) {
    return kept.receive(request.part(), flags, core.isStream);
  }
  return native.rawsock_recv(fd, target, start, length, flags | MSG.DONTWAIT);
}

/** recv(2) with MSG_WAITALL on a stream: the buffer's length, less at the end, or EAGAIN. */
function receiveAll(core: Core, fd: number, request: Request): number {
  const { target, length, flags } = request;
  keptSender = null;
  while (request.done < length) {
    const offset = request.start + request.done;
    const room = length - request.done;
    const kept = core.waitingForReader;
    const part = new Uint8Array(target.buffer, target.byteOffset + offset, room);
    const stored =
      kept === null
        ? native.rawsock_recvfrom(fd, target, offset, room, flags | MSG.DONTWAIT, addressSlot)
        : kept.receive(part, flags, true, noteSender);
    if (kept === null) keptSender = undefined;
    if (stored === AGAIN && core.refusesToWait(flags)) return request.done || AGAIN;
    if (stored === AGAIN) return AGAIN;
    if (stored < 0 && request.done === 0) return stored;
    // The data first; the next call gets the error.
    if (stored < 0) core.keep([stored]);
    if (stored <= 0) break;
    request.done += stored;
  }
  return request.done;
}

class Receive extends Operation<number> {
  readonly #request: Request;
  readonly #all: boolean;

  constructor(core: Core, request: Request, all: boolean, limits: Limits) {
    super(core, "recv", request.direction, limits);
    this.#request = request;
    this.#all = all;
  }

  protected call(fd: number): number {
    this.#request.check();
    return (this.#all ? receiveAll : receiveNow)(this.core, fd, this.#request);
  }

  protected value(result: number): number {
    return result;
  }

  protected override abandon(): void {
    this.#request.giveBack(this.core);
  }
}

export function receive(core: Core, buffer: Bytes, op: ReceiveCallOptions): Promise<number> {
  try {
    const fd = core.descriptor("recv");
    const { watch } = core;
    if (op === NO_LIMITS && core.kept === null && watch.postpones) {
      return new Receive(core, new Request(buffer, 0, op), false, op).startLater();
    }
    if (op === NO_LIMITS && core.kept === null && watch.admit(READ)) {
      // The usual call, without what only the others need.
      const target = view(buffer, "buffer") as Uint8Array;
      const length = Math.min(target.byteLength, TRANSFER_MAX);
      const stored = native.rawsock_recv(fd, target, 0, length, MSG.DONTWAIT);
      watch.noteFirst(stored !== AGAIN);
      if (stored >= 0) return Promise.resolve(stored);
      if (stored !== AGAIN) throw failure(stored, "recv", fd);
      return new Receive(core, new Request(buffer, 0, op), false, op).start(true);
    }
    let flags = 0;
    if (op !== NO_LIMITS) {
      flags = receiveFlags.bits(op, LIMIT_KEYS);
      checkLimits(op);
    }
    const request = new Request(buffer, flags, op);
    const all = wantsAll(core, flags);
    const admitted = core.admit(request.direction, flags);
    if (admitted) {
      const stored = (all ? receiveAll : receiveNow)(core, fd, request);
      if (stored >= 0) return Promise.resolve(stored);
      if (stored !== AGAIN || core.refusesToWait(flags)) throw failure(stored, "recv", fd);
    }
    return new Receive(core, request, all, op).start(admitted);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** recvfrom(2) without waiting; then `lastSender` tells who sent it. */
function receiveFromNow(core: Core, fd: number, request: Request): number {
  const { target, start, length, flags } = request;
  const kept = core.kept === null ? null : core.waitingForReader;
  keptSender = undefined;
  if (kept !== null && request.direction === READ) {
    return kept.receive(request.part(), flags, core.isStream, noteSender);
  }
  return native.rawsock_recvfrom(fd, target, start, length, flags | MSG.DONTWAIT, addressSlot);
}

/** The sender of what was kept; undefined: the kernel's is in the address slot. */
let keptSender: Sockaddr | null | undefined;

const noteSender = ({ address }: ReceivedMessage): void => {
  keptSender = address;
};

function lastSender(fill: Sockaddr | undefined): Sockaddr | null {
  const bytes = keptSender === undefined ? slotAddress() : (keptSender?.bytes ?? null);
  return fill === undefined ? received(bytes) : receivedInto(fill, bytes);
}

class ReceiveFrom extends Operation<ReceivedFrom> {
  readonly #request: Request;
  readonly #fill: Sockaddr | undefined;
  readonly #call: typeof receiveFromNow;

  constructor(
    core: Core,
    request: Request,
    fill: Sockaddr | undefined,
    call: typeof receiveFromNow,
    limits: Limits,
  ) {
    super(core, "recvfrom", request.direction, limits);
    this.#request = request;
    this.#call = call;
    this.#fill = fill;
  }

  protected call(fd: number): number {
    this.#request.check();
    return this.#call(this.core, fd, this.#request);
  }

  protected override abandon(): void {
    this.#request.giveBack(this.core);
  }

  protected value(length: number): ReceivedFrom {
    return { length, address: lastSender(this.#fill) };
  }
}

export function receiveFrom(
  core: Core,
  buffer: Bytes,
  op: ReceiveFromOptions,
): Promise<ReceivedFrom> {
  try {
    const fd = core.descriptor("recvfrom");
    let flags = 0;
    const fill = op.address;
    if (op !== NO_LIMITS) {
      flags = receiveFlags.bits(op, FROM_KEYS);
      if (fill !== undefined && !(fill instanceof Sockaddr)) {
        throw wrongType("address", "a Sockaddr", fill);
      }
      checkLimits(op);
    }
    const request = new Request(buffer, flags, op);
    const call = wantsAll(core, flags) ? receiveAll : receiveFromNow;
    const admitted = core.admit(request.direction, flags);
    if (admitted) {
      const length = call(core, fd, request);
      if (length >= 0) return Promise.resolve({ length, address: lastSender(fill) });
      if (length !== AGAIN || core.refusesToWait(flags)) throw failure(length, "recvfrom", fd);
    }
    return new ReceiveFrom(core, request, fill, call, op).start(admitted);
  } catch (error) {
    return Promise.reject(error);
  }
}
