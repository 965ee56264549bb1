// What can be done about a refusal, where that is known: a part of the error's message.

import type { Sockaddr } from "../address/sockaddr.ts";
import { AF, ERRNO, IPPROTO, SO, SOCK, SOL } from "../base/constants.ts";
import { type ErrorContext, SocketError } from "../base/error.ts";
import { native } from "../native/library.ts";
import { kindOf } from "./kind.ts";

const RAW_REMEDY =
  "raw and packet sockets need CAP_NET_RAW: run with sudo, or once " +
  '`sudo setcap cap_net_raw+ep "$(readlink -f "$(which bun)")"`';
const PING_REMEDY =
  "ICMP datagram sockets are for the groups in the sysctl net.ipv4.ping_group_range: " +
  '`sudo sysctl net.ipv4.ping_group_range="0 2147483647"`';
const RAW_PROTOCOL_REMEDY =
  'a raw socket needs a protocol: "icmp" and "udp" for example, or "raw" to send any';
const FAMILY_REMEDY =
  "no privilege is missing: a filter of system calls refuses sockets of this family, as Docker's " +
  "does those of vsock and alg: `docker run --security-opt seccomp=FILE`";
const PORT_REMEDY =
  "a sandbox forbids this port, Landlock or SELinux say, or the sysctl " +
  "net.ipv4.ip_unprivileged_port_start is above it";
const CONNECT_REMEDY =
  "a sandbox forbids it, Landlock or SELinux say, or a route of the type prohibit";
/** 255.255.255.255, and the groups of IPv4 and IPv6. */
const EVERYBODY = /^(255\.255\.255\.255$|2(2[4-9]|3\d)\.|ff)/;
const INTERFACE_REMEDY =
  'no route leads there, so name an interface: setSocketOption(fd, "SO_BINDTODEVICE", "eth0"), ' +
  'or for a group "IP_MULTICAST_IF" or "IPV6_MULTICAST_IF"';
const BROADCAST_REMEDY =
  'to a broadcast address only with SO_BROADCAST: setSocketOption(fd, "SO_BROADCAST", true)';

/** The cure of a refused socket(2) or socketpair(2). */
export function socketRemedy(
  code: string,
  family: number,
  type: number,
  protocol: number,
): string | undefined {
  // Flags such as SOCK_NONBLOCK stand above the type: socket(2).
  const kind = type & 0xf;
  if (code === "EPROTONOSUPPORT") {
    return isInternet(family) && kind === SOCK.RAW && protocol === 0
      ? RAW_PROTOCOL_REMEDY
      : undefined;
  }
  if (code !== "EPERM" && code !== "EACCES") return undefined;
  if (family === AF.PACKET || (kind === SOCK.RAW && isInternet(family))) return RAW_REMEDY;
  const ping = protocol === IPPROTO.ICMP || protocol === IPPROTO.ICMPV6;
  if (kind === SOCK.DGRAM && ping) return PING_REMEDY;
  return code === "EPERM" && FREE_FAMILIES.has(family) ? FAMILY_REMEDY : undefined;
}

/** Whose sockets the kernel itself refuses to nobody. */
const FREE_FAMILIES: ReadonlySet<number | undefined> = new Set([
  ...[AF.INET, AF.INET6, AF.UNIX, AF.NETLINK, AF.VSOCK, AF.ALG, AF.CAN, AF.TIPC],
]);

function isInternet(family: number): boolean {
  return family === AF.INET || family === AF.INET6;
}

/**
 * The SocketError of a call on `fd` that returned -errno, with its cure: bind(2) to a port for the
 * privileged, and connect(2) and the sends to a broadcast address or a group. `further` is what is
 * known besides.
 */
export function refusal(
  result: number,
  syscall: string,
  fd: number,
  address?: Sockaddr,
  further: ErrorContext = {},
): SocketError {
  const context: ErrorContext = { fd, ...(address === undefined ? {} : { address }), ...further };
  const remedy = remedyOf(-result, syscall, fd, address);
  return new SocketError(-result, syscall, remedy === undefined ? context : { ...context, remedy });
}

function remedyOf(
  errno: number,
  syscall: string,
  fd: number,
  address: Sockaddr | undefined,
): string | undefined {
  if (errno === ERRNO.ENETUNREACH) {
    const toEverybody = EVERYBODY.test(address?.address ?? "");
    return toEverybody && SO.BINDTODEVICE !== undefined ? INTERFACE_REMEDY : undefined;
  }
  if (errno !== ERRNO.EACCES) return undefined;
  if (syscall === "bind") return portRemedy(address);
  if (address?.port === undefined) return undefined;
  return broadcastRemedy(fd, address) ?? (syscall === "connect" ? CONNECT_REMEDY : undefined);
}

/** The sysctl's own value, which few change. */
const PRIVILEGED_MOST = 1023;

/** Without a file system, or as another user, what the limit is cannot be known. */
function portRemedy(address: Sockaddr | undefined): string | undefined {
  const port = address?.port;
  if (port === undefined || port === 0) return undefined;
  if (port > PRIVILEGED_MOST) return PORT_REMEDY;
  return (
    "ports below the sysctl net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE: " +
    `\`sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}\`, or once ` +
    '`sudo setcap cap_net_bind_service+ep "$(readlink -f "$(which bun)")"`'
  );
}

const word = new Int32Array(new ArrayBuffer(4));
const wordBytes = new Uint8Array(word.buffer);

/** A prohibiting route refuses with EACCES too: only where the option is off is it the cure. */
function broadcastRemedy(fd: number, address: Sockaddr): string | undefined {
  const status = native.rawsock_getsockopt(fd, SOL.SOCKET, SO.BROADCAST, wordBytes, 4);
  if (status < 0 || word[0] !== 0) return undefined;
  // The address's family: few platforms have SO_DOMAIN.
  if (address.family !== "inet") return undefined;
  return kindOf(fd).type === SOCK.STREAM ? undefined : BROADCAST_REMEDY;
}
