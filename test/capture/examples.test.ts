// The examples that capture, as a user runs them.

import { expect } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { run, VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { Folder } from "../wire/support/pcap.ts";
import { Sender, udp, udp6 } from "./support/traffic.ts";

const example = (name: string, ...words: string[]) => [
  process.execPath,
  join(import.meta.dir, "../../examples", name),
  ...words,
];

/** Starts an example, and sends frames until it ends: what it wrote. */
async function whileSending(
  pair: VethPair,
  words: string[],
  frames: Uint8Array[],
): Promise<string> {
  using sender = new Sender(pair.a.name, "veth0");
  const child = Bun.spawn(pair.b.command(...words), { stdout: "pipe", stderr: "pipe" });
  const told = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  while (child.exitCode === null) {
    await sender.send(...frames);
    await Bun.sleep(5);
  }
  const [stdout, stderr] = await told;
  expect([child.exitCode, stderr]).toEqual([0, ""]);
  return stdout;
}

testWith(namespaces)("top-talkers tells who sends most", async () => {
  using pair = new VethPair();
  const words = example("top-talkers.ts", "veth0", String(0.5 * patience));
  const frames = [udp(1, 1000), udp6(1, 10), udp(2, 1000)];
  const stdout = await whileSending(pair, words, frames);
  const lines = stdout.trim().split("\n");
  expect(lines[0]).toMatch(/^10\.77\.0\.1 +\d+ packets +\d+ bytes$/);
  expect(lines[1]).toMatch(/^fd77::1 +\d+ packets +\d+ bytes$/);
  expect(lines.at(-1)).toMatch(/^\d+ packets, 0 of them dropped$/);
});

testWith(namespaces)("fanout shares packets among threads", async () => {
  using pair = new VethPair();
  const words = example("fanout.ts", "veth0", "2", String(0.5 * patience));
  // Flows of many ports: each thread gets some.
  const frames = Array.from({ length: 64 }, (_, index) => udp(index + 1));
  const stdout = await whileSending(pair, words, frames);
  const lines = stdout.trim().split("\n");
  expect(lines[0]).toBe("all are there");
  for (const line of lines.slice(1)) {
    // A slow machine may drop some.
    expect(line).toMatch(/^thread [12]: [1-9]\d* packets, \d+ bytes, \d+ dropped$/);
  }
  expect(lines.length).toBe(3);
});

testWith(namespaces)("sniff shows what its filter lets through", async () => {
  using pair = new VethPair();
  const seconds = String(2 * patience);
  const words = ["timeout", "-s", "INT", seconds, ...example("sniff.ts", "veth0", "udp port 2")];
  using sender = new Sender(pair.a.name, "veth0");
  const child = Bun.spawn(pair.b.command(...words), { stdout: "pipe" });
  const text = new Response(child.stdout).text();
  while (child.exitCode === null) {
    await sender.send(udp(1), udp(2));
    await Bun.sleep(20);
  }
  const lines = new Set((await text).trim().split("\n"));
  expect(lines).toEqual(new Set(["10.77.0.1 > 10.77.0.2 UDP 52 bytes"]));
});

testWith(namespaces, program("capinfos", "tshark"), program("tshark"))(
  "record writes files that take turns, which others read",
  async () => {
    using pair = new VethPair();
    using folder = new Folder();
    const path = join(folder.path, "trace.pcapng");
    using sender = new Sender(pair.a.name, "veth0");
    const child = Bun.spawn(pair.b.command(...example("record.ts", "veth0", path, "udp port 2")), {
      stdout: "pipe",
      stderr: "inherit",
    });
    const told = new Response(child.stdout).text();
    const frame = udp(2, 1400);
    // The first one shows that it has begun.
    const files = () => readdirSync(folder.path).sort();
    const sizes = () =>
      files().reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);
    for (let tries = 0; tries < 200 * patience && sizes() < 2000; tries++) {
      await sender.send(udp(1), frame);
      await Bun.sleep(20);
    }
    for (let count = 0; count < 8000; count += 100)
      await sender.send(...new Array(100).fill(frame));
    await Bun.sleep(300 * patience);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    const [, recorded, received, dropped] =
      /^(\d+) packets of (\d+), (\d+) dropped/.exec(await told) ?? [];
    expect([Number(recorded), dropped]).toEqual([Number(received), "0"]);
    expect(Number(recorded)).toBeGreaterThanOrEqual(8000);
    expect(files()).toEqual(["trace_00001.pcapng", "trace_00002.pcapng"]);
    const ports = files().map((name) =>
      run("tshark", "-r", join(folder.path, name), "-T", "fields", "-e", "udp.dstport"),
    );
    const lines = ports.join("").trim().split("\n");
    expect([lines.length, new Set(lines)]).toEqual([Number(recorded), new Set(["2"])]);
  },
  60_000 * patience,
);
