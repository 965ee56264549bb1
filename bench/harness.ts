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
  /** The same work's system calls alone, which nothing can outdo that makes them. */
  readonly floor?: Timer;
  /** Rounds of one call each, for work that takes long; otherwise many rounds of many calls. */
  readonly rounds?: number;
  /** Each round is of new processes, which one before the first would not change. */
  readonly fresh?: boolean;
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
  /** The median of the rounds' differences. */
  readonly extra: number;
  readonly rounds: number;
  readonly goal: Goal | undefined;
  readonly met: boolean | undefined;
  /** The median of the floor's ratios to `native`. */
  readonly floor?: number;
};

/** What is measured beside no other. */
export type Figure = { readonly name: string; readonly value: number; readonly unit: string };

/** A suite makes its cases when its turn comes; what they share goes with `shared`. */
export type Suite = {
  readonly title: string;
  cases(shared: DisposableStack): Case[] | Promise<Case[]>;
  figures?(): Figure[];
};

export type Result = {
  readonly title: string;
  readonly outcomes: readonly Outcome[];
  readonly figures: readonly Figure[];
};

/**
 * Many short rounds: a busy machine changes its speed for tens of milliseconds at a time, which
 * both sides of most pairs then see alike.
 */
const ROUNDS = 151;
/** How long each side runs before: the optimizing compiler comes late to its last word. */
const WARM_UP_NANOSECONDS = 8e8;
/** What is compiled already only has its memory to find. */
const COMPILED_WARM_UP_NANOSECONDS = 1e8;
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

type Loop = (body: () => void, calls: number) => void;

/** A timer of `body`, which does `per` units of work at each call. */
export function timer(body: () => void, per = 1): Timer {
  // Compiled for this body alone, as a program's own loop is: one that all shared would call what
  // it could contain, which takes 10 ns.
  const loop = new Function(
    "body",
    "calls",
    "for (let call = 0; call < calls; call++) body();",
  ) as Loop;
  return (calls) => {
    const begin = Bun.nanoseconds();
    loop(body, calls);
    return (Bun.nanoseconds() - begin) / calls / per;
  };
}

/** The medians of rounds that alternate between both. */
export async function measure(one: Case): Promise<Outcome> {
  const { name, goal, ours, native, against = "C", rounds = ROUNDS } = one;
  const single = one.rounds !== undefined;
  const calls = single ? 1 : await callsPerRound(one);
  const { floor } = one;
  const inC = /\bC\b/.test(against);
  if (!single) await warmUp(native, calls, inC ? COMPILED_WARM_UP_NANOSECONDS : undefined);
  if (!single) await warmUp(ours, calls);
  const times: { ours: number[]; native: number[] } = { ours: [], native: [] };
  const floors: number[] = [];
  for (let round = one.fresh ? 0 : -1; round < rounds; round++) {
    // Neither is always the one that finds what the other left in the caches.
    const oursFirst = round % 2 === 0;
    const first = await (oursFirst ? ours : native)(calls);
    const second = await (oursFirst ? native : ours)(calls);
    if (round < 0) continue;
    times.ours.push(oursFirst ? first : second);
    times.native.push(oursFirst ? second : first);
    if (floor !== undefined) floors.push((await floor(calls)) / (times.native.at(-1) as number));
  }
  await one.end?.();
  const pairs = times.ours.map((time, round) => [time, times.native[round] as number] as const);
  const ratio = median(pairs.map(([mine, theirs]) => mine / theirs));
  const extra = median(pairs.map(([mine, theirs]) => mine - theirs));
  const medians = { ours: median(times.ours), native: median(times.native), ratio, extra };
  const least = floors.length === 0 ? {} : { floor: median(floors) };
  const met = goal && meets(goal, ratio, extra);
  return { name, against, ...medians, ...least, goal, met, rounds };
}

/** Nanoseconds of the processor that this process has taken, all threads together. */
export function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

async function warmUp(side: Timer, calls: number, time = WARM_UP_NANOSECONDS): Promise<void> {
  const begin = Bun.nanoseconds();
  while (Bun.nanoseconds() - begin < time) await side(calls);
}

/** How many calls take as long as a round of both is to take. */
async function callsPerRound({ ours, native }: Case): Promise<number> {
  const wanted = 2 * ROUND_NANOSECONDS;
  const probe = 20;
  // The first calls may start another program and compile.
  await native(probe);
  await ours(probe);
  for (let calls = probe; ; ) {
    // What a timer returns is per unit of work, of which a call may do many.
    const begin = Bun.nanoseconds();
    await native(calls);
    await ours(calls);
    const share = (Bun.nanoseconds() - begin) / wanted;
    if (share > 0.5) return Math.max(1, Math.round(calls / share));
    // It becomes faster meanwhile: come near in steps.
    calls = Math.ceil(calls * Math.min(10, 0.8 / share));
  }
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
  return "ratio" in goal
    ? `<= ${goal.ratio.toFixed(2)}x`
    : `<= + ${timeText(goal.extraNanoseconds, 0)}`;
}

const NAME_WIDTH = 50;

/** One line of the table. */
export function line(outcome: Outcome): string {
  const { name, against, ours, native, ratio, goal, met, rounds, floor } = outcome;
  return [
    name.padEnd(NAME_WIDTH),
    timeText(ours).padStart(11),
    timeText(native).padStart(11),
    `${ratio.toFixed(2)}x`.padStart(9),
    goalText(goal).padStart(12),
    met === undefined ? "     " : met ? "  yes" : "  NO ",
    String(rounds).padStart(7),
    `  ${against}`,
    floor === undefined ? "" : `; system calls alone ${floor.toFixed(2)}x`,
  ].join("");
}

export function figureLine({ name, value, unit }: Figure): string {
  return `${name.padEnd(NAME_WIDTH)}${`${value.toFixed(2)} ${unit}`.padStart(11)}`;
}

const COLUMNS = ["ours".padStart(11), "native".padStart(11), "ratio".padStart(9)];
export const HEADER = [
  "".padEnd(NAME_WIDTH),
  ...COLUMNS,
  "goal".padStart(12),
  "  met",
  "rounds".padStart(7),
  "  native is",
].join("");

const UNITS = [
  ["ms", 1e6, 10_000_000],
  ["us", 1000, 10_000],
  ["ns", 1, 0],
] as const;

/** In a unit that leaves few digits. */
export function timeText(nanoseconds: number, digits = 1): string {
  const size = digits === 0 ? nanoseconds * 10 : nanoseconds;
  const [unit, factor] = UNITS.find(([, , least]) => size >= least) ?? UNITS[2];
  return `${(nanoseconds / factor).toFixed(digits)} ${unit}`;
}
