// `npm test`: builds the library and the bundle, then checks types, style, the Zig unit tests, the
// fuzzing harnesses for 20 seconds each and the TypeScript tests. The last line is
// `N passed, N failed, N skipped`.

import { toolEnvironment } from "./environment.ts";
import { conclude, runTests } from "./suite.ts";

const steps = [
  ["the library and the bundle", "bun", "scripts/build.ts"],
  ["types", "tsc", "-p", "."],
  ["style", "biome", "check", "--error-on-warnings"],
  ["Zig unit tests", "zig", "build", "test"],
  // One more than the two processors of a small machine: the first and last of each wait.
  ["fuzzing", "bun", "scripts/fuzz.ts", "--seconds=20", "--fresh", "--seed=1", "--jobs=3"],
] as const;

let failed = 0;
for (const [what, ...command] of steps) {
  console.log(`== ${what}: ${command.join(" ")}`);
  const { exitCode } = Bun.spawnSync([...command], {
    env: toolEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode === 0) continue;
  console.error(`== ${what}: FAILED with status ${exitCode}`);
  failed++;
}

/** The usual 5 seconds end a test on a machine that has other things to do, not one that hangs. */
const TIMEOUT_MS = 60_000;
const words = [`--timeout=${TIMEOUT_MS}`, ...process.argv.slice(2)];
const counts = await runTests(["bun"], words);
conclude({ ...counts, failed: counts.failed + failed });
