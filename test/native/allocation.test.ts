// In steady state the calls that move bytes allocate nothing.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { end } from "../support/program.ts";

/** Some blocks: what a collection, or the compiler, leaves lying about. */
const NOTHING = 100_000;

const { stdout, stderr } = await end([process.execPath, join(import.meta.dir, "allocations.ts")]);
const { "one small object": one = 0, ...others } = JSON.parse(stdout) as Record<string, number>;

test("one small object a call shows in the measure", () => {
  expect(stderr).toBe("");
  expect(one).toBeGreaterThan(3 * NOTHING);
});

test.each(Object.entries(others))("%s allocates nothing", (_, growth) => {
  expect(growth).toBeLessThanOrEqual(NOTHING);
});

test("every way of moving bytes is measured", () => {
  expect(Object.keys(others)).toHaveLength(4);
});
