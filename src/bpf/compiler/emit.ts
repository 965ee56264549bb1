// Instructions for the nodes of a graph. What the two registers and the words of memory hold is
// known at each node from the nodes before it, so nothing is computed that is already there.

import { BpfError } from "../error.ts";
import {
  CODE,
  EXTENSION_BASE,
  EXTENSION_NAMES,
  type Instruction,
  MEMORY_WORDS,
  type OperationName,
} from "../instruction.ts";
import type { Assignment, Comparison } from "./formula.ts";
import type { TestNode } from "./graph.ts";
import {
  type BinaryOperator,
  isCommutative,
  isDirect,
  type Size,
  type Value,
  type Values,
  type Variable,
} from "./value.ts";

/** What registers and memory hold; undefined: something else. */
export class Machine {
  accumulator: Value | undefined;
  index: Value | undefined;
  readonly memory: (Value | undefined)[] = [];

  copy(): Machine {
    const copy = new Machine();
    copy.accumulator = this.accumulator;
    copy.index = this.index;
    copy.memory.push(...this.memory);
    return copy;
  }

  /** Keeps what both hold. */
  meet(other: Machine): void {
    if (this.accumulator !== other.accumulator) this.accumulator = undefined;
    if (this.index !== other.index) this.index = undefined;
    for (let word = 0; word < MEMORY_WORDS; word++) {
      if (this.memory[word] !== other.memory[word]) this.memory[word] = undefined;
    }
  }

  /** The variable gets another value: nothing that was computed from it is known any more. */
  forget(variable: Variable): void {
    const stale = (value: Value | undefined): boolean => value?.reads.includes(variable) ?? false;
    if (stale(this.accumulator)) this.accumulator = undefined;
    if (stale(this.index)) this.index = undefined;
    this.memory.forEach((value, word) => {
      if (stale(value)) this.memory[word] = undefined;
    });
  }
}

/** A jump without its targets; where `negated`, they are the other way round. */
export type Jump = { readonly code: number; readonly k: number; readonly negated: boolean };

const SIZES: Readonly<Record<Size, "W" | "H" | "B">> = { 1: "B", 2: "H", 4: "W" };
const JUMPS: Readonly<Record<Comparison, "JEQ" | "JGT" | "JGE" | "JSET">> = {
  eq: "JEQ",
  gt: "JGT",
  ge: "JGE",
  set: "JSET",
};

function operationCode(operator: BinaryOperator, source: "K" | "X"): number {
  return CODE[`${operator.toUpperCase()}_${source}` as OperationName];
}

/** Emits one node after another; one for each node, beginning with what is known there. */
export class Emitter {
  readonly code: Instruction[] = [];
  readonly machine: Machine;
  readonly #values: Values;
  readonly #words: ReadonlyMap<Variable, number>;
  readonly #reuse: boolean;
  /** Words of memory in use for values that wait. */
  readonly #waiting = new Set<number>();

  constructor(machine: Machine, values: Values, words: ReadonlyMap<Variable, number>) {
    this.machine = machine;
    this.#values = values;
    this.#words = words;
    this.#reuse = values.folds;
  }

