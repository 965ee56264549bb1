// A Socket's connect.

import { type AddressLike, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { ERRNO } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { refusal } from "../calls/remedy.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { WRITE } from "../readiness/source.ts";
import { type Limits, onlyLimits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";
import type { SocketState } from "./state.ts";

/** connect(2): a family of AF_UNSPEC dissolves the connection. */
const UNSPECIFIED = allocate(16);

export class Connect extends Operation<void> {
  readonly #address: Sockaddr;
  /** Has the kernel taken the call on? Else it is to be made again. */
  #begun = false;

  constructor(state: SocketState, destination: AddressLike, op: Limits) {
    state.descriptor("connect");
    const address = toSockaddr(destination);
    super(state, "connect", WRITE, onlyLimits(op));
    this.#address = address;
  }

  protected call(fd: number): number {
    if (this.#begun) return connectedNow(fd, this.#address);
    const mayWait = this.state.isConnectionOriented && this.state.isShared;
    const status = connectNow(fd, this.#address, mayWait ? 1 : 0);
    this.#begun = status === UNDER_WAY;
    if (this.#begun) return AGAIN;
    // unix(7): the listener's queue is full, and nobody tells when it no longer is. Of another
    // family it is an error: connect(2).
    this.unannounced = status === AGAIN && this.#address.family === "unix";
    if (status === AGAIN && !this.unannounced) throw this.error(status);
    return status;
  }

  protected value(): void {
    const isConnection = this.state.isConnectionOriented && this.#address.family !== "unspec";
    this.state.peer = isConnection ? this.#address : null;
  }

  protected override error(result: number): Error {
    // The error was read from SO_ERROR, not returned by connect(2), which so thinks it is still to
    // be fetched and would return ECONNABORTED next time.
    if (this.#begun) this.abandon();
    return refusal(result, "connect", this.state.watch.fd, this.#address);
  }

  protected override describe(error: SocketError): SocketError {
    const { fd, timeout } = error;
    return new SocketError(error.errno, "connect", {
      address: this.#address,
      ...(fd === undefined ? {} : { fd }),
      ...(timeout === undefined ? {} : { timeout }),
    });
  }

  /** Ends the attempt, so that the socket can connect again. */
  protected override abandon(): void {
    if (!this.#begun || !this.state.isInternet) return;
    native.rawsock_connect_now(this.state.watch.fd, UNSPECIFIED, UNSPECIFIED.length, 0);
  }
}

const UNDER_WAY = -ERRNO.EINPROGRESS;
const CONNECTED_ALREADY = -(ERRNO.EISCONN ?? 0);

/** `mayWait` 0: the call is known to return at once, whatever became of O_NONBLOCK. */
function connectNow(fd: number, address: Sockaddr, mayWait: 0 | 1): number {
  const { bytes } = address;
  const status = native.rawsock_connect_now(fd, bytes, bytes.length, mayWait);
  return status === -ERRNO.EINTR ? UNDER_WAY : status;
}

/**
 * The outcome of a connect(2) under way: 0, EAGAIN or an error. The kernel takes note of it only
 * when it is called again: until then it would let a later connect(2), to wherever, succeed once.
 */
function connectedNow(fd: number, address: Sockaddr): number {
  const status = native.rawsock_connected(fd);
  if (status < 0) return status;
  const again = connectNow(fd, address, 0);
  return again === CONNECTED_ALREADY ? status : again;
}
