// What a Socket receives, by an expression: pcap-filter(7) for the packets that it sees.

import { AF, ARPHRD, ERRNO, MSG, SOCK } from "../base/constants.ts";
import { failure } from "../base/error.ts";
import { boolean, knownKeys } from "../base/validate.ts";
import { compileExpression } from "../bpf/expression.ts";
import type { Program } from "../bpf/instruction.ts";
import { getsockname } from "../calls/socket.ts";
import { filterNames } from "../names/filter.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import type { Program as AnyProgram } from "../option/filter.ts";
import { setSocketOption } from "../option/option.ts";
import type { SocketState } from "./state.ts";

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
function programFor({ watch, family, type }: SocketState, expression: string): Program {
  const link = linkOf(watch.fd, family, type);
  return compileExpression(expression, { link, live: link === "ethernet", names: filterNames });
}

export type FilterOptions = {
  /** Throw away what has arrived before, so that nothing unfiltered is received. */
  readonly drain?: boolean;
};

const KEYS: ReadonlySet<string> = new Set(["drain"]);
/** Keeps nothing. */
const NOTHING: Program = [{ code: 6, jt: 0, jf: 0, k: 0 }];

/** SO_ATTACH_FILTER. */
export function attachFilter(
  socket: { readonly fd: number },
  state: SocketState,
  program: AnyProgram | string,
  options: FilterOptions,
): void {
  knownKeys(options, KEYS);
  const drain = options.drain !== undefined && boolean(options.drain, "drain");
  state.descriptor("setsockopt");
  const compiled = typeof program === "string" ? programFor(state, program) : program;
  if (drain) {
    // Nothing more arrives, and what is there has an end.
    setSocketOption(socket, "SO_ATTACH_FILTER", NOTHING);
    state.inbox.discard();
    empty(state);
  }
  setSocketOption(socket, "SO_ATTACH_FILTER", compiled);
}

const room = allocate(1);

/** So many errors in a row are none of those that wait to be received. */
const ERRORS_MAX = 64;

/** Receives, without waiting, until nothing is left; errors of the socket are received, too. */
function empty({ watch, isConnectionOriented }: SocketState): void {
  const flags = MSG.DONTWAIT | MSG.TRUNC;
  const { fd } = watch;
  for (let errors = 0; ; ) {
    const received = native.rawsock_recv(fd, room, 0, room.length, flags);
    if (received === -ERRNO.EAGAIN || received === NOT_CONNECTED) return;
    // The end of a connection comes again and again.
    if (received === 0 && isConnectionOriented && native.rawsock_has_ended(fd) !== 0) return;
    errors = received < 0 ? errors + 1 : 0;
    if (errors > ERRORS_MAX) throw failure(received, "recv", fd);
  }
}

/** Then nothing can have come. */
const NOT_CONNECTED = -(ERRNO.ENOTCONN ?? 0);
