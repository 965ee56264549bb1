// What is known at each instruction of a program before it has seen a packet: how long a packet is
// that comes there, and how large the registers can be. It makes translate.ts's code short, and
// engines put only short functions into the loops that call them.

import {
  CODE,
  EXTENSION_BASE,
  type Instruction,
  MEMORY_WORDS,
  type Program,
} from "./instruction.ts";

export type Facts = {
  /** A packet has at least so many bytes. */
  readonly size: number;
  /** It has at least so many from the offset in X on. */
  readonly sizeAtX: number;
  /** The greatest values, unsigned, of A, X and the words of memory. */
  readonly a: number;
  readonly x: number;
  readonly words: readonly number[];
};

const GREATEST = 0xffff_ffff;
const ZEROS: readonly number[] = Array.from({ length: MEMORY_WORDS }, () => 0);

/** At the first instruction. */
export const START: Facts = { size: 0, sizeAtX: 0, a: 0, x: 0, words: ZEROS };

/** Where two paths come together. */
export function either(one: Facts, other: Facts): Facts {
  return {
    size: Math.min(one.size, other.size),
    sizeAtX: Math.min(one.sizeAtX, other.sizeAtX),
    a: Math.max(one.a, other.a),
    x: Math.max(one.x, other.x),
    words: one.words.map((word, index) => Math.max(word, other.words[index] as number)),
  };
}

/** How many bytes a load takes: bits 3 and 4 of its code. */
export function sizeOf(code: number): number {
  return 4 >> ((code >> 3) & 3);
}

/** The bytes that a packet must have for a load from a constant offset; 0 for all else. */
export function bytesNeeded({ code, k }: Instruction): number {
  switch (code) {
    case CODE.LD_W_ABS:
    case CODE.LD_H_ABS:
    case CODE.LD_B_ABS:
      return k < 0x8000_0000 ? k + sizeOf(code) : 0;
    case CODE.LDX_B_MSH:
      return k < 0x8000_0000 ? k + 1 : 0;
  }
  return 0;
}

/**
 * For each instruction, how many bytes every packet has that comes there and is kept in the end.
 * What is shorter can be dropped at once, as nothing else depends on how far a program came.
 */
export function bytesRequired(program: Program): number[] {
  const required: number[] = program.map(() => 0);
  const after = (index: number) => required[index] ?? 0;
  for (let index = program.length - 1; index >= 0; index--) {
    const instruction = program[index] as Instruction;
    required[index] = Math.max(bytesNeeded(instruction), later(instruction, index, after));
  }
  return required;
}

function later(
  { code, jt, jf, k }: Instruction,
  index: number,
  after: (index: number) => number,
): number {
  switch (code) {
    case CODE.RET_K:
      // Whatever its length, it is not kept.
      return k === 0 ? Number.POSITIVE_INFINITY : 0;
    case CODE.RET_A:
      return 0;
    case CODE.JA:
      return after(index + 1 + k);
    case CODE.LD_W_ABS:
    case CODE.LD_H_ABS:
    case CODE.LD_B_ABS:
      // Without a device, an extension ends the program with what A holds.
      return k >= EXTENSION_BASE ? 0 : after(index + 1);
    case CODE.JEQ_K:
    case CODE.JEQ_X:
    case CODE.JGT_K:
    case CODE.JGT_X:
    case CODE.JGE_K:
    case CODE.JGE_X:
    case CODE.JSET_K:
    case CODE.JSET_X:
      return Math.min(after(index + 1 + jt), after(index + 1 + jf));
  }
  return after(index + 1);
}

/** What is known behind an instruction that goes on to the next. */
export function behind(facts: Facts, { code, k }: Instruction): Facts {
  switch (code) {
    case CODE.ST:
      return { ...facts, words: facts.words.with(k, facts.a) };
    case CODE.STX:
      return { ...facts, words: facts.words.with(k, facts.x) };
    case CODE.LDX_IMM:
      return { ...facts, x: k, sizeAtX: 0 };
    case CODE.LDX_MEM:
      return { ...facts, x: facts.words[k] as number, sizeAtX: 0 };
    case CODE.LDX_W_LEN:
      return { ...facts, x: GREATEST, sizeAtX: 0 };
    case CODE.LDX_B_MSH:
      return { ...facts, x: 60, sizeAtX: 0 };
    case CODE.TAX:
      return { ...facts, x: facts.a, sizeAtX: 0 };
  }
  return { ...facts, a: greatest(facts, { code, k }) };
}

/** The greatest value that an instruction can leave in A. */
function greatest({ a, x, words }: Facts, { code, k }: { code: number; k: number }): number {
  const limited = (value: number) => Math.min(value, GREATEST);
  const bits = (value: number) => 2 ** (32 - Math.clz32(value)) - 1;
  switch (code) {
    case CODE.LD_IMM:
      return k;
    case CODE.LD_MEM:
      return words[k] as number;
    case CODE.LD_H_ABS:
    case CODE.LD_B_ABS:
      return k >= EXTENSION_BASE ? GREATEST : 256 ** sizeOf(code) - 1;
    case CODE.LD_H_IND:
    case CODE.LD_B_IND:
      return 256 ** sizeOf(code) - 1;
    case CODE.TXA:
      return x;
    case CODE.ADD_K:
      return limited(a + k);
    case CODE.ADD_X:
      return limited(a + x);
    case CODE.MUL_K:
      return limited(a * k);
    case CODE.MUL_X:
      return limited(a * x);
    case CODE.DIV_K:
      return Math.floor(a / k);
    case CODE.DIV_X:
    case CODE.MOD_X:
    case CODE.RSH_X:
      return a;
    case CODE.MOD_K:
      return Math.min(a, k - 1);
    case CODE.AND_K:
      return Math.min(a, k);
    case CODE.AND_X:
      return Math.min(a, x);
    case CODE.OR_K:
    case CODE.XOR_K:
      return bits(a | k);
    case CODE.OR_X:
    case CODE.XOR_X:
      return bits(a | x);
    case CODE.LSH_K:
      return limited(a * 2 ** k);
    case CODE.RSH_K:
      return a >>> k;
  }
  return GREATEST;
}
