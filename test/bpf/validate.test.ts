import { describe, expect, test } from "bun:test";
import { BpfError } from "../../src/bpf/error.ts";
import { CODE, EXTENSION, type Instruction, type Program } from "../../src/bpf/instruction.ts";
import { validate } from "../../src/bpf/validate.ts";

const step = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
const RET = step(CODE.RET_K);

describe("what the kernel refuses is a BpfError with the index", () => {
  for (const [name, program, index, message] of [
    ["an unknown code", [step(0x0e), RET], 0, "instruction 0: 0xe is no operation"],
    ["a division by zero", [step(CODE.DIV_K), RET], 0, "instruction 0: division by zero"],
    ["a rest by zero", [RET, step(CODE.MOD_K), RET], 1, "instruction 1: division by zero"],
    [
      "a shift by 32",
      [step(CODE.LSH_K, 32), RET],
      0,
      "instruction 0: a shift by 32: 31 is the most",
    ],
    [
      "a 17th word",
      [step(CODE.ST, 16), RET],
      0,
      "instruction 0: there is no M[16]: the last is M[15]",
    ],
    [
      "a jump to the end",
      [step(CODE.JA, 1), RET],
      0,
      "instruction 0: a jump over 1 leads out of the program",
    ],
    ["a jump back", [step(CODE.JA, 0xffff_ffff), RET], 0, "instruction 0: a jump over 4294967295"],
    [
      "a true branch out",
      [step(CODE.JEQ_K, 0, 1, 0), RET],
      0,
      "instruction 0: a jump over 1 leads",
    ],
    [
      "a false branch out",
      [step(CODE.JSET_X, 0, 0, 9), RET],
      0,
      "instruction 0: a jump over 9 leads",
    ],
    [
      "an extension that is none",
      [step(CODE.LD_W_ABS, EXTENSION.CPU + 1), RET],
      0,
      "no extension has the offset -4059",
    ],
    [
      "no ret at the end",
      [RET, step(CODE.TAX)],
      1,
      "instruction 1: the last instruction must be a ret",
    ],
    [
      "a word that is unwritten",
      [step(CODE.LD_MEM, 3), RET],
      0,
      "instruction 0: M[3] is read before it is written",
    ],
  ] as const) {
    test(name, () => {
      const validating = () => validate(program);
      expect(validating).toThrow(message);
      expect(validating).toThrow(expect.objectContaining({ name: "BpfError", index }));
      expect(validating).toThrow(BpfError);
    });
  }

  test("a word that one of two paths leaves unwritten", () => {
    const branch = [step(CODE.JEQ_K, 0, 0, 1), step(CODE.ST, 5), step(CODE.LDX_MEM, 5), RET];
    expect(() => validate(branch)).toThrow("instruction 2: M[5] is read before it is written");
    expect(() => validate([step(CODE.STX, 5), ...branch])).not.toThrow();
  });

  test("none, and more than 4096 instructions", () => {
    expect(() => validate([])).toThrow(new BpfError("a program needs an instruction"));
    const many: Program = Array.from({ length: 4097 }, () => RET);
    expect(() => validate(many)).toThrow("the program has 4097: 4096 instructions are the most");
    expect(() => validate(many.slice(1))).not.toThrow();
  });
});

test("what no instruction can be is a TypeError or RangeError that names it", () => {
  const wrong: readonly (readonly [unknown, Error])[] = [
    [undefined, new TypeError("program must be an array of instructions, not undefined")],
    ["ret #0", new TypeError("program must be an array of instructions, not string")],
    [[null], new TypeError("program[0] must be an instruction { code, jt, jf, k }")],
    [[RET, { ...RET, k: "1" }], new TypeError("program[1].k must be a number, not string")],
    [
      [{ ...RET, code: 0x10000 }],
      new RangeError("program[0].code must be an integer from 0 to 65535, not 65536"),
    ],
    [
      [{ ...RET, jt: -1 }],
      new RangeError("program[0].jt must be an integer from 0 to 255, not -1"),
    ],
    [
      [{ ...RET, jf: 0.5 }],
      new RangeError("program[0].jf must be an integer from 0 to 255, not 0.5"),
    ],
    [
      [{ ...RET, k: -1 }],
      new RangeError("program[0].k must be an integer from 0 to 4294967295, not -1"),
    ],
  ];
  for (const [program, error] of wrong) expect(() => validate(program as Program)).toThrow(error);
});
