// libpcap's compiler, by the program of reference.c.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LinkName } from "../../../src/bpf/compiler/index.ts";
import type { Program } from "../../../src/bpf/instruction.ts";
import type { Requirement } from "../../support/requirements.ts";

/** The numbers of pcap_open_dead(3) for the links; "raw" is Linux's. */
const DLT: Readonly<Record<LinkName, number>> = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  raw: 12,
  loop: 108,
  "linux-sll": 113,
  ipv4: 228,
  ipv6: 229,
  "linux-sll2": 276,
};

export type Case = {
  readonly expression: string;
  readonly link?: LinkName;
  readonly snaplen?: number;
  readonly netmask?: number;
  readonly optimize?: boolean;
  readonly live?: boolean;
};

/** A program, or the message with which it was refused. */
export type Outcome = { readonly program: Program } | { readonly message: string };

function compiled(): string | undefined {
  const binary = join(mkdtempSync(join(tmpdir(), "bpf-reference-")), "reference");
  const source = join(import.meta.dir, "reference.c");
  const compiler = Bun.which("cc");
  if (compiler === null) return undefined;
  const { exitCode } = Bun.spawnSync([compiler, "-O1", "-o", binary, source, "-lpcap"]);
  return exitCode === 0 ? binary : undefined;
}

let binary: string | undefined | null = null;

/** The program of reference.c, compiled once a process. */
function reference(): string | undefined {
  if (binary === null) binary = compiled();
  return binary;
}

/** A C compiler and libpcap's headers. */
export function libpcapHeaders(): Requirement {
  const remedy = "install a C compiler and libpcap: apt-get install gcc libpcap-dev";
  return { met: reference() !== undefined, remedy };
}

/** A program as one line of text: instructions by commas, their numbers by spaces. */
export function encode(program: Program): string {
  return program.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`).join(",");
}

export function decode(line: string): Outcome {
  if (line.startsWith("!")) return { message: line.slice(1) };
  const program = line.split(",").map((instruction) => {
    const [code = 0, jt = 0, jf = 0, k = 0] = instruction.split(" ").map(Number);
    return { code, jt, jf, k };
  });
  return { program };
}

/** What libpcap makes of the cases, each as a line that `decode` reads. */
export function compileByLibpcap(cases: readonly Case[]): string[] {
  const input = cases.map((entry) => {
    const { expression, link = "ethernet", snaplen = 262144, netmask = 0 } = entry;
    const { optimize = true, live = false } = entry;
    return `${DLT[link]} ${snaplen} ${netmask} ${Number(optimize)} ${Number(live)} ${expression}`;
  });
  // In a namespace of its own the loopback interface is nobody else's.
  const isLive = cases.some(({ live }) => live);
  const command = [reference() ?? ""];
  if (isLive) command.unshift("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0"');
  const stdin = new TextEncoder().encode(input.map((line) => `${line}\n`).join(""));
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { stdin });
  if (exitCode !== 0) throw new Error(`reference.c: ${stderr.toString()}`);
  return stdout.toString().trimEnd().split("\n");
}
