// `npm run test:arm64`: tests under a kernel of Debian's for arm64, emulated by qemu, with a file
// system of that architecture. Words choose files, or directories of test/; `--record` keeps the
// counts.

import { join } from "node:path";
import { cacheDirectory, fetchBun, root, run } from "./foreign.ts";
import { bootTests, type Guest, missing, packageOf, runInGuest, told } from "./guest.ts";
import { record, recording } from "./results.ts";
import { conclude, total } from "./suite.ts";

const VERSION = "6.1";
const SCRIPT = join(root, "scripts/guest/root.sh");

/** Makes the file system at the first time; apt-get's options for its packages. */
function aptOptions(directory: string): string[] {
  const { stdout, exitCode } = Bun.spawnSync(["bash", SCRIPT, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`${SCRIPT} ended with status ${exitCode}`);
  return String(stdout).trim().split(/\s+/);
}

const words = process.argv.slice(2);
if (words[0] === "--guest") await runInGuest(words.slice(1));
else {
  const kept = recording(words);
  const remedy = missing("arm64", "mmdebstrap");
  if (remedy !== undefined) {
    console.log(`skipped: arm64: ${remedy}`);
    conclude({ passed: 0, failed: 0, skipped: 1 });
  } else {
    const target = ["-Dtarget=aarch64-linux-gnu", "-Dcpu=generic"];
    const directory = cacheDirectory("arm64");
    run("zig", "build", ...target);
    run("zig", "build", "test-program", ...target, "--prefix", directory);
    const system = join(directory, "root");
    const apt = aptOptions(system);
    const bun = fetchBun("@oven/bun-linux-aarch64");
    const unitTests = join(directory, "bin/test");
    const guest: Guest = { architecture: "arm64", root: system, apt, bun, unitTests };
    const version = words.find((word) => /^\d+\.\d+$/.test(word)) ?? VERSION;
    const name = packageOf(version, guest);
    if (name === undefined) throw new Error(`apt has no Linux ${version} for arm64`);
    console.log(`== ${name}`);
    const found = await bootTests(name, guest, "scripts/arm64.ts", words);
    const rooms = told(name, found);
    if (kept && found !== undefined) record("npm run test:arm64", { ...found, emulated: true });
    conclude(total(rooms));
  }
}
