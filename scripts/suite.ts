// Runs the TypeScript tests under some Bun and counts them.

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };
/** A failed test's name, and what was printed about it. */
export type Failure = { readonly name: string; readonly text: string };

/** Runs `bun test`, `bun` being the words that start one, and prints what was skipped. */
export async function runTests(
  bun: readonly string[],
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Counts & { readonly failures: readonly Failure[] }> {
  const report = join(tmpdir(), `rawsock-test-${process.pid}.xml`);
  const command = [...bun, "test", "--reporter=junit", `--reporter-outfile=${report}`, ...words];
  console.log(`== TypeScript tests: ${[...bun, "test", ...words].join(" ")}`);
  const child = Bun.spawn(command, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const exitCode = await child.exited;

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
  const failures = failuresIn(output);
  if (cases.length === 0 && exitCode !== 0) {
    // It died without a report.
    failures.push({ name: words.join(" "), text: output.slice(-1000) });
    return { passed: 0, failed: failures.length, skipped: 0, failures };
  }
  return {
    passed: cases.length - skipped.length - broken.length,
    // A failure outside of any test shows in the status alone.
    failed: broken.length === 0 && exitCode !== 0 ? 1 : broken.length,
    skipped: skipped.length,
    failures,
  };
}

/** Prints the last line and sets the status. */
export function conclude({ passed, failed, skipped }: Counts): void {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** What `bun test` prints about a failure comes before its name, after the test before. */
function failuresIn(output: string): Failure[] {
  const failures = new Map<string, Failure>();
  let about: string[] = [];
  for (const line of Bun.stripANSI(output).split("\n")) {
    const [, result, name] = /^\((pass|fail|skip)\) (.*?)( \[[\d.]+ms\])?$/.exec(line) ?? [];
    if (name === undefined) {
      about.push(line);
      continue;
    }
    // The summary names it again.
    if (result === "fail" && !failures.has(name)) {
      failures.set(name, { name, text: about.join("\n") });
    }
    about = [];
  }
  return [...failures.values()];
}

function plainText(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
}
