// Every public call while the system calls that it makes fail: with each errno of their manual
// pages, once and for ever, at the first use and later. `npm run test:faults` tries all of them,
// `npm test` a part that the seed chooses.

import { beforeAll, expect } from "bun:test";
import { Namespace } from "../support/namespace.ts";
import { namespaces, type Requirement, testWith, tun } from "../support/requirements.ts";
import { hunt, type Report, seed, share, summary, together } from "./support/hunt.ts";
import { compileInjector, seccomp } from "./support/injector.ts";
import { tables } from "./support/scenarios.ts";

/** Of a thousand, in `npm test`. */
const USUAL = 20;
const TIMEOUT_MS = 45 * 60_000;

let library: string;
beforeAll(async () => {
  if (seccomp.met) library = await compileInjector();
}, 120_000);

/** Half of the calls in one process, half in another. */
async function all(entry: string, names: readonly string[], inside: boolean): Promise<Report> {
  const halves = [0, 1].map(async (half) => {
    using namespace = inside ? new Namespace() : null;
    const own = names.filter((_, index) => index % 2 === half);
    const plan = { library, entry, names: own, share: share(USUAL), seed: seed() };
    return await hunt(plan, namespace);
  });
  const [a, b] = await Promise.all(halves);
  return together(a as Report, b as Report);
}

const needs: Readonly<Record<string, readonly Requirement[]>> = {
  rawsock: [],
  capture: [namespaces],
  netlink: [namespaces],
  tun: [tun],
};

for (const [entry, table] of Object.entries(tables)) {
  const requirements = needs[entry] as readonly Requirement[];
  testWith(seccomp, ...requirements)(
    `${entry}: what fails says so, leaves nothing, and works when it is called again`,
    async () => {
      const names = Object.keys(table);
      const inside = requirements.length > 0 || namespaces.met;
      const report = await all(entry, names, inside);
      console.log(summary(entry, report));
      expect(report.findings).toEqual([]);
      expect(report.names).toBe(names.length);
      expect(report.faults).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
}
