// Our code beside the same work in native code, in one run, round by round in turn. Machines are
// shared and change their speed: only the ratios of one run mean anything.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Datagrams in a burst, of which all come before the next one goes. */
export const BURST = 64;
export const DATA = new Uint8Array(64);

/** Makes `calls` calls and returns the nanoseconds per call. */
export type Timer = (calls: number) => number | Promise<number>;

/** What our time may be at the most: a multiple of the native time, or so much above it. */
export type Goal = { readonly ratio: number } | { readonly extraNanoseconds: number };

export type Case = {
  readonly name: string;
  readonly goal?: Goal;
  readonly ours: Timer;
  readonly native: Timer;
  /** What `native` is, where it is not C. */
  readonly against?: string;
  /** Called once, when all rounds are done. */
  readonly end?: () => void | Promise<void>;
};

export type Outcome = {
  readonly name: string;
  readonly against: string;
  /** Medians, in nanoseconds per call. */
  readonly ours: number;
  readonly native: number;
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  readonly goal: Goal | undefined;
  readonly met: boolean | undefined;
};

/** A suite makes its cases when its turn comes. */
export type Suite = { readonly title: string; cases(): Case[] | Promise<Case[]> };

/**
 * Many short rounds: a busy machine changes its speed for tens of milliseconds at a time, which
 * both sides of most pairs then see alike.
 */
const ROUNDS = 151;
const WARM_UP_ROUNDS = 30;
/** A round takes about this long. */
const ROUND_NANOSECONDS = 2e6;

/** Compiles C sources of this folder into a shared library; the path is gone at exit. */
export function compile(...sources: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const library = join(directory, "native.so");
  const platform = `${process.platform}-${process.arch}`;
  const zig = join(import.meta.dir, `../node_modules/@zigc/${platform}/bin/zig`);
  const machine = process.arch === "x64" ? ["-march=x86_64_v3"] : [];
  const flags = ["-O3", ...machine, "-shared", "-fPIC", "-fno-sanitize=all"];
  const files = sources.map((source) => join(import.meta.dir, source));
  const command = [zig, "cc", ...flags, "-o", library, ...files];
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return library;
}

/** A timer of `body`, which does `per` units of work at each call. */
export function timer(body: () => void, per = 1): Timer {
  return (calls) => {
    const begin = Bun.nanoseconds();
    for (let call = 0; call < calls; call++) body();
    return (Bun.nanoseconds() - begin) / calls / per;
  };
}

/** The medians of rounds that alternate between both. */
export async function measure({ name, goal, ours, native, against, end }: Case): Promise<Outcome> {
  const probe = 20;
  // What a timer returns is per unit of work, of which a call may do many.
  const begin = Bun.nanoseconds();
  await native(probe);
  await ours(probe);
  const estimate = Math.max(1, Bun.nanoseconds() - begin) / probe / 2;
  const calls = Math.max(1, Math.round(ROUND_NANOSECONDS / estimate));
  const times: { ours: number[]; native: number[] } = { ours: [], native: [] };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    // Neither is always the one that finds what the other left in the caches.
    const oursFirst = round % 2 === 0;
    const first = await (oursFirst ? ours : native)(calls);
    const second = await (oursFirst ? native : ours)(calls);
    if (round < 0) continue;
    times.ours.push(oursFirst ? first : second);
    times.native.push(oursFirst ? second : first);
  }
  await end?.();
  const outcome = { name, against: against ?? "C", goal };
  const pairs = times.ours.map((time, round) => [time, times.native[round] as number] as const);
  const ratio = median(pairs.map(([mine, theirs]) => mine / theirs));
  const extra = median(pairs.map(([mine, theirs]) => mine - theirs));
  const medians = { ours: median(times.ours), native: median(times.native), ratio };
  return { ...outcome, ...medians, met: goal && meets(goal, ratio, extra) };
}

function meets(goal: Goal, ratio: number, extra: number): boolean {
  return "ratio" in goal ? ratio <= goal.ratio : extra <= goal.extraNanoseconds;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** "1.08x", or "+ 10 ns". */
export function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return "ratio" in goal ? `<= ${goal.ratio.toFixed(2)}x` : `<= + ${goal.extraNanoseconds} ns`;
}

/** One line of the table. */
export function line({ name, against, ours, native, ratio, goal, met }: Outcome): string {
  return [
    name.padEnd(44),
    time(ours).padStart(11),
    time(native).padStart(11),
    `${ratio.toFixed(2)}x`.padStart(8),
    goalText(goal).padStart(12),
    met === undefined ? "" : met ? "  yes" : "  NO",
    against === "C" ? "" : `  (beside ${against})`,
  ].join("");
}

export const HEADER = `${"".padEnd(44)}${"ours".padStart(11)}${"native".padStart(11)}${"ratio".padStart(8)}${"goal".padStart(12)}  met`;

function time(nanoseconds: number): string {
  if (nanoseconds < 10_000) return `${nanoseconds.toFixed(1)} ns`;
  if (nanoseconds < 10_000_000) return `${(nanoseconds / 1000).toFixed(1)} us`;
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
