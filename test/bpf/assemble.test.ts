import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assemble } from "../../src/bpf/assemble.ts";
import { BpfError } from "../../src/bpf/error.ts";
import { CODE, EXTENSION, type Instruction } from "../../src/bpf/instruction.ts";
import { parse } from "../../src/bpf/parse.ts";
import { validate } from "../../src/bpf/validate.ts";
import golden from "./fixtures/bpf-asm.json";
import { LONG, programOf, Random } from "./programs.ts";
import { sourceOf } from "./source.ts";

const step = (code: number, k = 0, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });

/** Sources of the kernel's documentation of bpf_asm, and what bpf_asm makes of them. */
describe("bpf_asm's examples", () => {
  test("ARP packets", () => {
    expect(assemble("ldh [12]\njne #0x806, drop\nret #-1\ndrop: ret #0\n")).toEqual([
      step(0x28, 12),
      step(0x15, 0x806, 0, 1),
      step(0x06, 0xffff_ffff),
      step(0x06, 0),
    ]);
  });

  test("IPv4 TCP packets", () => {
    const source = `ldh [12]
      jne #0x800, drop
      ldb [23]
      jneq #6, drop
      ret #-1
      drop: ret #0`;
    expect(assemble(source)).toEqual([
      step(0x28, 12),
      step(0x15, 0x800, 0, 3),
      step(0x30, 23),
      step(0x15, 6, 0, 1),
      step(0x06, 0xffff_ffff),
      step(0x06, 0),
    ]);
  });

  test("a VLAN's tag, and a sample of one packet in four", () => {
    expect(assemble("ld vlan_tci\njneq #10, drop\nret #-1\ndrop: ret #0")[0]).toEqual(
      step(0x20, EXTENSION.VLAN_TAG),
    );
    const sample = assemble(
      "ldh [12]\njne #0x800, drop\nld rand\nmod #4\njneq #1, drop\nret #-1\ndrop: ret #0",
    );
    expect(sample.slice(2, 5)).toEqual([
      step(0x20, EXTENSION.RANDOM),
      step(0x94, 4),
      step(0x15, 1, 0, 1),
    ]);
  });

  test("system calls, whose labels come before their instructions", () => {
    const source = `ld [4]                  /* offsetof(struct seccomp_data, arch) */
      jne #0xc000003e, bad    /* AUDIT_ARCH_X86_64 */
      ld [0]                  /* offsetof(struct seccomp_data, nr) */
      jeq #15, good           /* __NR_rt_sigreturn */
      jeq #231, good          ; __NR_exit_group
      bad: ret #0             /* SECCOMP_RET_KILL_THREAD */
      good: ret #0x7fff0000   /* SECCOMP_RET_ALLOW */`;
    expect(assemble(source)).toEqual([
      step(0x20, 4),
      step(0x15, 0xc000_003e, 0, 3),
      step(0x20, 0),
      step(0x15, 15, 2, 0),
      step(0x15, 231, 1, 0),
      step(0x06, 0),
      step(0x06, 0x7fff_0000),
    ]);
  });
});

test("what bpf_asm made of random sources", () => {
  expect(golden.length).toBeGreaterThan(50);
  for (const { source, output } of golden) expect(assemble(source)).toEqual(parse(output));
});

test(
  "a program written in any of the language's ways is read back",
  () => {
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Random(seed);
      const program = programOf(random);
      if (program.some(({ k }) => k === EXTENSION.ALU_XOR_X)) continue;
      expect(assemble(sourceOf(program, random))).toEqual(program);
    }
  },
  LONG,
);

