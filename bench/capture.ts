// Captures of a flood beside a ring that is read in C (capture.c), and beside tcpdump. Each side is
// a process of its own in a network namespace, the sender one in another; what is compared is the
// CPU time that a receiver takes for a packet, from when it listens on.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, VethPair } from "../test/support/namespace.ts";
import { namespaces, program } from "../test/support/requirements.ts";
import { ARCHITECTURE, zig } from "../test/support/zig.ts";
import type { Case, Figure, Suite, Timer } from "./harness.ts";

const COUNT = Number(process.env.RAWSOCK_BENCH_PACKETS ?? 1_500_000);
const ROUNDS = 5;

/** Bun, told how a loop reads the packets; it prints as capture.c does. */
const reader = (loop: string): string => `
  import { capture } from ${JSON.stringify(join(import.meta.dir, "../src/capture/index.ts"))};
  const own = capture({ interface: "veth0" });
  let seen = 0, sum = 0;
  console.log("ready");
  const begin = process.cpuUsage();
  ${loop}
  const { user, system } = process.cpuUsage(begin);
  console.log((user + system) * 1000 / seen, seen, own.statistics().dropped, sum);
  process.exit();`;

const BATCHES = `for await (const batch of own.batches()) {
    for (const packet of batch) sum += packet.length;
    if ((seen += batch.length) >= ${COUNT}) break; }`;
const BYTES = `for await (const batch of own.batches()) {
    for (const { data, length } of batch) sum += length + data[0];
    if ((seen += batch.length) >= ${COUNT}) break; }`;
const SINGLE = `for await (const { data, length } of own) {
    sum += length + data[0];
    if (++seen >= ${COUNT}) break; }`;

class Flood implements Disposable {
  readonly #pair = new VethPair();
  readonly #directory = mkdtempSync(join(tmpdir(), "rawsock-bench-"));
  readonly #program = join(this.#directory, "capture");
  dropped = 0;

  constructor() {
    for (const side of [this.#pair.a, this.#pair.b]) side.ip("link", "set", "veth0", "arp", "off");
    const source = join(import.meta.dir, "capture.c");
    const flags = ["-target", `${ARCHITECTURE}-linux-gnu`, "-dynamic", "-O3", "-fno-sanitize=all"];
    run(zig, "cc", ...flags, "-o", this.#program, source);
  }

  async #send(): Promise<void> {
    const words = this.#pair.a.command(this.#program, "send", "veth0", String(COUNT));
    await Bun.spawn(words, { stdout: "ignore" }).exited;
  }

  /** A receiver that says when it is ready, and then how long a packet took. */
  async #receive(words: string[]): Promise<number> {
    const child = Bun.spawn(this.#pair.b.command(...words), { stdout: "pipe" });
    const lines = child.stdout[Symbol.asyncIterator]();
    await lines.next();
    await this.#send();
    const { value } = await lines.next();
    const [time, , dropped] = new TextDecoder().decode(value).split(" ").map(Number);
    this.dropped += dropped ?? 0;
    await child.exited;
    return time ?? Number.NaN;
  }

  bun(loop: string): Timer {
    return () => this.#receive([process.execPath, "-e", reader(loop)]);
  }

  c(): Timer {
    return () => this.#receive([this.#program, "walk", "veth0", String(COUNT)]);
  }

  /** Its CPU time for all of it, without that for nothing. */
  tcpdump(): Timer {
    return async () => {
      const nothing = await this.#tcpdump(false);
      return ((await this.#tcpdump(true)) - nothing) / COUNT;
    };
  }

  async #tcpdump(traffic: boolean): Promise<number> {
    const words = ["tcpdump", "-i", "veth0", "-n", "-B", "32768", "-Z", "root", "-w", "/dev/null"];
    const child = Bun.spawn(this.#pair.b.command(...words), { stdout: "ignore", stderr: "pipe" });
    await child.stderr[Symbol.asyncIterator]().next();
    if (traffic) await this.#send();
    await Bun.sleep(200);
    child.kill("SIGINT");
    await child.exited;
    return Number(child.resourceUsage()?.cpuTime.total ?? 0) * 1000;
  }

  [Symbol.dispose](): void {
    this.#pair[Symbol.dispose]();
    rmSync(this.#directory, { recursive: true });
  }
}

let flood: Flood | undefined;

export const captures: Suite = {
  title: `Capture of ${COUNT} frames of 64 B`,
  cases(shared) {
    if (!namespaces.met) {
      console.log(`left out: ${namespaces.remedy}`);
      return [];
    }
    const made = shared.use(new Flood());
    flood = made;
    const c = made.c();
    const cases: Case[] = [
      { name: "batches", ours: made.bun(BATCHES), native: c, goal: { ratio: 2.5 } },
      { name: "batches, a byte of each read", ours: made.bun(BYTES), native: c },
      { name: "single packets, copied", ours: made.bun(SINGLE), native: c },
    ].map((one) => ({ ...one, rounds: ROUNDS }));
    const { met, remedy } = program("tcpdump");
    if (!met) {
      console.log(`left out: ${remedy}`);
      return cases;
    }
    const beside = { ours: made.bun(BATCHES), native: made.tcpdump(), against: "tcpdump -w" };
    return [...cases, { name: "batches", ...beside, goal: { ratio: 0.5 }, rounds: ROUNDS }];
  },
  figures(): Figure[] {
    return [{ name: "dropped in all rounds", value: flood?.dropped ?? 0, unit: "packets" }];
  },
};
