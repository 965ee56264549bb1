// A filter as a formula over tests of values: what the generator makes of an expression, before it
// becomes a graph.

import type { Value, Values, Variable } from "./value.ts";

/** How a test compares; "set" holds where the two have a bit in common. */
export type Comparison = "eq" | "gt" | "ge" | "set";

/** Offsets that are stored for the tests that follow. */
export type Assignment = { readonly variable: Variable; readonly value: Value };

export type Test = {
  readonly kind: "test";
  readonly comparison: Comparison;
  readonly left: Value;
  readonly right: Value;
};

export type Formula =
  | Test
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly operand: Formula }
  | { readonly kind: "and" | "or"; readonly operands: readonly Formula[] }
  | {
      readonly kind: "choice";
      readonly condition: Formula;
      readonly yes: Formula;
      readonly no: Formula;
    }
  /** Always true; stores offsets. */
  | { readonly kind: "effect"; readonly assignments: readonly Assignment[] };

export function and(...operands: readonly Formula[]): Formula {
  return { kind: "and", operands };
}

export function or(...operands: readonly Formula[]): Formula {
  return { kind: "or", operands };
}

export function not(operand: Formula): Formula {
  return operand.kind === "not" ? operand.operand : { kind: "not", operand };
}

export function constant(value: boolean): Formula {
  return { kind: "constant", value };
}

/** Whether two numbers compare so. */
export function decide(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case "eq":
      return left === right;
    case "gt":
      return left > right;
    case "ge":
      return left >= right;
    case "set":
      return (left & right) !== 0;
  }
}

/**
 * A test in its simplest form.
 */
export function test(values: Values, comparison: Comparison, left: Value, right: Value): Formula {
  if (!values.folds) return { kind: "test", comparison, left, right };
  if (left.kind === "constant") {
    if (right.kind === "constant") return constant(decide(comparison, left.value, right.value));
    if (!values.foldsArithmetic) return { kind: "test", comparison, left, right };
    // c > v is not (v >= c), c >= v is not (v > c).
    const swapped = comparison === "gt" ? "ge" : comparison === "ge" ? "gt" : comparison;
    const formula = test(values, swapped, right, left);
    return swapped === comparison ? formula : not(formula);
  }
  if (comparison === "eq" && left.kind === "operation" && right.kind === "constant") {
    if (left.operator === "and" && left.right.kind === "constant" && right.value === 0) {
      return not(test(values, "set", left.left, left.right));
    }
    if (left.operator === "sub" && values.foldsArithmetic) {
      if (left.right.kind === "constant") {
        const sum = values.operation("add", right, left.right);
        return test(values, "eq", left.left, sum);
      }
      if (right.value === 0) return test(values, "eq", left.left, left.right);
    }
  }
  if (comparison === "set" && right.kind === "constant" && right.value === 0) {
    return constant(false);
  }
  return { kind: "test", comparison, left, right };
}