describe("every way to write an operand", () => {
  for (const [source, expected] of [
    ["ld #5", step(CODE.LD_IMM, 5)],
    ["ldi #5", step(CODE.LD_IMM, 5)],
    ["ldi 0x10", step(CODE.LD_IMM, 16)],
    ["ld #017", step(CODE.LD_IMM, 15)],
    ["ld #0b101", step(CODE.LD_IMM, 5)],
    ["LD #-2147483648", step(CODE.LD_IMM, 0x8000_0000)],
    ["ldx #+7", step(CODE.LDX_IMM, 7)],
    ["ldxi 7", step(CODE.LDX_IMM, 7)],
    ["ld [4]", step(CODE.LD_W_ABS, 4)],
    ["ldh [-4096]", step(CODE.LD_H_ABS, EXTENSION.PROTOCOL)],
    ["ldb [x + 3]", step(CODE.LD_B_IND, 3)],
    ["ldb [%x+3]", step(CODE.LD_B_IND, 3)],
    ["ldb [x]", step(CODE.LD_B_IND, 0)],
    ["ldh [x + -3]", step(CODE.LD_H_IND, 0xffff_fffd)],
    ["ldh [x-3]", step(CODE.LD_H_IND, 0xffff_fffd)],
    ["ld len", step(CODE.LD_W_LEN)],
    ["ld #len", step(CODE.LD_W_LEN)],
    ["ld #pktlen", step(CODE.LD_W_LEN)],
    ["ldx len", step(CODE.LDX_W_LEN)],
    ["unimp 0x81", step(CODE.LDX_W_LEN)],
    ["ldxb 4*([14]&0xf)", step(CODE.LDX_B_MSH, 14)],
    ["ldx 4 * ( [14] & 15 )", step(CODE.LDX_B_MSH, 14)],
    ["ld proto", step(CODE.LD_W_ABS, EXTENSION.PROTOCOL)],
    ["ldh #proto", step(CODE.LD_H_ABS, EXTENSION.PROTOCOL)],
    ["ldb type", step(CODE.LD_B_ABS, EXTENSION.PKTTYPE)],
    ["ld pkttype", step(CODE.LD_W_ABS, EXTENSION.PKTTYPE)],
    ["ld [ifidx]", step(CODE.LD_W_ABS, EXTENSION.IFINDEX)],
    ["ld ifindex", step(CODE.LD_W_ABS, EXTENSION.IFINDEX)],
    ["ld nla", step(CODE.LD_W_ABS, EXTENSION.NLATTR)],
    ["ld nlan", step(CODE.LD_W_ABS, EXTENSION.NLATTR_NEST)],
    ["ld mark", step(CODE.LD_W_ABS, EXTENSION.MARK)],
    ["ld queue", step(CODE.LD_W_ABS, EXTENSION.QUEUE)],
    ["ld hatype", step(CODE.LD_W_ABS, EXTENSION.HATYPE)],
    ["ld rxhash", step(CODE.LD_W_ABS, EXTENSION.RXHASH)],
    ["ld cpu", step(CODE.LD_W_ABS, EXTENSION.CPU)],
    ["ld xor_x", step(CODE.LD_W_ABS, EXTENSION.ALU_XOR_X)],
    ["ld vlan_avail", step(CODE.LD_W_ABS, EXTENSION.VLAN_TAG_PRESENT)],
    ["ld vlan_pr", step(CODE.LD_W_ABS, EXTENSION.VLAN_TAG_PRESENT)],
    ["ld vlan_present", step(CODE.LD_W_ABS, EXTENSION.VLAN_TAG_PRESENT)],
    ["ld [vlanp]", step(CODE.LD_W_ABS, EXTENSION.VLAN_TAG_PRESENT)],
    ["ld vlan_tpid", step(CODE.LD_W_ABS, EXTENSION.VLAN_TPID)],
    ["ld poff", step(CODE.LD_W_ABS, EXTENSION.PAY_OFFSET)],
    ["ld rand", step(CODE.LD_W_ABS, EXTENSION.RANDOM)],
    ["ld random", step(CODE.LD_W_ABS, EXTENSION.RANDOM)],
    ["st M[15]", step(CODE.ST, 15)],
    ["stx m[0]", step(CODE.STX, 0)],
    ["add x", step(CODE.ADD_X)],
    ["sub %x", step(CODE.SUB_X)],
    ["neg", step(CODE.NEG)],
    ["tax", step(CODE.TAX)],
    ["txa", step(CODE.TXA)],
    ["xor #0xff", step(CODE.XOR_K, 0xff)],
    ["ret a", step(CODE.RET_A)],
    ["ret %a", step(CODE.RET_A)],
    ["ret", step(CODE.RET_A)],
  ] as const) {
    test(source, () => expect(assemble(`${source}\nret a`)[0]).toEqual(expected));
  }

  test("words of memory that were written", () => {
    expect(assemble("st M[3]\nld M[3]\nldx M[3]\nret a").slice(1, 3)).toEqual([
      step(CODE.LD_MEM, 3),
      step(CODE.LDX_MEM, 3),
    ]);
  });
});

