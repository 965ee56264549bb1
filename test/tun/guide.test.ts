// The code of docs/tun.md and docs/ethtool.md prints what is said beside it.

import { describe, expect } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { end } from "../support/program.ts";
import { program, testWith, tun } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");

function source(block: string): string {
  return block
    .replaceAll(/"rawsock\/(\w+)"/g, (_, name) =>
      JSON.stringify(join(repository, `src/${name}/index.ts`)),
    )
    .replaceAll('"rawsock"', JSON.stringify(join(repository, "src/index.ts")));
}

for (const name of ["tun", "ethtool"]) {
  const guide = await Bun.file(join(repository, `docs/${name}.md`)).text();
  const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code as string);
  describe(`the blocks of docs/${name}.md print what is behind their //`, () => {
    expect(blocks.length).toBeGreaterThan(1);
    for (const [index, block] of blocks.entries()) {
      testWith(tun, program("ping", "iputils-ping"))(`block ${index + 1}`, async () => {
        using namespace = new Namespace();
        const words = ["timeout", String(30 * patience), process.execPath, "-e", source(block)];
        const { stdout, stderr } = await end(namespace.command(...words));
        const told = [...block.matchAll(/console\.log\(.*\)+; \/\/ (.*)$/gm)].map(([, one]) => one);
        expect(stderr).toBe("");
        expect(told.length).toBeGreaterThan(0);
        // An object is printed over several lines.
        const printed = stdout.replaceAll(/\s+/g, " ").replaceAll(", }", " }");
        expect(printed.trim()).toBe(told.join(" "));
      });
    }
  });
}
