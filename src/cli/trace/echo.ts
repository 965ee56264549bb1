// Probes by ICMP echo requests.

import type { Sockaddr } from "../../address/sockaddr.ts";
import type { Clock } from "../shared/clock.ts";
import { EchoSocket, hopLimit, isAnnounced } from "../shared/echo.ts";
import { bindTo } from "../shared/flags.ts";
import { type Answer, answer, type Family, type Prober } from "./probe.ts";

const BURST = 256;
const HEADERS = { inet: 28, inet6: 48 } as const;

export type EchoOptions = {
  readonly interface: string | undefined;
  readonly source: string | undefined;
  /** Bytes of a packet. */
  readonly size: number;
};

export class EchoProber implements Prober {
  readonly fds: readonly number[];
  readonly event = "in";
  readonly #socket: EchoSocket;
  readonly #to: Sockaddr;
  readonly #clock: Clock;
  readonly #family: Family;

  constructor(to: Sockaddr, family: Family, clock: Clock, options: EchoOptions) {
    const payload = new Uint8Array(Math.max(0, options.size - HEADERS[family]));
    this.#socket = new EchoSocket(family, payload);
    this.#to = to;
    this.#family = family;
    this.#clock = clock;
    this.fds = [this.#socket.fd];
    clock.rehearse([hopLimit(family, 1)]);
    if (options.interface !== undefined) bindTo(this.#socket.fd, family, options.interface);
    if (options.source !== undefined) bindTo(this.#socket.fd, family, options.source);
  }

  send(probe: number, hops: number): bigint {
    try {
      return this.#socket.send(probe, this.#to, this.#clock, hops);
    } catch (error) {
      if (!isAnnounced(error)) throw error;
      return this.#socket.send(probe, this.#to, this.#clock, hops);
    }
  }

  answers(): Answer[] {
    const found: Answer[] = [];
    for (let count = 0; count < BURST; count++) {
      const echo = this.#socket.reply() ?? this.#socket.error();
      if (echo === undefined) break;
      if (echo.sequence === null) continue;
      const address = echo.from?.address ?? "";
      const time = echo.time ?? this.#clock.now();
      const probe = echo.sequence;
      if (echo.kind === "error") found.push(answer(this.#family, probe, address, time, echo));
      else found.push({ probe, address, time, kind: "reached", mark: "", mtu: null });
    }
    return found;
  }

  forget(): void {}

  close(): void {
    this.#socket.close();
  }
}
