// The values that a filter computes from a packet: trees without side effects, each of which
// exists once, so that equal values are the same object. Folding happens where they are made.

import { BpfError } from "../error.ts";

/** Bytes that a load reads. */
export type Size = 1 | 2 | 4;

export type BinaryOperator =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "and"
  | "or"
  | "xor"
  | "lsh"
  | "rsh";

/** A word of scratch memory that holds an offset found only when the filter runs. */
export type Variable = { readonly number: number };

type Shape =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "length" }
  /** Bytes of the packet at an offset, counted from `base` where there is one. */
  | {
      readonly kind: "load";
      readonly size: Size;
      readonly base: Value | undefined;
      readonly offset: number;
    }
  /** The length of the IPv4 header at an offset: four times the lower half of its first byte. */
  | { readonly kind: "header"; readonly offset: number }
  | {
      readonly kind: "operation";
      readonly operator: BinaryOperator;
      readonly left: Value;
      readonly right: Value;
    }
  | { readonly kind: "negation"; readonly operand: Value }
  | { readonly kind: "variable"; readonly variable: Variable };

export type Value = Shape & {
  readonly id: number;
  /** Whether computing it in the accumulator needs the index register. */
  readonly needsIndex: boolean;
  /** How many words of scratch memory computing it takes at once. */
  readonly words: number;
  /** How many values are within each other. */
  readonly depth: number;
  /** The variables that it reads. */
  readonly reads: readonly Variable[];
};

const COMMUTATIVE: ReadonlySet<BinaryOperator> = new Set(["add", "mul", "and", "or", "xor"]);

export function isCommutative(operator: BinaryOperator): boolean {
  return COMMUTATIVE.has(operator);
}

/** What the machine computes: 32 bits without sign. */
function calculate(operator: BinaryOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case "add":
      return (left + right) >>> 0;
    case "sub":
      return (left - right) >>> 0;
    case "mul":
      return Math.imul(left, right) >>> 0;
    case "div":
      return right === 0 ? undefined : Math.floor(left / right);
    case "mod":
      return right === 0 ? undefined : left % right;
    case "and":
      return (left & right) >>> 0;
    case "or":
      return (left | right) >>> 0;
    case "xor":
      return (left ^ right) >>> 0;
    case "lsh":
      return right > 31 ? 0 : (left << right) >>> 0;
    case "rsh":
      return right > 31 ? 0 : left >>> right;
  }
}

/** No kernel takes a program that divides by a zero, or shifts by more bits than there are. */
function checkConstant(operator: BinaryOperator, right: number): void {
  if ((operator === "div" || operator === "mod") && right === 0) {
    throw new BpfError("division by zero");
  }
  if ((operator === "lsh" || operator === "rsh") && right > 31) {
    throw new BpfError(`a shift by ${right}, more than 31`);
  }
}

/** Whether a value can be put into the index register without the accumulator. */
export function isDirect(value: Value): boolean {
  return value.kind === "constant" || value.kind === "header" || value.kind === "variable";
}

/** Whether a value is where a header begins or how long it is: no arithmetic of the expression. */
function isPlace(value: Value): boolean {
  if (value.kind === "operation") return value.operator === "add" && isPlace(value.right);
  return value.kind === "header" || value.kind === "variable";
}

function union(first: readonly Variable[], second: readonly Variable[]): readonly Variable[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...new Set([...first, ...second])];
}

export class Values {
  readonly #known = new Map<string, Value>();
  #variables = 0;
  readonly #simplified = new Map<Value, Value>();
  /** Whether tests are simplified, and what is known is not computed again. */
  readonly folds: boolean;
  /** Whether arithmetic is, too, and what its operands would have loaded is left out: later. */
  foldsArithmetic = false;

  constructor(folds: boolean) {
    this.folds = folds;
  }

