// Faults of the first call that a process makes, when everything is made that later calls share: a
// process for each.

import type { Namespace } from "../../support/namespace.ts";
import type { FirstFault, Line } from "./driver.ts";
import { errnos } from "./errnos.ts";
import { drive, type Report } from "./hunt.ts";
import { FOR_EVER } from "./injector.ts";

const PROCESSES = 3;

type Place = {
  readonly library: string;
  readonly entry: string;
  readonly share: number;
  readonly seed: number;
};

function* faultsOf(calls: Readonly<Record<string, number>>): Generator<FirstFault> {
  for (const [call, times] of Object.entries(calls)) {
    for (const errno of errnos[call] ?? []) {
      yield { call, errno, from: 0, count: 1 };
      yield { call, errno, from: 0, count: FOR_EVER };
      if (times > 1) yield { call, errno, from: 1, count: 1 };
    }
  }
}

export async function firstUse(
  name: string,
  place: Place,
  namespace: Namespace | null,
): Promise<Report> {
  const begun = performance.now();
  const plan = { ...place, names: [name] };
  let calls: Readonly<Record<string, number>> = {};
  await drive({ ...plan, first: "none" }, namespace, (text) => {
    calls = (JSON.parse(text) as Line).calls;
  });
  const chosen = [...faultsOf(calls)].filter((fault) => {
    const title = `${name} ${Object.values(fault).join(" ")}`;
    return Number(BigInt(Bun.hash(title, place.seed)) % 1000n) < place.share;
  });
  const findings: string[] = [];
  const kinds: Record<string, number> = {};
  let faults = 0;
  const one = async (first: FirstFault) => {
    let told = false;
    const status = await drive({ ...plan, first }, namespace, (text) => {
      told = true;
      if (text.startsWith("HANGS ")) {
        findings.push(text.trim());
        return;
      }
      const line: Line = JSON.parse(text);
      faults += line.faults;
      for (const [kind, count] of Object.entries(line.kinds)) {
        kinds[kind] = (kinds[kind] ?? 0) + count;
      }
      findings.push(...line.outcomes.map((each) => `${each.case}: ${each.became}`));
    });
    if (!told) findings.push(`${name} at first ${JSON.stringify(first)}: ended with ${status}`);
  };
  const rest = [...chosen];
  const work = async () => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) await one(next);
  };
  await Promise.all(Array.from({ length: PROCESSES }, work));
  const pairs = Object.keys(calls).length;
  return { names: 1, pairs, faults, kinds, findings, milliseconds: performance.now() - begun };
}
