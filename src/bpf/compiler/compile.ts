// From the text of a filter to its program.

import { CODE, type Program } from "../instruction.ts";
import { generate } from "./generate.ts";
import { build, type End, type Node, ordered } from "./graph.ts";
import { Layout } from "./layout.ts";
import { linearize, tooLong } from "./linearize.ts";
import { type CompileOptions, settings } from "./link.ts";
import { optimize } from "./optimize.ts";
import { parseExpression } from "./parser.ts";
import { specialize } from "./specialize.ts";
import type { Expression } from "./syntax.ts";
import { initialize } from "./variables.ts";

function checkExpression(expression: string): void {
  if (typeof expression !== "string") {
    throw new TypeError(`expression: ${typeof expression} is no string`);
  }
}

/** Nodes that are looked at; programs of a tenth of it are too long already. */
const NODES_MAX = 40_000;

/** The shortest program that there is for a graph. */
function shortest(graph: Node, { values, usesGeneve }: Layout): Program {
  const special = specialize(graph, values);
  const graphs = special === undefined ? [graph] : [special, graph];
  const programs = graphs.map((candidate) => {
    const root = optimize(candidate, values, usesGeneve);
    return linearize(initialize(root, values), values);
  });
  return programs.reduce((best, program) => (program.length < best.length ? program : best));
}

function compileTree(tree: Expression, options: CompileOptions): Program {
  const checked = settings(options);
  const layout = new Layout(checked);
  const formula = generate(layout, tree);
  const yes: End = { kind: "end", result: checked.snaplen };
  const no: End = { kind: "end", result: 0 };
  const graph = build(formula, yes, no);
  if (ordered(graph).length > NODES_MAX) throw tooLong();
  if (checked.optimize) return shortest(graph, layout);
  return linearize(initialize(graph, layout.values), layout.values);
}

/**
 * Compiles a filter in the language of pcap-filter(7), tcpdump's, for frames of a link type.
 *
 * Left out are IEEE 802.11, ATM and SS7, whose link types are none of the ones here, and
 * `protochain`, which needs loops. Names of ports and protocols are those of `names`, then of the
 * built-in lists; host names are an error unless `names.host` knows them.
 *
 * @throws BpfError with the position where the expression can't be read, or where libpcap would
 * refuse it, too: a MAC address on a link without them, an expression that no packet can match.
 * @throws TypeError, RangeError for wrong options.
 */
export function compile(expression: string, options: CompileOptions = {}): Program {
  checkExpression(expression);
  const tree = parseExpression(expression);
  if (tree !== undefined) return compileTree(tree, options);
  return [{ code: CODE.RET_K, jt: 0, jf: 0, k: settings(options).snaplen }];
}

/** The host names of an expression, each once. */
function hostNames(tree: Expression): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "chain") {
      visit(expression.first);
      for (const { operand } of expression.rest) visit(operand);
    } else if (expression.kind === "not") {
      visit(expression.operand);
    } else if (expression.kind === "identifier" && expression.identifier.kind === "name") {
      const { subject = "host", protocol } = expression.qualifiers;
      const isHost = subject === "host" && protocol !== "link" && protocol !== "decnet";
      if (isHost || subject === "gateway") found.add(expression.identifier.text);
    }
  };
  visit(tree);
  return found;
}

export type CompileAsyncOptions = CompileOptions & {
  /** Gives the IPv4 and IPv6 addresses of a host; called once for each name, all at once. */
  readonly lookup: (name: string) => readonly string[] | Promise<readonly string[]>;
};

/** `compile`, with host names looked up by `lookup` first. */
export async function compileAsync(
  expression: string,
  { lookup, ...options }: CompileAsyncOptions,
): Promise<Program> {
  checkExpression(expression);
  if (typeof lookup !== "function") throw new TypeError("lookup: needs a function");
  const tree = parseExpression(expression);
  if (tree === undefined) return compile(expression, options);
  const names = [...hostNames(tree)];
  const addresses = await Promise.all(names.map((name) => lookup(name)));
  const known = new Map(names.map((name, index) => [name, addresses[index] ?? []]));
  const host = (name: string): readonly string[] | undefined => known.get(name);
  return compileTree(tree, { ...options, names: { ...options.names, host } });
}
