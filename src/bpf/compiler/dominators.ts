// Which edges of a graph every path to a node takes. Nodes and edges are one tree: the parent of an
// edge is the node it leaves, the parent of a node the last thing that all ways to it have in common.

import { type Node, ordered, type TestNode } from "./graph.ts";

/** A node, or an edge that leaves it. */
export type Element = {
  readonly parent: Element | undefined;
  readonly depth: number;
  readonly node: Node;
  /** Which edge, or none: where a test holds, where it does not, or a step's only one. */
  readonly edge: "yes" | "no" | "next" | undefined;
  readonly children: Element[];
};

export type Dominators = {
  readonly root: Element;
  /** Every node before those it leads to. */
  readonly order: readonly Node[];
  readonly elements: ReadonlyMap<Node, Element>;
  /** The edges that lead to a node, with the tests they leave. */
  readonly entrances: ReadonlyMap<Node, readonly Element[]>;
};

/** The last element that two have in common. */
function common(first: Element, second: Element): Element {
  let [a, b] = [first, second];
  while (a !== b) {
    if (a.depth >= b.depth) a = a.parent ?? a;
    else b = b.parent ?? b;
  }
  return a;
}

function makeElement(parent: Element | undefined, node: Node, edge: Element["edge"]): Element {
  const depth = parent === undefined ? 0 : parent.depth + 1;
  const element = { parent, depth, node, edge, children: [] };
  parent?.children.push(element);
  return element;
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
  return { root: elements.get(root) as Element, order, elements, entrances };
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

/** Whether all ways to the test go through the node. */
export function dominates(tree: Dominators, node: Node, test: TestNode): boolean {
  const above = tree.elements.get(node);
  let element = tree.elements.get(test);
  if (above === undefined) return false;
  while (element !== undefined && element.depth > above.depth) element = element.parent;
  return element === above;
}
