// What running the tests under another Bun than the installed one takes.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import manifest from "../package.json";
import {
  type Counts,
  type Failure,
  type Outcome,
  type RunOptions,
  runTests,
  testPatterns,
} from "./suite.ts";

export const root = join(import.meta.dir, "..");
const cache = join(root, "node_modules/.cache/rawsock");

/** A directory for downloads and helpers that survives until node_modules is removed. */
export function cacheDirectory(name: string): string {
  const directory = join(cache, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

export function run(...command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with status ${exitCode}`);
}

/** The executable of one of Bun's npm packages, as "@oven/bun-linux-aarch64", fetched once. */
export function fetchBun(name: string, version: string = manifest.devDependencies.bun): string {
  const directory = cacheDirectory(`${name.replaceAll("/", "-")}-${version}`);
  const file = name.includes("windows") ? "bun.exe" : "bun";
  const executable = join(directory, "node_modules", name, "bin", file);
  if (!existsSync(executable)) {
    writeFileSync(join(directory, "package.json"), "{}");
    // By force, because it is another platform's; its scripts would run it.
    const words = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
    run("npm", "install", "--prefix", directory, ...words, `${name}@${version}`);
  }
  return executable;
}

/** Installs what is missing of Debian's packages, or says how to. */
export function needPackages(...names: string[]): void {
  const missing = names.filter((name) => {
    const { stdout } = Bun.spawnSync(["dpkg-query", "-s", name], { stderr: "ignore" });
    return !String(stdout).includes("Status: install ok installed");
  });
  if (missing.length === 0) return;
  const install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0) throw new Error(`missing: run \`sudo ${install.join(" ")}\``);
  run("apt-get", "update", "-q");
  run(...install);
}

/** An executable script that starts a program, for whom one path must do. */
export function launcher(path: string, ...command: string[]): string {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return path;
}

/**
 * Tests that cannot pass: a part of the name or, as "/...", a pattern of what they print, and the
 * reason, in which $1 is the pattern's first group.
 */
export type Exclusions = Readonly<Record<string, string>>;

export type ForeignOptions = {
  /**
   * Each file in a process of its own, and each test of a file where that dies, lest an emulator
   * that dies takes the others along.
   */
  readonly apart?: boolean;
  /** What runs the tests, where that is not what the tests run. */
  readonly runner?: string;
  /** For `bun test`. */
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
  /** Lines that nobody is to see. */
  readonly noise?: RegExp;
  /** How that Bun names a file. */
  readonly pathFor?: (path: string) => string;
};

/**
 * Runs the tests, for which process.execPath is the launcher; what is excluded does not count as
 * failed, but is listed.
 */
export async function runForeign(
  bun: string,
  exclusions: Exclusions,
  words: string[],
  { apart = false, runner = bun, flags = [], env = {}, noise, pathFor }: ForeignOptions = {},
): Promise<Counts> {
  const all = [...new Glob("test/**/*.test.ts").scanSync(root)].sort();
  const files = words.length === 0 ? all : words.filter((word) => word.endsWith(".test.ts"));
  // Other words are for `bun test`, for all files at once.
  const runs = apart && files.length >= words.length ? files.map((file) => [file]) : [words];
  const preload = join(root, "scripts/preload.ts");
  const common = ["--preload", pathFor?.(preload) ?? preload, ...flags];
  const settings: RunOptions = {
    env: { ...env, RAWSOCK_TEST_BUN: bun },
    ...(noise === undefined ? {} : { noise }),
    ...(pathFor === undefined ? {} : { pathFor }),
  };
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    const outcome = await runTests([runner], [...common, ...run], settings);
    const [file = "", ...more] = run;
    const again = apart && outcome.died && more.length === 0;
    const patterns = again ? await testPatterns(file) : [];
    if (patterns.length === 0) outcomes.push(outcome);
    for (const alone of patterns) {
      outcomes.push(await runTests([runner], [...common, file], { ...settings, alone }));
    }
  }
  return withoutExcluded(outcomes, exclusions);
}

function withoutExcluded(outcomes: readonly Outcome[], exclusions: Exclusions): Counts {
  const excluded = outcomes
    .flatMap(({ failures }) => failures)
    .flatMap((failure) => {
      const reason = reasonFor(failure, exclusions);
      return reason === undefined ? [] : [`excluded: ${failure.name}: ${reason}`];
    });
  for (const line of excluded) console.log(line);
  if (excluded.length > 0) console.log(`${excluded.length} excluded, as listed; the rest:`);
  const sum = (of: "passed" | "failed" | "skipped") =>
    outcomes.reduce((total, outcome) => total + outcome[of], 0);
  const failed = sum("failed") - excluded.length;
  return { passed: sum("passed"), failed, skipped: sum("skipped") };
}

function reasonFor({ name, text }: Failure, exclusions: Exclusions): string | undefined {
  for (const [part, reason] of Object.entries(exclusions)) {
    if (!part.startsWith("/")) {
      if (name.includes(part)) return reason;
      continue;
    }
    const found = new RegExp(part.slice(1)).exec(text);
    if (found !== null) return reason.replace(/\$(\d)/g, (_, group: string) => found[+group] ?? "");
  }
  return undefined;
}
