// `npm run test:bun 1.4.1`: the tests under another version of Bun; without a version, the oldest
// that package.json says works.
//
// It is 1.4.1. In Bun 1.4.0 a wait that was unref'd after there had been traffic keeps the process
// alive: it does not take the hold of what Bun.connect watches back. In Bun 1.3.14, with the check
// of the version left out, the `ptr` of a native function is no address, so that no Socket can
// wait. With that mended, terminating a Worker whose Socket has traffic kills the process with a
// segmentation fault, one whose lookups run leaves their descriptors open, calls that were unref'd
// keep the process alive, and every native call allocates.

import { join } from "node:path";
import manifest from "../package.json";
import { cacheDirectory, fetchBun, launcher, run, runForeign } from "./foreign.ts";
import { environment, record, recording } from "./results.ts";
import { conclude, total } from "./suite.ts";

const words = process.argv.slice(2);
const kept = recording(words);
const version = words.shift() ?? manifest.engines.bun.replace(">=", "");
const architecture = process.arch === "x64" ? "x64" : "aarch64";
run("zig", "build");
const executable = fetchBun(`@oven/bun-${process.platform}-${architecture}`, version);
const bun = launcher(join(cacheDirectory(`bun-${version}`), "bun"), executable);
const rooms = await runForeign(bun, words);
if (kept) record(`npm run test:bun ${version}`, environment(rooms, version));
conclude(total(rooms));
