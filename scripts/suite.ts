// Runs the TypeScript tests under some Bun and counts them.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };
/** By the directory of test/ that the tests are in. */
export type Rooms = Readonly<Record<string, Counts>>;

/** A failed test's name, and what was printed about it. */
export type Failure = { readonly name: string; readonly text: string };

export type Outcome = Counts & {
  readonly rooms: Rooms;
  readonly failures: readonly Failure[];
  /** It ended without a report. */
  readonly died: boolean;
};

export type RunOptions = {
  readonly env?: Record<string, string>;
  /** The pattern of the one test that is to run. */
  readonly alone?: string;
  /** How that Bun names a file. */
  readonly pathFor?: (path: string) => string;
  /** It is ended if it takes longer, as where a call never returns. */
  readonly limitMs?: number;
};

const GRACE_MS = 2000;
const report = join(tmpdir(), `rawsock-test-${process.pid}.xml`);

/** Words that have the report written to a file of that name. */
function reporting(file: string): string[] {
  return ["--reporter=junit", `--reporter-outfile=${file}`];
}

/** Runs `bun test`, `bun` being the words that start one, and prints what was skipped. */
export async function runTests(
  bun: readonly string[],
  words: readonly string[],
  { env = {}, alone, pathFor, limitMs }: RunOptions = {},
): Promise<Outcome> {
  const chosen = alone === undefined ? words : [...words, "-t", alone];
  console.log(`== TypeScript tests: ${[...bun, "test", ...chosen].join(" ")}`);
  const file = pathFor?.(report) ?? report;
  const child = Bun.spawn([...bun, "test", ...reporting(file), ...chosen], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe"],
    ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: "SIGKILL" }),
  });
  let output = "";
  const reader = child.stderr.getReader();
  // What a failed test left running may hold the pipe open.
  let giveUp: Timer | undefined;
  const exited = child.exited.finally(() => {
    giveUp = setTimeout(() => void reader.cancel(), GRACE_MS);
  });
  for await (const line of lines(reader)) {
    process.stderr.write(line);
    output += line;
  }
  const exitCode = await exited;
  clearTimeout(giveUp);

  // Those that were not chosen are reported as skipped.
  const cases = (await takeReport()).filter(
    (text) => alone === undefined || new RegExp(alone).test(fullName(text)),
  );
  const skipped = cases.filter((text) => text.includes("<skipped"));
  const broken = cases.filter((text) => text.includes("<failure") || text.includes("<error"));
  for (const text of skipped) console.log(`skipped: ${attribute(text, "name")}`);
  const failures = failuresIn(output);
  if (cases.length === 0 && exitCode !== 0) {
    const last = words.at(-1) ?? "all";
    const name = alone === undefined ? last : nameOf(alone);
    if (alone !== undefined && output.includes(" matched 0 tests")) {
      console.log(`skipped: ${name}: it is not there`);
      const counts = { ...NOTHING, skipped: 1 };
      return { ...counts, rooms: { [roomOf(last)]: counts }, failures: [], died: false };
    }
    // It died without a report.
    failures.push({ name, text: output });
    const counts = { passed: 0, failed: failures.length, skipped: 0 };
    return { ...counts, rooms: { [roomOf(last)]: counts }, failures, died: true };
  }
  const outside = broken.length === 0 && exitCode !== 0;
  // A failure outside of any test shows in the status alone.
  const rooms = outside ? added(roomsOf(cases), { none: FAILURE }) : roomsOf(cases);
  return { ...total(rooms), rooms, failures, died: false };
}

/** The tests of a file, each as a pattern that it alone matches; none of them runs. */
export async function testPatterns(bun: readonly string[], file: string): Promise<string[]> {
  const command = [...bun, "test", ...reporting(report), file, "-t", "$nothing"];
  Bun.spawnSync(command, { stdio: ["ignore", "ignore", "ignore"] });
  const names = (await takeReport()).map(fullName);
  return names.map(patternOf);
}

/** With what testWith adds where something is missing, or without it. */
const ADDED = " \\[skipped: .*\\]";

function patternOf(name: string): string {
  const plain = name.replace(new RegExp(`${ADDED}$`), "");
  return `^${plain.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(${ADDED})?$`;
}

function nameOf(pattern: string): string {
  return pattern.slice(1, -`(${ADDED})?$`.length).replace(/\\(.)/g, "$1");
}

/** As a pattern of names sees it. */
function fullName(element: string): string {
  return `${attribute(element, "classname")} ${attribute(element, "name")}`.trim();
}

const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };
const FAILURE: Counts = { passed: 0, failed: 1, skipped: 0 };

function sum(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/** The sum of all rooms. */
export function total(rooms: Rooms): Counts {
  return Object.values(rooms).reduce(sum, NOTHING);
}

/** The sums of each room. */
export function added(...runs: readonly Rooms[]): Rooms {
  const result: Record<string, Counts> = {};
  for (const [room, counts] of runs.flatMap((rooms) => Object.entries(rooms))) {
    result[room] = sum(result[room] ?? NOTHING, counts);
  }
  return result;
}

/** "socket" of test/socket/load.test.ts. */
function roomOf(file: string): string {
  return /(?:^|[/\\])test[/\\]([^/\\]+)[/\\]/.exec(file)?.[1] ?? "none";
}

function roomsOf(cases: readonly string[]): Rooms {
  const one = (text: string): Counts => {
    if (text.includes("<skipped")) return { ...NOTHING, skipped: 1 };
    if (text.includes("<failure") || text.includes("<error")) return FAILURE;
    return { ...NOTHING, passed: 1 };
  };
  return added(...cases.map((text) => ({ [roomOf(attribute(text, "file"))]: one(text) })));
}

/** The report's <testcase> elements. */
async function takeReport(): Promise<string[]> {
  const file = Bun.file(report);
  const xml = (await file.exists()) ? await file.text() : "";
  rmSync(report, { force: true });
  return xml.match(/<testcase\b[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
}

type Reader = { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> };

/** Whole lines, each with its end. */
export async function* lines(reader: Reader): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest += decoder.decode(value, { stream: true });
    const whole = rest.split(/(?<=\n)/);
    rest = whole.at(-1)?.endsWith("\n") ? "" : (whole.pop() ?? "");
    yield* whole;
  }
  if (rest !== "") yield rest;
}

/** Prints the last line and sets the status. */
export function conclude({ passed, failed, skipped }: Counts): void {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** What `bun test` prints about a failure comes before its name, after the test before. */
function failuresIn(output: string): Failure[] {
  const failures = new Map<string, Failure>();
  let about: string[] = [];
  for (const line of Bun.stripANSI(output).split(/\r?\n/)) {
    const [, result, name] = /^\((pass|fail|skip)\) (.*?)( \[[\d.]+ms\])?$/.exec(line) ?? [];
    if (name === undefined) {
      about.push(line);
      continue;
    }
    // The summary names it again.
    if (result === "fail" && !failures.has(name)) {
      failures.set(name, { name, text: about.join("\n") });
    }
    about = [];
  }
  return [...failures.values()];
}

function attribute(element: string, name: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  const text = new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1] ?? "";
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}
