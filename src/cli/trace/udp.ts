// Probes by UDP, each to a port of its own where nobody should listen: errors tell which it was.

import type { Sockaddr } from "../../address/sockaddr.ts";
import { ERRNO, IP, IPPROTO, IPV6, SO, SOL } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { close, socket } from "../../calls/socket.ts";
import { Message } from "../../message/message.ts";
import { recvmsg, sendmsg } from "../../message/single.ts";
import type { Clock } from "../shared/clock.ts";
import { hopLimit, isAnnounced, stampOf } from "../shared/echo.ts";
import { bindTo, discoverPath, set } from "../shared/flags.ts";
import { type Answer, answerOf, type Family, type Prober } from "./probe.ts";

const ROOM = 2048;
const PORT_MAX = 65_535;
/** Looked at in one turn. */
const BURST = 256;
/** Bytes of the headers before the data. */
export const UDP_HEADERS = { inet: 28, inet6: 48 } as const;

export type UdpOptions = {
  readonly port: number;
  readonly interface: string | undefined;
  readonly source: string | undefined;
  /** Packets that are too big are to be told of, not cut in pieces. */
  readonly discover: boolean;
};

export class UdpProber implements Prober {
  readonly fds: readonly number[];
  readonly event = "in";
  readonly #fd: number;
  readonly #family: Family;
  readonly #to: Sockaddr;
  readonly #port: number;
  readonly #clock: Clock;
  readonly #received = new Message({ iovec: [new Uint8Array(ROOM)], controlLength: 512 });
  /** The probe that was last sent to each port. */
  readonly #probes = new Map<number, number>();

  constructor(to: Sockaddr, family: Family, clock: Clock, options: UdpOptions) {
    this.#family = family;
    this.#to = to;
    this.#port = options.port;
    this.#clock = clock;
    this.#fd = socket(family, "dgram", "udp");
    this.fds = [this.#fd];
    set(this.#fd, SOL.SOCKET, SO.TIMESTAMPNS, 1);
    if (family === "inet") set(this.#fd, IPPROTO.IP, IP.RECVERR, 1);
    else set(this.#fd, IPPROTO.IPV6, IPV6.RECVERR, 1);
    if (options.interface !== undefined) bindTo(this.#fd, family, options.interface);
    if (options.source !== undefined) bindTo(this.#fd, family, options.source);
    clock.rehearse([hopLimit(family, 1)]);
    if (options.discover) discoverPath(this.#fd, family, "probe");
  }

  send(probe: number, hops: number, size: number): bigint {
    const range = PORT_MAX - this.#port + 1;
    const port = this.#port + (probe % range);
    this.#probes.set(port, probe);
    const data = new Uint8Array(Math.max(0, size - UDP_HEADERS[this.#family]));
    for (let index = 0; index < data.length; index++) data[index] = 0x40 + (index & 0x3f);
    const message = new Message({
      address: this.#to.with({ port }),
      iovec: [data],
      control: [hopLimit(this.#family, hops)],
    });
    const time = this.#clock.now();
    try {
      sendmsg(this.#fd, message);
    } catch (error) {
      // It may be an earlier one's, which the error queue tells.
      if (!isAnnounced(error) || error.code === "EMSGSIZE") throw error;
      sendmsg(this.#fd, message);
    }
    return time;
  }

  answers(): Answer[] {
    const found: Answer[] = [];
    for (const errqueue of [true, false]) {
      for (let count = 0; count < BURST; count++) {
        const answer = this.#receive(errqueue);
        if (answer === undefined) break;
        if (answer !== null) found.push(answer);
      }
    }
    return found;
  }

  /** undefined: nothing is there; null: nothing of ours. */
  #receive(errqueue: boolean): Answer | null | undefined {
    const message = this.#received;
    try {
      recvmsg(this.#fd, message, { dontwait: true, ...(errqueue ? { errqueue } : {}) });
    } catch (error) {
      if (error instanceof SocketError && error.errno === ERRNO.EAGAIN) return undefined;
      if (!errqueue && isAnnounced(error)) return undefined;
      throw error;
    }
    const probe = this.#probes.get(message.address?.port ?? 0);
    if (probe === undefined) return null;
    const { control } = message;
    const time = stampOf(control) ?? this.#clock.now();
    if (errqueue) {
      const error = control.find((one) => one.kind === "error");
      if (error === undefined) return null;
      return answerOf(this.#family, probe, error, control, time);
    }
    // Somebody listens there, and answers.
    const address = message.address?.address ?? "";
    if (address !== this.#to.address) return null;
    return { probe, address, time, kind: "reached", mark: "", mtu: null };
  }

  localMtu(): number | null {
    let mtu: number | null = null;
    for (let count = 0; count < BURST; count++) {
      if (this.#receive(true) === undefined) break;
      const error = this.#received.control.find((one) => one.kind === "error");
      if (error?.origin === "local") mtu = error.info;
    }
    return mtu;
  }

  forget(): void {}

  close(): void {
    close(this.#fd);
  }
}
