// `npm run test:valgrind`: the Zig unit tests, and the harnesses of test/fuzz/native with their
// corpora, under valgrind's memcheck. The harnesses tell it what nobody has written yet.

import { join } from "node:path";
import { toolEnvironment } from "./environment.ts";
import { corpora, inputsIn, NATIVE, packed } from "./fuzz-corpus.ts";
import { conclude } from "./suite.ts";

const place = join(import.meta.dir, "../zig-out/fuzz");
const MEMCHECK = ["valgrind", "-q", "--error-exitcode=99", "--num-callers=30"];
const TIMEOUT_MS = 600_000;

const counts = { passed: 0, failed: 0, skipped: 0 };

function checked(name: string, command: readonly string[], input: Uint8Array | null): void {
  const { exitCode, stderr } = Bun.spawnSync([...MEMCHECK, ...command], {
    stdio: [input, "ignore", "pipe"],
    timeout: TIMEOUT_MS,
  });
  if (exitCode === 0) counts.passed++;
  else counts.failed++;
  console.log(`${exitCode === 0 ? "passed" : "FAILED"}: ${name} under memcheck`);
  if (exitCode !== 0) console.error(String(stderr));
}

if (process.platform !== "linux" || Bun.which("valgrind") === null) {
  console.log("skipped: memcheck: install valgrind on Linux: apt-get install valgrind");
  conclude({ ...counts, skipped: 1 });
} else {
  const { exitCode } = Bun.spawnSync(["zig", "build", "memcheck"], {
    env: toolEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error("zig build memcheck failed");
  for (const name of NATIVE) {
    const inputs = inputsIn(join(corpora, name));
    const command = [join(place, "driver"), name, "0", "0", join(place, "finding"), "-"];
    checked(`${inputs.length} inputs of ${name}`, command, packed(inputs));
  }
  checked("the Zig unit tests", [join(place, "unit-tests")], null);
  conclude(counts);
}
