// pcap-filter(7) by recursive descent: operators, parentheses and what inherits which qualifiers.
// Primitives are in primitive.ts, arithmetic in arithmetic.ts.

import { BpfError } from "../error.ts";
import { atOperator, continueArithmetic, parseArithmetic, parseNegation } from "./arithmetic.ts";
import { parsePrimitive } from "./primitive.ts";
import type { Arithmetic, Expression, Identifier, Joined, Qualifiers, Relation } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

/** What may stand at a place. */
export type Place = {
  /** The qualifiers that a bare identifier takes; null: there are none; absent: none may stand. */
  readonly inherited?: Qualifiers | null | undefined;
  /** Whether primitives with their own qualifiers may stand. */
  readonly terms: boolean;
  /** What is missing where neither is found. */
  readonly expected: string;
};

/** What was read: an expression, or arithmetic that no relation has made one of yet. */
export type Operand =
  | {
      readonly kind: "expression";
      readonly expression: Expression;
      /** What the next identifier inherits. */
      readonly qualifiers: Qualifiers | null;
      /** Made of identifiers alone, without qualifiers of their own. */
      readonly bare: boolean;
      /** In parentheses of its own. */
      readonly parenthesized?: boolean;
    }
  | {
      readonly kind: "arithmetic";
      readonly value: Arithmetic;
      readonly position: number;
    };
type Complete = Extract<Operand, { kind: "expression" }>;

const RELATIONS: ReadonlySet<string> = new Set(["=", "!=", ">", ">=", "<", "<="]);

function atRelation(tokens: Tokens): boolean {
  return tokens.next.kind === "operator" && RELATIONS.has(tokens.next.text);
}

/** An identifier that takes these qualifiers. */
function identifierOperand(
  identifier: Identifier,
  qualifiers: Qualifiers | null,
  position: number,
): Complete {
  if (qualifiers === null) {
    throw new BpfError(
      `the identifier at ${position} has no qualifier, nor has what stands before it`,
      { position },
    );
  }
  const expression = { kind: "identifier", identifier, qualifiers, position } as const;
  return { kind: "expression", expression, qualifiers, bare: true };
}

/** A name or an address, with its mask. */
function parseIdentifier(tokens: Tokens): Identifier | undefined {
  const { kind, text } = tokens.next;
  switch (kind) {
    case "name":
    case "mac":
      tokens.take();
      return { kind, text };
    case "ipv4":
      tokens.take();
      if (tokens.skip("/")) {
        return { kind, text, length: tokens.number("the length of a prefix") };
      }
      if (tokens.skip("mask")) {
        if (tokens.next.kind !== "ipv4") tokens.fail("a dotted mask");
        return { kind, text, mask: tokens.take().text };
      }
      return { kind, text };
    case "ipv6":
      tokens.take();
      if (tokens.skip("/")) {
        return { kind, text, length: tokens.number("the length of a prefix") };
      }
      return { kind, text };
    default:
      return undefined;
  }
}

/** `left relation right`, whose left side has been read. */
function parseRelation(tokens: Tokens, left: Arithmetic, position: number): Complete {
  if (!atRelation(tokens)) tokens.fail('a relation such as "=" or ">"');
  const relation = tokens.take().text as Relation;
  const right = parseArithmetic(tokens);
  const expression = { kind: "relation", relation, left, right, position } as const;
  return { kind: "expression", expression, qualifiers: null, bare: false };
}

/** Makes an operand of what was read: a relation, or an identifier of a number alone. */
function complete(tokens: Tokens, operand: Operand, place: Place): Complete {
  if (operand.kind === "expression") return operand;
  const { value, position } = operand;
  const related = atOperator(tokens) || atRelation(tokens);
  if (place.inherited !== undefined && value.kind === "number" && !(place.terms && related)) {
    return identifierOperand(value, place.inherited, position);
  }
  if (!place.terms) tokens.fail(place.expected);
  return parseRelation(tokens, continueArithmetic(tokens, value), position);
}

