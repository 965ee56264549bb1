// A Socket's connect.

import { type AddressLike, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { AF, ERRNO } from "../base/constants.ts";
import { failure, SocketError } from "../base/error.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { WRITE } from "../readiness/source.ts";
import type { Core } from "./core.ts";
import { type Limits, onlyLimits } from "./limits.ts";
import { AGAIN, Operation } from "./operation.ts";

/** connect(2): a family of AF_UNSPEC dissolves the connection. */
const UNSPECIFIED = allocate(16);

class Connect extends Operation<void> {
  readonly #address: Sockaddr;
  /** Has the kernel taken the call on? Else it is to be made again. */
  #begun: boolean;

  constructor(core: Core, address: Sockaddr, begun: boolean, limits: Limits) {
    super(core, "connect", WRITE, limits);
    this.#address = address;
    this.#begun = begun;
    this.unannounced = !begun;
  }

  protected call(fd: number): number {
    if (this.#begun) return connectedNow(fd, this.#address);
    const status = connectNow(fd, this.#address);
    this.#begun = status === UNDER_WAY;
    this.unannounced = !this.#begun;
    return this.#begun ? AGAIN : status;
  }

  protected value(): void {}

  protected override error(result: number): Error {
    // The error was read from SO_ERROR, not returned by connect(2), which so thinks it is still to
    // be fetched and would return ECONNABORTED next time.
    this.abandon();
    return failure(result, "connect", this.core.watch.fd, this.#address);
  }

  protected override describe(error: SocketError): SocketError {
    const { fd } = error;
    const about = { address: this.#address };
    return new SocketError(error.errno, "connect", fd === undefined ? about : { ...about, fd });
  }

  /** Ends the attempt, so that the socket can connect again. */
  protected override abandon(): void {
    const { family } = this.core;
    if (!this.#begun || (family !== AF.INET && family !== AF.INET6)) return;
    native.rawsock_connect_now(this.core.watch.fd, UNSPECIFIED, UNSPECIFIED.length);
  }
}

const UNDER_WAY = -ERRNO.EINPROGRESS;
const CONNECTED_ALREADY = -(ERRNO.EISCONN ?? 0);

function connectNow(fd: number, address: Sockaddr): number {
  const { bytes } = address;
  const status = native.rawsock_connect_now(fd, bytes, bytes.length);
  return status === -ERRNO.EINTR ? UNDER_WAY : status;
}

/**
 * The outcome of a connect(2) under way: 0, EAGAIN or an error. The kernel takes note of it only
 * when it is called again: until then it would let a later connect(2), to wherever, succeed once.
 */
function connectedNow(fd: number, address: Sockaddr): number {
  const status = native.rawsock_connected(fd);
  if (status < 0) return status;
  const again = connectNow(fd, address);
  return again === CONNECTED_ALREADY ? status : again;
}

export function connect(core: Core, destination: AddressLike, op: Limits): Promise<void> {
  const fd = core.descriptor("connect");
  const address = toSockaddr(destination);
  const limits = onlyLimits(op);
  const status = connectNow(fd, address);
  if (status >= 0) return Promise.resolve();
  // unix(7): EAGAIN, the listener's queue is full, and nobody tells when it no longer is.
  if (status !== UNDER_WAY && status !== AGAIN) throw failure(status, "connect", fd, address);
  return new Connect(core, address, status === UNDER_WAY, limits).start(true);
}
