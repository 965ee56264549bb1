// Sockets of every kind, for tests that try something on each.

import { expect } from "bun:test";
import { close, socket, socketpair } from "../../src/index.ts";

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
  unix: () => {
    const [kept, other] = socketpair("unix", "dgram");
    close(other);
    return kept;
  },
} as const;

export type SocketKind = keyof typeof kinds;
/** All that this system can have; virtual machines' sockets are a module of their own. */
export const socketKinds = (Object.keys(kinds) as SocketKind[]).filter(
  (kind) => kind !== "vsock" || hasVsock(),
);

function hasVsock(): boolean {
  try {
    close(socket("vsock", "stream"));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "EAFNOSUPPORT" });
    return false;
  }
}

/** Those that need no privilege. */
export const plainKinds: SocketKind[] = ["tcp", "tcp6", "udp", "udp6", "netlink", "unix"];

/** Calls `body` with a fresh socket, which is closed afterwards. */
export function withSocket<T>(kind: SocketKind, body: (fd: number) => T): T {
  const fd = kinds[kind]();
  try {
    return body(fd);
  } finally {
    close(fd);
  }
}
