// The command line: what is wrong with it is said in one line.

import { expect, test } from "bun:test";
import { readArguments } from "../../src/cli/shared/arguments.ts";
import { UsageError } from "../../src/cli/shared/failure.ts";

const options = {
  count: { type: "string", short: "c", help: "" },
  quiet: { type: "boolean", short: "q", help: "" },
  set: { type: "string", short: "s", multiple: true, help: "" },
} as const;

test("options, their values and what stands beside them", () => {
  const { values, positionals } = readArguments(
    ["-qc5", "a", "--set=x", "-s", "y", "--", "-b"],
    options,
  );
  expect({ ...values }).toEqual({ quiet: true, count: "5", set: ["x", "y"] });
  expect(positionals).toEqual(["a", "-b"]);
});

test.each([
  [["-x"], "Unknown option '-x'"],
  [["--nothing"], "Unknown option '--nothing'"],
  [["--count"], "Option '-c, --count <value>' argument missing"],
  [["-c", "-1"], "Option '-c' argument is ambiguous"],
  [["--quiet=1"], "Option '-q, --quiet' does not take an argument"],
])("%p is refused: %s", (words, message) => {
  expect(() => readArguments(words, options)).toThrow(new UsageError(message));
});
