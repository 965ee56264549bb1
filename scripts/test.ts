// `npm test`: builds the library, then checks types, style, the Zig unit tests and the TypeScript
// tests. The last line is `N passed, N failed, N skipped`.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const steps = [
  ["the library", "zig", "build"],
  ["types", "tsc", "-p", "."],
  ["style", "biome", "check", "--error-on-warnings"],
  ["Zig unit tests", "zig", "build", "test"],
] as const;

let failed = 0;
for (const [what, ...command] of steps) {
  console.log(`== ${what}: ${command.join(" ")}`);
  const { exitCode } = Bun.spawnSync([...command], { stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode === 0) continue;
  console.error(`== ${what}: FAILED with status ${exitCode}`);
  failed++;
}

const report = join(tmpdir(), `rawsock-test-${process.pid}.xml`);
const command = ["bun", "test", "--reporter=junit", `--reporter-outfile=${report}`];
console.log(`== TypeScript tests: bun test ${process.argv.slice(2).join(" ")}`);
const { exitCode } = Bun.spawnSync([...command, ...process.argv.slice(2)], {
  stdio: ["ignore", "inherit", "inherit"],
});

const xml = await Bun.file(report)
  .text()
  .catch(() => "");
rmSync(report, { force: true });
const cases = xml.match(/<testcase\b[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
const skipped = cases.filter((text) => text.includes("<skipped"));
const broken = cases.filter((text) => text.includes("<failure") || text.includes("<error"));
// A crash or a failure outside of any test shows in the status alone.
failed += exitCode !== 0 && broken.length === 0 ? 1 : broken.length;

for (const text of skipped) {
  const name = /\bname="([^"]*)"/.exec(text)?.[1] ?? "?";
  console.log(`skipped: ${plainText(name)}`);
}
const passed = cases.length - skipped.length - broken.length;
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

function plainText(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
}
