// Runs the driver over an entry point, again behind each case that hangs.

import { join } from "node:path";
import { lines } from "../../../scripts/suite.ts";
import type { Namespace } from "../../support/namespace.ts";
import type { Finding, Line, Plan } from "./driver.ts";

const driver = join(import.meta.dir, "driver.ts");
const HANGS = "HANGS ";
/** After so many the rest is not tried. */
const HANGS_MAX = 20;

export type Report = {
  readonly names: number;
  /** Pairs of a public and a system call. */
  readonly pairs: number;
  /** Those with an errno each. */
  readonly faults: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
  readonly milliseconds: number;
};

export const environment = {
  // Waits end soon, and nothing is hidden.
  RAWSOCK_TEST_CALL_TIMEOUT: "1000",
  RAWSOCK_TEST_STRICT: "yes",
};

/** Which part of the faults is tried: of a thousand. */
export function share(usual: number): number {
  return Number(process.env.RAWSOCK_TEST_FAULTS ?? usual);
}

export function seed(): number {
  return Number(process.env.RAWSOCK_TEST_SEED ?? 1);
}

type Drive = Omit<Plan, "names" | "after" | "first"> & { readonly names: readonly string[] };

export async function hunt(plan: Drive, namespace: Namespace | null): Promise<Report> {
  const begun = performance.now();
  const findings: string[] = [];
  const kinds: Record<string, number> = {};
  let [names, pairs, faults, hangs] = [0, 0, 0, 0];
  let after: string | undefined;
  let left = [...plan.names];
  while (left.length > 0) {
    let hung: string | undefined;
    const status = await drive(
      { ...plan, names: left, ...(after && { after }) },
      namespace,
      (text) => {
        if (text.startsWith(HANGS)) {
          hung = text.slice(HANGS.length).trim();
          return;
        }
        const line: Line = JSON.parse(text);
        names++;
        pairs += Object.keys(line.calls).length;
        faults += line.faults;
        for (const [kind, count] of Object.entries(line.kinds)) {
          kinds[kind] = (kinds[kind] ?? 0) + count;
        }
        findings.push(...line.outcomes.map(told));
        left = left.slice(left.indexOf(line.name) + 1);
        after = undefined;
      },
    );
    if (hung !== undefined) {
      findings.push(`${hung}: hangs`);
      after = hung;
      left = left.slice(left.indexOf(hung.split(" | ")[0] as string));
      if (!hung.includes(" | ")) left = left.slice(1);
      if (!hung.includes(" | ")) after = undefined;
      if (++hangs < HANGS_MAX) continue;
      break;
    }
    if (status === 0) break;
    findings.push(`the driver ended with ${status} in or behind ${left[0]}`);
    left = left.slice(1);
    after = undefined;
    if (++hangs >= HANGS_MAX) break;
  }
  return { names, pairs, faults, kinds, findings, milliseconds: performance.now() - begun };
}

function told({ case: title, became }: Finding): string {
  return `${title}: ${became}`;
}

/** Runs a driver and hands each of its lines on: its status, or its signal. */
export async function drive(
  plan: object,
  namespace: Namespace | null,
  take: (line: string) => void,
): Promise<number | string> {
  const words = [process.execPath, driver, JSON.stringify(plan)];
  const child = Bun.spawn(namespace?.command(...words) ?? words, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of lines(child.stdout.getReader())) take(line);
  await child.exited;
  return child.exitCode ?? String(child.signalCode);
}

/** Two reports as one. */
export function together(a: Report, b: Report): Report {
  const kinds = { ...a.kinds };
  for (const [kind, count] of Object.entries(b.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  return {
    names: a.names + b.names,
    pairs: a.pairs + b.pairs,
    faults: a.faults + b.faults,
    kinds,
    findings: [...a.findings, ...b.findings],
    milliseconds: Math.max(a.milliseconds, b.milliseconds),
  };
}

/** For the log: how much was tried. */
export function summary(
  what: string,
  { names, pairs, faults, kinds, milliseconds }: Report,
): string {
  const seconds = (milliseconds / 1000).toFixed(1);
  const ends = Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`);
  const calls = `${names} public calls, ${pairs} pairs with a system call`;
  return `faults: ${what}: ${calls}, ${faults} faults in ${seconds} s: ${ends.join(", ")}`;
}