/** What stands between parentheses. */
function parseParentheses(tokens: Tokens, place: Place): Operand {
  const { position } = tokens.take();
  let operand = parseUnit(tokens, place);
  if (operand.kind === "arithmetic" && place.terms && atOperator(tokens)) {
    operand = { ...operand, value: continueArithmetic(tokens, operand.value) };
  }
  if (operand.kind === "arithmetic" && tokens.skip(")")) return { ...operand, position };
  const first = complete(tokens, operand, place);
  if (first.bare && first.parenthesized) {
    throw new BpfError(`a second pair of parentheses around identifiers at ${position}`, {
      position,
    });
  }
  // Identifiers alone all inherit from before the parentheses.
  const { expression } = first.bare
    ? parseChain(tokens, first, { ...place, terms: false })
    : parseChain(tokens, first, { terms: true, expected: place.expected });
  if (!tokens.skip(")")) tokens.fail('"and", "or" or ")"');
  const qualifiers = place.inherited ?? null;
  return { kind: "expression", expression, qualifiers, bare: first.bare, parenthesized: true };
}

/** One operand, without the operators around it. */
function parseUnit(tokens: Tokens, place: Place): Operand {
  let negations = 0;
  while (tokens.skip("not")) negations++;
  if (negations > 0) {
    const inner = complete(tokens, parseUnit(tokens, place), place);
    const expression: Expression =
      negations % 2 === 1 ? { kind: "not", operand: inner.expression } : inner.expression;
    return { ...inner, expression, parenthesized: false };
  }
  const { kind, position, value } = tokens.next;
  if (tokens.at("(")) return tokens.nested(() => parseParentheses(tokens, place));
  if (kind === "number") {
    tokens.take();
    return { kind: "arithmetic", value: { kind: "number", value }, position };
  }
  if (place.terms) {
    if (tokens.at("-")) return { kind: "arithmetic", value: parseNegation(tokens), position };
    const primitive = parsePrimitive(tokens);
    if (primitive?.kind === "head") return parseAfterHead(tokens, primitive.qualifiers);
    if (primitive?.kind === "arithmetic") return { ...primitive, position };
    if (primitive !== undefined) {
      return { kind: "expression", expression: primitive, qualifiers: null, bare: false };
    }
  }
  if (place.inherited === undefined) tokens.fail(place.expected);
  const identifier = parseIdentifier(tokens);
  if (identifier === undefined) tokens.fail(place.expected);
  return identifierOperand(identifier, place.inherited, position);
}

const EXPECTED_AFTER: Readonly<Record<string, string>> = {
  host: "a host's address or name",
  net: "a network",
  port: "a port's number or name",
  portrange: "two ports, such as 6000-6008",
  protocol: "a protocol's number or its name behind a backslash",
  gateway: "a host's name",
};

/** The identifiers after a list of qualifiers. */
function parseAfterHead(tokens: Tokens, qualifiers: Qualifiers): Complete {
  const expected = EXPECTED_AFTER[qualifiers.subject ?? "host"] ?? "an identifier";
  const place = { inherited: qualifiers, terms: false, expected };
  return { ...complete(tokens, parseUnit(tokens, place), place), bare: false };
}

/** The operands that `and` and `or` join to the first; they bind equally and from the left. */
function parseChain(tokens: Tokens, first: Complete, place: Place): Complete {
  const rest: Joined[] = [];
  let last = first;
  while (tokens.at("and") || tokens.at("or")) {
    const operator = tokens.take().text as "and" | "or";
    const inherited = place.terms ? last.qualifiers : place.inherited;
    const next = { inherited, terms: place.terms, expected: "something to test" };
    last = complete(tokens, parseUnit(tokens, next), next);
    rest.push({ operator, operand: last.expression });
  }
  if (rest.length === 0) return first;
  return { ...last, expression: { kind: "chain", first: first.expression, rest } };
}

/** The tree of an expression; undefined for an empty one, which takes every packet. */
export function parseExpression(text: string): Expression | undefined {
  const tokens = new Tokens(text);
  if (tokens.atEnd) return undefined;
  const place = { terms: true, expected: 'a test such as "tcp", "host" or "port"' };
  const first = complete(tokens, parseUnit(tokens, place), place);
  const { expression } = parseChain(tokens, first, place);
  if (!tokens.atEnd) tokens.fail('"and", "or" or the end');
  return expression;
}
