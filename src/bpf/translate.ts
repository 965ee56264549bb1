// A program as the source of one JavaScript function. Jumps lead forward only, so each becomes a
// `break` out of a block that ends where it leads; one that leads to a `ret` becomes a `return`.
//
// Registers are signed 32-bit numbers, which every engine keeps in machine registers; what is
// unsigned in classic BPF is compared with the highest bit turned over.

import { CODE, EXTENSION_BASE, type Instruction, OPERATIONS, type Program } from "./instruction.ts";

/** The names of the functions that the source calls, in the order of its parameters. */
export const HELPERS = ["bytesOf", "load", "extension", "lengthOf", "known"] as const;

/** A block: instructions from `start` on, up to the one before `end`, to which its breaks lead. */
type Block = { readonly start: number; readonly end: number };

/**
 * The source of a function of (packet, length, metadata) for a program that validate() accepts.
 * It belongs into a function whose parameters are HELPERS.
 */
export function translate(program: Program): string {
  return new Translator(program).source();
}

class Translator {
  readonly #program: Program;
  /** For each instruction, how many bytes a packet that comes there has at least; -1: none does. */
  readonly #bytesKnown: number[];
  /** For each instruction that is jumped to, the first one that does. */
  readonly #jumps = new Map<number, number>();
  readonly #lines: string[] = [];
  readonly #used = { length: false, negative: false };
  readonly #words = new Set<number>();

  constructor(program: Program) {
    this.#program = program;
    this.#bytesKnown = program.map((_, index) => (index === 0 ? 0 : -1));
  }

