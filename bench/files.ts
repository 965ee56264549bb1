// Capture files beside tcpdump: whole processes, their starts included, by time and by processor.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PcapngWriter, type PcapOptions, PcapWriter } from "../src/capture/file/index.ts";
import type { Case, Figure, Suite, Timer } from "./harness.ts";

const PEER = join(import.meta.dir, "peers/files.ts");
const ROUNDS = 7;

/** A file of so many packets of `size` bytes. */
async function make(
  path: string,
  Writer: typeof PcapWriter | typeof PcapngWriter,
  count: number,
  size: number,
  options: PcapOptions = {},
): Promise<string> {
  const writer = Writer.create(path, options);
  const data = crypto.getRandomValues(new Uint8Array(size));
  for (let number = 0; number < count; number++) {
    const timestamp = 1_700_000_000_000_000_000n + BigInt(number) * 1000n;
    const packet = { data, length: size, timestamp, interface: 0, link: "ethernet" } as const;
    const behind = writer.write(packet);
    if (behind !== undefined) await behind;
  }
  await writer.close();
  return path;
}

/** The most memory that one of our processes took, in bytes. */
let memory = 0;

type Measure = "time" | "processor";

/** Nanoseconds that a command takes, from start to end or of the processor. */
function timed(command: string[], measure: Measure): Timer {
  return () => {
    const begin = Bun.nanoseconds();
    const { exitCode, stderr, resourceUsage } = Bun.spawnSync(command, { stderr: "pipe" });
    const time = Bun.nanoseconds() - begin;
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    if (command[0] === process.execPath) memory = Math.max(memory, resourceUsage.maxRSS);
    return measure === "time" ? time : Number(resourceUsage.cpuTime.total) * 1000;
  };
}

/** A case for each measure. */
function both(
  name: string,
  ours: string[],
  native: string[],
  against: string,
  goal?: number,
): Case[] {
  return (["time", "processor"] as const).map((measure) => ({
    name: `${name}: ${measure}`,
    ...(goal === undefined ? {} : { goal: { ratio: goal } }),
    against,
    rounds: ROUNDS,
    fresh: true,
    ours: timed([process.execPath, PEER, ...ours], measure),
    native: timed(native, measure),
  }));
}

export const files: Suite = {
  title: "Capture files, in processes of their own",
  async cases(shared) {
    if (Bun.which("tcpdump") === null) return [];
    const directory = mkdtempSync(join(tmpdir(), "rawsock-bench-"));
    shared.defer(() => rmSync(directory, { recursive: true, force: true }));
    const at = (name: string) => join(directory, name);
    const large = await make(at("large.pcap"), PcapWriter, 1_000_000, 484);
    const largeng = await make(at("large.pcapng"), PcapngWriter, 1_000_000, 484);
    const small = await make(at("small.pcap"), PcapWriter, 1_500_000, 64);
    const tcpdump = (from: string, to: string) => ["tcpdump", "-r", from, "-w", to];
    const nothing = tcpdump(large, "/dev/null");
    return [
      ...both("read 500 MB of pcap, batches", ["read", large], nothing, "tcpdump", 1.5),
      ...both("read 500 MB of pcap, packets", ["packets", large], nothing, "tcpdump"),
      ...both(
        "read 516 MB of pcapng, batches",
        ["read", largeng],
        tcpdump(largeng, "/dev/null"),
        "tcpdump",
        1.5,
      ),
      ...both(
        "copy 1,500,000 packets of 64 B to pcapng",
        ["pcapng", small, at("ours.pcapng")],
        tcpdump(small, at("native.pcap")),
        "tcpdump",
      ),
      ...both(
        "copy 1,500,000 packets of 64 B to pcap",
        ["pcap", small, at("ours.pcap")],
        tcpdump(small, at("native.pcap")),
        "tcpdump",
      ),
    ];
  },
  figures(): Figure[] {
    const most = { name: "the most memory of a process", value: memory / 2 ** 20, unit: "MiB" };
    return memory === 0 ? [] : [most];
  },
};
