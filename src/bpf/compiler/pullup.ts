// Predicate pull-up (A. Begel, S. McCanne, S. Graham, "BPF+", 1999): in a chain of tests of which
// each that fails leads to the next, tests of one value are brought together, so that it is loaded
// once. `host a or host b` tests the source for both, then the destination.

import { type Dominators, dominates, type Element, redirect, target } from "./dominators.ts";
import type { Node, TestNode } from "./graph.ts";
import type { Value } from "./value.ts";

/** Along which side a chain goes: its other sides all lead to one place. */
type Side = "yes" | "no";

/** The value that all tests that lead to the node have loaded. */
function loadedBefore(entrances: readonly Element[]): Value | undefined {
  const values = entrances.map(({ node }) => (node.kind === "test" ? node.left : undefined));
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** A chain, from a test on: what its tests have in common. */
type Chain = {
  readonly tree: Dominators;
  readonly first: Element;
  readonly exit: Node;
  readonly side: Side;
};

/** Whether the node is a link of the chain. */
function isLink({ tree, first, exit, side }: Chain, node: Node): node is TestNode {
  if (node.kind !== "test" || node.assignments.length > 0) return false;
  const other = side === "no" ? node.yes : node.no;
  return other === exit && dominates(first, tree.elements.get(node));
}

/** Whether the only test before has the same value and also such a one before it. */
function isWithin(tree: Dominators, entrances: readonly Element[], value: Value): boolean {
  const before = entrances.length === 1 ? entrances[0]?.node : undefined;
  return before !== undefined && loadedBefore(tree.entrances.get(before) ?? []) === value;
}

/**
 * Brings tests of the value that was loaded before the node up to it, as many as the chain has;
 * says whether there was one.
 */
export function pullUp(tree: Dominators, first: TestNode, side: Side): boolean {
  const entrances = tree.entrances.get(first) ?? [];
  const value = loadedBefore(entrances);
  const element = tree.elements.get(first);
  if (value === undefined || element === undefined) return false;
  // Among tests of one value the second one is the one that looks for more.
  if (first.left === value && isWithin(tree, entrances, value)) return false;
  if (!isCurrent(entrances, first)) return false;
  const exit = side === "no" ? first.yes : first.no;
  const chain = { tree, first: element, exit, side };

  // The last test of the value before one of another: what is pulled up goes between the two.
  let before: TestNode | undefined;
  let different: Node = first;
  for (;;) {
    if (!isLink(chain, different)) return false;
    if (different.left !== value) break;
    before = different;
    different = different[side];
  }

  let pulled = false;
  let last: TestNode = different;
  for (let node = last[side]; isLink(chain, node); node = last[side]) {
    if (node.left !== value) {
      last = node;
      continue;
    }
    last[side] = node[side];
    node[side] = different;
    if (before === undefined) for (const edge of entrances) redirect(edge, node);
    else before[side] = node;
    // The next one goes behind this one.
    before = node;
    pulled = true;
  }
  return pulled;
}

/** Whether the edges still lead to the node, which others may have been pulled before. */
function isCurrent(entrances: readonly Element[], node: TestNode): boolean {
  return entrances.every((edge) => edge.node.kind === "test" && target(edge) === node);
}
