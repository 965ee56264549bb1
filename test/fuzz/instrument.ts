// Counts what is reached in src/: a counter for each branch, put into the text of a module as it is
// loaded. Import this first, and the modules late.

import { parse } from "@babel/parser";
import { plugin } from "bun";

/** More than src/ has branches. */
const COUNTERS = 1 << 16;
const NAME = "rawsockFuzzCounters";

/** How often each branch was taken, modulo 256. */
export const counters = new Uint8Array(COUNTERS);
Object.assign(globalThis, { [NAME]: counters });

let used = 0;
/** How many counters there are. */
export const counted = (): number => used;

type Node = { readonly type: string; readonly start: number; readonly end: number } & Record<
  string,
  unknown
>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** The text with its counters. */
export function instrumented(text: string): string {
  const insertions: [place: number, words: string][] = [];
  const count = (): string => {
    if (used === COUNTERS) throw new Error("more branches than counters");
    return `$${NAME}[${used++}]++`;
  };

  /** What is run whole: a block, or a statement that becomes one. */
  const statement = (node: unknown): void => {
    if (!isNode(node)) return;
    if (node.type === "BlockStatement") insertions.push([node.start + 1, `${count()};`]);
    else insertions.push([node.start, `{${count()};`], [node.end, "}"]);
  };
  const expression = (node: unknown): void => {
    if (isNode(node)) insertions.push([node.start, `(${count()},`], [node.end, ")"]);
  };

  const visit = (node: Node): void => {
    switch (node.type) {
      case "IfStatement":
        statement(node.consequent);
        statement(node.alternate);
        break;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "CatchClause":
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ObjectMethod":
      case "ClassMethod":
      case "ClassPrivateMethod":
        statement(node.body);
        break;
      case "ArrowFunctionExpression":
        if ((node.body as Node).type === "BlockStatement") statement(node.body);
        else expression(node.body);
        break;
      case "SwitchCase": {
        const [first] = node.consequent as Node[];
        if (first !== undefined) insertions.push([first.start, `${count()};`]);
        break;
      }
      case "ConditionalExpression":
        expression(node.consequent);
        expression(node.alternate);
        break;
      case "LogicalExpression":
        expression(node.right);
    }
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) for (const part of value) isNode(part) && visit(part);
      else if (isNode(value)) visit(value);
    }
  };
  visit(parse(text, { sourceType: "module", plugins: ["typescript"] }).program as never);

  // What is inserted at one place stays in its order: an outer part before an inner one, but the
  // other way round at their ends.
  let result = `const $${NAME} = globalThis.${NAME};`;
  let at = 0;
  const ordered = insertions.map((insertion, order) => [...insertion, order] as const);
  ordered.sort(([one, oneWords, oneOrder], [other, otherWords, otherOrder]) => {
    if (one !== other) return one - other;
    const [oneEnds, otherEnds] = [isEnd(oneWords), isEnd(otherWords)];
    if (oneEnds !== otherEnds) return oneEnds ? -1 : 1;
    return oneEnds ? otherOrder - oneOrder : oneOrder - otherOrder;
  });
  for (const [place, words] of ordered) {
    result += text.slice(at, place) + words;
    at = place;
  }
  return result + text.slice(at);
}

function isEnd(words: string): boolean {
  return words === ")" || words === "}";
}

plugin({
  name: "counters",
  setup(build) {
    build.onLoad({ filter: /\/src\/(?!native\/).*\.ts$/ }, async ({ path }) => ({
      contents: instrumented(await Bun.file(path).text()),
      loader: "ts",
    }));
  },
});