describe("jumps", () => {
  const ends = "\nto: ret #1\nno: ret #0";
  for (const [source, expected] of [
    ["jeq #1, to, no", step(CODE.JEQ_K, 1, 0, 1)],
    ["jeq #1, no", step(CODE.JEQ_K, 1, 1, 0)],
    ["jeq x, no, to", step(CODE.JEQ_X, 0, 1, 0)],
    ["jeq %x, no", step(CODE.JEQ_X, 0, 1, 0)],
    ["jne #1, no", step(CODE.JEQ_K, 1, 0, 1)],
    ["jneq x, no", step(CODE.JEQ_X, 0, 0, 1)],
    ["jlt #1, no", step(CODE.JGE_K, 1, 0, 1)],
    ["jle x, no", step(CODE.JGT_X, 0, 0, 1)],
    ["jgt #1, no", step(CODE.JGT_K, 1, 1, 0)],
    ["jge #1, no, to", step(CODE.JGE_K, 1, 1, 0)],
    ["jset #1, no, to", step(CODE.JSET_K, 1, 1, 0)],
    ["jset #1 jt 2 jf 1", step(CODE.JSET_K, 1, 1, 0)],
    ["jset #1, 2, 1", step(CODE.JSET_K, 1, 1, 0)],
    ["jmp no", step(CODE.JA, 1)],
    ["ja 2", step(CODE.JA, 1)],
  ] as const) {
    test(source, () => expect(assemble(source + ends)[0]).toEqual(expected));
  }

  test("the numbers of a piece of a listing are labels", () => {
    const piece = "(008) jeq #0x800 jt 10\tjf 11\n ld #0\n(010) ret #1\n(011) ret #0\n";
    expect(assemble(piece)[0]).toEqual(step(CODE.JEQ_K, 0x800, 1, 2));
  });

  test("a label may be a name of an extension or a register", () => {
    expect(assemble("jeq #1, x, mark\nx: ret #1\nmark: ret a")[0]).toEqual(
      step(CODE.JEQ_K, 1, 0, 1),
    );
    expect(assemble("jeq #1, a, a\nret\na: ret").length).toBe(3);
  });
});