  #push(code: number, k = 0): void {
    this.code.push({ code, jt: 0, jf: 0, k });
  }

  #word(variable: Variable): number {
    return this.#words.get(variable) as number;
  }

  /** The word of memory that holds the value. */
  #inMemory(value: Value): number {
    return this.#reuse ? this.machine.memory.indexOf(value) : -1;
  }

  /** Puts a value into the accumulator. */
  load(value: Value): void {
    if (this.machine.accumulator === value && this.#reuse) return;
    const [code, k] = this.#loadCode(value);
    this.#push(code, k);
    this.machine.accumulator = value;
  }

  /** The instruction that loads a value, after those that it needs. */
  #loadCode(value: Value): readonly [code: number, k?: number] {
    if (value.kind === "constant") return [CODE.LD_IMM, value.value];
    if (value.kind === "length") return [CODE.LD_W_LEN];
    if (this.machine.index === value && this.#reuse) return [CODE.TXA];
    const word = this.#inMemory(value);
    if (word >= 0) return [CODE.LD_MEM, word];
    switch (value.kind) {
      case "variable":
        return [CODE.LD_MEM, this.#word(value.variable)];
      case "load": {
        const { size, base, offset } = value;
        if (base !== undefined) this.loadIndex(base);
        else if (offset >= EXTENSION_BASE && !EXTENSION_NAMES.has(offset)) {
          throw new BpfError(`no packet has an offset of ${offset}`);
        }
        return [CODE[`LD_${SIZES[size]}_${base === undefined ? "ABS" : "IND"}`], offset];
      }
      case "header":
        this.loadIndex(value);
        return [CODE.TXA];
      case "negation":
        this.load(value.operand);
        return [CODE.NEG];
      case "operation":
        return this.#operation(value.operator, value.left, value.right);
    }
  }

  /** Puts a value into the index register. */
  loadIndex(value: Value): void {
    if (this.machine.index === value && this.#reuse) return;
    const [code, k] = this.#loadIndexCode(value);
    this.#push(code, k);
    this.machine.index = value;
  }

  #loadIndexCode(value: Value): readonly [code: number, k?: number] {
    if (this.machine.accumulator === value && this.#reuse) return [CODE.TAX];
    const word = this.#inMemory(value);
    if (word >= 0) return [CODE.LDX_MEM, word];
    switch (value.kind) {
      case "constant":
        return [CODE.LDX_IMM, value.value];
      case "header":
        return [CODE.LDX_B_MSH, value.offset];
      case "variable":
        return [CODE.LDX_MEM, this.#word(value.variable)];
      default:
        this.load(value);
        return [CODE.TAX];
    }
  }

  /** Puts two values into the accumulator and the index register. */
  #pair(left: Value, right: Value): void {
    const isEasy = isDirect(right) || this.#inMemory(right) >= 0;
    if (left === right || isEasy || this.#leavesInIndex(left, right)) {
      this.load(left);
      this.loadIndex(right);
    } else if (!left.needsIndex) {
      this.loadIndex(right);
      this.load(left);
    } else if (left.words <= right.words) {
      // Both need the index register: the one that takes more words waits in memory.
      this.load(right);
      const word = this.#wait(right);
      this.load(left);
      this.#push(CODE.LDX_MEM, word);
      this.machine.index = right;
      this.#waiting.delete(word);
    } else {
      this.load(left);
      const word = this.#wait(left);
      this.loadIndex(right);
      this.#push(CODE.LD_MEM, word);
      this.machine.accumulator = left;
      this.#waiting.delete(word);
    }
  }

  /** Whether computing a value ends with the other one in the index register. */
  #leavesInIndex(value: Value, other: Value): boolean {
    const { accumulator, index } = this.machine;
    if (!this.#reuse || accumulator === value || index === value) return false;
    if (this.#inMemory(value) >= 0) return false;
    if (value.kind === "load") return value.base === other;
    if (value.kind !== "operation" || isCommutative(value.operator)) return false;
    return value.right === other && other.kind !== "constant";
  }

  /** Stores the accumulator until it is needed; the word stays taken. */
  #wait(value: Value): number {
    const taken = new Set([...this.#waiting, ...this.#words.values()]);
    let word = 0;
    while (taken.has(word)) word++;
    if (word >= MEMORY_WORDS) throw new BpfError("the arithmetic takes more memory than there is");
    this.#push(CODE.ST, word);
    this.machine.memory[word] = value;
    this.#waiting.add(word);
    return word;
  }

  #operation(operator: BinaryOperator, left: Value, right: Value): readonly [number, number?] {
    if (right.kind === "constant") {
      this.load(left);
      return [operationCode(operator, "K"), right.value];
    }
    const swap = isCommutative(operator) && this.#isBetterSwapped(left, right);
    this.#pair(swap ? right : left, swap ? left : right);
    return [operationCode(operator, "X")];
  }

  /** Whether `right` in the accumulator and `left` in the index register takes less. */
  #isBetterSwapped(left: Value, right: Value): boolean {
    const { machine } = this;
    if (machine.accumulator === right || machine.index === left) return true;
    if (machine.accumulator === left || machine.index === right) return false;
    const isEasy = (value: Value): boolean => isDirect(value) || this.#inMemory(value) >= 0;
    if (isEasy(right)) return false;
    if (isEasy(left)) return true;
    return left.needsIndex && !right.needsIndex;
  }

  /** Stores offsets. */
  assign({ variable, value }: Assignment): void {
    const { machine } = this;
    const word = this.#word(variable);
    const inIndex = machine.index === value && this.#reuse;
    if (inIndex) this.#push(CODE.STX, word);
    else {
      this.load(value);
      this.#push(CODE.ST, word);
    }
    machine.forget(variable);
    const read = this.#values.read(variable);
    machine.memory[word] = read;
    if (inIndex) machine.index = read;
    else machine.accumulator = read;
  }

  /** Computes what a test compares, and gives its jump. */
  test({ comparison, left, right }: TestNode): Jump {
    if (right.kind === "constant") {
      this.load(left);
      return { code: CODE[`${JUMPS[comparison]}_K`], k: right.value, negated: false };
    }
    if (!this.#isBetterSwapped(left, right)) {
      this.#pair(left, right);
      return { code: CODE[`${JUMPS[comparison]}_X`], k: 0, negated: false };
    }
    // a > b is not (b >= a), a >= b is not (b > a); the others read the same both ways.
    const swapped = comparison === "gt" ? "ge" : comparison === "ge" ? "gt" : comparison;
    this.#pair(right, left);
    return { code: CODE[`${JUMPS[swapped]}_X`], k: 0, negated: swapped !== comparison };
  }
}
