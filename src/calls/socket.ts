// The system calls that make, name and end a socket. Each wraps the call of its name and is
// synchronous: it blocks as the descriptor does, and a signal with a handler ends a wait: EINTR.

import { type AddressLike, received, Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import {
  type Family,
  families,
  type Protocol,
  SOMAXCONN,
  type SocketType,
  shutdownDirections,
  types,
} from "../base/constants.ts";
import { CLOSE, type Descriptor, descriptor } from "../base/descriptor.ts";
import { check, failure, SocketError } from "../base/error.ts";
import { protocolNumber } from "../base/protocol.ts";
import { boolean, I32_MAX, integer, knownKeys, wrongType } from "../base/validate.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { kindOf } from "./kind.ts";
import { entryOf, failedStep, type NetworkNamespace, notEntered, stepBytes } from "./namespace.ts";
import { refusal, socketRemedy } from "./remedy.ts";

const SOCKET_KEYS: ReadonlySet<string> = new Set(["namespace"]);

/** socket(2): a new descriptor, close-on-exec. */
export function socket(
  domain: Family,
  type: SocketType,
  protocol?: Protocol,
  options?: SocketOptions,
): number {
  if (options !== undefined) {
    knownKeys(options, SOCKET_KEYS);
    const { namespace } = options;
    if (namespace !== undefined) return openIn(namespace, domain, type, protocol);
  }
  const family = families.number(domain);
  const kind = types.number(type);
  const number = protocolNumber(family, protocol);
  const fd = native.rawsock_socket(family, kind, number);
  if (fd < 0) throw refused(fd, "socket", family, kind, number);
  return fd;
}

/** What socket(2) is told besides its arguments. */
export type SocketOptions = {
  /** The network namespace that the socket belongs to: a descriptor, a path, or ip(8)'s name. */
  readonly namespace?: NetworkNamespace;
};

/**
 * A socket of another network namespace, which `namespace` is: its descriptor, its path, or the
 * name that ip-netns(8) has for it. A thread of the library's own enters the namespace, makes the
 * socket and ends; this process stays where it is. Needs CAP_SYS_ADMIN. setns(2), socket(2).
 */
export function openIn(
  namespace: NetworkNamespace,
  domain: Family,
  type: SocketType,
  protocol?: Protocol,
): number {
  const family = families.number(domain);
  const kind = types.number(type);
  return openOwnedIn(null, namespace, family, kind, protocolNumber(family, protocol));
}

/** openIn by the numbers of socket(2); the descriptor is the event source's, where one is given. */
export function openOwnedIn(
  owner: Uint8Array | null,
  namespace: NetworkNamespace,
  family: number,
  kind: number,
  number: number,
): number {
  const { fd: entry, path } = entryOf(namespace);
  const fd = native.rawsock_socket_in(owner, entry, path, family, kind, number, stepBytes);
  if (fd >= 0) return fd;
  const step = failedStep();
  if (step === "socket") throw refused(fd, step, family, kind, number);
  throw notEntered(fd, step, namespace);
}

/** socketpair(2): two connected descriptors, close-on-exec. */
export function socketpair(
  domain: Family,
  type: SocketType,
  protocol?: Protocol,
): [number, number] {
  const family = families.number(domain);
  const kind = types.number(type);
  const number = protocolNumber(family, protocol);
  const status = native.rawsock_socketpair(family, kind, number, pair);
  if (status < 0) throw refused(status, "socketpair", family, kind, number);
  return [pairNumbers[0] as number, pairNumbers[1] as number];
}

const pair = allocate(8);
const pairNumbers = new Int32Array(pair.buffer);

/** The refusal of a new socket, with the cure where there is one. */
export function refused(
  result: number,
  syscall: string,
  family: number,
  type: number,
  protocol: number,
): SocketError {
  const error = failure(result, syscall);
  const remedy = socketRemedy(error.code, family, type, protocol);
  return remedy === undefined ? error : new SocketError(-result, syscall, { remedy });
}

/**
 * bind(2): gives the socket its own address. Port 0 leaves the choice to the kernel; getsockname
 * tells it. EADDRINUSE, EADDRNOTAVAIL; EACCES with the cure.
 */
export function bind(fd: Descriptor, address: AddressLike): void {
  const number = descriptor(fd, "bind");
  const { bytes } = toSockaddr(address);
  const status = native.rawsock_bind(number, bytes, bytes.length);
  if (status < 0) throw refusal(status, "bind", number, toSockaddr(address));
}

/** connect(2). EINPROGRESS: the descriptor is non-blocking, or SO_SNDTIMEO ran out. */
export function connect(fd: Descriptor, address: AddressLike): void {
  const number = descriptor(fd, "connect");
  const { bytes } = toSockaddr(address);
  const status = native.rawsock_connect(number, bytes, bytes.length);
  if (status < 0) throw refusal(status, "connect", number, toSockaddr(address));
}

/**
 * Dissolves the association of a datagram socket, or ends a TCP connection with a reset, so that
 * the socket can be connected anew: connect(2) to an address of AF_UNSPEC.
 */
export function disconnect(fd: Descriptor): void {
  connect(fd, UNSPECIFIED);
}

const UNSPECIFIED: AddressLike = { family: "unspec" };

/** listen(2). `backlog`: how many connections may wait for accept(); SOMAXCONN unless told. */
export function listen(fd: Descriptor, backlog: number = SOMAXCONN): void {
  const number = descriptor(fd, "listen");
  const status = native.rawsock_listen(number, integer(backlog, "backlog", 0, I32_MAX));
  check(status, "listen", number);
}

const ACCEPT_KEYS: ReadonlySet<string> = new Set(["nonblock"]);

/** accept(2): a new descriptor, close-on-exec and with `nonblock` non-blocking, and its peer. */
export function accept(
  fd: Descriptor,
  options: { readonly nonblock?: boolean } = {},
): { fd: number; address: Sockaddr } {
  const number = descriptor(fd, "accept");
  knownKeys(options, ACCEPT_KEYS);
  const nonblock = options.nonblock === undefined ? false : boolean(options.nonblock, "nonblock");
  const accepted = native.rawsock_accept(number, addressSlot, Number(nonblock), 1);
  check(accepted, "accept", number);
  // What comes of an AF_ALG socket has no address but its family.
  const address = received(slotAddress()) ?? new Sockaddr(kindOf(accepted).family, 0);
  return { fd: accepted, address };
}

/** The address a call stored; every socket's name has at least a family. */
function addressInSlot(): Sockaddr {
  const address = received(slotAddress());
  if (address === null) throw new Error("rawsock: the kernel returned an address without a family");
  return address;
}

/** getsockname(2): the address of its own, with the port that the kernel chose. */
export function getsockname(fd: Descriptor): Sockaddr {
  const number = descriptor(fd, "getsockname");
  check(native.rawsock_getsockname(number, addressSlot), "getsockname", number);
  return addressInSlot();
}

/** getpeername(2): the address of the other end. ENOTCONN where there is none. */
export function getpeername(fd: Descriptor): Sockaddr {
  const number = descriptor(fd, "getpeername");
  check(native.rawsock_getpeername(number, addressSlot), "getpeername", number);
  return addressInSlot();
}

/**
 * shutdown(2): ends receiving ("rd"), sending ("wr"), which the peer sees as the end of the stream,
 * or both. The descriptor stays open.
 */
export function shutdown(fd: Descriptor, how: "rd" | "wr" | "rdwr" | number): void {
  const number = descriptor(fd, "shutdown");
  if (how === undefined || how === null) throw wrongType("how", '"rd", "wr" or "rdwr"', how);
  const direction = shutdownDirections.number(how);
  check(native.rawsock_shutdown(number, direction), "shutdown", number);
}

/** close(2). The descriptor is gone, whatever is thrown but EBADF. That of a Socket closes it. */
export function close(fd: Descriptor | { readonly fd: number; [CLOSE](): void }): void {
  const number = descriptor(fd, "close");
  if (typeof fd === "object" && CLOSE in fd) {
    fd[CLOSE]();
    return;
  }
  check(native.rawsock_close(number), "close", number);
}

/** sockatmark(3): is the next byte the one behind out-of-band data? */
export function sockatmark(fd: Descriptor): boolean {
  const number = descriptor(fd, "sockatmark");
  return check(native.rawsock_sockatmark(number), "sockatmark", number) === 1;
}

/** fcntl(2), O_NONBLOCK: makes calls fail with EAGAIN rather than wait. */
export function setNonblocking(fd: Descriptor, on: boolean): void {
  const number = descriptor(fd, "fcntl");
  check(native.rawsock_set_nonblocking(number, Number(boolean(on, "on"))), "fcntl", number);
}
