// Monitors of addresses that come and go: each sees all of it in order, or is told of a loss.

import { type MonitorEvent, Netlink } from "../../src/netlink/index.ts";
import { hasCode } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Tally } from "./tally.ts";

const PAUSE_MS = 120;
const BURST = 12;
const LATEST_MS = 20_000;
/** Addresses from 10.96.0.0 on are the test's. */
const FIRST = 0x0a60_0000;
const COUNT = 0x10_0000;

function addressOf(number: number): string {
  const bits = FIRST + (number % COUNT);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

function numberOf(address: string): number {
  const bits = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return bits - FIRST;
}

/** What happened so far: twice the number of an address, and one more where it went. */
type Changes = { next: number; readonly times: Float64Array };
const TIMES = 4096;

/** Adds addresses and takes them away, until the end. */
async function change(load: Load, tally: Tally, changes: Changes): Promise<void> {
  const random = load.random("addresses");
  using netlink = Netlink.open({ namespace: load.b });
  while (!load.isOver) {
    for (let count = random.integer(1, BURST); count > 0; count--) {
      const address = `${addressOf(changes.next / 2)}/32`;
      for (const call of ["addAddress", "deleteAddress"] as const) {
        changes.times[changes.next % TIMES] = performance.now();
        changes.next++;
        await netlink[call]({ interface: "lo", address });
        tally.sent++;
      }
    }
    await random.pause(PAUSE_MS);
  }
}

/** What one monitor has seen. */
class Seen {
  readonly #tally: Tally;
  readonly #changes: Changes;
  /** Undefined at the beginning. */
  next: number | undefined;
  losses = 0;
  /** Losses that were told of, and whose changes were not yet missed: those before come later. */
  #gaps = 0;

  constructor(tally: Tally, changes: Changes) {
    this.#tally = tally;
    this.#changes = changes;
  }

  take(event: MonitorEvent): void {
    if (event.action === "lost") {
      this.losses++;
      this.#gaps++;
      return;
    }
    if (event.kind !== "address" || event.family !== "inet") return;
    const number = numberOf(String(event.address).split("/")[0] as string);
    if (number < 0 || number >= COUNT) return;
    const change = 2 * number + (event.action === "delete" ? 1 : 0);
    if (this.next !== undefined && change !== this.next) {
      if (change < this.next || --this.#gaps < 0) {
        this.#tally.fault(`change ${change} was told, not ${this.next}`);
      }
    }
    this.next = change + 1;
    this.#tally.received++;
    const began = this.#changes.times[change % TIMES];
    this.#tally.latencies.add(performance.now() - (began as number));
  }
}

/** One monitor after the other, each with a socket of its own. */
async function watch(load: Load, tally: Tally, changes: Changes, number: number): Promise<void> {
  const random = load.random(`monitor ${number}`);
  const isStarved = number % 4 === 3;
  while (!load.isOver) {
    const netlink = Netlink.open({ namespace: load.b });
    const seen = new Seen(tally, changes);
    const room = isStarved ? { receiveBuffer: 4096 } : {};
    const monitor = netlink.monitor({ groups: ["address"], ...room });
    const watching = (async () => {
      for await (const event of monitor) {
        seen.take(event);
        if (isStarved && random.chance(0.1)) await random.pause(200);
      }
    })();
    const failed = watching.then(() => new Promise<never>(() => undefined));
    const until = performance.now() + random.integer(1000, 15_000);
    while (!load.isOver && performance.now() < until) await Promise.race([Bun.sleep(50), failed]);
    if (load.isOver && !isStarved) await allSeen(seen, changes, tally);
    tally.lost += seen.losses;
    if (seen.losses > 0 && !isStarved) tally.fault("a loss in a large buffer");
    netlink.close();
    try {
      await watching;
    } catch (error) {
      if (!hasCode(error, "ECANCELED", "EBADF")) throw error;
    }
    tally.reopened++;
  }
}

async function allSeen(seen: Seen, changes: Changes, tally: Tally): Promise<void> {
  // The last of the changes may still be under way.
  await Bun.sleep(500);
  const deadline = performance.now() + LATEST_MS;
  const isWhole = () => seen.next === undefined || seen.next === changes.next;
  while (!isWhole() && performance.now() < deadline) await Bun.sleep(10);
  if (!isWhole()) tally.fault(`${seen.next} changes seen of ${changes.next}`);
}

/** `count` monitors of the same changes; what is lost are times, not changes. */
export async function monitors(load: Load, count: number): Promise<void> {
  const tally = load.tally("netlink monitor");
  tally.sockets += 2 * count + 1;
  const changes = { next: 0, times: new Float64Array(TIMES) };
  const changing = load.run(tally.kind, () => change(load, tally, changes));
  const watching = Array.from({ length: count }, (_, number) =>
    load.run(tally.kind, () => watch(load, tally, changes, number)),
  );
  await Promise.all([changing, ...watching]);
}
