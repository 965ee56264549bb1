// `npm run test:windows`: the Zig unit tests, and the tests under Bun for Windows, both run by Wine.

import { Glob } from "bun";
import { runApart } from "./apart.ts";
import { toolEnvironment } from "./environment.ts";
import { root, run } from "./foreign.ts";
import { environment, record, recording } from "./results.ts";
import { conclude, total } from "./suite.ts";
import { missingForWine, prepareWine } from "./wine.ts";

/** Files that are not run: the beginning of their path, and the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "test/calls/blocking.": "Windows has no signals",
  "test/capture/(?!file/)": "Windows has no packet sockets",
  "test/examples/": "Windows has no network namespaces, in which these are tried",
  "test/family/": "Windows has none of these families",
  "test/message/rights.": "Windows passes no descriptors",
  "test/native/(abi|platforms|allocation).": "these compile C, and run under Linux for all systems",
  "test/netlink/": "Windows has no netlink",
  "test/option/(filter|fuzz|packet|peer|oneway).": "Windows has none of these options",
  "test/package/": "these are about the package itself, which is the same everywhere",
  "test/tun/": "Windows has no tun devices",
};

const NO_PROGRAM = "Windows has no program $1";
const NO_FAMILY = "Windows has no sockets of $1";

/** Tests that fail: a part of their name, or what they print. */
const EXCLUSIONS = {
  '/unknown (?:family|protocol) "(packet|netlink|vsock|route|can|alg|tipc)"': NO_FAMILY,
  "/socket EAFNOSUPPORT: ": "Wine lacks AF_UNIX",
  '/Executable not found in \\$PATH: "(\\w+)"': NO_PROGRAM,
  "/EFAULT: bad address in system call argument, rm": "Wine lacks how Bun removes directories",
  "/'/?(proc/[^']*)'": "Windows has no /$1",
};

const tests = [...new Glob("test/**/*.test.ts").scanSync(root)].sort();
const missing = missingForWine();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
  conclude({ passed: 0, failed: 0, skipped: tests.length });
  process.exit();
}

/** Why a file is not run. */
function reasonFor(file: string): string | undefined {
  const found = Object.keys(LEFT_OUT).find((start) => new RegExp(`^${start}`).test(file));
  return found === undefined ? undefined : LEFT_OUT[found];
}

const target = "-Dtarget=x86_64-windows-gnu";
run("zig", "build", target);
const { bun, executable, directory } = prepareWine();

const env = toolEnvironment();
env.PATH = `${directory}:${env.PATH}`;
const command = ["zig", "build", "test", target, "-fwine"];
console.log(`== Zig unit tests: ${command.join(" ")}`);
const unit = Bun.spawnSync(command, { env, stdio: ["ignore", "inherit", "inherit"] });
if (unit.exitCode !== 0) console.error(`== Zig unit tests: FAILED with status ${unit.exitCode}`);

const words = process.argv.slice(2);
const kept = recording(words);
const chosen = words.length > 0 ? words : tests.filter((file) => reasonFor(file) === undefined);
for (const file of words.length > 0 ? [] : tests) {
  const reason = reasonFor(file);
  if (reason !== undefined) console.log(`excluded: ${file}: ${reason}`);
}
const rooms = await runApart(bun, chosen, {
  executable,
  exclusions: EXCLUSIONS,
  flags: ["--timeout=60000"],
  env: { RAWSOCK_TEST_PATIENCE: "5" },
});
if (kept) {
  record("npm run test:windows", {
    ...environment(rooms),
    kernel: "Windows by Wine",
    libc: "ucrt",
  });
}
const counts = total(rooms);
conclude({ ...counts, failed: counts.failed + (unit.exitCode === 0 ? 0 : 1) });
