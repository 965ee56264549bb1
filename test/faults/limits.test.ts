// Every public call where a resource is used up: it says so or does without, leaves nothing, and
// works again when there is some.

import { beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { type Ended, end, unprivileged } from "../support/program.ts";
import { namespaces, type Requirement, setpriv, testWith, tun } from "../support/requirements.ts";
import { environment } from "./support/hunt.ts";
import { compileInjector, seccomp } from "./support/injector.ts";
import type { LimitPlan, LimitReport, Shortage } from "./support/limited.ts";
import { tables } from "./support/scenarios.ts";

const program = join(import.meta.dir, "support/limited.ts");
const TIMEOUT_MS = 5 * 60_000;
const PAGES = 16;
const PAGES_MAX = 1 << 16;
/** In `npm test` a part. */
const isWhole = process.env.RAWSOCK_TEST_FAULTS !== undefined;

let library: string;
beforeAll(async () => {
  if (seccomp.met) library = await compileInjector();
}, 120_000);

type Entry = { readonly needs: readonly Requirement[]; readonly isNobody?: boolean };

async function all(entry: string, shortage: Shortage, how: Entry): Promise<void> {
  const { stdout, stderr, exitCode } = await run(entry, shortage, how);
  // The runtime ends where it gets no memory itself.
  if (
    shortage.of === "address space" &&
    exitCode !== 0 &&
    /Bun has (crashed|run out)/.test(stderr)
  ) {
    expect(shortage.left).toBeLessThan(PAGES_MAX);
    return await all(entry, { of: shortage.of, left: 4 * shortage.left }, how);
  }
  if (exitCode !== 0) throw new Error(`status ${exitCode}: ${stdout}${stderr}`);
  const { calls, refused, findings } = JSON.parse(stdout) as LimitReport;
  const what = JSON.stringify(shortage);
  console.log(`faults: ${entry}, short ${what}: ${calls} calls, ${refused} refused`);
  expect(findings).toEqual([]);
  expect(calls).toBeGreaterThan(0);
}

async function run(entry: string, shortage: Shortage, { needs, isNobody }: Entry): Promise<Ended> {
  using namespace = needs.length > 0 ? new Namespace() : null;
  const names = Object.keys(tables[entry] ?? {});
  const plan: LimitPlan = { library, entry, names, shortage };
  const words = [process.execPath, program, JSON.stringify(plan)];
  const command = isNobody ? unprivileged(words) : (namespace?.command(...words) ?? words);
  return await end(command, { ...environment, RAWSOCK_TEST_CALL_TIMEOUT: "5000" });
}

const entries: readonly (readonly [string, Entry])[] = [
  ["rawsock", { needs: [] }],
  ["capture", { needs: [namespaces] }],
  ["netlink", { needs: [namespaces] }],
  ["tun", { needs: [tun] }],
];

for (const [entry, how] of entries) {
  const test = testWith(seccomp, ...how.needs);
  for (const left of isWhole ? [0, 1, 2, 3, 4, 5] : [0, 2]) {
    test(
      `${entry} where ${left} descriptors are left`,
      () => all(entry, { of: "descriptors", left }, how),
      TIMEOUT_MS,
    );
  }
  if (!isWhole) continue;
  for (const shortage of [{ of: "locked memory" }, { of: "address space", left: PAGES }] as const) {
    test(`${entry} where no ${shortage.of} is left`, () => all(entry, shortage, how), TIMEOUT_MS);
  }
}

testWith(seccomp, setpriv)(
  "rawsock where no thread can be started",
  () => all("rawsock", { of: "threads" }, { needs: [], isNobody: true }),
  TIMEOUT_MS,
);
