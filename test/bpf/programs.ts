// Random programs and packets, from a seed: the same again whenever a test fails.

import { BpfError } from "../../src/bpf/error.ts";
import {
  CODE,
  EXTENSION,
  type Instruction,
  OPERATIONS,
  type Program,
} from "../../src/bpf/instruction.ts";
import { validate } from "../../src/bpf/validate.ts";

/** Milliseconds for a test of thousands of programs, also on a slow or emulated machine. */
export const LONG = 120_000;

/** Random numbers from a seed: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An unsigned number of 32 bits. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 up to, but not, `limit`. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** Numbers at which something changes. */
const EDGES = [0, 1, 2, 15, 16, 31, 32, 255, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const CODES = [...OPERATIONS.keys()];
/** The extensions that say the same of every packet, or nothing that is not in it. */
const STEADY = [EXTENSION.ALU_XOR_X, EXTENSION.MARK, EXTENSION.VLAN_TAG_PRESENT];

/** A packet of up to 400 bytes, often of few. */
export function packetOf(random: Random): Uint8Array {
  return random.bytes(random.once(4) ? random.below(24) : 64 + random.below(336));
}

function constantFor({ code, operand }: { code: number; operand: string }, random: Random): number {
  switch (operand) {
    case "memory":
      return random.below(4);
    case "absolute":
    case "header":
      // Below SKF_NET_OFF, far behind the link header: outside of every packet.
      if (random.once(30)) return 0xffef_ffff - random.below(400);
      if (operand === "absolute" && random.once(8)) return random.pick(STEADY);
      return random.once(12) ? random.below(500) : random.below(24);
    case "indexed":
      return random.once(6) ? -random.below(64) >>> 0 : random.below(24);
  }
  if (code === CODE.LSH_K || code === CODE.RSH_K) return random.below(32);
  const value = random.once(3) ? random.pick(EDGES) : random.word() >>> random.below(32);
  return (code === CODE.DIV_K || code === CODE.MOD_K) && value === 0 ? 1 : value;
}

/** An instruction that stands `rest` before the last. */
function instructionOf(random: Random, rest: number): Instruction {
  const operation = OPERATIONS.get(random.pick(CODES)) as NonNullable<
    ReturnType<typeof OPERATIONS.get>
  >;
  const { code, conditional, operand } = operation;
  const skip = () => (random.once(3) ? 0 : random.below(Math.min(256, Math.min(rest, 6))));
  if (operand === "target") return { code, jt: 0, jf: 0, k: skip() };
  // Early returns leave nothing to compare.
  if (operation.mnemonic === "ret" && !random.once(4)) return instructionOf(random, rest);
  const plain = operand === "none" || operand === "register" || operand === "length";
  const k = plain ? 0 : constantFor(operation, random);
  return conditional ? { code, jt: skip(), jf: skip(), k } : { code, jt: 0, jf: 0, k };
}

/** What ends a program so that a byte of A can be told from how much of a packet is kept. */
function ending(shift: number): Instruction[] {
  return [
    { code: CODE.RSH_K, jt: 0, jf: 0, k: shift },
    { code: CODE.AND_K, jt: 0, jf: 0, k: 0xff },
    { code: CODE.RET_A, jt: 0, jf: 0, k: 0 },
  ];
}

/** A program that validate() accepts; it often returns the byte of A behind `shift`. */
export function programOf(
  random: Random,
  length = 1 + random.below(random.once(5) ? 60 : 16),
): Program {
  const shift = random.pick([0, 8, 16, 24]);
  const start = [
    { code: CODE.LD_W_ABS, jt: 0, jf: 0, k: random.below(8) },
    { code: CODE.LDX_IMM, jt: 0, jf: 0, k: random.below(16) },
  ];
  const body = Array.from({ length }, (_, index) => instructionOf(random, length - index));
  const program: Instruction[] = [...start, ...body, ...ending(shift)];
  for (;;) {
    try {
      validate(program);
      return program;
    } catch (error) {
      // A word that is read unwritten is written instead.
      if (!(error instanceof BpfError) || error.index === undefined) throw error;
      const { k } = program[error.index] as Instruction;
      program[error.index] = { code: CODE.STX, jt: 0, jf: 0, k };
    }
  }
}

/** A program with a field or an instruction that was changed, which the kernel may refuse. */
export function spoiled(program: Program, random: Random): Program {
  const changed = program.map((instruction) => ({ ...instruction }));
  for (let times = 1 + random.below(2); times > 0; times--) {
    const index = random.below(changed.length);
    const instruction = changed[index] as Instruction;
    const fields: readonly Instruction[] = [
      { ...instruction, k: random.once(2) ? random.pick(EDGES) : random.word() },
      { ...instruction, k: (-1 - random.below(0x1010)) >>> 0 },
      { ...instruction, k: random.below(80) },
      { ...instruction, jt: random.below(random.once(2) ? 256 : 40) },
      { ...instruction, jf: random.below(random.once(2) ? 256 : 40) },
      { ...instruction, code: random.pick(CODES) },
      { ...instruction, code: random.once(4) ? random.below(0x1_0000) : random.below(256) },
    ];
    changed[index] = random.pick(fields);
  }
  return random.once(6) ? changed.slice(0, random.below(changed.length)) : changed;
}

/** Instructions that stand in for a loop over many of the same kind. */
export function repeated(instruction: Instruction, count: number, last: Instruction): Program {
  return [...Array.from({ length: count - 1 }, () => instruction), last];
}
