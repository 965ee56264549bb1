// docs/capture.md: its blocks print what is behind their //.

import { describe, expect } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");
const guide = await Bun.file(join(repository, "docs/capture.md")).text();
const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code as string);

/** A block, with the modules' names made those of the sources. */
function source(block: string): string {
  return block
    .replaceAll('"rawsock/capture"', JSON.stringify(join(repository, "src/capture/index.ts")))
    .replaceAll('"rawsock"', JSON.stringify(join(repository, "src/index.ts")));
}

describe("the guide's blocks print what is behind their //", () => {
  expect(blocks.length).toBeGreaterThan(2);
  for (const [index, block] of blocks.entries()) {
    testWith(namespaces)(`block ${index + 1}`, async () => {
      using namespace = new Namespace();
      const words = namespace.command(process.execPath, "-e", source(block));
      const { stdout, stderr } = await end(words);
      const told = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      expect(stderr).toBe("");
      expect(told.length).toBeGreaterThan(0);
      // Objects are printed on several lines.
      expect(
        stdout
          .replace(/\{\n[^}]*\}/g, flat)
          .trimEnd()
          .split("\n"),
      ).toEqual(told as string[]);
    });
  }
});

function flat(object: string): string {
  return object.replace(/\s+/g, " ").replace(/,? \}/, " }");
}
