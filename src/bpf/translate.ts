// A program as the source of one JavaScript function. Jumps lead forward only, so each becomes a
// `break` out of a block that ends where it leads; one that leads to a `ret` becomes a `return`.
//
// Registers are signed 32-bit numbers, which every engine keeps in machine registers; what is
// unsigned in classic BPF is compared with the highest bit turned over.

import { behind, bytesNeeded, bytesRequired, either, type Facts, START, sizeOf } from "./facts.ts";
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

/** BPF_X: the operand is the register. */
const BY_REGISTER = 0x08;
/** Registers that are less than this are the same signed and unsigned. */
const SIGN = 0x8000_0000;

class Translator {
  readonly #program: Program;
  readonly #required: readonly number[];
  /** Of the instructions that are reached. */
  readonly #facts: (Facts | undefined)[];
  /** For each instruction that is jumped to, the first one that does. */
  readonly #jumps = new Map<number, number>();
  readonly #lines: string[] = [];
  readonly #variables = new Set<string>();
  /** Whether it asks for more than the packet's bytes, and whether for its length. */
  #asksMore = false;
  #asksLength = false;

  constructor(program: Program) {
    this.#program = program;
    this.#required = bytesRequired(program);
    this.#facts = program.map((_, index) => (index === 0 ? START : undefined));
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
    // A parameter that callers leave out takes them time, so those come where they are needed.
    const parameters = this.#asksMore ? "packet, length, metadata" : "packet";
    const variables = [...this.#variables].map((name) => `${name} = 0`).join(", ");
    return [
      `return function (${parameters}) {`,
      "if (!(packet instanceof Uint8Array)) packet = bytesOf(packet);",
      "const size = packet.length;",
      ...(this.#asksMore ? ["const about = known(metadata);"] : []),
      ...(this.#asksLength ? ["const total = lengthOf(length, about, size);"] : []),
      ...(variables === "" ? [] : [`let ${variables};`]),
    ];
  }

  #use(name: string): string {
    this.#variables.add(name);
    return name;
  }

  /** Empty for an instruction that is never reached. */
  #statement(instruction: Instruction, index: number): string {
    const facts = this.#facts[index];
    if (facts === undefined) return "";
    const { code, k } = instruction;
    if (OPERATIONS.get(code)?.conditional) return this.#branch(instruction, index, facts);
    switch (code) {
      case CODE.RET_K:
      case CODE.RET_A:
        return this.#end(instruction);
      case CODE.JA:
        return this.#go(index, index + 1 + k, facts);
    }
    const next = behind(facts, instruction);
    switch (code) {
      case CODE.LD_W_ABS:
      case CODE.LD_H_ABS:
      case CODE.LD_B_ABS:
      case CODE.LDX_B_MSH:
        return this.#absolute(instruction, index, next);
      case CODE.LD_W_IND:
      case CODE.LD_H_IND:
      case CODE.LD_B_IND:
        return this.#indexed(instruction, index, next);
      case CODE.LD_W_LEN:
      case CODE.LDX_W_LEN:
        this.#asksMore = true;
        this.#asksLength = true;
    }
    this.#reach(index + 1, next);
    return simple(instruction, (name) => this.#use(name));
  }

  #reach(index: number, facts: Facts): void {
    const before = this.#facts[index];
    this.#facts[index] = before === undefined ? facts : either(before, facts);
  }

  #end({ code, k }: Instruction): string {
    return code === CODE.RET_K ? `return ${k};` : `return ${this.#use("a")} >>> 0;`;
  }

  /** Goes on at an instruction; nothing is to be written where that is the next one. */
  #go(index: number, wanted: number, facts: Facts): string {
    let target = wanted;
    let instruction = this.#program[target] as Instruction;
    while (instruction.code === CODE.JA) {
      target += 1 + instruction.k;
      instruction = this.#program[target] as Instruction;
    }
    if (instruction.code === CODE.RET_K || instruction.code === CODE.RET_A) {
      return this.#end(instruction);
    }
    this.#reach(target, facts);
    if (target === index + 1) return "";
    if (!this.#jumps.has(target)) this.#jumps.set(target, index);
    return `break to${target};`;
  }

