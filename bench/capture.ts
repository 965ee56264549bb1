// Captures of a flood beside a ring that is read in C (capture.c), and beside tcpdump. Each side is
// a process of its own in a network namespace, the sender one in another; what is compared is the
// CPU time that a receiver takes for a packet. Starting up, and compiling what turns out to be hot,
// takes as long whatever comes: it is taken out by the difference of a large flood and a small one.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, VethPair } from "../test/support/namespace.ts";
import { namespaces, program } from "../test/support/requirements.ts";
import { ARCHITECTURE, zig } from "../test/support/zig.ts";
import type { Case, Figure, Suite, Timer } from "./harness.ts";

/** RAWSOCK_BENCH_PACKETS: of the large flood. */
const COUNT = Number(process.env.RAWSOCK_BENCH_PACKETS ?? 1_500_000);
const FEW = COUNT / 3;
const ROUNDS = 3;
/** For one side of one round. */
const TIMEOUT_MS = 20_000;

const ENTRY = JSON.stringify(join(import.meta.dir, "../src/capture/index.ts"));

/** Bun, told how a loop reads the packets. */
const reader = (loop: string) => (count: number) =>
  `
  import { capture, PcapngWriter } from ${ENTRY};
  const own = capture({ interface: "veth0" });
  let seen = 0, sum = 0;
  const stop = setTimeout(() => own.close(), ${TIMEOUT_MS});
  console.log("ready");
  const count = ${count};
  ${loop}
  clearTimeout(stop);
  console.log(own.statistics().dropped, sum);
  process.exit();`;

const BATCHES = `for await (const batch of own.batches()) {
    for (const packet of batch) sum += packet.length;
    if ((seen += batch.length) >= count) break; }`;
const BYTES = `for await (const batch of own.batches()) {
    for (const { data, length } of batch) sum += length + data[0];
    if ((seen += batch.length) >= count) break; }`;
const SINGLE = `for await (const { data, length } of own) {
    sum += length + data[0];
    if (++seen >= count) break; }`;
const FILE = (path: string) => `const writer = PcapngWriter.create(${JSON.stringify(path)});
  for await (const batch of own.batches()) {
    await writer.writeAll(batch);
    if ((seen += batch.length) >= count) break; }
  await writer.close();`;

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

  /** A path in the benchmark's folder. */
  at(name: string): string {
    return join(this.#directory, name);
  }

  async #send(count: number): Promise<void> {
    const words = this.#pair.a.command(this.#program, "send", "veth0", String(count));
    await Bun.spawn(words, { stdout: "ignore" }).exited;
  }

  /** The CPU time of a receiver that says when it is ready, and then how much was dropped. */
  async #receive(words: string[], count: number): Promise<number> {
    const child = Bun.spawn(this.#pair.b.command(...words), { stdout: "pipe" });
    const lines = child.stdout[Symbol.asyncIterator]();
    await lines.next();
    await this.#send(count);
    const { value } = await lines.next();
    this.dropped += Number(new TextDecoder().decode(value).split(" ")[0]);
    await child.exited;
    return cpuTime(child);
  }

  /** What a packet takes beyond the start, and beyond so many packets. */
  #slope(receive: (count: number) => Promise<number>, before = 0): Timer {
    const [few, many] = before === 0 ? [FEW, COUNT] : [before, before + COUNT];
    return async () => {
      const first = await receive(few);
      return ((await receive(many)) - first) / (many - few);
    };
  }

  bun(loop: string, before?: number): Timer {
    const text = reader(loop);
    const receive = (count: number) => this.#receive([process.execPath, "-e", text(count)], count);
    return this.#slope(receive, before);
  }

  c(before?: number): Timer {
    const receive = (count: number) =>
      this.#receive([this.#program, "walk", "veth0", String(count)], count);
    return this.#slope(receive, before);
  }

  tcpdump(target: string): Timer {
    return this.#slope((count) => this.#tcpdump(target, count));
  }

  async #tcpdump(target: string, count: number): Promise<number> {
    const words = ["tcpdump", "-i", "veth0", "-n", "-B", "32768", "-Z", "root", "-w", target];
    const child = Bun.spawn(this.#pair.b.command(...words), { stdout: "ignore", stderr: "pipe" });
    await child.stderr[Symbol.asyncIterator]().next();
    await this.#send(count);
    await Bun.sleep(200);
    child.kill("SIGINT");
    await child.exited;
    return cpuTime(child);
  }

  [Symbol.dispose](): void {
    this.#pair[Symbol.dispose]();
    rmSync(this.#directory, { recursive: true });
  }
}

/** Nanoseconds of the processor that a program took. */
function cpuTime(child: Bun.Subprocess): number {
  return Number(child.resourceUsage()?.cpuTime.total ?? 0) * 1000;
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
      {
        // The compiler is at work on the loop until then, in a thread of its own that counts.
        name: `batches, after ${COUNT.toLocaleString("en")} more`,
        ours: made.bun(BATCHES, COUNT),
        native: made.c(COUNT),
        goal: { ratio: 2.5 },
      },
      { name: "batches, a byte of each read", ours: made.bun(BYTES), native: c },
      { name: "single packets, copied", ours: made.bun(SINGLE), native: c },
    ].map((one) => ({ ...one, rounds: ROUNDS, fresh: true }));
    const { met, remedy } = program("tcpdump");
    if (!met) {
      console.log(`left out: ${remedy}`);
      return cases;
    }
    const beside = (name: string, loop: string, target: string, ratio: number): Case => ({
      name,
      ours: made.bun(loop),
      native: made.tcpdump(target),
      against: "tcpdump -w",
      goal: { ratio },
      rounds: ROUNDS,
      fresh: true,
    });
    return [
      ...cases,
      beside("batches", BATCHES, "/dev/null", 0.5),
      beside("to a pcapng file, tcpdump's to pcap", FILE(made.at("ours")), made.at("theirs"), 1.2),
    ];
  },
  figures(): Figure[] {
    return [{ name: "dropped in all rounds", value: flood?.dropped ?? 0, unit: "packets" }];
  },
};
