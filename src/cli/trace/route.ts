// The way to a host: which probes are on their way, what became of them, and the lines about it.

import { SocketError } from "../../base/error.ts";
import { Failure } from "../shared/failure.ts";
import { nameOfText } from "../shared/host.ts";
import type { Interruption } from "../shared/interruption.ts";
import type { Output } from "../shared/output.ts";
import { rounded } from "../shared/statistics.ts";
import { wait } from "../shared/wait.ts";
import type { Answer, Prober } from "./probe.ts";

export type RouteOptions = {
  readonly first: number;
  readonly last: number;
  /** Probes for each hop. */
  readonly queries: number;
  /** Probes that may be on their way at once. */
  readonly parallel: number;
  /** Milliseconds that a probe is waited for. */
  readonly patience: number;
  readonly size: number;
  /** Find out how large packets may be: they begin with the largest. */
  readonly mtu: boolean;
  readonly numeric: boolean;
  readonly json: boolean;
};

/** Where neighbours have answered, the others are not waited for much longer. */
const LIKELY_FACTOR = 10;
const LIKELY_LEAST_MS = 300;
/** Of a packet on the way to a smaller MTU. */
const SIZES_MAX = 20;

type Probe = {
  readonly number: number;
  readonly hop: number;
  /** performance.now(). */
  readonly sentAt: number;
  readonly sent: bigint;
  answer: Answer | null;
  over: boolean;
};

export class Route {
  readonly #prober: Prober;
  readonly #options: RouteOptions;
  readonly #output: Output;
  readonly #probes = new Map<number, Probe>();
  readonly #hops = new Map<number, Probe[]>();
  /** Sizes that turned out to be the most, by the hop that said so. */
  readonly #mtus = new Map<number, number>();
  #size: number;
  #sent = 0;
  #next: number;
  #printed: number;
  /** The hop where the way ends. */
  #end: number;
  #reached = false;

  constructor(prober: Prober, options: RouteOptions, output: Output) {
    this.#prober = prober;
    this.#options = options;
    this.#output = output;
    this.#size = options.size;
    this.#next = options.first * options.queries;
    this.#printed = options.first - 1;
    this.#end = options.last;
  }

  async run(interruption: Interruption): Promise<void> {
    while (this.#printed < this.#end && !interruption.happened) {
      this.#sendSome();
      this.#giveUp();
      this.#print();
      if (this.#open().length === 0) continue;
      const { fds, event } = this.#prober;
      await wait(fds, this.#deadline(), interruption, event);
      this.#receive();
    }
  }

  #receive(): void {
    for (const answer of this.#prober.answers()) this.#take(answer);
  }

  #sendSome(): void {
    const { queries, parallel } = this.#options;
    while (this.#open().length < parallel) {
      const hop = Math.floor(this.#next / queries);
      if (hop > this.#end) return;
      this.#next++;
      this.#send(hop);
      this.#receive();
    }
  }

  #open(): Probe[] {
    return [...this.#probes.values()].filter(({ over }) => !over);
  }

  #send(hop: number): void {
    for (let sizes = 0; sizes < SIZES_MAX; sizes++) {
      const number = this.#sent++ & 0xffff;
      const sentAt = performance.now();
      try {
        const sent = this.#prober.send(number, hop, this.#size);
        const probe = { number, hop, sentAt, sent, answer: null, over: false };
        this.#probes.set(number, probe);
        const list = this.#hops.get(hop) ?? [];
        list.push(probe);
        this.#hops.set(hop, list);
        return;
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        if (error.code !== "EMSGSIZE" || !this.#options.mtu) throw new Failure(error.message);
        this.#shrink(hop);
      }
    }
    throw new Failure("no packet is small enough for the first link");
  }

  /** The first link takes less: how much, the error queue says. */
  #shrink(hop: number): void {
    const mtu = this.#prober.localMtu?.() ?? null;
    if (mtu === null || mtu >= this.#size) throw new Failure("the path's MTU is not told");
    this.#size = mtu;
    this.#mtus.set(hop, mtu);
  }

  /** When the next probe is given up. */
  #deadline(): number {
    const ends = this.#open().map((probe) => this.#endOf(probe));
    return Math.min(...ends, performance.now() + this.#options.patience);
  }

  #endOf({ hop, sentAt }: Probe): number {
    const { patience } = this.#options;
    let least = Number.POSITIVE_INFINITY;
    for (const other of this.#probes.values()) {
      if (other.answer === null || other.hop < hop) continue;
      least = Math.min(least, timeOf(other, other.answer));
    }
    const likely = Math.max(LIKELY_LEAST_MS, least * LIKELY_FACTOR);
    return sentAt + Math.min(patience, likely);
  }

  #take(answer: Answer): void {
    const probe = this.#probes.get(answer.probe);
    if (probe === undefined || probe.over) return;
    if (answer.kind === "too big" && this.#options.mtu && this.#isSmaller(answer)) {
      // The router told how much fits: the same hop again.
      this.#size = answer.mtu ?? this.#size;
      this.#mtus.set(probe.hop, this.#size);
      this.#drop(probe);
      this.#send(probe.hop);
      return;
    }
    probe.answer = answer;
    probe.over = true;
    this.#prober.forget(probe.number);
    if (answer.kind === "expired") return;
    this.#end = Math.min(this.#end, probe.hop);
    if (answer.kind === "reached") this.#reached = true;
  }

  #isSmaller({ mtu }: Answer): boolean {
    return mtu !== null && mtu > 0 && mtu < this.#size;
  }

