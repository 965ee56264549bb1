// Programs in TypeScript that a test runs in a Bun process of their own.

import { join } from "node:path";
import { entry } from "./entry.ts";
import { readable } from "./readable.ts";

const repository = join(import.meta.dir, "../..");

/** The words that run `script`, which sees the package as `rawsock`. */
export function bun(script: string): string[] {
  return [process.execPath, "-e", `import * as rawsock from ${JSON.stringify(entry)};\n${script}`];
}

/** The words that run one of the repository's tools, wherever PATH leads and without node. */
export function tool(name: "attw" | "bun" | "publint" | "tsc"): string[] {
  const programs = join(repository, "node_modules/.bin");
  return name === "bun" ? [join(programs, name)] : [join(programs, "bun"), join(programs, name)];
}

/** The user nobody, and the group. */
export const NOBODY = 65534;

/**
 * Words that run a command as the user nobody, without any capability, in a directory that is also
 * its home. What they name of the repository is read from a copy where it is private.
 */
export function unprivileged(command: readonly string[]): string[] {
  const { directory, words } = readable(command);
  const enter = ["sh", "-c", 'cd "$0" && HOME=$0 exec "$@"', directory];
  const identity = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  return ["setpriv", ...identity, ...enter, ...words];
}

export type Ended = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: string | number | null;
};

/** Runs a command to its end. */
export async function end(
  command: string[],
  env: Record<string, string | undefined> = {},
  milliseconds?: number,
): Promise<Ended> {
  const child = Bun.spawn(command, {
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
    env: { ...process.env, ...env },
    ...(milliseconds === undefined ? {} : { timeout: milliseconds }),
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  return { stdout, stderr, exitCode: child.exitCode, signal: child.signalCode };
}

/** The status of a command that did not end in time. */
export const LATE = 124;

/** Runs a command to its end, or for some time: then the status is LATE. timeout(1) */
export async function endWithin(
  seconds: number,
  command: string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> {
  if (process.platform !== "win32") return end(["timeout", String(seconds), ...command], env);
  const ended = await end(command, env, seconds * 1000);
  return ended.signal === null ? ended : { ...ended, exitCode: LATE };
}
