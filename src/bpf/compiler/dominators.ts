// Which edges of a graph every path to a node takes. Nodes and edges are one tree: the parent of an
// edge is the node it leaves, the parent of a node the last that all ways to it have in common.

import { type Node, ordered } from "./graph.ts";

/** A node, or an edge that leaves it. */
export type Element = {
  readonly parent: Element | undefined;
  readonly depth: number;
  readonly node: Node;
  /** Which edge, or none: where a test holds, where it does not, or a step's only one. */
  readonly edge: "yes" | "no" | "next" | undefined;
  readonly children: Element[];
  /** An element farther above, so that long ways up take few steps. */
  readonly jump: Element | undefined;
  /** The numbers of the elements below it, itself first, when the tree is walked. */
  first: number;
  last: number;
};

export type Dominators = {
  readonly root: Element;
  /** Every node before those it leads to. */
  readonly order: readonly Node[];
  readonly elements: ReadonlyMap<Node, Element>;
  /** The edges that lead to a node, with the tests they leave. */
  readonly entrances: ReadonlyMap<Node, readonly Element[]>;
};

/** The element above at a depth. */
function above(element: Element, depth: number): Element {
  let result = element;
  while (result.depth > depth) {
    const { jump, parent } = result;
    result = (jump !== undefined && jump.depth >= depth ? jump : parent) ?? result;
  }
  return result;
}

/** The last element that two have in common. */
function common(first: Element, second: Element): Element {
  const depth = Math.min(first.depth, second.depth);
  let [a, b] = [above(first, depth), above(second, depth)];
  while (a !== b) {
    [a, b] = a.jump === b.jump ? [a.parent ?? a, b.parent ?? b] : [a.jump ?? a, b.jump ?? b];
  }
  return a;
}

function makeElement(parent: Element | undefined, node: Node, edge: Element["edge"]): Element {
  const depth = parent === undefined ? 0 : parent.depth + 1;
  const jump = parent === undefined ? undefined : jumpFrom(parent);
  const element: Element = { parent, depth, node, edge, children: [], jump, first: 0, last: 0 };
  parent?.children.push(element);
  return element;
}

/** Where an element below this one jumps to: as far as two equal jumps, or one step. */
function jumpFrom(parent: Element): Element {
  const first = parent.jump;
  const second = first?.jump;
  if (first === undefined || second === undefined) return parent;
  return parent.depth - first.depth === first.depth - second.depth ? second : parent;
}

export function dominators(root: Node): Dominators {
  const order = ordered(root);
  const elements = new Map<Node, Element>();
  const entrances = new Map<Node, Element[]>();
  const enter = (node: Node, edge: Element): void => {
    const known = entrances.get(node);
    if (known === undefined) entrances.set(node, [edge]);
    else known.push(edge);
  };
  for (const node of order) {
    const edges = entrances.get(node) ?? [];
    // Nothing is known about ends, which many edges lead to, and nothing is asked.
    if (node.kind === "end" && node !== root) continue;
    const element = makeElement(
      edges.length === 0 ? undefined : edges.reduce(common),
      node,
      undefined,
    );
    elements.set(node, element);
    if (node.kind === "test") {
      enter(node.yes, makeElement(element, node, "yes"));
      enter(node.no, makeElement(element, node, "no"));
    } else if (node.kind === "step") {
      enter(node.next, makeElement(element, node, "next"));
    }
  }
  const top = elements.get(root) as Element;
  number(top);
  return { root: top, order, elements, entrances };
}

/** Numbers the elements as they are met on a walk. */
function number(root: Element): void {
  let count = 0;
  const stack = [root];
  for (let element = stack.at(-1); element !== undefined; element = stack.at(-1)) {
    if (element.last > 0) {
      stack.pop();
      element.last = count;
    } else {
      element.first = count++;
      element.last = count;
      stack.push(...element.children);
    }
  }
}

/** Where an edge leads to. */
export function target({ node, edge }: Element): Node {
  if (node.kind === "test") return edge === "yes" ? node.yes : node.no;
  return node.kind === "step" ? node.next : node;
}

/** Makes an edge lead somewhere else. */
export function redirect({ node, edge }: Element, to: Node): void {
  if (node.kind === "step") node.next = to;
  else if (node.kind === "test") node[edge === "yes" ? "yes" : "no"] = to;
}

/** Whether all ways to one element go through the other. */
export function dominates(element: Element, other: Element | undefined): boolean {
  return other !== undefined && element.first <= other.first && other.first < element.last;
}
