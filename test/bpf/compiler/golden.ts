// What libpcap makes of the expressions, for where it is not installed. Written by
//
//   bun test/bpf/compiler/golden.ts
//
// which needs a C compiler, libpcap-dev and, for the programs of live captures, root.

import { join } from "node:path";
import type { LinkName } from "../../../src/bpf/compiler/index.ts";
import { EXPRESSIONS, LIVE_EXPRESSIONS } from "./expressions.ts";
import { type Case, compileByLibpcap, decode, type Outcome } from "./reference.ts";

const FILE = join(import.meta.dir, "golden.json.gz");

export const LINKS = [
  "ethernet",
  "raw",
  "null",
  "loop",
  "linux-sll",
  "linux-sll2",
  "ppp",
] as const satisfies readonly LinkName[];

/** Programs as lines of text, in the order of the expressions. */
export type Golden = {
  readonly version: string;
  readonly expressions: readonly string[];
  readonly links: Readonly<Record<(typeof LINKS)[number], readonly string[]>>;
  /** Without optimisation, for Ethernet. */
  readonly plain: readonly string[];
  readonly liveExpressions: readonly string[];
  /**
   * For live captures without optimisation: libpcap 1.10's optimiser does not respect that offsets
   * depend on where the tag is, and makes of `ip or (vlan and ip)` something else.
   */
  readonly live: readonly string[];
  /** For live captures with optimisation, for their length. */
  readonly liveOptimized: readonly string[];
};

/** The cases of the parts of the file. */
export function casesFor(link: LinkName): readonly Case[] {
  return EXPRESSIONS.map((expression) => ({ expression, link }));
}

export function plainCases(): readonly Case[] {
  return EXPRESSIONS.map((expression) => ({ expression, optimize: false }));
}

export function liveCases(optimize: boolean): readonly Case[] {
  return LIVE_EXPRESSIONS.map((expression) => ({ expression, live: true, optimize }));
}

export async function readGolden(): Promise<Golden> {
  const bytes = await Bun.file(FILE).bytes();
  return JSON.parse(new TextDecoder().decode(Bun.gunzipSync(bytes)));
}

/** The outcome for each expression. */
export function outcomes(
  expressions: readonly string[],
  lines: readonly string[],
): ReadonlyMap<string, Outcome> {
  return new Map(
    expressions.map((expression, index) => [expression, decode(lines[index] as string)]),
  );
}

async function write(): Promise<void> {
  const golden: Golden = {
    version: "libpcap 1.10.3",
    expressions: EXPRESSIONS,
    links: {
      ethernet: compileByLibpcap(casesFor("ethernet")),
      raw: compileByLibpcap(casesFor("raw")),
      null: compileByLibpcap(casesFor("null")),
      loop: compileByLibpcap(casesFor("loop")),
      "linux-sll": compileByLibpcap(casesFor("linux-sll")),
      "linux-sll2": compileByLibpcap(casesFor("linux-sll2")),
      ppp: compileByLibpcap(casesFor("ppp")),
    },
    plain: compileByLibpcap(plainCases()),
    liveExpressions: LIVE_EXPRESSIONS,
    live: compileByLibpcap(liveCases(false)),
    liveOptimized: compileByLibpcap(liveCases(true)),
  };
  await Bun.write(FILE, Bun.gzipSync(new TextEncoder().encode(JSON.stringify(golden))));
}

if (import.meta.main) await write();
