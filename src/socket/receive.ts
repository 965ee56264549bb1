// A Socket's recv and recvfrom.

import { received, receivedInto, Sockaddr } from "../address.ts";
import { MSG } from "../constants.ts";
import { failure } from "../error.ts";
import { type ReceiveOptions, receiveFlags } from "../flags.ts";
import { native } from "../native/library.ts";
import { addressSlot, slotAddress } from "../native/memory.ts";
import { type Direction, ERRORS, READ, URGENT } from "../readiness.ts";
import { type Bytes, spanEnd, spanStart, view, wrongType } from "../validate.ts";
import type { Core } from "./core.ts";
import { checkLimits, LIMIT_KEYS, type Limits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

export type ReceiveCallOptions = ReceiveOptions & Limits;
export type ReceiveFromOptions = ReceiveCallOptions & { readonly address?: Sockaddr };
export type ReceivedFrom = { length: number; address: Sockaddr | null };

export const NO_OPTIONS = {};
/** MAX_RW_COUNT of Linux: no call transfers more. */
export const TRANSFER_MAX = 0x7fff_f000;
const FROM_KEYS: ReadonlySet<string> = new Set([...LIMIT_KEYS, "address"]);
const ERRQUEUE = MSG.ERRQUEUE ?? 0;

/** The queue in which a call with these flags waits. */
export function directionOf(flags: number): Direction {
  if ((flags & ERRQUEUE) !== 0) return ERRORS;
  return (flags & MSG.OOB) !== 0 ? URGENT : READ;
}

/** The bytes that are to be received, some of them received already. */
abstract class ReceiveOperation<T> extends Operation<T> {
  protected readonly target: Uint8Array;
  protected readonly offset: number;
  protected readonly length: number;
  protected readonly flags: number;

  constructor(core: Core, name: string, request: Request) {
    super(core, name, directionOf(request.flags), request.limits);
    this.target = request.target;
    this.offset = request.start;
    this.length = request.length;
    this.flags = request.flags | MSG.DONTWAIT;
  }

  /** Throws where the buffer was taken away or has shrunk meanwhile. */
  protected checkRoom(): void {
    if (this.target.byteLength < this.offset + this.length) {
      throw new RangeError("buffer has shrunk since the call was made");
    }
  }
}

/** What to receive, and where. */
type Request = {
  readonly target: Uint8Array;
  readonly start: number;
  readonly length: number;
  readonly flags: number;
  readonly limits: Limits;
};

class Receive extends ReceiveOperation<number> {
  protected call(fd: number): number {
    this.checkRoom();
    return native.rawsock_recv(fd, this.target, this.offset, this.length, this.flags);
  }

  protected value(result: number): number {
    return result;
  }
}

export function receive(core: Core, buffer: Bytes, op: ReceiveCallOptions): Promise<number> {
  const fd = core.descriptor("recv");
  const target = view(buffer, "buffer") as Uint8Array;
  let flags = 0;
  if (op !== NO_OPTIONS) {
    flags = receiveFlags.bits(op, LIMIT_KEYS);
    checkLimits(op);
  }
  const end = spanEnd(op, target.byteLength);
  const start = spanStart(op, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const direction = directionOf(flags);
  const admitted = core.watch.admit(direction);
  if (admitted) {
    const stored = native.rawsock_recv(fd, target, start, length, flags | MSG.DONTWAIT);
    if (stored >= 0) return Promise.resolve(stored);
    if (stored !== AGAIN) throw failure(stored, "recv", fd);
  }
  return new Receive(core, "recv", { target, start, length, flags, limits: op }).start(admitted);
}

class ReceiveFrom extends ReceiveOperation<ReceivedFrom> {
  readonly #fill: Sockaddr | undefined;

  constructor(core: Core, request: Request, fill: Sockaddr | undefined) {
    super(core, "recvfrom", request);
    this.#fill = fill;
  }

  protected call(fd: number): number {
    this.checkRoom();
    const { target, offset, length, flags } = this;
    return native.rawsock_recvfrom(fd, target, offset, length, flags, addressSlot);
  }

  protected value(length: number): ReceivedFrom {
    return { length, address: sender(this.#fill) };
  }
}

/** The address the last call stored. */
function sender(fill: Sockaddr | undefined): Sockaddr | null {
  const bytes = slotAddress();
  return fill === undefined ? received(bytes) : receivedInto(fill, bytes);
}

export function receiveFrom(
  core: Core,
  buffer: Bytes,
  op: ReceiveFromOptions,
): Promise<ReceivedFrom> {
  const fd = core.descriptor("recvfrom");
  const target = view(buffer, "buffer") as Uint8Array;
  let flags = 0;
  const fill = op.address;
  if (op !== NO_OPTIONS) {
    flags = receiveFlags.bits(op, FROM_KEYS);
    if (fill !== undefined && !(fill instanceof Sockaddr)) {
      throw wrongType("address", "a Sockaddr", fill);
    }
    checkLimits(op);
  }
  const end = spanEnd(op, target.byteLength);
  const start = spanStart(op, end);
  const length = Math.min(end - start, TRANSFER_MAX);
  const admitted = core.watch.admit(directionOf(flags));
  if (admitted) {
    const nowFlags = flags | MSG.DONTWAIT;
    const stored = native.rawsock_recvfrom(fd, target, start, length, nowFlags, addressSlot);
    if (stored >= 0) return Promise.resolve({ length: stored, address: sender(fill) });
    if (stored !== AGAIN) throw failure(stored, "recvfrom", fd);
  }
  const request = { target, start, length, flags, limits: op };
  return new ReceiveFrom(core, request, fill).start(admitted);
}