  #branch({ code, jt, jf, k }: Instruction, index: number, facts: Facts): string {
    const whenTrue = this.#go(index, index + 1 + jt, facts);
    const whenFalse = this.#go(index, index + 1 + jf, facts);
    if (whenTrue === whenFalse) return whenTrue;
    this.#use("a");
    if ((code & BY_REGISTER) !== 0) this.#use("x");
    const [test, opposite] = tests(code, k, facts);
    if (whenTrue === "") return `if (${opposite}) ${whenFalse}`;
    return `if (${test}) ${whenTrue} ${whenFalse}`;
  }

  /** A call of a helper, whose result is negative where the program ends with `otherwise`. */
  #helped(call: string, otherwise: string, result: string): string {
    this.#asksMore = true;
    this.#use("t");
    return `t = ${call}; if (t < 0) return ${otherwise}; ${result}`;
  }

  #absolute(instruction: Instruction, index: number, next: Facts): string {
    const { code, k } = instruction;
    const header = code === CODE.LDX_B_MSH;
    const register = this.#use(header ? "x" : "a");
    const size = header ? 1 : sizeOf(code);
    if (k >= SIGN) {
      this.#reach(index + 1, next);
      if (!header && k >= EXTENSION_BASE) {
        const call = `extension(${k}, packet, a, ${this.#use("x")}, about)`;
        // Without a device the kernel returns what A holds.
        return this.#helped(call, "a >>> 0", "a = t | 0;");
      }
      const call = `load(packet, ${k | 0}, ${size}, about)`;
      return this.#helped(call, "0", header ? "x = (t & 15) << 2;" : "a = t | 0;");
    }
    // What every packet needs that is kept can be asked for at once, but for what all lead to a 0.
    const required = this.#required[index] as number;
    const needed = Number.isFinite(required) ? required : bytesNeeded(instruction);
    const check = next.size >= needed ? "" : `if (size < ${needed}) return 0; `;
    this.#reach(index + 1, { ...next, size: Math.max(next.size, needed) });
    const value = bytesAt(size, (place) => String(k + place));
    return `${check}${register} = ${header ? `(${value} & 15) << 2` : value};`;
  }

  #indexed({ code, k }: Instruction, index: number, next: Facts): string {
    const size = sizeOf(code);
    const [a, x] = [this.#use("a"), this.#use("x")];
    // Only an offset that can't be negative, as signed 32 bits, is one from the packet's start.
    if (next.x + k + size > SIGN) {
      this.#reach(index + 1, next);
      const call = `load(packet, ${x} + ${k | 0} | 0, ${size}, about)`;
      return this.#helped(call, "0", `${a} = t | 0;`);
    }
    const end = k + size;
    const check = next.sizeAtX >= end ? "" : `if (${x} > size - ${end}) return 0; `;
    this.#reach(index + 1, { ...next, sizeAtX: Math.max(next.sizeAtX, end) });
    const value = bytesAt(size, (place) => (k + place === 0 ? x : `${x} + ${k + place}`));
    return `${check}${a} = ${value};`;
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

/** The bytes at places as one number, the first the highest. */
function bytesAt(size: number, offset: (place: number) => string): string {
  const bytes = Array.from({ length: size }, (_, place) => {
    const shift = 8 * (size - 1 - place);
    return `packet[${offset(place)}]${shift === 0 ? "" : ` << ${shift}`}`;
  });
  return bytes.length === 1 ? String(bytes[0]) : `(${bytes.join(" | ")})`;
}

/** A conditional jump's test and its opposite. */
function tests(code: number, k: number, { a, x }: Facts): [test: string, opposite: string] {
  const byRegister = (code & BY_REGISTER) !== 0;
  const other = byRegister ? "x" : String(k | 0);
  // Turning the highest bit over makes an unsigned comparison of a signed one.
  const signed = a < SIGN && (byRegister ? x : k) < SIGN;
  const turned = byRegister ? "(x ^ 0x80000000)" : String((k ^ SIGN) | 0);
  const sides = signed ? (["a", other] as const) : (["(a ^ 0x80000000)", turned] as const);
  const compare = (test: string, opposite: string): [string, string] => [
    sides.join(` ${test} `),
    sides.join(` ${opposite} `),
  ];
  switch (code) {
    case CODE.JEQ_K:
    case CODE.JEQ_X:
      return [`a === ${other}`, `a !== ${other}`];
    case CODE.JGT_K:
    case CODE.JGT_X:
      return compare(">", "<=");
    case CODE.JGE_K:
    case CODE.JGE_X:
      return compare(">=", "<");
  }
  return [`(a & ${other}) !== 0`, `(a & ${other}) === 0`];
}

/** What only computes, as one statement or two; `use` is told of every variable in it. */
function simple(instruction: Instruction, use: (name: string) => string): string {
  const statement = computed(instruction);
  for (const [name] of statement.matchAll(/\b(?:[ax]|m\d+)\b/g)) use(name);
  return statement;
}

function computed({ code, k }: Instruction): string {
  const signed = k | 0;
  switch (code) {
    case CODE.LD_IMM:
      return `a = ${signed};`;
    case CODE.LDX_IMM:
      return `x = ${signed};`;
    case CODE.LD_W_LEN:
      return "a = total;";
    case CODE.LDX_W_LEN:
      return "x = total;";
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
