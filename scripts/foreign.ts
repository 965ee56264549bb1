// What running the tests under another Bun than the installed one takes.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";
import { type Rooms, runTests } from "./suite.ts";

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

/** The 5 seconds that a test has otherwise end it on a machine that has other things to do. */
const TIMEOUT_MS = 60_000;

/** Runs the tests, for which process.execPath is the launcher. */
export async function runForeign(bun: string, words: readonly string[]): Promise<Rooms> {
  const flags = ["--preload", join(root, "scripts/preload.ts"), `--timeout=${TIMEOUT_MS}`];
  const env = { RAWSOCK_TEST_BUN: bun };
  const { rooms } = await runTests([bun], [...flags, ...words], { env });
  return rooms;
}