  source(): string {
    const bodies = this.#program.map((instruction, index) => this.#statement(instruction, index));
    const blocks = nested([...this.#jumps].map(([end, start]) => ({ start, end })));
    // Of those that begin at one place the longest comes first; the next to begin is the last.
    blocks.sort((one, other) => other.start - one.start || one.end - other.end);
    bodies.forEach((body, index) => {
      if (this.#jumps.has(index)) this.#lines.push("}");
      while (blocks.at(-1)?.start === index) this.#lines.push(`to${blocks.pop()?.end}: {`);
      if (body !== "") this.#lines.push(body);
    });
    return [...this.#head(), ...this.#lines, "};"].join("\n");
  }

  #head(): string[] {
    const words = [...this.#words].map((k) => `, m${k} = 0`).join("");
    return [
      "return function (packet, length, metadata) {",
      "if (!(packet instanceof Uint8Array)) packet = bytesOf(packet);",
      "const size = packet.length;",
      ...(this.#used.length ? ["const total = lengthOf(length, known(metadata), size);"] : []),
      `let a = 0, x = 0${this.#used.negative ? ", t = 0" : ""}${words};`,
    ];
  }

  /** Empty for an instruction that is never reached. */
  #statement(instruction: Instruction, index: number): string {
    const known = this.#bytesKnown[index] as number;
    if (known < 0) return "";
    const { code, k } = instruction;
    if (OPERATIONS.get(code)?.conditional) return this.#branch(instruction, index, known);
    switch (code) {
      case CODE.RET_K:
      case CODE.RET_A:
        return this.#end(instruction);
      case CODE.JA:
        return this.#go(index, index + 1 + k, known);
      case CODE.LD_W_ABS:
      case CODE.LD_H_ABS:
      case CODE.LD_B_ABS:
      case CODE.LDX_B_MSH:
        return this.#absolute(instruction, index, known);
    }
    this.#reach(index + 1, known);
    switch (code) {
      case CODE.LD_W_IND:
      case CODE.LD_H_IND:
      case CODE.LD_B_IND:
        return this.#indexed(instruction);
      case CODE.LD_W_LEN:
      case CODE.LDX_W_LEN:
        this.#used.length = true;
        return `${code === CODE.LD_W_LEN ? "a" : "x"} = total;`;
      case CODE.LD_MEM:
      case CODE.LDX_MEM:
      case CODE.ST:
      case CODE.STX:
        this.#words.add(k);
    }
    return simple(instruction);
  }

  #reach(index: number, known: number): void {
    const before = this.#bytesKnown[index] as number;
    this.#bytesKnown[index] = before < 0 ? known : Math.min(before, known);
  }

  #end({ code, k }: Instruction): string {
    return code === CODE.RET_K ? `return ${k};` : "return a >>> 0;";
  }

  /** Goes on at an instruction; nothing is to be written where that is the next one. */
  #go(index: number, wanted: number, known: number): string {
    let target = wanted;
    let instruction = this.#program[target] as Instruction;
    while (instruction.code === CODE.JA) {
      target += 1 + instruction.k;
      instruction = this.#program[target] as Instruction;
    }
    if (instruction.code === CODE.RET_K || instruction.code === CODE.RET_A) {
      return this.#end(instruction);
    }
    this.#reach(target, known);
    if (target === index + 1) return "";
    if (!this.#jumps.has(target)) this.#jumps.set(target, index);
    return `break to${target};`;
  }

  #branch({ code, jt, jf, k }: Instruction, index: number, known: number): string {
    const whenTrue = this.#go(index, index + 1 + jt, known);
    const whenFalse = this.#go(index, index + 1 + jf, known);
    const [test, opposite] = tests(code, k);
    if (whenTrue === whenFalse) return whenTrue;
    if (whenTrue === "") return `if (${opposite}) ${whenFalse}`;
    return `if (${test}) ${whenTrue} ${whenFalse}`;
  }

  #absolute({ code, k }: Instruction, index: number, known: number): string {
    const header = code === CODE.LDX_B_MSH;
    const size = header ? 1 : sizeOf(code);
    const end = k + size;
    this.#reach(index + 1, k < 0x8000_0000 ? Math.max(known, end) : known);
    if (k < 0x8000_0000) {
      const check = known >= end ? "" : `if (size < ${end}) return 0; `;
      const value = bytesAt(size, (place) => String(k + place));
      return check + (header ? `x = (${value} & 15) << 2;` : `a = ${value};`);
    }
    this.#used.negative = true;
    if (!header && k >= EXTENSION_BASE) {
      // Without a device the kernel returns what A holds.
      const call = `extension(${k}, packet, a, x, known(metadata))`;
      return `t = ${call}; if (t < 0) return a >>> 0; a = t | 0;`;
    }
    const result = header ? "x = (t & 15) << 2;" : "a = t | 0;";
    return `t = load(packet, ${k | 0}, ${size}, known(metadata)); if (t < 0) return 0; ${result}`;
  }

  #indexed({ code, k }: Instruction): string {
    this.#used.negative = true;
    const size = sizeOf(code);
    const value = bytesAt(size, (place) => (place === 0 ? "t" : `t + ${place}`));
    return [
      `t = ${k === 0 ? "x" : `x + ${k | 0} | 0`};`,
      `if (t < 0) { t = load(packet, t, ${size}, known(metadata)); if (t < 0) return 0; a = t | 0; }`,
      `else { if (t > size - ${size}) return 0; a = ${value}; }`,
    ].join("\n");
  }
}

/**
 * Blocks may lie inside each other, but not overlap: whoever would overlap with one that began
 * before begins with it.
 */
function nested(blocks: readonly Block[]): Block[] {
  const done: Block[] = [];
  const outermost: Block[] = [];
  for (const { start, end } of [...blocks].sort((one, other) => one.end - other.end)) {
    let first = start;
    for (let last = outermost.at(-1); last !== undefined && last.end > first; ) {
      first = Math.min(first, last.start);
      outermost.pop();
      last = outermost.at(-1);
    }
    const block = { start: first, end };
    done.push(block);
    outermost.push(block);
  }
  return done;
}

/** Bits 3 and 4 of a load's code: a word, half of one, a byte. */
function sizeOf(code: number): number {
  return 4 >> ((code >> 3) & 3);
}

