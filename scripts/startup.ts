// `npm run bench:startup`: what importing the package costs over an empty program, in milliseconds:
// the median of 40 runs each, the programs taking turns.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json";

const RUNS = 40;
const root = join(import.meta.dir, "..");
const directory = mkdtempSync(join(tmpdir(), "rawsock-startup-"));
const programs = new Map([
  ["an empty program", ""],
  ["an empty module of another directory", `import "${join(directory, "module/empty.js")}";`],
  ["the sources", `import "${join(root, "src/index.ts")}";`],
]);
for (const [path, conditions] of Object.entries(manifest.exports)) {
  if (typeof conditions === "string") continue;
  programs.set(path.replace(".", manifest.name), `import "${join(root, conditions.bun)}";`);
}

const times = new Map<string, number[]>();
try {
  await Bun.write(join(directory, "module/empty.js"), "");
  const files = [...programs.values()].map((text, index) => {
    const file = join(directory, `${index}.ts`);
    writeFileSync(file, text);
    return file;
  });
  for (let run = 0; run < RUNS; run++) {
    for (const [index, what] of [...programs.keys()].entries()) {
      const start = performance.now();
      Bun.spawnSync([process.execPath, files[index] as string]);
      times.set(what, [...(times.get(what) ?? []), performance.now() - start]);
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}

let empty = 0;
for (const [what, all] of times) {
  const median = all.sort((a, b) => a - b)[RUNS / 2] ?? 0;
  if (empty === 0) empty = median;
  console.log(`${median.toFixed(2)} ms, +${(median - empty).toFixed(2)}: ${what}`);
}
