// `npm run test:windows`: the Zig unit tests and the tests under Bun for Windows, both run by Wine.

import { Glob } from "bun";
import { toolEnvironment } from "./environment.ts";
import { root, run, runForeign } from "./foreign.ts";
import { conclude } from "./suite.ts";
import { missingForWine, prepareWine } from "./wine.ts";

const tests = [...new Glob("test/**/*.test.ts").scanSync(root)].sort();
const missing = missingForWine();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
  conclude({ passed: 0, failed: 0, skipped: tests.length });
  process.exit();
}

const exclusions = {};

const target = "-Dtarget=x86_64-windows-gnu";
run("zig", "build", target);
const { bun, executable, directory } = prepareWine();
const settings = {
  apart: true,
  runner: bun,
  flags: ["--timeout=60000"],
  env: { RAWSOCK_TEST_PATIENCE: "5" },
};
const counts = await runForeign(executable, exclusions, process.argv.slice(2), settings);
const env = toolEnvironment();
env.PATH = `${directory}:${env.PATH}`;
const command = ["zig", "build", "test", target, "-fwine"];
console.log(`== Zig unit tests: ${command.join(" ")}`);
const unit = Bun.spawnSync(command, { env, stdio: ["ignore", "inherit", "inherit"] });
conclude({ ...counts, failed: counts.failed + (unit.exitCode === 0 ? 0 : 1) });
