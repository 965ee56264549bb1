// SECURITY.md: every promise names its tests, which are there.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json";

const root = join(import.meta.dir, "../..");
const text = await Bun.file(join(root, "SECURITY.md")).text();

/** The items of a section, each as one text. */
function items(section: string): string[] {
  const [, body = ""] = text.split(`## ${section}\n`);
  const [own = ""] = body.split(/^## /m);
  return own
    .split(/^- /m)
    .slice(1)
    .map((item) => item.split("\n\n")[0] as string);
}

test.each(["What counts", "How the package is built"])(
  "%s: each item names its tests",
  (section) => {
    expect(items(section).length).toBeGreaterThan(3);
    const without = items(section).filter((item) => !/^ {2}Tests?: `(test|scripts)\//m.test(item));
    expect(without).toEqual([]);
  },
);

test("what it names is there", () => {
  const names = [...text.matchAll(/`((?:test|scripts|docs|\.github)\/[^`]+)`/g)].map(
    ([, name]) => name as string,
  );
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  const scripts = [...text.matchAll(/`npm run ([\w:]+)`/g)].map(([, name]) => name as string);
  expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts));
});

test("releases are published with provenance, by the workflow alone", async () => {
  const workflow = await Bun.file(join(root, ".github/workflows/release.yml")).text();
  expect(workflow).toMatch(/id-token: write/);
  expect(workflow).toMatch(/npm publish --provenance/);
});
