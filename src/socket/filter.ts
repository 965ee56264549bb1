// What a Socket receives, by an expression: pcap-filter(7) for the packets that it sees.

import { AF, ARPHRD, SOCK } from "../base/constants.ts";
import { compileExpression } from "../bpf/expression.ts";
import type { Program } from "../bpf/instruction.ts";
import { getsockname } from "../calls/socket.ts";

/** Interfaces whose frames begin with an Ethernet header. */
const ETHERNET: ReadonlySet<number | undefined> = new Set([ARPHRD.ETHER, ARPHRD.LOOPBACK]);

/**
 * What comes first in what a socket's filter sees: packet(7), raw(7). On a packet socket that is
 * bound to no interface, frames are taken for Ethernet's.
 */
function linkOf(fd: number, family: number, type: number): "ethernet" | "raw" {
  if (family === AF.PACKET && type === SOCK.RAW) {
    const { ifindex, hatype } = getsockname(fd);
    return ifindex === 0 || ETHERNET.has(hatype) ? "ethernet" : "raw";
  }
  // Without its link's header, or a raw IPv4 packet.
  if (family === AF.PACKET || (family === AF.INET && type === SOCK.RAW)) return "raw";
  throw new TypeError(
    "expressions are for packet sockets and raw IPv4 sockets: other filters see no IP header",
  );
}

/** The program of an expression for a socket, which sees the tags that the network card took. */
export function programFor(
  socket: { readonly fd: number; readonly family: number; readonly type: number },
  expression: string,
): Program {
  const link = linkOf(socket.fd, socket.family, socket.type);
  return compileExpression(expression, { link, live: link === "ethernet" });
}

/** SO_ATTACH_FILTER: a program that keeps nothing. */
export const NOTHING: Program = [{ code: 6, jt: 0, jf: 0, k: 0 }];
