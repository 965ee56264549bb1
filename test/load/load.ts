// What all the flows of a run share.

import { type Family, type Protocol, Socket, type SocketType } from "../../src/index.ts";
import type { VethPair } from "../support/namespace.ts";
import { Random } from "./random.ts";
import { Tally } from "./tally.ts";

export class Load {
  readonly pair: VethPair;
  readonly seed: number;
  /** Aborted when nothing more is to be sent. */
  readonly until: AbortSignal;
  readonly #tallies = new Map<string, Tally>();
  #flows = 0;
  readonly #chance: Random;
  readonly #running = new Map<string, number>();

  constructor(pair: VethPair, seed: number, until: AbortSignal) {
    this.pair = pair;
    this.seed = seed;
    this.until = until;
    this.#chance = this.random("namespaces");
    // What comes and goes shall not talk by itself.
    for (const { sysctl } of this.#namespaces) sysctl("net.ipv6.conf.default.disable_ipv6", "1");
  }

  get #namespaces() {
    return [this.pair.a, this.pair.b].map((one) => ({
      sysctl: (name: string, value: string) => one.sysctl(name, value),
    }));
  }

  get isOver(): boolean {
    return this.until.aborted;
  }

  get a(): string {
    return this.pair.a.name;
  }

  get b(): string {
    return this.pair.b.name;
  }

  /**
   * A socket of a namespace, most of them made by this thread, which goes there: to let the package
   * do it takes a thread of its own, and the time of that.
   */
  open(where: "a" | "b", family: Family, type: SocketType, protocol?: Protocol): Socket {
    const namespace = this.pair[where];
    if (this.#chance.chance(0.1)) {
      return Socket.open(family, type, protocol, { namespace: namespace.name });
    }
    return namespace.enter(() => Socket.open(family, type, protocol));
  }

  /** The chance of one flow. */
  random(name: string): Random {
    return new Random(this.seed, name);
  }

  tally(kind: string): Tally {
    const known = this.#tallies.get(kind) ?? new Tally(kind);
    this.#tallies.set(kind, known);
    return known;
  }

  get tallies(): Tally[] {
    return [...this.#tallies.values()];
  }

  /** A number that no other flow has, from 1 on. */
  flow(): number {
    return ++this.#flows;
  }

  /** Runs a flow to its end; what it throws is a fault. */
  async run(kind: string, body: () => Promise<void>): Promise<void> {
    this.#count(kind, 1);
    try {
      await body();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.tally(kind).fault(text);
    }
    this.#count(kind, -1);
  }

  #count(kind: string, more: number): void {
    this.#running.set(kind, (this.#running.get(kind) ?? 0) + more);
  }

  /** The kinds of which flows run, and how many. */
  get running(): string {
    const left = [...this.#running].filter(([, count]) => count > 0);
    return left.map(([kind, count]) => `${count} of ${kind}`).join(", ");
  }
}
