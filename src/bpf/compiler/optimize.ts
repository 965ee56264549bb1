// From a formula's graph to a shorter one that decides the same.

import { BpfError } from "../error.ts";
import { INSTRUCTIONS_MAX } from "../instruction.ts";
import { dominators } from "./dominators.ts";
import { outcomeFor } from "./facts.ts";
import { test } from "./formula.ts";
import { type End, type Node, ordered, type StepNode, type TestNode } from "./graph.ts";
import { tooLong } from "./linearize.ts";
import { pullUp } from "./pullup.ts";
import { thread } from "./thread.ts";
import type { Values } from "./value.ts";
import { mergeSteps, removeDeadAssignments } from "./variables.ts";

/** Passes that move tests without removing any end after so many: a bound, hardly ever reached. */
const MOVES_MAX = 100;

/** How far a node is from the ends at most. */
function levels(order: readonly Node[]): ReadonlyMap<Node, number> {
  const level = new Map<Node, number>();
  for (const node of [...order].reverse()) {
    const below = (next: Node): number => (level.get(next) ?? 0) + 1;
    if (node.kind === "test") level.set(node, Math.max(below(node.yes), below(node.no)));
    else level.set(node, node.kind === "step" ? below(node.next) : 0);
  }
  return level;
}

/** A node before the root, so that the root is where an edge leads, too. */
function entrance(root: Node): StepNode {
  return { kind: "step", assignments: [], next: root };
}

function assigns(node: Node): boolean {
  return node.kind !== "end" && node.assignments.length > 0;
}

/** Threads the graph until nothing changes. */
function threadAll(start: StepNode, keepLoads: boolean): boolean {
  let changed = false;
  for (;;) {
    const tree = dominators(start);
    const threaded = thread(tree, keepLoads);
    const removed = removeDeadAssignments(tree.order.some(assigns) ? ordered(start) : []);
    if (!threaded && !removed) return changed;
    changed = true;
  }
}

/** One pass of pulling tests up, from the ends to the root. */
function pullAll(start: StepNode): boolean {
  const tree = dominators(start);
  const level = levels(tree.order);
  const tests = tree.order.filter((node) => node.kind === "test");
  tests.sort((first, second) => (level.get(first) ?? 0) - (level.get(second) ?? 0));
  let changed = false;
  for (const node of tests) {
    changed = pullUp(tree, node, "no") || changed;
    changed = pullUp(tree, node, "yes") || changed;
  }
  return changed;
}

/** Tests with the same values and the same ways on are one. */
function mergeEqual(start: StepNode): void {
  const numbers = new Map<Node, number>();
  const known = new Map<string, Node>();
  const replaced = new Map<Node, Node>();
  const resolve = (node: Node): Node => replaced.get(node) ?? node;
  const key = (node: Node): string => {
    if (node.kind === "end") return `end ${node.result}`;
    const stores = node.assignments.map(({ variable, value }) => `${variable.number}=${value.id}`);
    if (node.kind === "step") return `${stores} ${numbers.get(node.next)}`;
    const { comparison, left, right, yes, no } = node;
    return `${stores} ${comparison} ${left.id} ${right.id} ${numbers.get(yes)} ${numbers.get(no)}`;
  };
  for (const node of ordered(start).reverse()) {
    if (node.kind === "test") [node.yes, node.no] = [resolve(node.yes), resolve(node.no)];
    if (node.kind === "step") node.next = resolve(node.next);
    const text = key(node);
    const same = known.get(text);
    if (same === undefined) known.set(text, node);
    else replaced.set(node, same);
    numbers.set(same ?? node, numbers.get(same ?? node) ?? numbers.size);
  }
}

/** How many tests are looked at for one that follows from them. */
const IMPLIED_MAX = 64;

/**
 * Whether a test for equality only says what the tests after it would: from where it fails, tests
 * of the same value lead to where it holds, were the value that number.
 */