/** The bytes at places as one number, the first the highest. */
function bytesAt(size: number, offset: (place: number) => string): string {
  const bytes = Array.from({ length: size }, (_, place) => {
    const shift = 8 * (size - 1 - place);
    return `packet[${offset(place)}]${shift === 0 ? "" : ` << ${shift}`}`;
  });
  return bytes.length === 1 ? String(bytes[0]) : `(${bytes.join(" | ")})`;
}

/** A conditional jump's test and its opposite. */
function tests(code: number, k: number): [test: string, opposite: string] {
  const turned = (register: string) => `(${register} ^ 0x80000000)`;
  const constant = String((k ^ 0x8000_0000) | 0);
  const compare = (test: string, opposite: string, other: string): [string, string] => [
    `${turned("a")} ${test} ${other}`,
    `${turned("a")} ${opposite} ${other}`,
  ];
  switch (code) {
    case CODE.JEQ_K:
      return [`a === ${k | 0}`, `a !== ${k | 0}`];
    case CODE.JEQ_X:
      return ["a === x", "a !== x"];
    case CODE.JGT_K:
      return compare(">", "<=", constant);
    case CODE.JGT_X:
      return compare(">", "<=", turned("x"));
    case CODE.JGE_K:
      return compare(">=", "<", constant);
    case CODE.JGE_X:
      return compare(">=", "<", turned("x"));
    case CODE.JSET_K:
      return [`(a & ${k | 0}) !== 0`, `(a & ${k | 0}) === 0`];
  }
  return ["(a & x) !== 0", "(a & x) === 0"];
}

/** What only computes, as one statement or two. */
function simple({ code, k }: Instruction): string {
  const signed = k | 0;
  switch (code) {
    case CODE.LD_IMM:
      return `a = ${signed};`;
    case CODE.LDX_IMM:
      return `x = ${signed};`;
    case CODE.LD_MEM:
      return `a = m${k};`;
    case CODE.LDX_MEM:
      return `x = m${k};`;
    case CODE.ST:
      return `m${k} = a;`;
    case CODE.STX:
      return `m${k} = x;`;
    case CODE.TAX:
      return "x = a;";
    case CODE.TXA:
      return "a = x;";
    case CODE.NEG:
      return "a = -a | 0;";
    case CODE.ADD_K:
      return `a = a + ${signed} | 0;`;
    case CODE.ADD_X:
      return "a = a + x | 0;";
    case CODE.SUB_K:
      return `a = a - ${signed} | 0;`;
    case CODE.SUB_X:
      return "a = a - x | 0;";
    case CODE.MUL_K:
      return `a = Math.imul(a, ${signed});`;
    case CODE.MUL_X:
      return "a = Math.imul(a, x);";
    case CODE.DIV_K:
      return `a = (a >>> 0) / ${k} | 0;`;
    case CODE.DIV_X:
      return "if (x === 0) return 0; a = (a >>> 0) / (x >>> 0) | 0;";
    case CODE.MOD_K:
      return `a = (a >>> 0) % ${k} | 0;`;
    case CODE.MOD_X:
      return "if (x === 0) return 0; a = (a >>> 0) % (x >>> 0) | 0;";
    case CODE.OR_K:
      return `a |= ${signed};`;
    case CODE.OR_X:
      return "a |= x;";
    case CODE.AND_K:
      return `a &= ${signed};`;
    case CODE.AND_X:
      return "a &= x;";
    case CODE.XOR_K:
      return `a ^= ${signed};`;
    case CODE.XOR_X:
      return "a ^= x;";
    case CODE.LSH_K:
      return `a <<= ${k};`;
    case CODE.LSH_X:
      return "a <<= x;";
    case CODE.RSH_K:
      return `a = a >>> ${k} | 0;`;
    case CODE.RSH_X:
      return "a = a >>> x | 0;";
  }
  throw new RangeError(`0x${code.toString(16)} is no operation`);
}
