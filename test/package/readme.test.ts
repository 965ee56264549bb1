import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HEAD } from "../../scripts/options.ts";
import { since } from "../../scripts/since.ts";
import * as rawsock from "../../src/index.ts";
import { optionList } from "../../src/option/table.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";

const directory = join(import.meta.dir, "../..");
const readme = await Bun.file(join(directory, "README.md")).text();

test("its snippets are the example files", async () => {
  const snippets = [...readme.matchAll(/<!-- (examples\/\S+) -->\n```ts\n([\s\S]*?)```/g)];
  expect(snippets.length).toBeGreaterThan(0);
  for (const [, file, code] of snippets) {
    expect(code).toBe(await Bun.file(join(directory, file as string)).text());
  }
  expect(snippets.length).toBe([...readme.matchAll(/^```ts$/gm)].length);
});

testWith(namespaces)("the first ping gets its reply", async () => {
  using namespace = new Namespace();
  const command = [process.execPath, join(directory, "examples/first-ping.ts")];
  const { stdout, stderr } = await end(namespace.command(...command));
  expect(stderr).toBe("");
  expect(stdout).toBe("28 bytes from 127.0.0.1\n");
});

test("every linked file exists", () => {
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)]+)\)/g)) {
    expect(`${path} ${existsSync(join(directory, path as string))}`).toBe(`${path} true`);
  }
});

test("every name in the table of modules is exported, and every export is there", () => {
  const section = readme.split("## What is in it")[1]?.split("\n\nThe methods")[0] ?? "";
  const names = [...section.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => (code ?? "").split(" "));
  const exported: Record<string, unknown> = { ...rawsock };
  for (const name of Object.keys(exported)) {
    expect(`${name} ${names.some((word) => word.split(".")[0] === name)}`).toBe(`${name} true`);
  }
});

test("the list of options is the one the tables give", async () => {
  const text = await Bun.file(join(directory, "OPTIONS.md")).text();
  expect(text).toBe(HEAD + optionList(since));
});
