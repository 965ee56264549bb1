// The guides: each block does what is said beside it, has no type errors, and every guide is in the
// index. Those of rawsock/bpf and so on are beside the tests of their entry points.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { blocksOf, fileOf, guide } from "../support/guide.ts";
import { end, tool } from "../support/program.ts";

setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const GUIDES = [
  "start",
  "from-c",
  "from-python",
  "from-dgram",
  "from-clisp",
  "ancillary",
  "unix",
  "multicast",
  "raw",
  "packet",
  "privileges",
  "errors",
  "performance",
  "platforms",
];
for (const name of GUIDES) guide(`docs/${name}.md`);

const directory = mkdtempSync(join(tmpdir(), "rawsock-guides-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("the code of all guides has the right types", async () => {
  const files: string[] = [];
  for (const path of new Glob("docs/*.md").scanSync(root)) {
    const folder = join(directory, path);
    mkdirSync(folder, { recursive: true });
    for (const block of blocksOf(path)) {
      if (block.language !== "ts") continue;
      const file = join(folder, fileOf(block) ?? `line-${block.line}.ts`);
      writeFileSync(file, `${block.code}\nexport {};\n`);
      files.push(file);
    }
  }
  const compilerOptions = {
    // Those of `bun init`.
    lib: ["ESNext"],
    target: "ESNext",
    module: "Preserve",
    moduleDetection: "force",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: [join(root, "node_modules/bun-types")],
    paths: { rawsock: [join(root, "src/index.ts")], "rawsock/*": [join(root, "src/*/index.ts")] },
  };
  const project = join(directory, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  expect(files.length).toBeGreaterThan(20);
  const { stdout } = await end([...tool("tsc"), "-p", project]);
  expect(stdout.replaceAll(`${directory}/`, "")).toBe("");
});

test("the index has every guide", async () => {
  const index = await Bun.file(join(root, "docs/README.md")).text();
  for (const path of new Glob("*.md").scanSync(join(root, "docs"))) {
    if (path === "README.md") continue;
    expect(`${path} ${index.includes(`](${path})`)}`).toBe(`${path} true`);
  }
});
