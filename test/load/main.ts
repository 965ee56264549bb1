// `bun test/load/main.ts SECONDS SEED [ONLY]`: traffic of all kinds for so long, or of those that a
// pattern chooses. A line for each kind, and
// status 1 where there was a fault; SIGINT ends it early.

import { once } from "node:events";
import { VethPair } from "../support/namespace.ts";
import { captures } from "./captures.ts";
import { chaos } from "./chaos.ts";
import { counters } from "./counters.ts";
import { devices } from "./devices.ts";
import { icmp, judge, packet, raw, Udp } from "./inet.ts";
import { Load } from "./load.ts";
import { monitors } from "./monitors.ts";
import { records } from "./records.ts";
import { descriptors, Resources } from "./resources.ts";
import { signals } from "./signals.ts";
import { tcp, unixStreams } from "./streams.ts";
import { vanishing } from "./vanishing.ts";
import { workers } from "./workers.ts";

/** After the end, what takes longer hangs. */
const LATEST_MS = 90_000;
const SAMPLES = 120;
/** What takes longer tells how it goes. */
const PROGRESS_LEAST_S = 300;

/** What the event loop and the package keep open once they had something to wait for. */
const EVENT_SOURCE_DESCRIPTORS = 5;

const elapsed = () => Math.round(performance.now() / 1000);
const SAMPLE_LEAST_MS = 2500;

const [seconds = 0, seed = 0] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4] ?? "";
const udp = new Udp();
const over = new AbortController();
let isInterrupted = false;
const interrupt = () => {
  isInterrupted = true;
  over.abort();
};
process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);

/** How many of each kind there are. */
const PARTS: readonly (readonly [string, number, (load: Load, index: number) => Promise<void>])[] =
  [
    ["udp inet", 28, (load) => udp.run(load, "inet")],
    ["udp inet6", 28, (load) => udp.run(load, "inet6")],
    ["tcp inet", 1, (load) => tcp(load, "inet", 25)],
    ["tcp inet6", 1, (load) => tcp(load, "inet6", 25)],
    ["unix stream", 20, unixStreams],
    ["unix dgram", 20, (load) => records(load, "dgram")],
    ["unix seqpacket", 20, (load) => records(load, "seqpacket")],
    ["icmp inet", 10, (load) => icmp(load, "inet")],
    ["icmp inet6", 10, (load) => icmp(load, "inet6")],
    ["raw inet", 10, (load) => raw(load, "inet")],
    ["raw inet6", 10, (load) => raw(load, "inet6")],
    ["packet raw", 10, (load) => packet(load, "raw")],
    ["packet dgram", 10, (load) => packet(load, "dgram")],
    ["netlink monitor", 1, (load) => monitors(load, 8)],
    ["capture", 3, captures],
    ["tun", 3, devices],
    ["vanishing interface", 2, vanishing],
    ["worker", 2, workers],
    ["chaos", 14, chaos],
    ["signal", 1, signals],
  ];

function start(load: Load): Promise<void>[] {
  const chosen = PARTS.filter(([kind]) => only === "" || new RegExp(only).test(kind));
  return chosen.flatMap(([, count, body]) =>
    Array.from({ length: count }, (_, index) => body(load, index)),
  );
}

async function run(): Promise<boolean> {
  using pair = new VethPair();
  const load = new Load(pair, seed, over.signal);
  const process_ = load.tally("process");
  const resources = new Resources();
  const before = counters(pair.b);
  const open = descriptors().length;
  const running = Promise.all(start(load));
  const every = Math.max(SAMPLE_LEAST_MS, (seconds * 1000) / SAMPLES);
  const sampling = setInterval(() => {
    const text = resources.sample();
    const faults = load.tallies.reduce((sum, tally) => sum + tally.faultCount, 0);
    if (seconds > PROGRESS_LEAST_S) console.log(`${elapsed()} s: ${text}, faults ${faults}`);
  }, every);
  const ending = setTimeout(() => over.abort(), seconds * 1000);
  if (!over.signal.aborted) await once(over.signal, "abort");
  clearInterval(sampling);
  clearTimeout(ending);
  const late = Symbol("late");
  const latest = setTimeout(() => undefined, LATEST_MS);
  const result = await Promise.race([running, Bun.sleep(LATEST_MS).then(() => late)]);
  clearTimeout(latest);
  if (result === late) process_.fault(`these do not end: ${load.running}`);
  const after = counters(pair.b);
  for (const [family, names] of Object.entries(UDP_COUNTERS)) {
    const { drops } = udp;
    // Of what was not chosen there is nothing to say.
    if (load.tally(`udp ${family}`).sockets === 0) continue;
    for (const name of names) {
      const counted = (after[name] as number) - (before[name] as number);
      judge(load.tally(`udp ${family}`), name, counted, drops[family as keyof typeof drops]);
    }
  }
  Bun.gc(true);
  await Bun.sleep(200);
  const left = descriptors().length;
  console.log(`resources: ${resources.report((text) => process_.fault(text))}`);
  if (left > open + EVENT_SOURCE_DESCRIPTORS) process_.fault(`${left - open} descriptors are left`);
  console.log(`descriptors: ${open} at the beginning, ${left} at the end`);
  for (const tally of load.tallies) {
    if (tally !== process_ && tally.sent > 0) console.log(tally.line());
    for (const fault of tally.faults) console.log(`  fault of ${tally.kind}: ${fault}`);
  }
  const sockets = load.tallies.reduce((sum, tally) => sum + tally.sockets, 0);
  const faults = load.tallies.reduce((sum, tally) => sum + tally.faultCount, 0);
  console.log(`load: ${sockets} sockets, ${seconds} s, seed ${seed}, ${faults} faults`);
  return faults === 0;
}

const UDP_COUNTERS = {
  inet: ["Udp.InErrors", "Udp.RcvbufErrors"],
  inet6: ["Udp6InErrors", "Udp6RcvbufErrors"],
} as const;

const isWell = await run();
process.exit(isInterrupted ? 130 : isWell ? 0 : 1);