  #drop(probe: Probe): void {
    probe.over = true;
    this.#probes.delete(probe.number);
    const list = this.#hops.get(probe.hop) ?? [];
    list.splice(list.indexOf(probe), 1);
  }

  #giveUp(): void {
    const now = performance.now();
    for (const probe of this.#open()) {
      if (probe.hop <= this.#end && this.#endOf(probe) > now) continue;
      probe.over = true;
      this.#prober.forget(probe.number);
    }
  }

  #print(): void {
    for (let hop = this.#printed + 1; hop <= this.#end; hop++) {
      const probes = this.#hops.get(hop) ?? [];
      if (probes.length < this.#options.queries || probes.some(({ over }) => !over)) return;
      this.#printed = hop;
      if (this.#options.json) this.#output.json(this.#object(hop, probes));
      else this.#output.line(this.#text(hop, probes));
      // Only what is still to be printed is kept.
      this.#hops.delete(hop);
      for (const { number } of probes) if (hop < this.#end - 1) this.#probes.delete(number);
    }
  }

  #text(hop: number, probes: readonly Probe[]): string {
    let text = String(hop).padStart(2);
    let last = "";
    for (const { answer, ...probe } of probes) {
      if (answer === null) {
        text += text.endsWith("*") ? " *" : "  *";
        continue;
      }
      if (answer.address !== last) text += `  ${this.#who(answer.address)}`;
      last = answer.address;
      text += `  ${timeOf(probe, answer).toFixed(3)} ms`;
      if (answer.mark !== "") text += ` ${answer.mark}`;
    }
    const mtu = this.#mtus.get(hop);
    return mtu === undefined ? text : `${text}  F=${mtu}`;
  }

  #who(address: string): string {
    if (this.#options.numeric) return address;
    return `${nameOfText(address) ?? address} (${address})`;
  }

  #object(hop: number, probes: readonly Probe[]): object {
    const list = probes.map(({ answer, ...probe }) => {
      if (answer === null) return null;
      const { address, kind, mark } = answer;
      const name = this.#options.numeric ? undefined : (nameOfText(address) ?? undefined);
      const time = rounded(timeOf(probe, answer));
      return { address, name, time, kind, mark: mark || undefined };
    });
    return { event: "hop", hop, probes: list, mtu: this.#mtus.get(hop) };
  }

  conclude(): void {
    this.#prober.close();
    const mtu = this.#options.mtu ? { mtu: this.#size } : {};
    const hops = this.#printed;
    if (this.#options.json) {
      this.#output.json({ event: "summary", reached: this.#reached, hops, ...mtu });
    } else if (this.#options.mtu) {
      this.#output.line(`path MTU ${this.#size}`);
    }
  }
}

/** In milliseconds. */
function timeOf({ sent }: { readonly sent: bigint }, { time }: Answer): number {
  return Math.max(0, Number(time - sent)) / 1e6;
}
