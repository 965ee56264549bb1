// The variables of a graph: which assignments matter, what is read before it is assigned, and which
// word of scratch memory each takes.

import { BpfError } from "../error.ts";
import { MEMORY_WORDS } from "../instruction.ts";
import type { Assignment } from "./formula.ts";
import { type Node, ordered, successors } from "./graph.ts";
import type { Value, Values, Variable } from "./value.ts";

/** The variables that a node's test reads. */
function testReads(node: Node): readonly Variable[] {
  return node.kind === "test" ? [...node.left.reads, ...node.right.reads] : [];
}

/** The assignments whose variables are read later, and the variables that are read from here on. */
function liveAssignments(
  assignments: readonly Assignment[],
  after: ReadonlySet<Variable>,
): { kept: readonly Assignment[]; live: ReadonlySet<Variable> } {
  if (assignments.length === 0) return { kept: assignments, live: after };
  const live = new Set(after);
  const kept: Assignment[] = [];
  for (const assignment of [...assignments].reverse()) {
    if (!live.has(assignment.variable)) continue;
    live.delete(assignment.variable);
    for (const variable of assignment.value.reads) live.add(variable);
    kept.unshift(assignment);
  }
  return { kept: kept.length === assignments.length ? assignments : kept, live };
}

const NONE: ReadonlySet<Variable> = new Set();

/** For each node, the variables that are read in it or after it before they are assigned. */
function liveness(
  order: readonly Node[],
  visit?: (node: Node, kept: readonly Assignment[]) => void,
) {
  const liveAt = new Map<Node, ReadonlySet<Variable>>();
  for (const node of [...order].reverse()) {
    let live: ReadonlySet<Variable> = NONE;
    for (const successor of successors(node)) {
      const next = liveAt.get(successor) ?? NONE;
      live = live.size === 0 ? next : next.size === 0 ? live : new Set([...live, ...next]);
    }
    const reads = testReads(node);
    if (reads.length > 0) live = new Set([...live, ...reads]);
    if (node.kind !== "end") {
      const result = liveAssignments(node.assignments, live);
      visit?.(node, result.kept);
      live = result.live;
    }
    liveAt.set(node, live);
  }
  return liveAt;
}

/** Removes the assignments that nothing reads; says whether there were some. */
export function removeDeadAssignments(order: readonly Node[]): boolean {
  let changed = false;
  liveness(order, (node, kept) => {
    if (node.kind === "end" || kept === node.assignments) return;
    node.assignments = kept;
    changed = true;
  });
  return changed;
}

/** Sets to 0 at the beginning what some way reads without having assigned it. */
export function initialize(root: Node, values: Values): Node {
  const unassigned = [...(liveness(ordered(root)).get(root) ?? NONE)];
  if (unassigned.length === 0) return root;
  const zero = values.constant(0);
  const assignments = unassigned.map((variable) => ({ variable, value: zero }));
  return { kind: "step", assignments, next: root };
}

/** Moves the assignments of steps that alone lead to a test into the test. */
export function mergeSteps(root: Node): Node {
  const order = ordered(root);
  const entrances = new Map<Node, number>();
  for (const node of order) {
    for (const next of successors(node)) entrances.set(next, (entrances.get(next) ?? 0) + 1);
  }
  const replaced = new Map<Node, Node>();
  const resolve = (node: Node): Node => replaced.get(node) ?? node;
  for (const node of [...order].reverse()) {
    if (node.kind === "test") [node.yes, node.no] = [resolve(node.yes), resolve(node.no)];
    if (node.kind !== "step") continue;
    node.next = resolve(node.next);
    const { next } = node;
    if (next.kind !== "end" && entrances.get(next) === 1) {
      next.assignments = [...node.assignments, ...next.assignments];
      entrances.set(next, entrances.get(node) ?? 0);
      replaced.set(node, next);
    } else if (next.kind === "end" || node.assignments.length === 0) {
      entrances.set(next, (entrances.get(next) ?? 0) + (entrances.get(node) ?? 0) - 1);
      replaced.set(node, next);
    }
  }
  return resolve(root);
}

/**
 * A word of scratch memory for each variable: the last ones, since computing takes the first ones.
 * Two variables share a word where one is no longer read when the other one is assigned.
 */
export function placeVariables(order: readonly Node[]): ReadonlyMap<Variable, number> {
  const ranges = new Map<Variable, { first: number; last: number }>();
  const note = (variable: Variable, place: number): void => {
    const range = ranges.get(variable);
    if (range === undefined) ranges.set(variable, { first: place, last: place });
    else range.last = place;
  };
  const noteReads = (value: Value, place: number): void => {
    for (const variable of value.reads) note(variable, place);
  };
  order.forEach((node, place) => {
    if (node.kind === "end") return;
    for (const { variable, value } of node.assignments) {
      noteReads(value, place);
      note(variable, place);
    }
    for (const variable of testReads(node)) note(variable, place);
  });
  const words = new Map<Variable, number>();
  const lasts: number[] = [];
  for (const [variable, { first, last }] of ranges) {
    const free = lasts.findIndex((end) => end < first);
    const index = free >= 0 ? free : lasts.length;
    lasts[index] = last;
    words.set(variable, MEMORY_WORDS - 1 - index);
  }
  if (lasts.length > MEMORY_WORDS / 2) {
    throw new BpfError("too many tunnels within each other for the memory of the machine");
  }
  return words;
}
