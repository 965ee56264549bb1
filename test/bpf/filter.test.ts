import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  assemble,
  BpfError,
  CODE,
  compile,
  filter,
  type Instruction,
  type Program,
  run,
} from "../../src/bpf/index.ts";
import { removeDirectory } from "../support/directory.ts";
import { end } from "../support/program.ts";
import { program, testWith } from "../support/requirements.ts";
import { LONG, packetOf, programOf, Random } from "./programs.ts";

const frame = new Uint8Array(60);
frame.set([0x08, 0x00, 0x45], 12);
frame[23] = 17;
frame[37] = 53;

describe("an expression", () => {
  test("is compiled and becomes a function", () => {
    const keep = filter("udp port 53");
    expect(keep(frame)).toBe(262_144);
    expect(keep(frame.subarray(0, 30))).toBe(0);
    expect(filter("tcp")(frame)).toBe(0);
    expect(filter("greater 1000")(frame, 1500)).toBe(262_144);
    expect(filter("greater 1000")(frame)).toBe(0);
  });

  test("is compiled for its link", () => {
    const packet = frame.subarray(14);
    expect(filter("udp port 53", { link: "raw" })(packet)).toBe(262_144);
    expect(filter("udp port 53", { link: "raw", snaplen: 96 })(packet)).toBe(96);
    expect(filter("udp port 53")(packet)).toBe(0);
  });

  test("that means nothing is a BpfError with its place", () => {
    expect(() => filter("udp porf 53")).toThrow(BpfError);
    expect(() => filter("udp porf 53")).toThrow(expect.objectContaining({ position: 4 }));
  });
});

test("a program that the kernel would refuse is a BpfError with the index", () => {
  const endless = [{ code: CODE.TAX, jt: 0, jf: 0, k: 0 }];
  expect(() => filter(endless)).toThrow(expect.objectContaining({ name: "BpfError", index: 0 }));
  expect(() => filter(undefined as unknown as Program)).toThrow(TypeError);
});

test("a program that changes later changes no function", () => {
  const changing = compile("udp").map((instruction) => ({ ...instruction }));
  const [keep, slow] = [filter(changing), withoutEval(() => filter(changing))];
  changing.splice(0, changing.length, { code: CODE.RET_K, jt: 0, jf: 0, k: 7 });
  expect([keep(frame), slow(frame)]).toEqual([262_144, 262_144]);
});

/** Calls `body` where making code from text fails. */
function whereCodeFails<T>(error: Error, body: () => T): T {
  const original = globalThis.Function;
  globalThis.Function = function fail() {
    throw error;
  } as unknown as FunctionConstructor;
  try {
    return body();
  } finally {
    globalThis.Function = original;
  }
}

/** As a content security policy forbids it. */
function withoutEval<T>(body: () => T): T {
  return whereCodeFails(new EvalError("code generation from strings is disallowed"), body);
}

test(
  "where code can't be made from text, the machine answers alike",
  () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = new Random(seed);
      const written = programOf(random);
      const [fast, slow] = [filter(written), withoutEval(() => filter(written))];
      expect(slow.toString()).toContain("execute");
      expect(fast.toString()).not.toContain("execute");
      const packet = packetOf(random);
      expect(slow(packet)).toBe(fast(packet));
    }
    const length = withoutEval(() => filter(assemble("ld len\nret a")));
    expect([length(frame), length(frame, 9), length(frame, undefined, { length: 8 })]).toEqual([
      60, 9, 8,
    ]);
    expect(() => length(frame, -1)).toThrow(RangeError);
  },
  LONG,
);

test("whatever error a runtime forbids it by", () => {
  for (const error of [new TypeError("no"), new SyntaxError("no"), new Error("no")]) {
    expect(whereCodeFails(error, () => filter("udp"))(frame)).toBe(262_144);
  }
});

test(
  "programs of thousands of instructions are translated",
  () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new Random(seed);
      const long = programOf(random, 4000);
      const keep = filter(long);
      for (let count = 0; count < 5; count++) {
        const packet = packetOf(random);
        expect([seed, keep(packet)]).toEqual([seed, run(long, packet)]);
      }
    }
  },
  LONG,
);

/** Over a thousand blocks in each other: as many jumps as there is room for, none to one place. */
function deep(): Program {
  const half = 1023;
  const step = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
  return [
    ...Array.from({ length: half }, (_, index) => [
      step(CODE.JEQ_K, index, 0, 1),
      step(CODE.JA, 2 * half - 2),
    ]).flat(),
    ...Array.from({ length: half }, (_, index) => [
      step(CODE.ADD_K, 1),
      step(CODE.ADD_K, index),
    ]).flat(),
    step(CODE.RET_A),
  ];
}

test(
  "a thousand blocks in each other are translated",
  () => {
    expect(filter(deep())(frame)).toBe(run(deep(), frame));
    expect(run(deep(), frame)).toBe(523_776);
  },
  LONG,
);

const directory = mkdtempSync(join(tmpdir(), "rawsock-bpf-"));
afterAll(() => removeDirectory(directory));

/** The whole entry as one file for another runtime, and what it imports. */
async function bundle(target: "browser" | "node"): Promise<string> {
  const entry = join(import.meta.dir, "../../src/bpf/index.ts");
  const built = await Bun.build({ entrypoints: [entry], target, format: "esm" });
  expect(built.logs).toEqual([]);
  expect(built.outputs.length).toBe(1);
  return (await built.outputs[0]?.text()) ?? "";
}

test("it stands alone: no import, and nothing of Bun or node", async () => {
  const text = await bundle("browser");
  expect(new Bun.Transpiler({ loader: "js" }).scanImports(text)).toEqual([]);
  expect(/\bBun\b|\bprocess\.|\bBuffer\b/.exec(text)?.[0]).toBeUndefined();
});

const NODE_SCRIPT = `
import * as bpf from "./bpf.mjs";
import { readFileSync } from "node:fs";
const input = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [frame, deep] = [Uint8Array.from(input.frame), input.deep];
const keep = bpf.filter("udp port 53");
console.log(JSON.stringify({
  verdicts: [keep(frame), bpf.run(bpf.compile("tcp"), frame), bpf.filter(deep)(frame)],
  machine: String(keep).includes("execute"),
  text: bpf.disassemble(bpf.assemble("ldh [12]\\nret a")),
}));`;

for (const [name, options] of [
  ["it runs in node", []],
  ["it runs in node without code from text", ["--disallow-code-generation-from-strings"]],
] as const) {
  testWith(program("node", "nodejs"))(name, async () => {
    await Bun.write(join(directory, "bpf.mjs"), await bundle("node"));
    const script = join(directory, "script.mjs");
    await Bun.write(script, NODE_SCRIPT);
    const input = join(directory, "input.json");
    await Bun.write(input, JSON.stringify({ frame: [...frame], deep: deep() }));
    const { stdout, stderr } = await end(["node", ...options, script, input]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      verdicts: [262_144, 0, 523_776],
      machine: options.length > 0,
      text: "(000) ldh      [12]\n(001) ret      \n",
    });
  });
}
