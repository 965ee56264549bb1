// Runs a harness of test/fuzz/harness with the inputs it is given, and then with mutations of them
// for as long as it is told, as native/driver.zig does: what reaches a branch of src/, or reaches it
// more often, for the first time is mutated further.
//
// bun test/fuzz/engine.ts <harness> <seconds> <seed> <finding> <kept>: see native/driver.zig.

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../support/frame.ts";
import type { Harness } from "./choices.ts";
import { counted, counters } from "./instrument.ts";
import { mutated } from "./mutation.ts";

const [name = "", seconds = "0", seed = "1", finding = "", kept = "-"] = process.argv.slice(2);
const { harness } = (await import(`./harness/${name}.ts`)) as { harness: Harness };

/** No input needs a second of the processor, nor this process so much memory. */
const PATIENCE_MS = 1000;
const CPU_MOST_MS = 2000;
const MEMORY_MOST = 1.5 * 1024 ** 3;
/** So often it is looked at. */
const MEMORY_EVERY = 2048;

/** What ends this process without a word leaves its input here, after its length. */
const current = `${finding}.current`;
writeFileSync(current, new Uint8Array(4 + harness.largest));
const written = Bun.mmap(current);

const words = new Uint32Array(counters.buffer);
const seen = new Uint8Array(counters.length);
const random = new Random(Number(seed));
const corpus: Uint8Array[] = [];
/** Where the corpus is chosen, it does not count how often. */
const chooses = seconds === "0" && kept !== "-";
let tried = 0;

const MAGNITUDES = Uint8Array.from({ length: 256 }, (_, count) => {
  const limits = [1, 2, 3, 4, 8, 16, 32, 128];
  const order = limits.findLastIndex((limit) => count >= limit);
  return order < 0 ? 0 : 1 << order;
});

async function attempt(input: Uint8Array): Promise<void> {
  const result = harness.run(input.slice());
  if (result !== undefined) await result;
}

/** Whether the input reached something new. Ends the process where something is wrong. */
async function run(input: Uint8Array): Promise<boolean> {
  tried++;
  new DataView(written.buffer).setUint32(0, input.length, true);
  written.set(input, 4);
  counters.fill(0, 0, counted());
  const begin = performance.now();
  try {
    await attempt(input);
  } catch (error) {
    fail(input, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  if (performance.now() - begin > PATIENCE_MS) await checkTime(input);
  if (tried % MEMORY_EVERY === 0) checkMemory(input);
  return look();
}

function look(): boolean {
  let found = false;
  const last = Math.ceil(counted() / 4);
  for (let word = 0; word < last; word++) {
    if (words[word] === 0) continue;
    for (let place = word * 4; place < word * 4 + 4; place++) {
      const count = counters[place] as number;
      const bit = chooses ? Number(count > 0) : (MAGNITUDES[count] as number);
      if ((bit & ~(seen[place] as number)) === 0) continue;
      seen[place] = (seen[place] as number) | bit;
      found = true;
    }
  }
  return found;
}

/** Others use the processor as well: once more, by its own clock. */
async function checkTime(input: Uint8Array): Promise<void> {
  const before = process.cpuUsage();
  await attempt(input);
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1000 > CPU_MOST_MS) fail(input, `it took ${(user + system) / 1000} ms`);
}

function checkMemory(input: Uint8Array): void {
  if (process.memoryUsage.rss() < MEMORY_MOST) return;
  Bun.gc(true);
  const rss = process.memoryUsage.rss();
  if (rss > MEMORY_MOST) fail(input, `after ${tried} inputs the process has ${rss} bytes`);
}

function fail(input: Uint8Array, what: string): never {
  writeFileSync(finding, input);
  rmSync(current);
  console.error(what);
  process.exit(1);
}

function keep(input: Uint8Array): void {
  if (kept !== "-")
    writeFileSync(join(kept, Bun.hash(input).toString(16).padStart(16, "0")), input);
}

// The harness' own first, so that the corpus need not have them.
for (const input of [...(harness.seeds ?? []), new Uint8Array(0)]) {
  corpus.push(input.slice(0, harness.largest));
}
const own = chooses ? corpus.length : 0;
const given = new Uint8Array(await Bun.stdin.arrayBuffer());
for (let at = 0; at < given.length; ) {
  const length = new DataView(given.buffer).getUint32(at, true);
  corpus.push(given.slice(at + 4, at + 4 + Math.min(length, harness.largest)));
  at += 4 + length;
}
const count = corpus.length;
for (const [place, input] of corpus.slice().entries()) {
  if ((await run(input)) && chooses && place >= own) keep(input);
}
const end = performance.now() + Number(seconds) * 1000;
while (performance.now() < end) {
  // The later the likelier.
  const late = random.below(2) === 0 ? Math.floor((corpus.length * 3) / 4) : 0;
  const base = corpus[late + random.below(corpus.length - late)] as Uint8Array;
  const { largest } = harness;
  const input = mutated(base, random, { largest, other: random.pick(corpus) });
  if (!(await run(input))) continue;
  corpus.push(input);
  keep(input);
}
if (existsSync(current)) rmSync(current);
const edges = seen.reduce((sum, bits) => sum + Number(bits !== 0), 0);
const report = { harness: name, inputs: tried, edges, of: counted(), given: count };
console.log(JSON.stringify({ ...report, kept: corpus.length - count }));
process.exit(0);
