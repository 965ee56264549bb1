// What importing the package costs a program: whole processes, beside one that runs nothing.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json";
import type { Case, Suite, Timer } from "./harness.ts";

const ROUNDS = 31;
const GOAL = { extraNanoseconds: 5e6 };
const root = join(import.meta.dir, "..");

/** The file of every entry point, built before, as package.json exports it to Bun. */
function bundles(): [name: string, file: string][] {
  const files: [string, string][] = [];
  for (const [path, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === "string") continue;
    files.push([path.replace(".", manifest.name), join(root, conditions.bun)]);
  }
  return files;
}

export const startup: Suite = {
  title: "Import",
  cases(shared) {
    const directory = mkdtempSync(join(tmpdir(), "rawsock-startup-"));
    shared.defer(() => rmSync(directory, { recursive: true }));
    let programs = 0;
    const program = (text: string): Timer => {
      const file = join(directory, `${programs++}.ts`);
      writeFileSync(file, text);
      return () => {
        const begin = Bun.nanoseconds();
        const { exitCode } = Bun.spawnSync([process.execPath, file]);
        if (exitCode !== 0) throw new Error(`${text} failed`);
        return Bun.nanoseconds() - begin;
      };
    };
    const native = program("");
    const against = "an empty program";
    const one = (name: string, file: string): Case => ({
      name: `import ${name}`,
      ours: program(`import ${JSON.stringify(file)};`),
      native,
      against,
      rounds: ROUNDS,
    });
    return [
      ...bundles().map(([name, file]) => ({ ...one(name, file), goal: GOAL })),
      one("the sources", join(root, "src/index.ts")),
    ];
  },
};
