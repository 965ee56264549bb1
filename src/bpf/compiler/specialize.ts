// A graph without the variables that only ever hold constants: every part that reads one is there
// once for each constant it can hold, with offsets that are numbers. Short filters for frames whose
// tag may be in the frame or with the kernel are shorter and faster this way.

import type { Assignment } from "./formula.ts";
import { type Node, ordered, successors } from "./graph.ts";
import type { Value, Values, Variable } from "./value.ts";

/** What the variables hold; 0 where nothing was assigned. */
type Environment = ReadonlyMap<Variable, Value>;

/** The variables to which nothing but constants is assigned. */
function constantVariables(root: Node): ReadonlySet<Variable> {
  const constant = new Set<Variable>();
  const other = new Set<Variable>();
  for (const node of ordered(root)) {
    if (node.kind === "end") continue;
    for (const { variable, value } of node.assignments) {
      (value.kind === "constant" ? constant : other).add(variable);
    }
  }
  return new Set([...constant].filter((variable) => !other.has(variable)));
}

/** The value with constants for variables. */
function substitute(value: Value, environment: Environment, values: Values): Value {
  if (!value.reads.some((variable) => environment.has(variable))) return value;
  const inside = (part: Value): Value => substitute(part, environment, values);
  switch (value.kind) {
    case "variable":
      return environment.get(value.variable) ?? value;
    case "load": {
      const { size, base: before, offset } = value;
      const base = before === undefined ? undefined : inside(before);
      if (base?.kind === "constant") return values.load(size, undefined, offset + base.value);
      return values.load(size, base, offset);
    }
    case "negation":
      return values.negation(inside(value.operand));
    case "operation":
      return values.operation(value.operator, inside(value.left), inside(value.right));
    default:
      return value;
  }
}

/** The specialised graph; undefined where no variable is of that kind. */
export function specialize(root: Node, values: Values): Node | undefined {
  const variables = constantVariables(root);
  if (variables.size === 0) return undefined;
  const zero = values.constant(0);
  const copies = new Map<string, Node>();
  const numbers = new Map<Node, number>();
  const pending: { copy: Node; original: Node; environment: Environment }[] = [];

  const copyOf = (original: Node, environment: Environment): Node => {
    if (original.kind === "end") return original;
    const number = numbers.get(original) ?? numbers.size;
    numbers.set(original, number);
    const key = `${number} ${[...environment.values()].map(({ id }) => id)}`;
    const known = copies.get(key);
    if (known !== undefined) return known;
    const copy = { ...original };
    copies.set(key, copy);
    pending.push({ copy, original, environment });
    return copy;
  };

  const start = copyOf(root, new Map([...variables].map((variable) => [variable, zero])));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { copy, original } = next;
    if (copy.kind === "end" || original.kind === "end") continue;
    const environment = new Map(next.environment);
    const kept: Assignment[] = [];
    for (const { variable, value } of original.assignments) {
      const result = substitute(value, environment, values);
      if (variables.has(variable)) environment.set(variable, result);
      else kept.push({ variable, value: result });
    }
    copy.assignments = kept;
    const [first, second] = successors(original).map((node) => copyOf(node, environment));
    if (copy.kind === "step") copy.next = first ?? copy.next;
    else {
      copy.yes = first ?? copy.yes;
      copy.no = second ?? copy.no;
      copy.left = substitute(copy.left, environment, values);
      copy.right = substitute(copy.right, environment, values);
    }
  }
  return start;
}
