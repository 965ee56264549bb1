// The blocks of TypeScript and Python of a guide, each run by a test. What is behind a
// `console.log(…); //` or a `print(…)  #` is the line that it prints; `…` in it stands for whatever
// is not the same each time.
//
// Words behind the fence's ```ts say what a block needs:
//   namespace      runs inside a network namespace of its own
//   ethernet       has there besides an eth0 with 10.77.0.1, fd77::1 and fe80::1
//   ping           there, ICMP datagram sockets are allowed
//   continued      goes on where the block before ended, in the same program
//   file=worker.ts is no program but a file beside those that follow

import { afterAll, describe, expect } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryPoints } from "../../scripts/entries.ts";
import { removeDirectory } from "./directory.ts";
import { Namespace } from "./namespace.ts";
import { type Ended, end } from "./program.ts";
import { namespaces, python, type Requirement, testWith } from "./requirements.ts";

const repository = join(import.meta.dir, "../..");
const LANGUAGES = /^```(ts|python)( .*)?\n([\s\S]*?)^```/gm;

export type Block = {
  readonly language: "python" | "ts";
  readonly words: ReadonlySet<string>;
  /** With the blocks that it continues. */
  readonly code: string;
  /** Where it is in the guide, from 1. */
  readonly line: number;
};

/** The blocks of a guide, by its path in the repository. */
export function blocksOf(path: string): Block[] {
  const text = readFileSync(join(repository, path), "utf8");
  const blocks: Block[] = [];
  for (const found of text.matchAll(LANGUAGES)) {
    const [, language = "", info = "", own = ""] = found;
    const words = new Set(info.trim().split(" ").filter(Boolean));
    const before = words.has("continued") ? blocks.at(-1) : undefined;
    const line = text.slice(0, found.index).split("\n").length;
    blocks.push({
      language: language as Block["language"],
      words: new Set([...(before?.words ?? []), ...words]),
      code: (before?.code ?? "") + own,
      line,
    });
  }
  return blocks;
}

/** The code, with the package's names made those of the sources. */
export function source({ code }: Pick<Block, "code">): string {
  return entryPoints.reduce(
    (text, { name, source: file }) =>
      text.replaceAll(`"${name}"`, JSON.stringify(join(repository, file))),
    code,
  );
}

/** The file that a block is, beside the programs. */
export function fileOf({ words }: Block): string | undefined {
  const word = [...words].find((one) => one.startsWith("file="));
  return word?.slice("file=".length);
}

/** The lines that a block says it prints. */
function toldBy({ code, language }: Block): string[] {
  const pattern =
    language === "ts" ? /console\.log\(.*\); \/\/ (.*)$/gm : /\bprint\(.*\) {2}# (.*)$/gm;
  return [...code.matchAll(pattern)].map(([, text]) => text as string);
}

function matches(line: string, told: string): boolean {
  const parts = told.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}

/** A veth pair, the other end of which is up and otherwise silent. */
function addEthernet(namespace: Namespace): void {
  namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0");
  for (const name of ["eth0", "peer0"]) {
    namespace.ip("link", "set", name, "addrgenmode", "none");
    namespace.ip("link", "set", name, "up");
  }
  namespace.ip("addr", "add", "10.77.0.1/24", "dev", "eth0");
  for (const address of ["fd77::1/64", "fe80::1/64"]) {
    namespace.ip("addr", "add", address, "dev", "eth0", "nodad");
  }
}

async function run(block: Block, directory: string): Promise<Ended> {
  const file = join(directory, block.language === "ts" ? "block.ts" : "block.py");
  writeFileSync(file, source(block));
  const command = [block.language === "ts" ? process.execPath : "python3", file];
  const inDirectory = ["sh", "-c", 'cd "$0" && exec "$@"', directory, ...command];
  if (!block.words.has("namespace")) return end(inDirectory);
  using namespace = new Namespace();
  if (block.words.has("ethernet")) addEthernet(namespace);
  const allow = "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range";
  const before = block.words.has("ping") ? `${allow}; ` : "";
  // Awaited here: what returns a promise disposes of the namespace first.
  return await end(namespace.command("sh", "-c", `${before}exec "$@"`, "sh", ...inDirectory));
}

/** Makes a test of every block of a guide; `requirements` are those of all of them. */
export function guide(path: string, ...requirements: readonly Requirement[]): void {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-guide-"));
  afterAll(() => removeDirectory(directory));
  describe(`${path} prints what it says`, () => {
    const blocks = blocksOf(path);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const { language, words, code, line } = block;
      const name = fileOf(block);
      if (name !== undefined) {
        writeFileSync(join(directory, name), source({ code }));
        continue;
      }
      const needs = [
        ...requirements,
        ...(words.has("namespace") ? [namespaces] : []),
        ...(language === "python" ? [python] : []),
      ];
      testWith(...needs)(`line ${line}`, async () => {
        const told = toldBy(block);
        const { stdout, stderr, exitCode } = await run(block, directory);
        expect(stderr).toBe("");
        expect(exitCode).toBe(0);
        expect(told.length).toBeGreaterThan(0);
        const lines = stdout.trimEnd().split("\n");
        const same = lines.map((text, index) =>
          matches(text, told[index] ?? "") ? told[index] : text,
        );
        expect(same).toEqual(told);
      });
    }
  });
}
