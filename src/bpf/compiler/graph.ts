// A filter as a graph of tests: each has a node to go to where it holds and one where it does not,
// down to the two ends, which take or refuse the packet.

import type { Assignment, Comparison, Formula } from "./formula.ts";
import type { Value } from "./value.ts";

/** The end of a filter: how many bytes of the packet are kept. */
export type End = { readonly kind: "end"; readonly result: number };

/** Assignments, then a test of them or of the packet. */
export type TestNode = {
  readonly kind: "test";
  assignments: readonly Assignment[];
  comparison: Comparison;
  left: Value;
  right: Value;
  yes: Node;
  no: Node;
};

/** Assignments alone. */
export type StepNode = {
  readonly kind: "step";
  assignments: readonly Assignment[];
  next: Node;
};

export type Node = End | TestNode | StepNode;

/** The nodes that a node can lead to. */
export function successors(node: Node): readonly Node[] {
  if (node.kind === "test") return [node.yes, node.no];
  return node.kind === "step" ? [node.next] : [];
}

/** The graph of a formula that leads to `yes` or `no`; built from the end, so that ends exist. */
export function build(formula: Formula, yes: Node, no: Node): Node {
  switch (formula.kind) {
    case "constant":
      return formula.value ? yes : no;
    case "not":
      return build(formula.operand, no, yes);
    case "choice":
      return build(formula.condition, build(formula.yes, yes, no), build(formula.no, yes, no));
    case "effect":
      return { kind: "step", assignments: formula.assignments, next: yes };
    case "test": {
      const { comparison, left, right } = formula;
      return { kind: "test", assignments: [], comparison, left, right, yes, no };
    }
    case "and":
    case "or":
      return buildList(formula, yes, no);
  }
}

/** Operands from the last to the first. The first ones nest as deep as an expression is long. */
function buildList(formula: Formula & { kind: "and" | "or" }, yes: Node, no: Node): Node {
  let [target, other] = [yes, no];
  let list: Formula = formula;
  for (;;) {
    if (list.kind === "not") {
      [target, other, list] = [other, target, list.operand];
    } else if (list.kind === "and" || list.kind === "or") {
      const [first, ...rest]: readonly Formula[] = list.operands;
      if (first === undefined) return list.kind === "and" ? target : other;
      for (const operand of rest.reverse()) {
        if (list.kind === "and") target = build(operand, target, other);
        else other = build(operand, target, other);
      }
      list = first;
    } else {
      return build(list, target, other);
    }
  }
}

/**
 * All that can be reached from the root on, each before those it leads to; what a node leads to
 * first stands before what it leads to second.
 */
export function sorted<T>(root: T, following: (node: T) => readonly T[]): T[] {
  const order: T[] = [];
  const entered = new Set<T>();
  const left = new Set<T>();
  const stack: T[] = [root];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (!entered.has(node)) {
      entered.add(node);
      for (const next of following(node)) if (!entered.has(next)) stack.push(next);
    } else {
      // All that it leads to has been left. It may have been put there more than once.
      stack.pop();
      if (left.has(node)) continue;
      left.add(node);
      order.push(node);
    }
  }
  return order.reverse();
}

/** All nodes from the root on, each before those it leads to. */
export function ordered(root: Node): Node[] {
  return sorted(root, successors);
}
