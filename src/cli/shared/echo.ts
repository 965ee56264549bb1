// ICMP echo requests and what comes back, by a datagram socket, which anybody may open whose group
// the sysctl net.ipv4.ping_group_range names, or by a raw one: icmp(7), raw(7), RFC 792, RFC 4443.

import type { Sockaddr } from "../../address/sockaddr.ts";
import { AF, ERRNO, IP, IPPROTO, IPV6, MSG, SO, SOCK, SOL } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { close, getsockname, socket } from "../../calls/socket.ts";
import { internet } from "../../checksum/index.ts";
import type { ControlMessage } from "../../control/control.ts";
import { Message } from "../../message/message.ts";
import { recvmsg, sendmsg } from "../../message/single.ts";
import { constants } from "../../native/library.ts";
import type { Clock } from "./clock.ts";
import { set } from "./flags.ts";

const HEADER = 8;
const ROOM = 128 * 1024;
const TYPES = { inet: { request: 8, reply: 0 }, inet6: { request: 128, reply: 129 } } as const;

export type Family = keyof typeof TYPES;

/** What came back. */
export type Echo = {
  /** Of the request that it is about; null where that is not said. */
  readonly sequence: number | null;
  readonly from: Sockaddr | null;
  /** When it arrived, by the kernel: nanoseconds since 1970. */
  readonly time: bigint | null;
} & (
  | {
      readonly kind: "reply";
      readonly ttl: number | null;
      /** What the request carried; valid until the next one is received. */
      readonly payload: Uint8Array;
    }
  | {
      readonly kind: "error";
      readonly origin: "icmp" | "local";
      readonly type: number;
      readonly code: number;
      readonly info: number;
      /** "EMSGSIZE". */
      readonly errno: string;
    }
);

export class EchoSocket {
  readonly fd: number;
  readonly family: Family;
  readonly type: "dgram" | "raw";
  #identifier: number;
  readonly #received = new Message({ iovec: [new Uint8Array(ROOM)], controlLength: 512 });
  readonly #sent: Message;
  readonly #request: Uint8Array;

  /** `payload` is what every request carries. */
  constructor(family: Family, payload: Uint8Array) {
    const { fd, type } = open(family);
    this.fd = fd;
    this.family = family;
    this.type = type;
    this.#identifier = Math.floor(Math.random() * 0x10000);
    this.#request = new Uint8Array(HEADER + payload.length);
    this.#request[0] = TYPES[family].request;
    this.#request.set(payload, HEADER);
    this.#sent = new Message({ iovec: [this.#request] });
    prepare(fd, family, type);
  }

