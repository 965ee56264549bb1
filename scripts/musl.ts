// `npm run test:musl`: the tests under the Bun of musl systems, on a Debian one.

import { cpSync } from "node:fs";
import { join } from "node:path";
import {
  cacheDirectory,
  fetchBun,
  launcher,
  needPackages,
  root,
  run,
  runForeign,
} from "./foreign.ts";
import { environment, record, recording } from "./results.ts";
import { conclude, total } from "./suite.ts";

needPackages("musl");
run("zig", "build");

// Bun wants a libstdc++ for musl, which Debian lacks. Its own does, given the few functions of
// glibc that musl has not got, under the name that libstdc++ looks for them.
const libraries = cacheDirectory("musl");
const architecture = process.arch === "x64" ? "x86_64" : "aarch64";
const loader = process.arch === "x64" ? "ld-linux-x86-64.so.2" : "ld-linux-aarch64.so.1";
for (const name of ["libstdc++.so.6", "libgcc_s.so.1"]) {
  const debian = `/usr/lib/${architecture}-linux-gnu`;
  const paths = [join(debian, name), join(debian.replace("/usr", ""), name)];
  const path = (await Promise.all(paths.map((path) => Bun.file(path).exists()))).indexOf(true);
  cpSync(paths[path] as string, join(libraries, name), { dereference: true });
}
const target = ["-target", `${architecture}-linux-musl`, "-nostdlib", "-fno-sanitize=all"];
const stub = join(root, "scripts/glibc-stub.c");
run("zig", "cc", ...target, "-O2", "-shared", "-o", join(libraries, loader), stub);

const executable = fetchBun(`@oven/bun-linux-${process.arch === "x64" ? "x64" : "aarch64"}-musl`);
const bun = launcher(join(libraries, "bun"), "env", `LD_LIBRARY_PATH=${libraries}`, executable);
const words = process.argv.slice(2);
const kept = recording(words);
const rooms = await runForeign(bun, words);
if (kept) record("npm run test:musl", { ...environment(rooms), libc: "musl" });
conclude(total(rooms));