function isImplied({ comparison, left, right, yes, no }: TestNode): boolean {
  if (comparison !== "eq" || right.kind !== "constant") return false;
  let node = no;
  for (let count = 0; count < IMPLIED_MAX; count++) {
    if (node === yes) return count > 0;
    if (node.kind !== "test" || node.assignments.length > 0) return false;
    const holds = outcomeFor(node, left, right.value);
    if (holds === undefined) return false;
    node = holds ? node.yes : node.no;
  }
  return false;
}

/** Passes by the tests that say nothing; says whether there were some. */
function removeImplied(start: StepNode): boolean {
  let changed = false;
  const pass = (node: Node): Node => {
    let result = node;
    while (result.kind === "test" && result.assignments.length === 0 && isImplied(result)) {
      result = result.no;
      changed = true;
    }
    return result;
  };
  for (const node of ordered(start).reverse()) {
    if (node.kind === "test") [node.yes, node.no] = [pass(node.yes), pass(node.no)];
    else if (node.kind === "step") node.next = pass(node.next);
  }
  return changed;
}

/** Tests that are left after threading are all needed but for a few that others imply. */
const TESTS_MAX = 1.25 * INSTRUCTIONS_MAX;

/** Gives up on what can't become a program before spending much time on it. */
function checkSize(start: StepNode): void {
  const tests = new Set<string>();
  for (const node of ordered(start)) {
    if (node.kind === "test") tests.add(`${node.comparison} ${node.left.id} ${node.right.id}`);
  }
  if (tests.size > TESTS_MAX) throw tooLong();
}

/**
 * Simplifies the arithmetic in tests and assignments. Tests that are decided by it are passed by,
 * without what they load; what is superfluous then is not left out, since libpcap folds as late.
 */
function foldArithmetic(start: StepNode, values: Values): void {
  const replaced = new Map<Node, Node>();
  const resolve = (node: Node): Node => replaced.get(node) ?? node;
  for (const node of ordered(start).reverse()) {
    if (node.kind === "end") continue;
    node.assignments = node.assignments.map(({ variable, value }) => ({
      variable,
      value: values.simplify(value),
    }));
    if (node.kind === "step") {
      node.next = resolve(node.next);
      continue;
    }
    [node.yes, node.no] = [resolve(node.yes), resolve(node.no)];
    const [left, right] = [values.simplify(node.left), values.simplify(node.right)];
    let formula = test(values, node.comparison, left, right);
    for (; formula.kind === "not"; formula = formula.operand) {
      [node.yes, node.no] = [node.no, node.yes];
    }
    if (formula.kind === "test") {
      node.comparison = formula.comparison;
      [node.left, node.right] = [formula.left, formula.right];
    } else if (formula.kind === "constant") {
      const next = formula.value ? node.yes : node.no;
      const { assignments } = node;
      replaced.set(node, assignments.length === 0 ? next : { kind: "step", assignments, next });
    }
  }
}

/** The only end that can be reached, if there is only one. */
function onlyEnd(root: Node): End | undefined {
  const ends = ordered(root).filter((node) => node.kind === "end");
  return ends.length === 1 ? ends[0] : undefined;
}

/**
 * Threads jumps, brings tests of one value together, folds arithmetic and merges equal tails.
 *
 * Packets that are cut off are refused where libpcap refuses them. It does not optimise filters
 * with Geneve at all (`plain`): no load is left out then, nor moved before another one.
 */
export function optimize(root: Node, values: Values, plain: boolean): Node {
  const start = entrance(root);
  let moves = 0;
  for (;;) {
    if (threadAll(start, plain)) moves = 0;
    checkSize(start);
    if (plain || !pullAll(start) || ++moves > MOVES_MAX) break;
  }
  const refuses = (node: Node): boolean => node.kind === "end" && node.result === 0;
  const isRefused = refuses(start.next);
  values.foldsArithmetic = true;
  foldArithmetic(start, values);
  values.foldsArithmetic = false;
  if (!plain && (isRefused || refuses(start.next))) {
    throw new BpfError("the expression refuses all packets");
  }
  threadAll(start, true);
  // What merging makes equal, threading may pass by.
  do mergeEqual(start);
  while (removeImplied(start) || threadAll(start, true));
  const end = onlyEnd(start);
  return end?.result === 0 ? end : mergeSteps(start.next);
}
