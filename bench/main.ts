// `npm run bench`: every suite, as a table, as bench/results.json and as bench/results.svg. Words
// behind it choose the suites whose title holds one of them; `peers` adds other programs, and
// `record` puts the chosen suites' results in the place of theirs in the two files.

import { cpus, release } from "node:os";
import { join } from "node:path";
import { zig } from "../test/support/zig.ts";
import { bpf } from "./bpf.ts";
import { bulk } from "./bulk.ts";
import { captures } from "./capture.ts";
import { checksums } from "./checksum.ts";
import { files } from "./files.ts";
import { growth } from "./growth.ts";
import { figureLine, HEADER, line, measure, type Result, type Suite } from "./harness.ts";
import { interfaces } from "./ifaddrs.ts";
import { latency } from "./latency.ts";
import { many } from "./many.ts";
import { message } from "./message.ts";
import { messages } from "./messages.ts";
import { netlink } from "./netlink.ts";
import { peers } from "./peers.ts";
import { picture } from "./picture.ts";
import { processes } from "./processes.ts";
import { lookups } from "./resolve.ts";
import { eventLoop } from "./socket.ts";
import { startup } from "./startup.ts";
import { transfer } from "./transfer.ts";
import { devices } from "./tun.ts";
import { tunnel } from "./tunnel.ts";
import { wire } from "./wire.ts";

const RESULTS = join(import.meta.dir, "results.json");

const own: readonly Suite[] = [
  checksums,
  transfer,
  message,
  interfaces,
  lookups,
  netlink,
  bulk,
  eventLoop,
  messages,
  processes,
  latency,
  bpf,
  captures,
  files,
  startup,
  many,
  growth,
  wire,
  devices,
  tunnel,
];

async function run(suite: Suite): Promise<Result> {
  console.log(`\n${suite.title}\n${HEADER}`);
  using shared = new DisposableStack();
  const outcomes = [];
  for (const one of await suite.cases(shared)) {
    const outcome = await measure(one);
    console.log(line(outcome));
    outcomes.push(outcome);
  }
  const figures = suite.figures?.() ?? [];
  for (const figure of figures) console.log(figureLine(figure));
  return { title: suite.title, outcomes, figures };
}

/** What the figures depend on; they are ratios for the sake of the rest. */
function machine(): object {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    kernel: `${process.platform} ${/^[\d.]+/.exec(release())} ${process.arch}`,
    bun: Bun.version,
    zig: String(Bun.spawnSync([zig, "version"]).stdout).trim(),
  };
}

const words = process.argv.slice(2).filter((word) => word !== "peers" && word !== "record");
const suites = process.argv.includes("peers") ? [...own, ...peers] : own;
const chosen = suites.filter(
  ({ title }) =>
    words.length === 0 || words.some((word) => title.toLowerCase().includes(word.toLowerCase())),
);

const about = machine();
console.log(
  Object.entries(about)
    .map((entry) => entry.join(" "))
    .join(", "),
);
console.log("Medians of rounds that take turns, ours and native, in this one run.");
const results: Result[] = [];
for (const suite of chosen) results.push(await run(suite));

if (words.length === 0) await keep(results);
else if (process.argv.includes("record")) await keep(await amended(results));

async function keep(all: readonly Result[]): Promise<void> {
  const text = JSON.stringify({ machine: about, suites: all }, null, 2);
  await Bun.write(RESULTS, `${text}\n`);
  await Bun.write(join(import.meta.dir, "results.svg"), picture(all));
}

/** What was measured before, with the new results in the order of the suites. */
async function amended(fresh: readonly Result[]): Promise<Result[]> {
  const { suites: kept } = (await Bun.file(RESULTS).json()) as { suites: Result[] };
  const known = new Map([...kept, ...fresh].map((result) => [result.title, result]));
  return own.flatMap(({ title }) => known.get(title) ?? []);
}

const missed = results.flatMap(({ outcomes }) => outcomes.filter(({ met }) => met === false));
console.log(missed.length === 0 ? "\nevery goal met" : `\n${missed.length} goals missed`);
