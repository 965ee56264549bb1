// The command line, compared with parseArgs of node:util.

import { expect, test } from "bun:test";
import { parseArgs } from "node:util";
import { array, assert, constantFrom, property } from "fast-check";
import { readArguments } from "../../src/cli/shared/arguments.ts";
import { UsageError } from "../../src/cli/shared/failure.ts";

const options = {
  count: { type: "string", short: "c", help: "" },
  quiet: { type: "boolean", short: "q", help: "" },
  deep: { type: "boolean", short: "d", multiple: true, help: "" },
  set: { type: "string", short: "s", multiple: true, help: "" },
  json: { type: "boolean", help: "" },
} as const;

const WORDS = [
  ...["-c", "-c1", "-c=1", "-q", "-qq", "-qc", "-qc5", "-dd", "-d", "-s", "-sx", "-qds1", "-z"],
  ...["--count", "--count=3", "--count=", "--quiet", "--quiet=1", "--deep", "--set=a", "--set"],
  ...[
    "--json",
    "--no-json",
    "--nothing",
    "--nothing=1",
    "--",
    "-",
    "a",
    "b",
    "1",
    "",
    "--=",
    "---",
  ],
  ...["--count=-1", "-ca-b", "--__proto__", "--constructor", "-"],
];

function theirs(words: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { values: { ...values }, positionals };
  } catch {
    return "refused";
  }
}

function ours(words: readonly string[]) {
  try {
    const { values, positionals } = readArguments(words, options);
    return { values: { ...values }, positionals: [...positionals] };
  } catch (error) {
    if (error instanceof UsageError) return "refused";
    throw error;
  }
}

test("command lines are read as parseArgs reads them", () => {
  const runs = Number(process.env.RAWSOCK_TEST_RUNS ?? 2000);
  const lines = array(constantFrom(...WORDS), { maxLength: 6 });
  assert(
    property(lines, (words) => {
      expect(ours(words)).toEqual(theirs(words) as ReturnType<typeof ours>);
    }),
    { numRuns: runs, seed: 19 },
  );
});
