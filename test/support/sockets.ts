// Sockets of every kind, for tests that try something on each.

import { close, SocketError, socket, socketpair } from "../../src/index.ts";
import type { Requirement } from "./requirements.ts";

const NO_FAMILY: ReadonlySet<string> = new Set([
  "EAFNOSUPPORT",
  "EPROTONOSUPPORT",
  "ESOCKTNOSUPPORT",
]);

const kinds = {
  tcp: () => socket("inet", "stream"),
  tcp6: () => socket("inet6", "stream"),
  udp: () => socket("inet", "dgram"),
  udp6: () => socket("inet6", "dgram"),
  raw: () => socket("inet", "raw", "icmp"),
  raw6: () => socket("inet6", "raw", "icmpv6"),
  rawOther: () => socket("inet", "raw", 253),
  rawOther6: () => socket("inet6", "raw", 253),
  rawHeader6: () => socket("inet6", "raw", "raw"),
  // Of no protocol: it receives nothing.
  packet: () => socket("packet", "raw"),
  netlink: () => socket("netlink", "raw", "route"),
  vsock: () => socket("vsock", "stream"),
  canRaw: () => socket("can", "raw", 1),
  canIsotp: () => socket("can", "dgram", 6),
  j1939: () => socket("can", "dgram", 7),
  sctp: () => socket("inet", "seqpacket", "sctp"),
  sctpStream: () => socket("inet", "stream", "sctp"),
  dccp: () => socket("inet", "dccp", "dccp"),
  smc: () => socket("smc", "stream"),
  tipc: () => socket("tipc", "rdm"),
  unix: () => {
    const [kept, other] = socketpair("unix", "dgram");
    close(other);
    return kept;
  },
} as const;

export type SocketKind = keyof typeof kinds;
/** Those whose families are modules of their own, which few kernels have. */
const further: readonly SocketKind[] = [
  "vsock",
  "canRaw",
  "canIsotp",
  "j1939",
  "sctp",
  "sctpStream",
  "dccp",
  "smc",
  "tipc",
];

/** All that this system can have. */
export const socketKinds = (Object.keys(kinds) as SocketKind[]).filter(canMake);

/** Whether the kernel has sockets of a kind; the remedy where it has none. */
export function has(kind: SocketKind): Requirement {
  const remedy = `needs a kernel with sockets of the kind ${kind}: npm run test:kernel`;
  return { met: socketKinds.includes(kind), remedy };
}

function canMake(kind: SocketKind): boolean {
  try {
    close(kinds[kind]());
    return true;
  } catch (error) {
    // Not even a word for it.
    if (error instanceof TypeError) return false;
    if (!(error instanceof SocketError)) throw error;
    if (error.code === "EPERM" || error.code === "EACCES") return !further.includes(kind);
    if (NO_FAMILY.has(error.code)) return false;
    throw error;
  }
}

const unprivileged: readonly SocketKind[] = ["tcp", "tcp6", "udp", "udp6", "netlink", "unix"];
/** Those that need no privilege. */
export const plainKinds = unprivileged.filter((kind) => socketKinds.includes(kind));

/** Calls `body` with a fresh socket, which is closed afterwards. */
export function withSocket<T>(kind: SocketKind, body: (fd: number) => T): T {
  const fd = kinds[kind]();
  try {
    return body(fd);
  } finally {
    close(fd);
  }
}
