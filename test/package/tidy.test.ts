// Style as a test: length, width, layers.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";

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

/** The layers from the lowest up. */
const LAYERS: readonly RegExp[] = [
  /^src\/native\//,
  /^src\/base\//,
  /^src\/address\//,
  /^src\/(readiness|calls|control|checksum|interface|names|option)\//,
  /^src\/message\//,
  /^src\/socket\//,
  /^src\/index/,
];

function layer(file: string): number {
  return LAYERS.findIndex((pattern) => pattern.test(file));
}

test("files have at most 400 lines of at most 100 columns", async () => {
  const long: string[] = [];
  for (const [name, text] of await sources("{src,zig,test,examples,scripts}/**/*.{ts,zig,h}")) {
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
    .filter(([, text]) => /from "bun:ffi"/.test(text))
    .map(([name]) => name);
  expect(importers.every((name) => name.startsWith("src/native/"))).toBe(true);
});

test("every file of src belongs to a layer, and none imports upwards", async () => {
  const upward: string[] = [];
  for (const [name, text] of await sources("src/**/*.ts")) {
    const own = layer(name);
    if (own < 0) upward.push(`${name} has no layer`);
    for (const [, path] of text.matchAll(/from "(\.[^"]+)"/g)) {
      const target = join(name, "..", path as string);
      if (layer(target) > own && name !== "src/base/error.ts")
        upward.push(`${name} imports ${target}`);
    }
  }
  expect(upward).toEqual([]);
});

/** The lock around the C library's own statics, of which a process has one each. */
const SHARED: ReadonlySet<string> = new Set(["zig/netdb.zig: var lock"]);

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
  const marks = new RegExp(["TODO", "FIXME", "XXX", "@ts-ignore", "as any"].join("|"));
  const found: string[] = [];
  for (const [name, text] of await sources("{src,zig,test,examples,scripts}/**/*.{ts,zig}")) {
    if (name !== "test/package/tidy.test.ts" && marks.test(text)) found.push(name);
  }
  expect(found).toEqual([]);
});
