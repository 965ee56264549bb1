// `npm run test:checked`: the tests of what is native, ten times in ten orders, against the library
// with all of Zig's safety checks (Debug), with collections of garbage forced between the native
// calls and, every other time, without a pause (BUN_JSC_collectContinuously).
//
// `--rounds=n`, `--seed=n` for the orders that a run had, `--minutes=n` after which no other round
// begins, and folders or files of test/ for those alone.

import { parseArgs } from "node:util";
import { toolEnvironment } from "./environment.ts";
import { conclude, runTests } from "./suite.ts";

/** The rooms of src/ that make native calls. */
const ROOMS = [
  ...["address", "base", "calls", "capture", "checksum", "control", "interface", "message"],
  ...["names", "native/abi", "native/library", "netlink", "option", "socket", "tun"],
].map((room) => `test/${room}`);

/** Collections take most of the time. */
const TIMEOUT_MS = 300_000;
const PATIENCE = 5;

const MEMORY = "measures memory, which collections change";
const CPU = "measures the processor's time, of which collections take most";
const TIME = "measures time, of which collections take most";
const RATE = "loses nothing only where it is as fast as the sender";

/** Tests that do not run, by a part of the name, and why. */
const EXCLUSIONS: Readonly<Record<string, string>> = {
  "100,000 cycles of socket and close leave no descriptor and no memory behind": MEMORY,
  "thousands of requests leave no descriptor and no memory behind": MEMORY,
  "lengths that claim a lot allocate little": MEMORY,
  "a loop that waits has room for few messages, not for the most that may come": MEMORY,
  "s leaves memory flat": MEMORY,
  "does not make memory grow": MEMORY,
  "a stream, packet by packet": MEMORY,
  "a stream, in batches": MEMORY,
  "writing to a device": MEMORY,
  "writing files that rotate": MEMORY,
  "an open stream keeps the process alive and costs no CPU": CPU,
  "queue costs no CPU while it stays full": CPU,
  "waits for room in a queue it is not connected to": CPU,
  "waiting costs under 20 ms of CPU in 2 s": CPU,
  "neither an idle socket nor an unref'd wait costs CPU": CPU,
  "the clock tells when to look": CPU,
  "makes connections wait, without CPU, and passes": CPU,
  "a timeout with nothing is EAGAIN, and holds with an unread error queue": CPU,
  "waiting costs no CPU": CPU,
  "a slow resolver does not delay a 20 ms timer": TIME,
  "a socket that is idle after traffic lets the process end at once": TIME,
  "is captured whole in": RATE,
};

/** The pattern of all others. */
const OTHERS = `^(?!.*(?:${Object.keys(EXCLUSIONS).join("|")}))`;

const { values: options, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "120" },
    rounds: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

function build(...words: string[]): void {
  const { exitCode } = Bun.spawnSync(["zig", "build", ...words], {
    env: toolEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`zig build ${words.join(" ")} failed`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const end = performance.now() + Number(options.minutes) * 60_000;
const first = Number(options.seed);
let rounds = 0;
for (const [name, reason] of Object.entries(EXCLUSIONS)) {
  console.log(`excluded: ${name}: ${reason}`);
}
build("-Doptimize=Debug");
try {
  for (; rounds < Number(options.rounds) && performance.now() < end; rounds++) {
    const seed = first + rounds;
    const words = [
      ...["--preload=./test/support/collecting.ts", `--timeout=${TIMEOUT_MS}`],
      ...["--randomize", `--seed=${seed}`],
      ...(positionals.length > 0 ? positionals : ROOMS),
    ];
    const env = {
      RAWSOCK_TEST_PATIENCE: String(PATIENCE),
      RAWSOCK_TEST_SEED: String(seed),
      ...(rounds % 2 === 1 && { BUN_JSC_collectContinuously: "1" }),
    };
    const begin = performance.now();
    const counts = await runTests(["bun"], words, { env, alone: OTHERS });
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(`== round ${rounds + 1}, seed ${seed}: ${counts.failed} failed, ${seconds} s`);
    for (const { name } of counts.failures) console.log(`failed: ${name}`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
} finally {
  // What the other tests and the package want.
  build();
}
console.log(`${rounds} rounds`);
conclude(total);
