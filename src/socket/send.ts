// A Socket's send and sendto. On a stream they send everything before they resolve.

import { type AddressLike, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { type Bytes, spanEnd, spanStart, view } from "../base/validate.ts";
import { type SendOptions, sendFlags } from "../calls/flags.ts";
import { native } from "../native/library.ts";
import { WRITE } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import { checkLimits, LIMIT_KEYS, type Limits, NO_LIMITS } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import { TRANSFER_MAX } from "./receive.ts";

/** No address: to where the socket is connected. */
export const CONNECTED = Symbol("connected");

export type SendCallOptions = SendOptions & Limits;

class Send extends Operation<number> {
  readonly #source: Uint8Array;
  readonly #end: number;
  readonly #flags: number;
  readonly #address: Sockaddr | null;
  #next: number;
  #sent: number;

  constructor(
    core: Core,
    request: { source: Uint8Array; next: number; end: number; flags: number; sent: number },
    address: Sockaddr | null,
    limits: Limits,
  ) {
    super(core, address === null ? "send" : "sendto", WRITE, limits);
    this.#source = request.source;
    this.#next = request.next;
    this.#end = request.end;
    this.#flags = request.flags;
    this.#sent = request.sent;
    this.#address = address;
  }

  protected call(fd: number): number {
    if (this.#source.byteLength < this.#end) {
      throw new RangeError("data has shrunk since the call was made");
    }
    do {
      const length = this.#end - this.#next;
      const sent = sendNow(fd, this.#source, this.#next, length, this.#flags, this.#address);
      if (sent < 0) return sent;
      this.#next += sent;
      this.#sent += sent;
      this.core.bytesSent += sent;
      // A datagram goes as a whole.
    } while (this.#next < this.#end && this.core.isStream);
    return this.#sent;
  }

  protected value(sent: number): number {
    return sent;
  }

  protected override error(result: number): SocketError {
    return this.#error(-result);
  }

  protected override describe(error: SocketError): SocketError {
    return this.#error(error.errno);
  }

  #error(errno: number): SocketError {
    return new SocketError(errno, this.#address === null ? "send" : "sendto", {
      fd: this.core.watch.fd,
      bytesSent: this.#sent,
      ...(this.#address === null ? {} : { address: this.#address }),
    });
  }
}

function sendNow(
  fd: number,
  source: Uint8Array,
  start: number,
  length: number,
  flags: number,
  address: Sockaddr | null,
): number {
  const now = flags | MSG.DONTWAIT;
  if (address === null) return native.rawsock_send(fd, source, start, length, now);
  const { bytes } = address;
  return native.rawsock_sendto(fd, source, start, length, now, bytes, bytes.length);
}

export function send(
  core: Core,
  data: Bytes,
  destination: AddressLike | typeof CONNECTED,
  op: SendCallOptions,
): Promise<number> {
  try {
    const name = destination === CONNECTED ? "send" : "sendto";
    const fd = core.descriptor(name);
    const source = view(data, "data") as Uint8Array;
    const address = destination === CONNECTED ? null : toSockaddr(destination);
    let flags = 0;
    if (op !== NO_LIMITS) {
      flags = sendFlags.bits(op, LIMIT_KEYS);
      checkLimits(op);
    }
    const end = spanEnd(op, source.byteLength);
    const start = spanStart(op, end);
    const length = Math.min(end - start, TRANSFER_MAX);
    const admitted = core.admit(WRITE, flags);
    let sent = 0;
    if (admitted) {
      const outcome = sendNow(fd, source, start, length, flags, address);
      if (outcome >= 0) {
        core.bytesSent += outcome;
        if (outcome === length || !core.isStream || core.refusesToWait(flags))
          return Promise.resolve(outcome);
        sent = outcome;
      } else if (outcome !== AGAIN || core.refusesToWait(flags)) {
        const about = address === null ? { fd } : { fd, address };
        throw new SocketError(-outcome, name, about);
      }
    }
    const request = { source, next: start + sent, end: start + length, flags, sent };
    return new Send(core, request, address, op).start(admitted);
  } catch (error) {
    return Promise.reject(error);
  }
}
