// Runs the TypeScript tests under some Bun and counts them.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Runs `bun test`, `bun` being the words that start one, and prints what was skipped. */
export async function runTests(
  bun: readonly string[],
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Counts> {
  const report = join(tmpdir(), `rawsock-test-${process.pid}.xml`);
  const command = [...bun, "test", "--reporter=junit", `--reporter-outfile=${report}`, ...words];
  console.log(`== TypeScript tests: ${[...bun, "test", ...words].join(" ")}`);
  const { exitCode } = Bun.spawnSync(command, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });

  const xml = await Bun.file(report)
    .text()
    .catch(() => "");
  rmSync(report, { force: true });
  const cases = xml.match(/<testcase\b[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  const skipped = cases.filter((text) => text.includes("<skipped"));
  const broken = cases.filter((text) => text.includes("<failure") || text.includes("<error"));
  for (const text of skipped) {
    const name = /\bname="([^"]*)"/.exec(text)?.[1] ?? "?";
    console.log(`skipped: ${plainText(name)}`);
  }
  return {
    passed: cases.length - skipped.length - broken.length,
    // A crash or a failure outside of any test shows in the status alone.
    failed: broken.length === 0 && exitCode !== 0 ? 1 : broken.length,
    skipped: skipped.length,
  };
}

/** Prints the last line and sets the status. */
export function conclude({ passed, failed, skipped }: Counts): void {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function plainText(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
}
