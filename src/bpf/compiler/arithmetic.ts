// Arithmetic in an expression: numbers, `len`, `ip[2:2]` and the operators between them.

import { BpfError } from "../error.ts";
import type { Arithmetic, ArithmeticOperator } from "./syntax.ts";
import type { Tokens } from "./tokens.ts";
import { PROTOCOLS, type Protocol } from "./words.ts";

/**
 * How tightly an operator binds. `%` and `^` have no precedence in libpcap's grammar, which makes
 * them take all that follows: `ip[0] % 3 + 1` is `ip[0] % (3 + 1)`. So it is here.
 */
const PRECEDENCE: Readonly<Record<ArithmeticOperator, number>> = {
  "|": 1,
  "&": 2,
  "<<": 3,
  ">>": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": Number.POSITIVE_INFINITY,
  "^": Number.POSITIVE_INFINITY,
};
const NEGATION = 6;

function operatorAt(tokens: Tokens): ArithmeticOperator | undefined {
  const { kind, text } = tokens.next;
  return kind === "operator" && Object.hasOwn(PRECEDENCE, text)
    ? (text as ArithmeticOperator)
    : undefined;
}

/** Whether an arithmetic operator is next. */
export function atOperator(tokens: Tokens): boolean {
  return operatorAt(tokens) !== undefined;
}

/** `[offset]` or `[offset:size]`, after the protocol. */
export function parseAccess(tokens: Tokens, protocol: Protocol, position: number): Arithmetic {
  tokens.require("[");
  const offset = tokens.nested(() => parseArithmetic(tokens));
  let size = 1;
  if (tokens.skip(":")) {
    const place = tokens.next.position;
    size = tokens.number("a size of 1, 2 or 4");
    if (size !== 1 && size !== 2 && size !== 4) {
      throw new BpfError(`the size at ${place} must be 1, 2 or 4, not ${size}`, {
        position: place,
      });
    }
  }
  if (!tokens.skip("]")) tokens.fail(size === 1 ? '"]", ":" or an operator' : '"]"');
  return { kind: "access", protocol, offset, size, position };
}

/** One operand. */
function parsePrimary(tokens: Tokens): Arithmetic {
  const { kind, text, position } = tokens.next;
  if (kind === "number") return { kind: "number", value: tokens.take().value };
  if (tokens.skip("len")) return { kind: "length" };
  if (tokens.at("-")) return parseNegation(tokens);
  if (tokens.skip("(")) {
    const inner = tokens.nested(() => parseArithmetic(tokens));
    tokens.require(")");
    return inner;
  }
  const protocol = kind === "word" ? PROTOCOLS.get(text) : undefined;
  if (protocol === undefined) tokens.fail('a number, "len" or a protocol with an index');
  tokens.take();
  if (!tokens.at("[")) tokens.fail(`"[" after "${text}"`);
  return parseAccess(tokens, protocol, position);
}

/** A minus sign and its operand. */
export function parseNegation(tokens: Tokens): Arithmetic {
  tokens.require("-");
  const operand = tokens.nested(() => continueArithmetic(tokens, parsePrimary(tokens), NEGATION));
  return { kind: "negation", operand };
}

/** What follows an operand, as far as its operators bind at least as tightly as `minimum`. */
export function continueArithmetic(tokens: Tokens, first: Arithmetic, minimum = 0): Arithmetic {
  let left = first;
  for (;;) {
    const operator = operatorAt(tokens);
    if (operator === undefined || PRECEDENCE[operator] < minimum) return left;
    const { position } = tokens.take();
    const binding = PRECEDENCE[operator];
    const above = binding === Number.POSITIVE_INFINITY ? 0 : binding + 1;
    const right = tokens.nested(() => continueArithmetic(tokens, parsePrimary(tokens), above));
    left = { kind: "operation", operator, left, right, position };
  }
}

export function parseArithmetic(tokens: Tokens): Arithmetic {
  return continueArithmetic(tokens, parsePrimary(tokens));
}
