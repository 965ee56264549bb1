// `wire` runs without Bun: bundled for Node and for browsers, and with nothing of either.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { end } from "../support/program.ts";
import { program, testWith } from "../support/requirements.ts";
import { golden } from "./support/golden.ts";
import { Folder } from "./support/pcap.ts";

const root = join(import.meta.dir, "../..");
const entry = join(root, "src/wire/index.ts");

/** Takes every frame apart, says what it is, builds it again: what differs. */
const checks = `
  const different = [];
  for (const { name, link, bytes, line } of frames) {
    const frame = Uint8Array.from(bytes);
    const packet = wire.dissect(frame, { link });
    const { layers, payload, trailer, problem } = packet;
    const again = [...wire.build([...layers, payload]), ...trailer];
    if (problem !== null || String(again) !== String(bytes)) different.push(name);
    if (wire.format(packet) !== line) different.push(name + ": " + packet);
    if (structuredClone(layers).length !== layers.length) different.push(name);
    for (let length = 0; length < frame.length; length += 3) {
      String(wire.dissect(frame.slice(0, length), { link }));
    }
  }
  const whole = new wire.Reassembler().add(wire.dissect(Uint8Array.from(frames[0].bytes)));
  if (whole.bytes.length !== frames[0].bytes.length) different.push("the reassembler");
  if (!wire.hexdump(whole.bytes).startsWith("00000000  ")) different.push("hexdump");
  try { wire.ipv4.decode(new Uint8Array(3)); different.push("WireError"); }
  catch (error) { if (!(error instanceof wire.WireError)) different.push(String(error)); }
`;

async function bundle(target: "node" | "browser", format: "esm" | "iife", code: string) {
  using folder = new Folder();
  const source = folder.write("main.ts", code.replace("RAWSOCK", JSON.stringify(entry)));
  const { outputs, success, logs } = await Bun.build({ entrypoints: [source], target, format });
  if (!success) throw new AggregateError(logs);
  return (await outputs[0]?.text()) as string;
}

async function inputs() {
  const { format } = await import("../../src/wire/index.ts");
  return golden.map(({ name, link, bytes }) => {
    return { name, link, bytes: [...bytes], line: format(bytes, { link }) };
  });
}

testWith(program("node", "nodejs"))("Node does all of it", async () => {
  const code = await bundle(
    "node",
    "esm",
    `import * as wire from RAWSOCK;
     import { readFileSync } from "node:fs";
     const frames = JSON.parse(readFileSync(0, "utf8"));
     ${checks}
     console.log(JSON.stringify(different));`,
  );
  using folder = new Folder();
  const main = folder.write("main.mjs", code);
  const input = folder.write("input.json", JSON.stringify(await inputs()));
  const { stdout, stderr, exitCode } = await end(["sh", "-c", `node ${main} <${input}`]);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual([]);
});

test("a browser's bundle needs nothing but JavaScript", async () => {
  const code = await bundle(
    "browser",
    "iife",
    `import * as wire from RAWSOCK;
     export {};
     const { frames } = globalThis;
     ${checks}
     globalThis.different = different;`,
  );
  // All that it may have beside the language is in every browser; structuredClone is the checks'.
  const browser = { TextDecoder, TextEncoder, structuredClone };
  const context = { ...browser, frames: await inputs(), different: undefined as unknown };
  runInNewContext(code, context);
  expect(context.different).toEqual([]);
});

test("no file of it imports from elsewhere, or names Bun, Node or a browser", async () => {
  const files = new Bun.Glob("src/wire/**/*.ts").scan(root);
  for await (const file of files) {
    const text = await Bun.file(join(root, file)).text();
    for (const [, path] of text.matchAll(/from "([^"]+)"/g)) {
      const target = join(root, file, "..", path as string);
      expect(target).toStartWith(join(root, "src/wire/"));
    }
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(code.match(/\b(Bun|process|Buffer|require|document|globalThis)[.(]/g), file).toBeNull();
  }
});

test("the entry point is a list of exports", async () => {
  const text = await Bun.file(entry).text();
  const statements = text
    .replace(/\/\/.*/g, "")
    .split(";")
    .map((line) => line.trim());
  for (const statement of statements.filter(Boolean)) {
    expect(statement).toMatch(/^export [\s\S]* from "\.\/[\w/-]+\.ts"$/);
  }
});
