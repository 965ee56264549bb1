// Runs test files each in a process of its own, and each test of a file where that dies, lest an
// emulator that dies takes the others along; what cannot pass there is listed and counts as
// skipped.

import { join } from "node:path";
import { root } from "./foreign.ts";
import { added, type Failure, type Rooms, runTests, testPatterns } from "./suite.ts";

/**
 * Tests that cannot pass: a part of the name or, as "/...", a pattern of what they print, and the
 * reason, in which $1 is the pattern's first group.
 */
export type Exclusions = Readonly<Record<string, string>>;

export type ApartOptions = {
  /** What process.execPath is to be for the tests. */
  readonly executable: string;
  readonly exclusions: Exclusions;
  readonly flags: readonly string[];
  readonly env: Record<string, string>;
  /** How long a file, or a test that runs alone, may take. */
  readonly limitMs: number;
  /** How that Bun names a file. */
  readonly pathFor: (path: string) => string;
};

/** `bun` starts the test runner. */
export async function runApart(
  bun: string,
  files: readonly string[],
  { executable, exclusions, flags, env, limitMs, pathFor }: ApartOptions,
): Promise<Rooms> {
  const settings = { env: { ...env, RAWSOCK_TEST_BUN: executable }, limitMs, pathFor };
  const common = ["--preload", pathFor(join(root, "scripts/preload.ts")), ...flags];
  const found: Rooms[] = [];
  for (const file of files) {
    const whole = await runTests([bun], [...common, file], settings);
    const patterns = whole.died ? await testPatterns([process.execPath], file) : [];
    const outcomes = patterns.length === 0 ? [whole] : [];
    for (const alone of patterns) {
      outcomes.push(await runTests([bun], [...common, file], { ...settings, alone }));
    }
    for (const { rooms, failures } of outcomes) {
      found.push(withoutExcluded(rooms, failures, exclusions));
    }
  }
  return added(...found);
}

/** `rooms` is of one file, and so one. */
function withoutExcluded(
  rooms: Rooms,
  failures: readonly Failure[],
  exclusions: Exclusions,
): Rooms {
  let excluded = 0;
  for (const failure of failures) {
    const reason = reasonFor(failure, exclusions);
    if (reason === undefined) continue;
    console.log(`excluded: ${failure.name}: ${reason}`);
    excluded++;
  }
  if (excluded === 0) return rooms;
  const name = Object.keys(rooms).find((room) => (rooms[room]?.failed ?? 0) >= excluded);
  if (name === undefined) return rooms;
  return added(rooms, { [name]: { passed: 0, failed: -excluded, skipped: excluded } });
}

function reasonFor({ name, text }: Failure, exclusions: Exclusions): string | undefined {
  for (const [part, reason] of Object.entries(exclusions)) {
    if (!part.startsWith("/")) {
      if (name.includes(part)) return reason;
      continue;
    }
    const found = new RegExp(part.slice(1)).exec(text);
    if (found !== null) return reason.replace(/\$(\d)/g, (_, group: string) => found[+group] ?? "");
  }
  return undefined;
}
