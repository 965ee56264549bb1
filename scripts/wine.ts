// Bun for Windows, run by Wine on Linux.

import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolEnvironment } from "./environment.ts";
import { cacheDirectory, fetchBun, launcher, root, run } from "./foreign.ts";

/** Debian's package wine64 puts it there, others on the PATH. */
const WINE = Bun.which("wine64") ?? "/usr/lib/wine/wine64";

/** What is missing for it to run, and how to get it; null: nothing. */
export function missingForWine(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return "Wine runs Bun for Windows on Linux x64 alone";
  }
  return existsSync(WINE) ? null : "install Wine: apt-get install wine64";
}

/** A file as Windows names it. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll("/", "\\")}`;
}

export type Wine = {
  /** Launches Bun. */
  readonly bun: string;
  /** Bun's executable, as it knows itself. */
  readonly executable: string;
  /** A directory with a `wine`, for the PATH of others. */
  readonly directory: string;
};

/** Fetches Bun and compiles what it needs besides, once. */
export function prepareWine(): Wine {
  const directory = cacheDirectory("wine");
  const prefix = join(directory, "prefix");
  const variables = [`WINEPREFIX=${prefix}`, `WINEDEBUG=${process.env.WINEDEBUG ?? "-all"}`];
  const wine = launcher(join(directory, "wine"), "env", ...variables, WINE);
  if (!existsSync(join(prefix, "system.reg"))) {
    mkdirSync(prefix, { recursive: true });
    run(wine, "winecfg", "-v", "win10");
  }
  const executable = fetchBun("@oven/bun-windows-x64");
  const stub = join(dirname(executable), "bcryptprimitives.dll");
  if (!existsSync(stub)) {
    const source = join(root, "scripts/wine-stub.c");
    const words = ["-target", "x86_64-windows-gnu", "-shared", "-O2", "-s", "-o", stub];
    const command = ["zig", "cc", ...words, source, "-ladvapi32"];
    const { exitCode } = Bun.spawnSync(command, { env: toolEnvironment(), stderr: "inherit" });
    if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with status ${exitCode}`);
  }
  const bun = launcher(join(directory, "bun"), wine, executable);
  return { bun, executable: windowsPath(executable), directory };
}
