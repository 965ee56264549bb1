import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { disassemble } from "../../src/bpf/disassemble.ts";
import { BpfError } from "../../src/bpf/error.ts";
import { parse } from "../../src/bpf/parse.ts";

const instruction = fc.record({
  code: fc.nat(0xffff),
  jt: fc.nat(0xff),
  jf: fc.nat(0xff),
  k: fc.nat(0xffff_ffff),
});

test("parse reads what -ddd writes, whatever it is", () => {
  fc.assert(
    fc.property(fc.array(instruction), (program) => {
      expect(parse(disassemble(program, { format: "ddd" }))).toEqual(program);
    }),
  );
});

test("bpf_asm's line, with commas", () => {
  expect(parse("2,40 0 0 12,6 0 0 4294967295,\n")).toEqual([
    { code: 40, jt: 0, jf: 0, k: 12 },
    { code: 6, jt: 0, jf: 0, k: 4294967295 },
  ]);
});

describe("what can't be read is a BpfError with its place", () => {
  for (const [text, position, index, message] of [
    ["", 0, undefined, "unexpected end of the text at 0: expected a count"],
    ["x", 0, undefined, 'unexpected "x" at 0: expected the count of instructions'],
    ["-1", 0, undefined, 'unexpected "-1" at 0: expected the count of instructions'],
    [
      "2\n6 0 0 0\n6 0 0",
      15,
      1,
      "unexpected end of the text at 15: expected k of instruction 1 of 2",
    ],
    ["1\n6 0 0 0\n6", 10, undefined, 'unexpected "6" at 10: expected the end after 1 instructions'],
    ["1\n6 256 0 0", 4, 0, 'unexpected "256" at 4: expected jt, a number from 0 to 255'],
    ["1\n65536 0 0 0", 2, 0, 'unexpected "65536" at 2: expected code'],
    ["1\n6 0 0 4294967296", 8, 0, 'unexpected "4294967296" at 8: expected k'],
    ["1\n6 0 0 0x10", 8, 0, 'unexpected "0x10" at 8: expected k'],
  ] as const) {
    test(JSON.stringify(text), () => {
      const parsing = () => parse(text);
      expect(parsing).toThrow(message);
      expect(parsing).toThrow(expect.objectContaining({ name: "BpfError", position }));
      expect(parsing).toThrow(BpfError);
      try {
        parsing();
      } catch (error) {
        expect((error as BpfError).index).toBe(index as number);
      }
    });
  }

  test("what is no string is a TypeError", () => {
    expect(() => parse(undefined as unknown as string)).toThrow(TypeError);
  });
});