  #intern(key: string, make: () => Shape, parts: readonly Value[], more: Partial<Value>): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = {
      ...make(),
      id: this.#known.size,
      needsIndex: parts.some(({ needsIndex }) => needsIndex),
      depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
      words: Math.max(0, ...parts.map(({ words }) => words)),
      reads: parts.reduce<readonly Variable[]>((all, { reads }) => union(all, reads), []),
      ...more,
    } as Value;
    this.#known.set(key, value);
    return value;
  }

  constant(value: number): Value {
    return this.#intern(`#${value}`, () => ({ kind: "constant", value }), [], {});
  }

  length(): Value {
    return this.#intern("len", () => ({ kind: "length" }), [], {});
  }

  /** A new variable; each has its own word until words are given out. */
  variable(): Variable {
    return { number: this.#variables++ };
  }

  read(variable: Variable): Value {
    const more = { reads: [variable] };
    const key = `M${variable.number}`;
    return this.#intern(key, () => ({ kind: "variable", variable }), [], more);
  }

  load(size: Size, base: Value | undefined, offset: number): Value {
    if (this.foldsArithmetic && base !== undefined) {
      if (base.kind === "constant") return this.load(size, undefined, (base.value + offset) >>> 0);
      if (base.kind === "operation" && base.operator === "add" && isPlace(base.left)) {
        const { left, right } = base;
        if (right.kind === "constant") return this.load(size, left, (offset + right.value) >>> 0);
      }
    }
    const key = `${size}[${base?.id}+${offset}]`;
    const parts = base === undefined ? [] : [base];
    const more = { needsIndex: base !== undefined };
    return this.#intern(key, () => ({ kind: "load", size, base, offset }), parts, more);
  }

  header(offset: number): Value {
    const more = { needsIndex: true };
    return this.#intern(`4*${offset}`, () => ({ kind: "header", offset }), [], more);
  }

  negation(operand: Value): Value {
    if (operand.kind === "constant" && this.foldsArithmetic)
      return this.constant(-operand.value >>> 0);
    return this.#intern(`-${operand.id}`, () => ({ kind: "negation", operand }), [operand], {});
  }

  operation(operator: BinaryOperator, left: Value, right: Value): Value {
    if (this.foldsArithmetic) {
      const folded = this.#folded(operator, left, right);
      if (folded !== undefined) return folded;
      if (left.kind === "constant" && right.kind !== "constant" && isCommutative(operator)) {
        return this.operation(operator, right, left);
      }
      if (right.kind === "constant") checkConstant(operator, right.value);
    }
    // Both sides at once: the one that is computed first waits in a word where the other one needs
    // the index register, too.
    const constant = right.kind === "constant";
    const words = constant
      ? left.words
      : left.words === right.words
        ? left.words + 1
        : Math.max(left.words, right.words);
    return this.#intern(
      `${operator}(${left.id},${right.id})`,
      () => ({ kind: "operation", operator, left, right }),
      [left, right],
      { needsIndex: !constant || left.needsIndex, words },
    );
  }

  /** What an operation is where that is known without a packet. */
  #folded(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
    if (left.kind === "constant" && right.kind === "constant") {
      const result = calculate(operator, left.value, right.value);
      return result === undefined ? undefined : this.constant(result);
    }
    if (right.kind === "constant") {
      const { value } = right;
      if (value === 0 && ["add", "sub", "or", "xor", "lsh", "rsh"].includes(operator)) return left;
      if (value === 0 && (operator === "mul" || operator === "and")) return right;
      if (value === 1 && (operator === "mul" || operator === "div")) return left;
      if (value === 0xffffffff && operator === "and") return left;
      if (operator === "lsh" && value === 2) return this.#headerLength(left);
    }
    if (left.kind === "constant" && left.value === 0) {
      if (["add", "or", "xor"].includes(operator)) return right;
      if (operator !== "sub") return left;
    }
    return undefined;
  }

  /** `(ip[0] & 0xf) << 2`, for which the machine has an instruction. */
  #headerLength(value: Value): Value | undefined {
    if (value.kind !== "operation" || value.operator !== "and") return undefined;
    const { left, right } = value;
    if (right.kind !== "constant" || right.value !== 0xf) return undefined;
    if (left.kind !== "load" || left.size !== 1 || left.base !== undefined) return undefined;
    return this.header(left.offset);
  }

  /** A value that was made before arithmetic was folded, with its arithmetic folded. */
  simplify(value: Value): Value {
    const known = this.#simplified.get(value);
    if (known !== undefined) return known;
    const result = this.#rebuilt(value);
    this.#simplified.set(value, result);
    return result;
  }

  #rebuilt(value: Value): Value {
    switch (value.kind) {
      case "load":
        if (value.base === undefined) return value;
        return this.load(value.size, this.simplify(value.base), value.offset);
      case "negation":
        return this.negation(this.simplify(value.operand));
      case "operation": {
        const { operator, left, right } = value;
        return this.operation(operator, this.simplify(left), this.simplify(right));
      }
      default:
        return value;
    }
  }
}
