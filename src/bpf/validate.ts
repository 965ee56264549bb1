// What the kernel checks before it attaches a program: bpf_check_classic() of net/core/filter.c.

import { BpfError } from "./error.ts";
import {
  CODE,
  EXTENSION_BASE,
  EXTENSION_NAMES,
  INSTRUCTIONS_MAX,
  type Instruction,
  MEMORY_WORDS,
  OPERATIONS,
  type Program,
} from "./instruction.ts";

/** The greatest value of each field of struct sock_filter. */
const GREATEST = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffff_ffff } as const;
const FIELDS = ["code", "jt", "jf", "k"] as const;

/** Throws a TypeError or RangeError unless it is an array of whole instructions. */
export function checkShape(program: Program): void {
  if (!Array.isArray(program)) {
    throw new TypeError(`program must be an array of instructions, not ${typeof program}`);
  }
  for (let index = 0; index < program.length; index++) {
    const instruction: unknown = program[index];
    if (typeof instruction !== "object" || instruction === null) {
      throw new TypeError(`program[${index}] must be an instruction { code, jt, jf, k }`);
    }
    const { code, jt, jf, k } = instruction as Instruction;
    const fits =
      (code & GREATEST.code) === code &&
      (jt & GREATEST.jt) === jt &&
      (jf & GREATEST.jf) === jf &&
      k >>> 0 === k;
    if (!fits) throw misfit(instruction as Instruction, index);
  }
}

/** The first field that is no unsigned number of its width. */
function misfit(instruction: Instruction, index: number): Error {
  const field = FIELDS.find((name) => {
    const value = instruction[name];
    return !(Number.isInteger(value) && value >= 0 && value <= GREATEST[name]);
  });
  const name = field ?? "k";
  const value: unknown = instruction[name];
  if (typeof value !== "number") {
    return new TypeError(`program[${index}].${name} must be a number, not ${typeof value}`);
  }
  const range = `an integer from 0 to ${GREATEST[name]}`;
  return new RangeError(`program[${index}].${name} must be ${range}, not ${value}`);
}

/**
 * Returns where the kernel accepts a program for SO_ATTACH_FILTER; throws a BpfError with the
 * instruction's `index` where it answers EINVAL. Every jump stays inside, no memory word is read
 * that some path leaves unwritten, nothing is divided by a constant zero or shifted by 32 or
 * more, every offset that means an extension is one, the last instruction returns, and there are
 * 1 to 4096. It checks what the kernel checks, not what is reachable. How large the kernel's
 * translation becomes it does not know: ENOMEM, where net.core.optmem_max is too small for it.
 *
 * A field that its type can't hold is a TypeError or RangeError.
 */
export function validate(program: Program): void {
  checkShape(program);
  const count = program.length;
  if (count === 0) throw new BpfError("a program needs an instruction");
  if (count > INSTRUCTIONS_MAX) {
    const limit = `${INSTRUCTIONS_MAX} instructions are the most`;
    throw refusal(INSTRUCTIONS_MAX, `the program has ${count}: ${limit}`);
  }
  let readsMemory = false;
  for (let index = 0; index < count; index++) {
    const instruction = program[index] as Instruction;
    const complaint = complain(instruction, count - index - 1);
    if (complaint !== undefined) throw refusal(index, complaint);
    readsMemory ||= isMemoryLoad(instruction.code);
  }
  const last = program[count - 1] as Instruction;
  if (last.code !== CODE.RET_K && last.code !== CODE.RET_A) {
    throw refusal(count - 1, "the last instruction must be a ret");
  }
  if (readsMemory) checkMemory(program);
}

function isMemoryLoad(code: number): boolean {
  return code === CODE.LD_MEM || code === CODE.LDX_MEM;
}

function refusal(index: number, complaint: string): BpfError {
  return new BpfError(`instruction ${index}: ${complaint}`, { index });
}

/** The same as a table, which is faster: `run` checks its program each time. */
const BY_CODE = Array.from({ length: 0x100 }, (_, code) => OPERATIONS.get(code));

/** What is wrong with one instruction, which `rest` others follow. */
function complain({ code, jt, jf, k }: Instruction, rest: number): string | undefined {
  const operation = BY_CODE[code];
  if (operation === undefined) return `0x${code.toString(16)} is no operation`;
  if (operation.conditional) {
    const skip = jt > jf ? jt : jf;
    return skip < rest ? undefined : `a jump over ${skip} leads out of the program`;
  }
  switch (operation.operand) {
    case "memory":
      return k < MEMORY_WORDS ? undefined : `there is no M[${k}]: the last is M[15]`;
    case "target":
      return k < rest ? undefined : `a jump over ${k} leads out of the program`;
    case "absolute":
      return k < EXTENSION_BASE || EXTENSION_NAMES.has(k)
        ? undefined
        : `no extension has the offset ${k | 0}`;
  }
  switch (code) {
    case CODE.DIV_K:
    case CODE.MOD_K:
      return k === 0 ? "division by zero" : undefined;
    case CODE.LSH_K:
    case CODE.RSH_K:
      return k < 32 ? undefined : `a shift by ${k}: 31 is the most`;
  }
  return undefined;
}

const ALL_WORDS = 0xffff;

/** Follows each path: no word may be read before it was written. */
function checkMemory(program: Program): void {
  // A bit for each word that is written on every path to an instruction.
  const onEntry = new Uint16Array(program.length).fill(ALL_WORDS);
  let written = 0;
  program.forEach(({ code, jt, jf, k }, index) => {
    written &= onEntry[index] as number;
    switch (code) {
      case CODE.ST:
      case CODE.STX:
        written |= 1 << k;
        return;
      case CODE.LD_MEM:
      case CODE.LDX_MEM:
        if ((written & (1 << k)) === 0)
          throw refusal(index, `M[${k}] is read before it is written`);
        return;
      case CODE.JA:
        meet(onEntry, index + 1 + k, written);
        written = ALL_WORDS;
        return;
    }
    if (OPERATIONS.get(code)?.conditional) {
      meet(onEntry, index + 1 + jt, written);
      meet(onEntry, index + 1 + jf, written);
      written = ALL_WORDS;
    }
    // After a ret the kernel goes on as if it fell through: so does this.
  });
}

function meet(onEntry: Uint16Array, target: number, written: number): void {
  onEntry[target] = (onEntry[target] as number) & written;
}
