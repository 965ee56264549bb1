// Jump threading: an edge that leads to a test whose end is known on it, or does not matter, leads
// past it.

import { type Dominators, type Element, redirect, target } from "./dominators.ts";
import { Facts } from "./facts.ts";
import type { Node, TestNode } from "./graph.ts";
import type { Variable } from "./value.ts";

/** The last place in the order at which a variable is assigned. */
function lastAssignments(tree: Dominators): ReadonlyMap<Variable, number> {
  const last = new Map<Variable, number>();
  tree.order.forEach((node, index) => {
    if (node.kind === "end") return;
    for (const { variable } of node.assignments) last.set(variable, index);
  });
  return last;
}

/** What is known after a test holds only as long as the variables that it reads. */
function isLasting(
  { left, right }: TestNode,
  place: number,
  last: ReadonlyMap<Variable, number>,
): boolean {
  if (left.reads.length === 0 && right.reads.length === 0) return true;
  return [...left.reads, ...right.reads].every((variable) => (last.get(variable) ?? -1) <= place);
}

/** Where an edge to the node can go on at once. */
function goOn(node: Node, facts: Facts, keepLoads: boolean): Node {
  let result = node;
  for (;;) {
    if (result.kind === "step" && result.assignments.length === 0) {
      result = result.next;
      continue;
    }
    if (result.kind !== "test" || result.assignments.length > 0) return result;
    const decided = facts.outcome(result);
    if (decided !== undefined) {
      result = decided ? result.yes : result.no;
    } else if (
      result.yes === result.no &&
      (!keepLoads || (facts.hasLoads(result.left) && facts.hasLoads(result.right)))
    ) {
      result = result.yes;
    } else {
      return result;
    }
  }
}

/**
 * Makes every edge lead as far as it can; says whether one did. A test that does not matter goes
 * together with what it loads, except with `keepLoads`: a load may reject the packet.
 */
export function thread(tree: Dominators, keepLoads: boolean): boolean {
  const places = new Map(tree.order.map((node, index) => [node, index]));
  const last = lastAssignments(tree);
  const facts = new Facts();
  let changed = false;

  const enter = ({ node, edge }: Element): void => {
    if (node.kind !== "test" || !isLasting(node, places.get(node) ?? 0, last)) return;
    if (edge !== undefined) facts.addResult(node, edge === "yes");
    else if (keepLoads) for (const value of [node.left, node.right]) facts.addLoads(value);
  };
  const leave = (element: Element): void => {
    if (element.edge === undefined) return;
    const before = target(element);
    const after = goOn(before, facts, keepLoads);
    if (after !== before) {
      redirect(element, after);
      changed = true;
    }
  };

  // Edges are changed on the way up: those below, which are already changed, make ways short.
  const stack: { element: Element; mark: number | undefined }[] = [
    { element: tree.root, mark: undefined },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { element, mark } = top;
    if (mark !== undefined) {
      leave(element);
      facts.restore(mark);
      continue;
    }
    stack.push({ element, mark: facts.mark });
    enter(element);
    for (const child of element.children) stack.push({ element: child, mark: undefined });
  }
  return changed;
}
