// Everything is there when the import returns: what is called for the first time afterwards needs
// neither the package's files nor a descriptor to load anything.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json";
import { entryPoints } from "../../scripts/entries.ts";
import type { Situation } from "../support/deprived.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { Project, pack } from "../support/project.ts";
import { capability, namespaces, nobody, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");
const program = join(import.meta.dir, "../support/deprived.ts");
const RESULT = "a result";
/** More than test/support/given.ts makes. */
const DESCRIPTORS = 1000;
/** These end otherwise even where nothing is missing. */
const OTHERS: Readonly<Record<string, string>> = {
  "new Capture": "TypeError a Capture is made by capture()",
  "new Ethtool": "TypeError an Ethtool is made by Ethtool.open",
  "new Netlink": "TypeError a Netlink is made by Netlink.open",
  "new PcapWriter": "TypeError a PcapWriter is made by its create()",
  "new PcapngWriter": "TypeError a PcapngWriter is made by its create()",
  "new Tun": "TypeError a Tun is made by Tun.open or Tun.adopt",
  "new Socket": "TypeError a Socket is made by Socket.open, pair, adopt or accept",
  openUnixSocket: "SocketError ENOENT",
  hardwareTimestamps: "SocketError EOPNOTSUPP",
};

type Report = { outcomes: Record<string, string>; names: string[] };
type Installed = { readonly directory: string; readonly entry: string; remove(): void };

/** Runs test/support/deprived.ts with a package of its own, which only its owner may read. */
async function firstCalls(
  install: () => Installed,
  situation: Situation,
  changesNetwork: boolean,
): Promise<Report> {
  const { directory, entry, remove } = install();
  using namespace = changesNetwork && mayChangeNetwork ? new Namespace() : null;
  chmodSync(directory, 0o700);
  try {
    const limit = ["sh", "-c", `ulimit -n ${DESCRIPTORS} && exec "$@"`, "sh"];
    const words = [process.execPath, program, join(directory, entry), situation, directory];
    const command = [...limit, ...words];
    const { stdout, stderr, exitCode } = await end(namespace?.command(...command) ?? command);
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

/** What could change this machine's network gets one of its own. */
const mayChangeNetwork = capability("net_admin").met;

for (const { name, source, bundle, pure, above } of entryPoints) {
  // What needs no library is told by its own tests.
  if (pure) continue;
  for (const [form, install] of [
    ["the packed package", () => packed(bundle)],
    ["the sources", () => sources(source)],
  ] as const) {
    const test = testWith(...(above && mayChangeNetwork ? [namespaces] : []));
    const calls = (situation: Situation) => firstCalls(install, situation, above);
    describe(`${name} from ${form}`, () => {
      test("every public function and method is called, and works", async () => {
        const report = await calls("nothing is missing");
        expectNormal(report);
        if (name !== manifest.name && !above) return;
        const called = Object.keys(report.outcomes);
        expect(report.names.filter((one) => !called.includes(one))).toEqual([]);
      });

      testWith(nobody)("the first calls after the privileges were dropped", async () => {
        expectNormal(await calls("privileges were dropped"));
      });

      test("the first calls after the package was renamed", async () => {
        expectNormal(await calls("the package was renamed"));
      });

      test("the first calls where no descriptor is left", async () => {
        const { outcomes } = await calls("no descriptor is left");
        for (const [one, outcome] of Object.entries(outcomes)) {
          const expected =
            /^(a result|((Socket|Netlink)Error E|AddrInfoError EAI_)[A-Z]+|(Type|Range)Error .*)$/;
          expect({ one, outcome }).toEqual({ one, outcome: expect.stringMatching(expected) });
        }
        if (name === manifest.name) expect(outcomes.socket).toBe("SocketError EMFILE");
      });
    });
  }
}
