// Style as a test: length, width, floors, circles.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";
import { circles, importGraph, withoutComments } from "../support/graph.ts";

const root = join(import.meta.dir, "../..");
const LINES_MAX = 400;
const COLUMNS_MAX = 100;

async function sources(pattern: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const name of new Glob(pattern).scan(root)) {
    files.set(name, await Bun.file(join(root, name)).text());
  }
  return files;
}

/**
 * The floors from the lowest up. A file imports, types included, only from its own folder and from
 * floors below. src/calls/index.ts gathers what the synchronous calls are, out of many folders.
 */
const FLOORS: readonly RegExp[] = [
  /^src\/native\//,
  /^src\/base\//,
  /^src\/address\//,
  /^src\/readiness\//,
  /^src\/bpf\//,
  /^src\/calls\/(?!index\.)/,
  /^src\/control\//,
  /^src\/option\//,
  /^src\/names\//,
  /^src\/interface\//,
  /^src\/checksum\//,
  /^src\/message\//,
  /^src\/wire\//,
  /^src\/calls\/index\.ts$/,
  /^src\/socket\//,
  /^src\/index\.ts$/,
  /^src\/capture\//,
  /^src\/netlink\//,
  /^src\/tun\//,
  /^src\/cli\//,
];
/** These run where there is no library: they import nothing from outside of their folder. */
const PURE = /^src\/(bpf|wire)\//;
const ENTRIES_MAX = 22;

function floor(file: string): number {
  return FLOORS.findIndex((pattern) => pattern.test(file));
}

test("files have at most 400 lines of at most 100 columns", async () => {
  const long: string[] = [];
  for (const [name, text] of await sources(
    "{src,zig,test,examples,scripts,bench}/**/*.{ts,zig,h}",
  )) {
    const lines = text.trimEnd().split("\n");
    if (lines.length > LINES_MAX) long.push(`${name}: ${lines.length} lines`);
    const wide = lines.findIndex((line) => [...line].length > COLUMNS_MAX);
    // Long strings in tests are data.
    if (wide >= 0 && !name.startsWith("test/")) long.push(`${name}:${wide + 1}: too wide`);
  }
  expect(long).toEqual([]);
});

test("bun:ffi is imported in src/native alone", async () => {
  const importers = [...(await sources("src/**/*.ts"))]
    .filter(([, text]) => withoutComments(text).includes('"bun:ffi"'))
    .map(([name]) => name);
  expect(importers.length).toBeGreaterThan(0);
  expect(importers.every((name) => name.startsWith("src/native/"))).toBe(true);
});

test("every file of src stands on a floor, and none imports upwards", async () => {
  const wrong: string[] = [];
  for (const [file, imports] of importGraph(await sources("src/**/*.ts"))) {
    const own = floor(file);
    if (own < 0) wrong.push(`${file} has no floor`);
    for (const target of imports) {
      const aside = floor(target) === own && !within(file, target);
      if (floor(target) > own || aside) wrong.push(`${file} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** Whether both lie in one folder of src, which may have folders of its own. */
function within(file: string, target: string): boolean {
  return file.split("/")[1] === target.split("/")[1];
}

test("what runs without the library imports nothing from outside of its folder", async () => {
  const wrong: string[] = [];
  for (const [file, text] of await sources("src/{bpf,wire}/**/*.ts")) {
    expect(file).toMatch(PURE);
    const code = withoutComments(text);
    for (const [, path] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)) {
      const target = path?.startsWith(".") ? join(dirname(file), path) : path;
      if (PURE.exec(target ?? "")?.[0] !== PURE.exec(file)?.[0]) wrong.push(`${file}: ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("no circle in src, types included", async () => {
  expect(circles(importGraph(await sources("src/**/*.ts")))).toEqual([]);
});

test("no circle in zig", async () => {
  expect(circles(importGraph(await sources("zig/**/*.zig")))).toEqual([]);
});

test("a circle is found wherever it is, and only where one is", () => {
  const graph = (edges: Record<string, string[]>) =>
    new Map(Object.entries(edges).map(([file, imports]) => [file, new Set(imports)]));
  expect(circles(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toEqual([]);
  expect(circles(graph({ a: ["b"], b: ["c", "d"], c: [], d: ["b"] }))).toEqual(["b -> d -> b"]);
  expect(circles(graph({ a: ["a"] }))).toEqual(["a -> a"]);
  const text = '// from "./no.ts"\nimport type { A } from "./b.ts";\nexport * from "../c.ts";';
  expect(importGraph(new Map([["src/x/a.ts", text]])).get("src/x/a.ts")).toEqual(
    new Set(["src/x/b.ts", "src/c.ts"]),
  );
});

/** Calls that load: a method may well be named like one. */
const LATE =
  /\bimport\s*\(|(?<![.#])\brequire\s*\(\s*["'`]|\bimport\.meta\.require\b|\bcreateRequire\b/;

const LOADS: ReadonlySet<string> = new Set([
  // The library itself, which a bundler takes along when it sees it required.
  "src/native/library.ts",
  // The command loads its subcommand as it starts, and nothing after that: none waits for the code
  // of the others. It is no part of the library.
  "src/cli/main.ts",
]);

test("nothing is loaded late", async () => {
  const late: string[] = [];
  for (const [file, text] of await sources("src/**/*.ts")) {
    const found = LATE.exec(withoutComments(text));
    if (found !== null && !LOADS.has(file)) late.push(`${file}: ${found[0]}`);
  }
  expect(late).toEqual([]);
});

test.each(["src/index.ts", "src/calls/index.ts"])(
  "%s is a list of exports and nothing else",
  async (file) => {
    const text = withoutComments(await Bun.file(join(root, file)).text());
    const rest = text.replaceAll(/export (type )?(\{[^}]*\}|\*|\* as \w+) from "[^"]+";/g, "");
    expect(rest.trim()).toBe("");
  },
);

test(`src has at most ${ENTRIES_MAX} entries`, () => {
  expect(readdirSync(join(root, "src")).length).toBeLessThanOrEqual(ENTRIES_MAX);
});

/**
 * The lock around the C library's own statics, of which a process has one each; and what a process
 * of Windows has once, which says nothing of it itself.
 */
const SHARED: ReadonlySet<string> = new Set([
  "zig/netdb.zig: var lock",
  "zig/process_windows.zig: var states",
  "zig/process_windows.zig: var started",
  "zig/process_windows.zig: var interrupts",
]);

test("the library has no mutable statics", async () => {
  const statics: string[] = [];
  for (const [name, text] of await sources("zig/**/*.zig")) {
    text.split("\n").forEach((line, index) => {
      const variable = `${name}: ${/^var \w+/.exec(line)}`;
      if (/^(pub )?var /.test(line) && !SHARED.has(variable))
        statics.push(`${name}:${index + 1}: ${line}`);
    });
  }
  expect(statics).toEqual([]);
});

test("nothing is left undone", async () => {
  const marks = new RegExp(["TODO", "FIXME", "XXX", "@ts-ignore", "\\bas any\\b"].join("|"));
  const found: string[] = [];
  for (const [name, text] of await sources("{src,zig,test,examples,scripts,bench}/**/*.{ts,zig}")) {
    if (name !== "test/package/tidy.test.ts" && marks.test(text)) found.push(name);
  }
  expect(found).toEqual([]);
});
