// Probes by TCP SYN: a connection attempt each, which needs no privilege. Where it is accepted or
// refused, the destination is reached.

import type { Sockaddr } from "../../address/sockaddr.ts";
import { ERRNO, IP, IPPROTO, IPV6, SO, SOL, TCP } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { close, connect, getpeername, setNonblocking, socket } from "../../calls/socket.ts";
import { Message } from "../../message/message.ts";
import { recvmsg } from "../../message/single.ts";
import { socketOption } from "../../option/option.ts";
import { getsockopt } from "../../option/raw.ts";
import type { Clock } from "../shared/clock.ts";
import { bindTo, limitHops, set } from "../shared/flags.ts";
import { type Answer, answerOf, type Family, type Prober } from "./probe.ts";

export type TcpOptions = {
  readonly port: number;
  readonly interface: string | undefined;
  readonly source: string | undefined;
};

export class TcpProber implements Prober {
  readonly event = "out";
  readonly #to: Sockaddr;
  readonly #family: Family;
  readonly #clock: Clock;
  readonly #options: TcpOptions;
  readonly #stamper: number;
  readonly #attempts = new Map<number, number>();
  readonly #sent = new Map<number, bigint>();
  readonly #message = new Message({ iovec: [new Uint8Array(2048)], controlLength: 512 });

  constructor(to: Sockaddr, family: Family, clock: Clock, options: TcpOptions) {
    this.#to = to.with({ port: options.port });
    this.#family = family;
    this.#clock = clock;
    this.#options = options;
    this.#stamper = rehearse(to, family);
  }

  get fds(): readonly number[] {
    return [...this.#attempts.values()];
  }

  send(probe: number, hops: number): bigint {
    const family = this.#family;
    const fd = socket(family, "stream", "tcp");
    this.#attempts.set(probe, fd);
    setNonblocking(fd, true);
    limitHops(fd, family, hops);
    set(fd, SOL.SOCKET, SO.TIMESTAMPNS, 1);
    set(fd, IPPROTO.TCP, TCP.SYNCNT, 1);
    if (family === "inet") set(fd, IPPROTO.IP, IP.RECVERR, 1);
    else set(fd, IPPROTO.IPV6, IPV6.RECVERR, 1);
    if (this.#options.interface !== undefined) bindTo(fd, family, this.#options.interface);
    if (this.#options.source !== undefined) bindTo(fd, family, this.#options.source);
    const time = this.#clock.now();
    this.#sent.set(probe, time);
    try {
      connect(fd, this.#to);
    } catch (error) {
      const begun = error instanceof SocketError && BEGUN.has(error.code);
      if (begun) return time;
      this.forget(probe);
      throw error;
    }
    return time;
  }

  answers(): Answer[] {
    const now = this.#clock.now();
    const found: Answer[] = [];
    for (const [probe, fd] of this.#attempts) {
      const answer = this.#look(probe, fd, now);
      if (answer === undefined) continue;
      this.forget(probe);
      if (answer !== null) found.push(answer);
    }
    return found;
  }

  /** undefined: the attempt goes on; null: it came to an end that says nothing. */
  #look(probe: number, fd: number, now: bigint): Answer | null | undefined {
    const message = this.#message;
    try {
      recvmsg(fd, message, { errqueue: true, dontwait: true });
      const { control } = message;
      const error = control.find((one) => one.kind === "error");
      if (error !== undefined) return answerOf(this.#family, probe, error, control, now);
    } catch (error) {
      if (!(error instanceof SocketError) || error.errno !== ERRNO.EAGAIN) throw error;
    }
    const [errno] = new Int32Array(getsockopt(fd, SOL.SOCKET, SO.ERROR, 4).slice().buffer);
    if (errno === 0 && !isConnected(fd)) return undefined;
    if (errno !== 0 && errno !== ERRNO.ECONNREFUSED) return null;
    const address = this.#to.address ?? "";
    const time = errno === 0 ? this.#measured(probe, fd, now) : now;
    return { probe, address, time, kind: "reached", mark: "", mtu: null };
  }

  /** The kernel has measured how long the answer took, in microseconds: tcp(7). */
  #measured(probe: number, fd: number, now: bigint): bigint {
    const { rtt } = socketOption(fd, "TCP_INFO");
    const sent = this.#sent.get(probe);
    return sent === undefined || rtt === undefined ? now : sent + BigInt(rtt) * 1000n;
  }

  forget(probe: number): void {
    this.#sent.delete(probe);
    const fd = this.#attempts.get(probe);
    if (fd === undefined) return;
    this.#attempts.delete(probe);
    close(fd);
  }

  close(): void {
    for (const probe of [...this.#attempts.keys()]) this.forget(probe);
    close(this.#stamper);
  }
}

/**
 * A UDP socket that is connected, which sends nothing: the first call takes long, and is not to be
 * timed. As long as it is open the kernel stamps whatever arrives, also for sockets made later.
 */
function rehearse(to: Sockaddr, family: Family): number {
  const fd = socket(family, "dgram");
  set(fd, SOL.SOCKET, SO.TIMESTAMPNS, 1);
  try {
    connect(fd, to);
  } catch (error) {
    // There is no way there: the first probe will say so.
    if (!(error instanceof SocketError)) throw error;
  }
  return fd;
}

/** What connect(2) says of an attempt that waits, or ended before it was looked at. */
const BEGUN: ReadonlySet<string> = new Set(["EINPROGRESS", "ECONNREFUSED"]);

function isConnected(fd: number): boolean {
  try {
    getpeername(fd);
    return true;
  } catch (error) {
    if (error instanceof SocketError && error.errno === ERRNO.ENOTCONN) return false;
    throw error;
  }
}
