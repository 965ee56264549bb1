// Modules of the runtime itself, asked for at their first use. Nothing is read for them, but to
// start them takes 11 ms, more than the rest of this entry point, which captures do without.

import { lazy } from "../../base/lazy.ts";

export const fs = lazy(() => process.getBuiltinModule("node:fs"));
export const zlib = lazy(() => process.getBuiltinModule("node:zlib"));
