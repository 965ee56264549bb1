// The system calls that make, name and end a socket. Each wraps the call of its name and is
// synchronous: it blocks as the descriptor does, and a signal with a handler ends a wait: EINTR.

import { type AddressLike, received, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import {
  AF,
  type Family,
  families,
  IPPROTO,
  type Protocol,
  SOCK,
  SOMAXCONN,
  type SocketType,
  shutdownDirections,
  types,
} from "../base/constants.ts";
import { CLOSE, type Descriptor, descriptor } from "../base/descriptor.ts";
import { check, failure, SocketError } from "../base/error.ts";
import { protocolNumber } from "../base/protocol.ts";
import { boolean, integer, knownKeys, wrongType } from "../base/validate.ts";
import { addressSlot, slotAddress } from "../native/address.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";

const INT32_MAX = 2 ** 31 - 1;

/** socket(2): a new descriptor, close-on-exec. */
export function socket(domain: Family, type: SocketType, protocol?: Protocol): number {
  const family = families().number(domain);
  const kind = types().number(type);
  const number = protocolNumber(family, protocol);
  const fd = native.rawsock_socket(family, kind, number);
  if (fd < 0) throw refused(fd, "socket", family, kind, number);
  return fd;
}

/** socketpair(2): two connected descriptors, close-on-exec. */
export function socketpair(
  domain: Family,
  type: SocketType,
  protocol?: Protocol,
): [number, number] {
  const family = families().number(domain);
  const kind = types().number(type);
  const number = protocolNumber(family, protocol);
  const status = native.rawsock_socketpair(family, kind, number, pair);
  if (status < 0) throw refused(status, "socketpair", family, kind, number);
  return [pairNumbers[0] as number, pairNumbers[1] as number];
}

const pair = allocate(8);
const pairNumbers = new Int32Array(pair.buffer);

const RAW_REMEDY =
  "raw and packet sockets need CAP_NET_RAW: run with sudo, or once " +
  '`sudo setcap cap_net_raw+ep "$(readlink -f "$(which bun)")"`';
const PING_REMEDY =
  "ICMP datagram sockets are for the groups in the sysctl net.ipv4.ping_group_range: " +
  '`sudo sysctl net.ipv4.ping_group_range="0 2147483647"`';

/** The refusal of a new socket, with the cure where it is a matter of privilege. */
export function refused(
  result: number,
  syscall: string,
  family: number,
  type: number,
  protocol: number,
): SocketError {
  const error = failure(result, syscall);
  const remedy = privilegeRemedy(error.code, family, type, protocol);
  return remedy === undefined ? error : new SocketError(-result, syscall, { remedy });
}

function privilegeRemedy(code: string, family: number, type: number, protocol: number) {
  if (code !== "EPERM" && code !== "EACCES") return undefined;
  // Flags such as SOCK_NONBLOCK stand above the type: socket(2).
  const kind = type & 0xf;
  if (family === AF.PACKET || kind === SOCK.RAW) return RAW_REMEDY;
  const ping = protocol === IPPROTO.ICMP || protocol === IPPROTO.ICMPV6;
  return kind === SOCK.DGRAM && ping ? PING_REMEDY : undefined;
}

/** bind(2). */
export function bind(fd: Descriptor, address: AddressLike): void {
  const number = descriptor(fd, "bind");
  const { bytes } = toSockaddr(address);
  const status = native.rawsock_bind(number, bytes, bytes.length);
  if (status < 0) throw failure(status, "bind", number, toSockaddr(address));
}

/** connect(2). EINPROGRESS: the descriptor is non-blocking, or SO_SNDTIMEO ran out. */
export function connect(fd: Descriptor, address: AddressLike): void {
  const number = descriptor(fd, "connect");
  const { bytes } = toSockaddr(address);
  const status = native.rawsock_connect(number, bytes, bytes.length);
  if (status < 0) throw failure(status, "connect", number, toSockaddr(address));
}

/** listen(2). */
export function listen(fd: Descriptor, backlog: number = SOMAXCONN): void {
  const number = descriptor(fd, "listen");
  const status = native.rawsock_listen(number, integer(backlog, "backlog", 0, INT32_MAX));
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
  return { fd: accepted, address: addressInSlot() };
}

/** The address a call stored; every socket's name has at least a family. */
function addressInSlot(): Sockaddr {
  const address = received(slotAddress());
  if (address === null) throw new Error("rawsock: the kernel returned an address without a family");
  return address;
}

/** getsockname(2). */
export function getsockname(fd: Descriptor): Sockaddr {
  const number = descriptor(fd, "getsockname");
  check(native.rawsock_getsockname(number, addressSlot), "getsockname", number);
  return addressInSlot();
}

/** getpeername(2). */
export function getpeername(fd: Descriptor): Sockaddr {
  const number = descriptor(fd, "getpeername");
  check(native.rawsock_getpeername(number, addressSlot), "getpeername", number);
  return addressInSlot();
}

/** shutdown(2). */
export function shutdown(fd: Descriptor, how: "rd" | "wr" | "rdwr" | number): void {
  const number = descriptor(fd, "shutdown");
  if (how === undefined || how === null) throw wrongType("how", '"rd", "wr" or "rdwr"', how);
  const direction = shutdownDirections().number(how);
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
