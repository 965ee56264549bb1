// `npm run test:fuzz`: every harness of test/fuzz for ten minutes, guided by coverage, as many at
// once as there are processors. `--seconds=n` for less or more, `--seed=n` for another course,
// `--jobs=n`, and names of harnesses for those alone.
//
// A harness begins with its inputs in test/fuzz/corpus, and with those that earlier runs left in
// .zig-cache/fuzz unless `--fresh`; `--minimize` puts those of them into the corpus that reach
// something. An input that fails is written to .zig-cache/fuzz/findings: mend what it shows, and
// add it to the corpus.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toolEnvironment } from "./environment.ts";
import { corpora, inputsIn, NATIVE, packed } from "./fuzz-corpus.ts";

const root = join(import.meta.dir, "..");
const grown = join(root, ".zig-cache/fuzz");
const findings = join(grown, "findings");

/** The modules of test/fuzz/harness. */
const SCRIPTED = readdirSync(join(root, "test/fuzz/harness")).map((name) => name.slice(0, -3));
const LINUX = process.platform === "linux";
/** What has begun may take an input's patience and the start-up longer. */
const GRACE_S = 120;

const { values: options, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    fresh: { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism()) },
    minimize: { type: "boolean", default: false },
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

function driver(name: string): string[] {
  if (NATIVE.includes(name)) return [join(root, "zig-out/fuzz/driver")];
  return ["bun", join(root, "test/fuzz/engine.ts")];
}

/** What a driver's last line says. */
type Report = { inputs: number; edges: number; given: number; kept: number };

/** Runs a harness; the words of what failed, or undefined. */
async function search(name: string, seconds: number): Promise<string | undefined> {
  const kept = join(grown, name);
  mkdirSync(kept, { recursive: true });
  mkdirSync(findings, { recursive: true });
  const finding = join(findings, name);
  const inputs = [...inputsIn(join(corpora, name)), ...(options.fresh ? [] : inputsIn(kept))];
  const words = [name, String(seconds), options.seed, finding, options.fresh ? "-" : kept];
  const child = Bun.spawn([...driver(name), ...words], {
    env: process.env,
    stdio: [packed(inputs), "pipe", "pipe"],
    timeout: (seconds + GRACE_S) * 1000,
    killSignal: "SIGABRT",
  });
  const [output, errors, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (status !== 0) {
    const where = keepFinding(finding) ?? "no input was written down";
    return `${name}: ${errors.trim() || output.trim() || `status ${status}`}\n  ${where}`;
  }
  const report = JSON.parse(output.trim().split("\n").at(-1) ?? "{}") as Report;
  const { inputs: tried, edges, given } = report;
  console.log(
    `${name}: ${tried} inputs in ${seconds} s, ${edges} edges, ` +
      `${given} given and ${report.kept} found that reached something new`,
  );
  return undefined;
}

/** Under a name of its own; undefined where there is none. */
function keepFinding(file: string): string | undefined {
  // What ended Bun itself is in the file that engine.ts keeps, after its length.
  const current = `${file}.current`;
  if (!existsSync(file) && existsSync(current)) {
    const bytes = readFileSync(current);
    writeFileSync(file, bytes.subarray(4, 4 + bytes.readUInt32LE(0)));
  }
  rmSync(current, { force: true });
  if (!existsSync(file)) return undefined;
  const name = `${file}-${Bun.hash(readFileSync(file)).toString(16)}`;
  renameSync(file, name);
  return name;
}

/** Has the corpus hold what reaches something, and nothing else; what has a name first. */
async function minimize(name: string): Promise<void> {
  const directory = join(corpora, name);
  const inputs = [...inputsIn(directory), ...inputsIn(join(grown, name))];
  const chosen = join(grown, `${name}.chosen`);
  rmSync(chosen, { recursive: true, force: true });
  mkdirSync(chosen, { recursive: true });
  const words = [name, "0", "0", join(findings, name), chosen];
  const child = Bun.spawn([...driver(name), ...words], {
    stdio: [packed(inputs), "ignore", "inherit"],
  });
  if ((await child.exited) !== 0) throw new Error(`${name} fails with its own inputs`);
  // Those that people have named are regressions, and stay.
  for (const file of readdirSync(directory)) {
    if (/^[0-9a-f]{16}$/.test(file)) rmSync(join(directory, file));
  }
  const seen = new Set(inputsIn(directory).map((input) => Bun.hash(input)));
  for (const file of readdirSync(chosen)) {
    if (seen.has(Bun.hash(readFileSync(join(chosen, file))))) continue;
    renameSync(join(chosen, file), join(directory, file));
  }
  rmSync(chosen, { recursive: true });
  console.log(`${name}: ${readdirSync(directory).length} inputs`);
}

const known = [...(LINUX ? NATIVE : []), ...SCRIPTED];
const names = positionals.length > 0 ? positionals : known;
for (const name of names) {
  if (!known.includes(name)) throw new Error(`no harness ${name}: ${known.join(", ")}`);
}
if (!LINUX) console.log(`skipped: ${NATIVE.join(", ")}: run it on Linux`);
else build();

function build(): void {
  const { exitCode } = Bun.spawnSync(["zig", "build", "fuzz"], {
    env: toolEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) process.exit(1);
}

const failures: string[] = [];
const waiting = [...names];

/** Takes one harness after the other. */
async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (options.minimize) await minimize(name);
    else {
      const failure = await search(name, Number(options.seconds));
      if (failure !== undefined) failures.push(failure);
    }
  }
}

await Promise.all(Array.from({ length: Number(options.jobs) }, work));
for (const failure of failures) console.error(failure);
console.log(
  `fuzzing: ${names.length} harnesses, seed ${options.seed}, ${failures.length} findings`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
