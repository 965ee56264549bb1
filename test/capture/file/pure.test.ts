// Capture files need nothing but TypeScript and the runtime.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import * as files from "../../../src/capture/file/index.ts";
import { publicNames } from "../../support/calls.ts";
import { captureFileCalls } from "../../support/capture-files.ts";
import { importGraph } from "../../support/graph.ts";

const root = join(import.meta.dir, "../../..");

test("nothing that is imported, however far, is the native library or needs it", async () => {
  const sources = new Map<string, string>();
  for await (const name of new Glob("src/**/*.ts").scan(root)) {
    sources.set(name.replaceAll("\\", "/"), await Bun.file(join(root, name)).text());
  }
  const graph = importGraph(sources);
  const reached = new Set(["src/capture/file/index.ts"]);
  for (const file of reached) for (const target of graph.get(file) ?? []) reached.add(target);
  const outside = [...reached].filter((file) => !file.startsWith("src/capture/file/"));
  expect(outside.sort()).toEqual([
    "src/base/lazy.ts",
    "src/base/validate.ts",
    "src/capture/packet.ts",
    "src/capture/place.ts",
    "src/wire/bytes.ts",
    "src/wire/field.ts",
    "src/wire/linktypes.ts",
    "src/wire/parse.ts",
    "src/wire/text.ts",
  ]);
});

test("everything public is called, and works", async () => {
  expect(Object.keys(captureFileCalls).sort()).toEqual(publicNames(files).sort());
  for (const [name, call] of Object.entries(captureFileCalls)) {
    const made = /^new (Pcap\w*)$/.exec(name)?.[1];
    if (made === undefined) await call(files);
    else expect(() => call(files)).toThrow(`a ${made} is made by its create()`);
  }
});
