// What running the tests under another Bun than the installed one takes.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import manifest from "../package.json";
import { type Counts, type Failure, runTests } from "./suite.ts";

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
  const executable = join(directory, "node_modules", name, "bin/bun");
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
export function launcher(directory: string, ...command: string[]): string {
  const path = join(directory, "bun");
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return path;
}

/** Tests that cannot pass: a part of the name or, as "/...", of what they print, and the reason. */
export type Exclusions = Readonly<Record<string, string>>;

/**
 * Runs the tests, for which process.execPath is the launcher; what is excluded does not count as
 * failed, but is listed. `apart`: each file in a process of its own, lest an emulator that dies
 * takes the others along.
 */
export async function runForeign(
  bun: string,
  exclusions: Exclusions,
  words: string[],
  { apart = false }: { apart?: boolean } = {},
): Promise<Counts> {
  const files = [...new Glob("test/**/*.test.ts").scanSync(root)].sort();
  const runs = apart && words.length === 0 ? files.map((file) => [file]) : [words];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const excluded: string[] = [];
  for (const run of runs) {
    const preload = ["--preload", join(root, "scripts/preload.ts")];
    const env = { RAWSOCK_TEST_BUN: bun };
    const { passed, failed, skipped, failures } = await runTests([bun], [...preload, ...run], env);
    const known = failures.flatMap((failure) => {
      const reason = reasonFor(failure, exclusions);
      return reason === undefined ? [] : [`excluded: ${failure.name}: ${reason}`];
    });
    excluded.push(...known);
    sum.passed += passed;
    sum.failed += failed - known.length;
    sum.skipped += skipped;
  }
  for (const line of excluded) console.log(line);
  if (excluded.length > 0) console.log(`${excluded.length} excluded, as listed; the rest:`);
  return sum;
}

function reasonFor({ name, text }: Failure, exclusions: Exclusions): string | undefined {
  const found = Object.entries(exclusions).find(([part]) =>
    part.startsWith("/") ? new RegExp(part.slice(1)).test(text) : name.includes(part),
  );
  return found?.[1];
}
