// `npm run test:bun 1.4.0`: the tests under another version of Bun; without a version, the oldest
// that package.json says works.

import { join } from "node:path";
import manifest from "../package.json";
import { cacheDirectory, fetchBun, launcher, run, runForeign } from "./foreign.ts";
import { conclude } from "./suite.ts";

const version = process.argv[2] ?? manifest.engines.bun.replace(">=", "");
const architecture = process.arch === "x64" ? "x64" : "aarch64";
run("zig", "build");
const executable = fetchBun(`@oven/bun-${process.platform}-${architecture}`, version);
const bun = launcher(join(cacheDirectory(`bun-${version}`), "bun"), executable);
const exclusions = {
  "allocate nothing": "before 1.4 every native call through bun:ffi allocates",
  "/expectTypeOf is not a function": "it is newer; tsc has checked the types",
};
conclude(await runForeign(bun, exclusions, process.argv.slice(3)));
