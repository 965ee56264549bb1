// Everything is there when the import returns: what is called for the first time afterwards needs
// neither the package's files nor a descriptor to load anything.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json";
import { entryPoints } from "../../scripts/entries.ts";
import type { Situation } from "../support/deprived.ts";
import { end } from "../support/program.ts";
import { Project, pack } from "../support/project.ts";
import { nobody, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");
const program = join(import.meta.dir, "../support/deprived.ts");
const RESULT = "a result";
/** More than test/support/given.ts makes. */
const DESCRIPTORS = 1000;
/** These end otherwise even where nothing is missing. */
const OTHERS: Readonly<Record<string, string>> = {
  "new Socket": "TypeError a Socket is made by Socket.open, pair, adopt or accept",
  openUnixSocket: "SocketError ENOENT",
  hardwareTimestamps: "SocketError EOPNOTSUPP",
};

type Report = { outcomes: Record<string, string>; names: string[] };
type Installed = { readonly directory: string; readonly entry: string; remove(): void };

/** Runs test/support/deprived.ts with a package of its own, which only its owner may read. */
async function firstCalls(install: () => Installed, situation: Situation): Promise<Report> {
  const { directory, entry, remove } = install();
  chmodSync(directory, 0o700);
  try {
    const limit = ["sh", "-c", `ulimit -n ${DESCRIPTORS} && exec "$@"`, "sh"];
    const words = [process.execPath, program, join(directory, entry), situation, directory];
    const { stdout, stderr, exitCode } = await end([...limit, ...words]);
    if (exitCode !== 0) throw new Error(`${situation}: status ${exitCode}\n${stderr}`);
    return JSON.parse(stdout);
  } finally {
    const away = `${directory}-away`;
    if (existsSync(away)) renameSync(away, directory);
    remove();
  }
}

function expectNormal({ outcomes }: Report): void {
  expect(Object.keys(outcomes).length).toBeGreaterThan(0);
  for (const [name, outcome] of Object.entries(outcomes)) {
    // Entering a network namespace takes a privilege.
    if (name === "openIn" && outcome === "SocketError EPERM") continue;
    expect(`${name}: ${outcome}`).toBe(`${name}: ${OTHERS[name] ?? RESULT}`);
  }
}

let tarball: string;
// Compilers and whole programs run, on machines that do other things as well.
setDefaultTimeout(120_000);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rawsock-import-"));
  tarball = pack(directory);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

function sources(entry: string): Installed {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-sources-"));
  for (const part of ["src", "prebuilt"]) {
    cpSync(join(repository, part), join(directory, part), { recursive: true });
  }
  return { directory, entry, remove: () => rmSync(directory, { recursive: true }) };
}

function packed(entry: string): Installed {
  const project = new Project(tarball);
  return {
    directory: project.directory,
    entry: join("node_modules", manifest.name, entry),
    remove: () => project[Symbol.dispose](),
  };
}

for (const { name, source, bundle, pure } of entryPoints) {
  // What needs no library is told by its own tests.
  if (pure) continue;
  for (const [form, install] of [
    ["the packed package", () => packed(bundle)],
    ["the sources", () => sources(source)],
  ] as const) {
    describe(`${name} from ${form}`, () => {
      test("every public function and method is called, and works", async () => {
        const report = await firstCalls(install, "nothing is missing");
        expectNormal(report);
        if (name !== manifest.name) return;
        const called = Object.keys(report.outcomes);
        expect(report.names.filter((one) => !called.includes(one))).toEqual([]);
      });

      testWith(nobody)("the first calls after the privileges were dropped", async () => {
        expectNormal(await firstCalls(install, "privileges were dropped"));
      });

      test("the first calls after the package was renamed", async () => {
        expectNormal(await firstCalls(install, "the package was renamed"));
      });

      test("the first calls where no descriptor is left", async () => {
        const { outcomes } = await firstCalls(install, "no descriptor is left");
        for (const [one, outcome] of Object.entries(outcomes)) {
          const expected =
            /^(a result|(SocketError E|AddrInfoError EAI_)[A-Z]+|(Type|Range)Error .*)$/;
          expect({ one, outcome }).toEqual({ one, outcome: expect.stringMatching(expected) });
        }
        if (name === manifest.name) expect(outcomes.socket).toBe("SocketError EMFILE");
      });
    });
  }
}
