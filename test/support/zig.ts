// The pinned zig compiler itself: the `zig` on npm's path is a script for Node, which a machine
// with Bun alone lacks.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { musl } from "./libc.ts";

const packages = join(import.meta.dir, "../../node_modules/@zigc");

/** The one that npm installed: not of this process' architecture where that is emulated. */
const installed = existsSync(packages) ? new Glob("*-*/bin/zig").scanSync(packages) : [];
const [found = "*-*/bin/zig"] = installed;
export const zig = join(packages, found);

/** For targets, which are named so that zig's own headers are taken, not this machine's. */
export const ARCHITECTURE = process.arch === "x64" ? "x86_64" : "aarch64";

const own = process.env.RAWSOCK_TEST_COMPILER;

/**
 * The words that compile a C program, whose loader is this machine's: zig, or a compiler of an
 * emulated machine's own, which is there sooner, and for which zig may be of another architecture.
 */
export const compiler: readonly string[] =
  own === undefined
    ? [
        ...[zig, "cc", "-target", `${ARCHITECTURE}-linux-${musl ? "musl" : "gnu"}`],
        ...["-dynamic", "-fno-sanitize=all"],
      ]
    : [own];
