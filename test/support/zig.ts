// The pinned zig compiler itself: the `zig` on npm's path is a script for Node, which a machine
// with Bun alone lacks.

import { join } from "node:path";

const root = join(import.meta.dir, "../..");

export const zig = join(root, `node_modules/@zigc/${process.platform}-${process.arch}/bin/zig`);

/** Named, so that zig's own headers are taken, as for the library, not this machine's. */
export const TARGET = `${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`;
