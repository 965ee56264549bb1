// Descriptors for Sockets: made owned, so that they are closed where their thread is terminated,
// and non-blocking.

import {
  type Family,
  families,
  type Protocol,
  SOCK,
  type SocketType,
  types,
} from "../base/constants.ts";
import { check } from "../base/error.ts";
import { protocolNumber } from "../base/protocol.ts";
import { I32_MAX, integer, knownKeys } from "../base/validate.ts";
import { kindOf } from "../calls/kind.ts";
import { openOwnedIn, refused, type SocketOptions } from "../calls/socket.ts";
import { native } from "../native/library.ts";
import { eventSourceMemory, own } from "../readiness/ownership.ts";

/** A descriptor and what kind of socket it is, by the numbers of socket(2). */
export type Made = {
  readonly fd: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
};

const NONBLOCK = SOCK.NONBLOCK ?? 0;
/** SOCK_NONBLOCK and SOCK_CLOEXEC stand above the type. */
const FLAGS = ~0xf;
const OPTION_KEYS: ReadonlySet<string> = new Set(["namespace"]);

/** What socket(2) is asked for; `made` completes it with a descriptor. */
function request(domain: Family, type: SocketType, protocol: Protocol | undefined) {
  const family = families.number(domain);
  const kind = types.number(type);
  const number = protocolNumber(family, protocol);
  const made = (fd: number): Made => {
    // Where socket(2) does not take the flag the descriptor is made so afterwards.
    if (NONBLOCK === 0) check(native.rawsock_set_nonblocking(fd, 1), "fcntl", fd);
    return { fd, family, type: kind & ~FLAGS, protocol: number };
  };
  return { family, kind: kind | NONBLOCK, number, made };
}

/** socket(2), in another network namespace where one is given. */
export function makeSocket(
  domain: Family,
  type: SocketType,
  protocol: Protocol | undefined,
  options: SocketOptions,
): Made {
  knownKeys(options, OPTION_KEYS);
  const { family, kind, number, made } = request(domain, type, protocol);
  const memory = eventSourceMemory();
  if (options.namespace !== undefined) {
    return made(openOwnedIn(memory, options.namespace, family, kind, number));
  }
  const fd = native.rawsock_owned_socket(memory, family, kind, number);
  if (fd < 0) throw refused(fd, "socket", family, kind, number);
  return made(fd);
}

/** socketpair(2). */
export function makePair(
  domain: Family,
  type: SocketType,
  protocol: Protocol | undefined,
): [Made, Made] {
  const { family, kind, number, made } = request(domain, type, protocol);
  const memory = eventSourceMemory();
  const pair = new Int32Array(2);
  const status = native.rawsock_owned_socketpair(memory, family, kind, number, pair);
  if (status < 0) throw refused(status, "socketpair", family, kind, number);
  return [made(pair[0] as number), made(pair[1] as number)];
}

/** A descriptor that was made elsewhere. SocketError: it is no socket. */
export function takeOver(fd: number): Made {
  const number = integer(fd, "fd", 0, I32_MAX);
  const kind = kindOf(number);
  check(native.rawsock_set_nonblocking(number, 1), "fcntl", number);
  own(number);
  return { fd: number, ...kind };
}
