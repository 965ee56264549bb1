// The environment of the repository's tools: the zig compiler keeps what it made in the user's
// home, which may be read-only or missing.

import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";

const local = join(import.meta.dir, "../.zig-cache/global");

/** This process' environment; where the user has no cache that can be written, with one of ours. */
export function toolEnvironment(): Record<string, string | undefined> {
  const { HOME = "/nonexistent", XDG_CACHE_HOME, ZIG_GLOBAL_CACHE_DIR } = process.env;
  if (ZIG_GLOBAL_CACHE_DIR !== undefined) return { ...process.env };
  const usual = join(XDG_CACHE_HOME ?? join(HOME, ".cache"), "zig");
  try {
    mkdirSync(usual, { recursive: true });
    accessSync(usual, constants.W_OK);
    return { ...process.env };
  } catch {
    return { ...process.env, ZIG_GLOBAL_CACHE_DIR: local };
  }
}
