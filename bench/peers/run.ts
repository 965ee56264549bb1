// `npm run bench -- peers`: the same work in other programs, as far as they are installed, beside
// ours and C, round by round in turn. A peer is a program that prints the nanoseconds per unit of
// each work it knows, as JSON.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zig } from "../../test/support/zig.ts";
import { median } from "../harness.ts";

const BURSTS = 300;
const ROUNDS = 7;

/** What a program that knows it measures. */
const WORKS = {
  unix: "send + recv 64 B, unix",
  udp: "send + recv 64 B, UDP",
  raw: "raw IP round, 64 B",
  checksum: "TCP sum, 1500 B",
  interfaces: "interfaces",
} as const;
type Work = keyof typeof WORKS;

/** What ours may take of CLISP's time to store the checksum of a TCP frame. */
const CLISP_SHARE_MAX = 1 / 15;

type Peer = {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
};

export type PeerTimes = {
  readonly name: string;
  readonly nanoseconds: Partial<Record<Work, number>>;
};

/** CLISP's module wants a symbol that nobody defines. */
const CLISP_STUB = `
#include <stdarg.h>
#include <sys/ioctl.h>
int rpl_ioctl(int fd, int request, ...) {
  va_list list; va_start(list, request);
  void *argument = va_arg(list, void *); va_end(list);
  return ioctl(fd, request, argument);
}
`;

const here = (name: string) => join(import.meta.dir, name);

function compile(output: string, ...words: string[]): void {
  const machine = process.arch === "x64" ? ["-march=x86_64_v3"] : [];
  const command = [zig, "cc", "-O3", "-w", ...machine, "-o", output, ...words];
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

/** The addons of npm, which only Node loads, in a directory of their own; says so if it can't. */
function installAddons(directory: string): Record<string, string> {
  const names = ["raw-socket", "unix-dgram"];
  const words = ["install", "--prefix", directory, "--no-audit", "--no-fund", "--no-save"];
  if (Bun.which("npm") !== null) {
    // In a package of its own: npm would otherwise look for one further up.
    writeFileSync(join(directory, "package.json"), "{}");
    const { exitCode } = Bun.spawnSync(["npm", ...words, ...names]);
    if (exitCode === 0) return { NODE_PATH: join(directory, "node_modules") };
  }
  console.log(`(without ${names.join(" and ")}: npm did not install them)`);
  return {};
}

async function installed(directory: string): Promise<Peer[]> {
  const native = join(directory, "native");
  compile(native, here("native.c"), here("../transfer.c"), here("../checksum.c"));
  const stub = join(directory, "stub.so");
  await Bun.write(`${stub}.c`, CLISP_STUB);
  compile(stub, `${stub}.c`, "-shared", "-fPIC");
  const node = Bun.which("node") === null ? {} : installAddons(directory);
  const peers: Peer[] = [
    { name: "C", command: [native] },
    { name: "rawsock", command: [process.execPath, here("rawsock.ts")] },
    { name: "python3 socket, scapy", command: ["python3", here("peer.py")] },
    {
      name: "CLISP rawsock",
      command: ["clisp", "-q", "-norc", "-C", here("peer.lisp")],
      env: { LD_PRELOAD: stub },
    },
    { name: "node dgram, unix-dgram, raw-socket", command: ["node", here("peer.cjs")], env: node },
    { name: "Bun node:dgram", command: [process.execPath, here("peer.cjs")] },
    { name: "Bun.udpSocket", command: [process.execPath, here("bun.ts")] },
  ];
  return peers.filter(({ command }) => Bun.which(command[0] as string) !== null);
}

/** One round of a peer; a work it did not do, or that failed, is absent. */
function round({ name, command, env }: Peer): Partial<Record<Work, number>> {
  const { stdout, stderr } = Bun.spawnSync([...command, String(BURSTS)], {
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  try {
    return JSON.parse(String(stdout).trim().split("\n").at(-1) ?? "");
  } catch {
    console.log(`(${name} failed: ${String(stderr).trim().slice(0, 200)})`);
    return {};
  }
}

/** Runs every installed peer and prints the medians as a table. */
export async function peers(): Promise<PeerTimes[]> {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-peers-"));
  try {
    const list = await installed(directory);
    const rounds = list.map((): Partial<Record<Work, number>>[] => []);
    for (let count = 0; count < ROUNDS; count++) {
      for (const [index, peer] of list.entries()) rounds[index]?.push(round(peer));
    }
    const times = list.map(({ name }, index) => ({
      name,
      nanoseconds: medians(rounds[index] ?? []),
    }));
    print(times);
    return times;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function medians(rounds: readonly Partial<Record<Work, number>>[]): Partial<Record<Work, number>> {
  const result: Partial<Record<Work, number>> = {};
  for (const work of Object.keys(WORKS) as Work[]) {
    const values = rounds.flatMap(({ [work]: time }) => time ?? []);
    if (values.length > 0) result[work] = median(values);
  }
  return result;
}

function print(times: readonly PeerTimes[]): void {
  const works = Object.entries(WORKS) as [Work, string][];
  console.log(`\nPeers, medians of ${ROUNDS} rounds: ns, and multiples of C`);
  console.log(`${"".padEnd(36)}${works.map(([, title]) => title.padStart(24)).join("")}`);
  const c = times.find(({ name }) => name === "C")?.nanoseconds ?? {};
  for (const { name, nanoseconds } of times) {
    const cells = works.map(([work]) => cell(nanoseconds[work], c[work]).padStart(24));
    console.log(`${name.padEnd(36)}${cells.join("")}`);
  }
  const sum = (peer: string) => times.find(({ name }) => name === peer)?.nanoseconds.checksum;
  const [ours, clisp] = [sum("rawsock"), sum("CLISP rawsock")];
  if (ours === undefined || clisp === undefined) return;
  const met = ours <= clisp * CLISP_SHARE_MAX ? "yes" : "NO";
  const goal = `goal >= ${1 / CLISP_SHARE_MAX}x: ${met}`;
  console.log(`checksum.tcp is ${(clisp / ours).toFixed(1)}x as fast as CLISP's tcpcsum, ${goal}`);
}

function cell(own: number | undefined, reference: number | undefined): string {
  if (own === undefined) return "-";
  const ratio = reference === undefined ? "" : ` ${(own / reference).toFixed(2)}x`;
  return `${own.toFixed(own < 100 ? 1 : 0)}${ratio}`;
}
