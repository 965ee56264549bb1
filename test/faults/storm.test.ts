// Every public call in a storm of signals with a handler: a synchronous call that waits ends with
// EINTR, and everything else goes on.

import { beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, type Requirement, testWith, tun } from "../support/requirements.ts";
import { compileInjector, seccomp } from "./support/injector.ts";
import { tables } from "./support/scenarios.ts";
import type { StormPlan, StormReport } from "./support/storm.ts";

const program = join(import.meta.dir, "support/storm.ts");
const TIMEOUT_MS = 10 * 60_000;
const SIGNALS_US = 150;
/** How often each call is made: in `npm test` once. */
const times = process.env.RAWSOCK_TEST_FAULTS === undefined ? 1 : 20;

let library: string;
beforeAll(async () => {
  if (seccomp.met) library = await compileInjector();
}, 120_000);

const needs: Readonly<Record<string, readonly Requirement[]>> = {
  rawsock: [],
  capture: [namespaces],
  netlink: [namespaces],
  tun: [tun],
};

for (const [entry, requirements] of Object.entries(needs)) {
  testWith(seccomp, ...requirements)(
    `${entry} in a storm of signals`,
    async () => {
      using namespace = requirements.length > 0 ? new Namespace() : null;
      const names = Object.keys(tables[entry] ?? {});
      const plan: StormPlan = { library, entry, names, microseconds: SIGNALS_US, times };
      const words = [process.execPath, program, JSON.stringify(plan)];
      const { stdout, stderr, exitCode } = await end(namespace?.command(...words) ?? words, {
        RAWSOCK_TEST_CALL_TIMEOUT: "5000",
        RAWSOCK_TEST_STRICT: "yes",
      });
      if (exitCode !== 0) throw new Error(`status ${exitCode}: ${stdout}${stderr}`);
      const { calls, signals, ended, findings } = JSON.parse(stdout) as StormReport;
      console.log(`faults: ${entry}, ${signals} signals in ${calls} calls, which ended ${ended}`);
      expect(findings).toEqual([]);
      expect(signals).toBeGreaterThan(0);
      if (entry === "rawsock") expect(ended).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
}