  /**
   * Sends a request, and says when: to be called again where it fails and error() has something to
   * say.
   */
  send(sequence: number, to: Sockaddr, clock: Clock, ttl?: number): bigint {
    const packet = this.#request;
    packet[2] = 0;
    packet[3] = 0;
    word(packet, 4, this.#identifier);
    word(packet, 6, sequence);
    // For IPv6, and for datagram sockets, the kernel makes the checksum.
    if (this.type === "raw" && this.family === "inet") word(packet, 2, internet(packet));
    const { fd } = this;
    this.#sent.address = to;
    this.#sent.control = ttl === undefined ? [] : [hopLimit(this.family, ttl)];
    const time = clock.now();
    sendmsg(fd, this.#sent);
    if (this.type === "dgram") this.#identifier = getsockname(fd).port ?? 0;
    return time;
  }

  /** The next reply; undefined where there is none yet. Throws what errors announce. */
  reply(): Echo | undefined {
    const message = this.#received;
    for (;;) {
      const length = receive(this.fd, message, false);
      if (length < 0) return undefined;
      const whole = (message.iovec[0] as Uint8Array).subarray(0, length);
      // A raw IPv4 socket gives the IP header, too.
      const header = this.family === "inet" && this.type === "raw" ? (at(whole, 0) & 15) * 4 : 0;
      const packet = whole.subarray(header);
      if (packet.length < HEADER || at(packet, 0) !== TYPES[this.family].reply) continue;
      if (this.type === "raw" && word(packet, 4) !== this.#identifier) continue;
      const { control, address } = message;
      return {
        kind: "reply",
        sequence: word(packet, 6),
        from: address,
        time: stampOf(control),
        ttl: ttlOf(control) ?? (header > 0 ? at(whole, 8) : null),
        payload: packet.subarray(HEADER),
      };
    }
  }

  /** The next error; undefined where there is none, or the system has no queue of them. */
  error(): Echo | undefined {
    if (MSG.ERRQUEUE === undefined) return undefined;
    const message = this.#received;
    for (;;) {
      const length = receive(this.fd, message, true);
      if (length < 0) return undefined;
      const { control } = message;
      const error = control.find((found) => found.kind === "error");
      if (error === undefined) continue;
      const quoted = (message.iovec[0] as Uint8Array).subarray(0, length);
      const local = error.origin === "local";
      if (!local && error.origin !== "icmp" && error.origin !== "icmp6") continue;
      const whole = quoted.length >= HEADER;
      if (whole && !this.#isOwn(quoted)) continue;
      return {
        kind: "error",
        sequence: whole && !local ? word(quoted, 6) : null,
        from: error.offender,
        time: stampOf(control),
        origin: local ? "local" : "icmp",
        type: error.type,
        code: error.icmpCode,
        info: error.info,
        errno: error.code,
      };
    }
  }

  #isOwn(quoted: Uint8Array): boolean {
    if (at(quoted, 0) !== TYPES[this.family].request) return false;
    return this.type === "dgram" || word(quoted, 4) === this.#identifier;
  }

  close(): void {
    close(this.fd);
  }
}

/** A datagram socket if it may be, else a raw one. Numbers are quicker than the words for them. */
function open(family: Family): { fd: number; type: "dgram" | "raw" } {
  const inet = family === "inet";
  const [domain, protocol] = inet ? [AF.INET, IPPROTO.ICMP] : [AF.INET6, IPPROTO.ICMPV6];
  try {
    return { fd: socket(domain, SOCK.DGRAM, protocol), type: "dgram" };
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    try {
      return { fd: socket(domain, SOCK.RAW, protocol), type: "raw" };
    } catch (raw) {
      // The milder remedy is that of datagram sockets.
      throw raw instanceof SocketError && error.code === "EACCES" ? error : raw;
    }
  }
}

function prepare(fd: number, family: Family, type: "dgram" | "raw"): void {
  set(fd, SOL.SOCKET, SO.TIMESTAMPNS, 1);
  if (family === "inet") {
    set(fd, IPPROTO.IP, IP.RECVERR, 1);
    set(fd, IPPROTO.IP, IP.RECVTTL, 1);
    // Others, such as the requests of a ping to ourselves, would only fill the queue.
    const others = ~(1 << TYPES.inet.reply) >>> 0;
    if (type === "raw") set(fd, SOL.RAW, constants.single?.ICMP_FILTER, others);
    return;
  }
  set(fd, IPPROTO.IPV6, IPV6.RECVERR, 1);
  set(fd, IPPROTO.IPV6, IPV6.RECVHOPLIMIT, 1);
  if (type === "raw") set(fd, IPPROTO.ICMPV6, constants.single?.ICMP6_FILTER, filter6());
}

/** RFC 3542, section 3.2: a bit for each type that does not pass. */
function filter6(): Uint8Array {
  const filter = new Uint8Array(32).fill(0xff);
  const { reply } = TYPES.inet6;
  filter[reply >> 3] = 0xff & ~(1 << (reply & 7));
  return filter;
}

/** The length, or -1 where there is nothing. */
function receive(fd: number, message: Message, errqueue: boolean): number {
  try {
    return recvmsg(fd, message, { dontwait: true, ...(errqueue ? { errqueue } : {}) });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    // What a queued error announces here is in the error queue.
    if (error.errno === ERRNO.EAGAIN || (!errqueue && ANNOUNCED.has(error.code))) return -1;
    throw error;
  }
}

const ANNOUNCED: ReadonlySet<string> = new Set([
  "EACCES",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EMSGSIZE",
  "ENETUNREACH",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "EPROTO",
]);

/** Is it an error that the error queue explains? */
export function isAnnounced(error: unknown): error is SocketError {
  return error instanceof SocketError && ANNOUNCED.has(error.code);
}

export function hopLimit(family: Family, value: number): ControlMessage {
  return family === "inet" ? { kind: "ttl", value } : { kind: "hoplimit", value };
}

export function stampOf(control: readonly ControlMessage[]): bigint | null {
  const stamp = control.find(({ kind }) => kind === "timestamp");
  return stamp?.kind === "timestamp" ? stamp.time : null;
}

function ttlOf(control: readonly ControlMessage[]): number | undefined {
  const found = control.find(({ kind }) => kind === "ttl" || kind === "hoplimit");
  return found?.kind === "ttl" || found?.kind === "hoplimit" ? found.value : undefined;
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number;
}

/** The 16-bit number there, set first where it is given. */
function word(bytes: Uint8Array, offset: number, value?: number): number {
  if (value !== undefined) {
    bytes[offset] = value >> 8;
    bytes[offset + 1] = value & 0xff;
  }
  return (at(bytes, offset) << 8) | at(bytes, offset + 1);
}