describe("what can't be read is a BpfError with its place", () => {
  for (const [source, position, message] of [
    ["", 0, "a program needs an instruction, at 0"],
    ["ldq [12]", 0, 'unexpected "ldq" at 0: expected an instruction'],
    ["ret #0\n foo", 8, 'unexpected "foo" at 8: expected an instruction'],
    ["ldh 12", 4, 'unexpected "12" at 4: expected an operand of this instruction'],
    ["ldxb 4", 6, 'unexpected end of the source at 6: expected "*"'],
    ["unimp 65536", 6, 'unexpected "65536" at 6: expected an operation\'s code'],
    ["ldh [12", 7, 'unexpected end of the source at 7: expected "]"'],
    ["ldh [y + 1]", 5, 'unexpected "y" at 5: expected an operand'],
    ["ldh #1\nret a", 4, 'unexpected "#" at 4: expected an operand of this instruction'],
    ["ret x", 4, 'unexpected "x" at 4: expected an operand of this instruction'],
    ["ret #0x1ffffffff", 5, '"0x1ffffffff" at 5 is too large: 0xffffffff is the most'],
    ["ret #-2147483649", 5, "-2147483649 at 5 is too small: -2147483648 is the least"],
    ["ret #09", 5, 'unexpected "09" at 5: that is no number'],
    ["ldxb 5*([14]&0xf)", 5, 'unexpected "5" at 5: expected 4, as in 4*([14]&0xf)'],
    ["jeq #1, away\nret a", 8, 'there is no label "away", as told at 8'],
    ["(000) ja 7\n(001) ret a", 9, "there is no instruction (7), as told at 9"],
    ["b: ret #0\njmp b\nret #1", 14, 'a jump backward to "b" at 14: all lead forward'],
    ["b: ret #0\nb: ret #1", 10, 'the label "b" at 10 is there already'],
    ["ret #0 /* no end", 7, "a comment that is not closed, at 7"],
    ["ret #0 $", 7, 'unexpected "$" at 7'],
  ] as const) {
    test(JSON.stringify(source), () => {
      const failure = failureOf(source);
      expect(failure.message).toBe(message);
      expect(failure.position).toBe(position);
      expect(failure).toBeInstanceOf(SyntaxError);
    });
  }

  test("is quoted in part only", () => {
    const { message } = failureOf(`${"l".repeat(1e6)} #0`);
    expect(message).toBe(`unexpected "${"l".repeat(40)}…" at 0: expected an instruction`);
  });

  test("a conditional jump over more than 255", () => {
    const far = `jeq #1, end\n${"ld #0\n".repeat(256)}end: ret a`;
    expect(failureOf(far).message).toStartWith('"end" at 8 is too far');
    expect(assemble(`jeq #1, end\n${"ld #0\n".repeat(255)}end: ret a`)[0]?.jt).toBe(255);
  });

  test("a program that the kernel would refuse, at the instruction", () => {
    const failure = failureOf("ld #1\n  ld M[2]\nret a");
    expect([failure.position, failure.index]).toEqual([8, 1]);
    expect(failure.message).toBe("instruction 1: M[2] is read before it is written, at 8");
    expect(assemble("ld M[2]", { validate: false })).toEqual([step(CODE.LD_MEM, 2)]);
  });

  test("a source that is no string is a TypeError", () => {
    expect(() => assemble(7 as unknown as string)).toThrow(TypeError);
  });
});

function failureOf(source: string): BpfError {
  try {
    assemble(source);
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
  throw new Error("it was read");
}

/** Words that a source may be made of. */
const WORDS = [
  ..."ld ldh ldb ldx ldxb st stx add div lsh neg tax txa ret ja jeq jne jlt jset ldi unimp".split(
    " ",
  ),
  ..."x a M len pktlen vlan_tci proto here: here there jt jf 0 1 12 0x10 -5 [ ] ( ) + * & # %".split(
    " ",
  ),
  ...[
    ",",
    ":",
    "4*([14]&0xf)",
    "M[1]",
    "[x + 2]",
    "#3",
    "ret #1\n",
    "; c\n",
    "/*c*/",
    "(001)",
    "\n",
  ],
];

test(
  "fuzzed sources are valid programs or a BpfError with a position",
  () => {
    const source = fc.oneof(
      { weight: 4, arbitrary: fc.array(fc.constantFrom(...WORDS)).map((words) => words.join(" ")) },
      { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    );
    const counts = { valid: 0, refused: 0 };
    fc.assert(
      fc.property(source, (text) => {
        try {
          validate(assemble(text));
          counts.valid++;
        } catch (error) {
          if (!(error instanceof BpfError)) throw error;
          counts.refused++;
          expect(error.position).toBeWithin(0, text.length + 1);
          expect(Number.isInteger(error.position)).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
    expect(counts.refused).toBeGreaterThan(10_000);
  },
  LONG,
);
