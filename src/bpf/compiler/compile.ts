// From the text of a filter to its program.
//
// The reference is libpcap 1.10. Deliberate differences from its compiler:
//
// Taken here, refused there: division by, and shifts by, an access with a small or large index
// (`ip[2:2] / ip[0]`, `1 << ip[40]`), where it takes the index for the operand; arithmetic with
// more than 16 operands at once; ranges of ports whose first name has a dash (`portrange
// ftp-data-http`); `gateway`, where the caller gives addresses; `ip broadcast` without a netmask,
// which tests the addresses of all ones and all zeros, as tcpdump -d does.
// Refused here, taken there: `protochain`, which needs loops; programs that no kernel takes, of
// more than 4096 instructions, with shifts by more than 31 found when folding, or with offsets
// that belong to no extension of the kernel (`ip[-1]` on a raw link); more than 200 parentheses
// within each other; ranges with something unreadable behind them (`portrange 80-90x`).
// Meant here: `byte`, whose `&` and `|` do not load the byte there; `x & 0xffffffff != 0`, which
// is not always true; the kernel's direction and interface index within a tunnel; offsets behind a
// tag of a live capture, and behind Geneve that was not found (0), where its programs read what
// they have not stored.
// As there, though odd: `%` and `^` take all arithmetic that follows, and within arithmetic only
// the leftmost operand's protocol is checked.

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

/** Longer programs are not tried without their variables, which would make them longer still. */
const SPECIAL_MAX = 256;

function programFor(graph: Node, { values, usesGeneve }: Layout): Program {
  const root = optimize(graph, values, usesGeneve);
  return linearize(initialize(root, values), values);
}

/** The shortest program that there is for a graph. */
function shortest(graph: Node, layout: Layout): Program {
  const special = specialize(graph, layout.values);
  const program = programFor(graph, layout);
  if (special === undefined || program.length > SPECIAL_MAX) return program;
  const other = programFor(special, layout);
  return other.length <= program.length ? other : program;
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

/** Those of `compile`, and how hosts are found. */
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
