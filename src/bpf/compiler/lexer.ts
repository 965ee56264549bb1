// The words of an expression. As in lex, the longest match wins, and of equally long ones the
// earlier rule: so `ab.cd.ef.12.34.56` is a MAC address, `1.2.3` a network and `1.2.3.x` a name.

import { BpfError } from "../error.ts";
import { parseIpv6 } from "./address.ts";
import { CONSTANTS, FOREIGN, PROTOCOLS, STRUCTURE } from "./words.ts";

export type TokenKind =
  | "word"
  | "name"
  | "number"
  | "ipv4"
  | "ipv6"
  | "mac"
  | "arcnet"
  | "operator"
  | "end";

export type Token = {
  readonly kind: TokenKind;
  /** As it stands in the expression; a name without its backslash, a word in its one spelling. */
  readonly text: string;
  /** The characters that it takes in the expression. */
  readonly source: string;
  readonly position: number;
  /** What a number is. */
  readonly value: number;
};

const SPACE = /[ \r\n\t]*/y;
const OPERATOR = />=|<=|!=|==|<<|>>|&&|\|\||[+\-*/%:[\]!<>()&|^=]/y;
const WORD = /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y;
const ESCAPED = /\\[^ !()\n\t]+/y;
const NUMBER = /0[xX][0-9A-Fa-f]+|[0-9]+/y;
const DOTTED = /(?:0[xX][0-9A-Fa-f]+|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]+|[0-9]+)){1,3}/y;
const MAC = new RegExp(
  [":", "-", "\\."]
    .map((separator) => `[0-9A-Fa-f]{1,2}(?:${separator}[0-9A-Fa-f]{1,2}){5}`)
    .concat("[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}", "[0-9A-Fa-f]{12}")
    .join("|"),
  "y",
);
const IPV6 = /[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+/y;
/** Pairs of hexadecimal digits and colons that are neither a MAC nor an IPv6 address. */
const BROKEN_MAC = /[0-9A-Fa-f]{1,2}:+(?:[0-9A-Fa-f]{1,2}:+)+/y;
const ARCNET = /\$[0-9A-Fa-f]{1,2}/y;

/** No longer text is an IPv6 address: eight groups, or six and a dotted quad. */
const IPV6_LENGTH_MAX = 45;

/** How much of the text from `position` on the pattern takes. */
function lengthOf(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** The longest IPv6 address that begins at the position; cut off, `fe80::1:` is `fe80::1`. */
function ipv6Length(text: string, position: number): number {
  let length = Math.min(lengthOf(IPV6, text, position), IPV6_LENGTH_MAX);
  while (length >= 2 && parseIpv6(text.slice(position, position + length)) === undefined) length--;
  return length >= 2 ? length : 0;
}

/** In the order in which they win over others of the same length. */
function lengths(text: string, position: number) {
  return [
    ["mac", lengthOf(MAC, text, position)],
    ["number", lengthOf(NUMBER, text, position)],
    ["ipv4", lengthOf(DOTTED, text, position)],
    ["ipv6", ipv6Length(text, position)],
    ["broken", lengthOf(BROKEN_MAC, text, position)],
    ["name", lengthOf(WORD, text, position)],
  ] as const;
}

function numberOf(text: string, position: number): number {
  const octal = /^0[0-9]/.test(text);
  if (octal && /[89]/.test(text)) {
    throw new BpfError(`"${text}" at ${position} begins with 0 but is no octal number`, {
      position,
    });
  }
  const value = octal ? Number.parseInt(text, 8) : Number(text);
  if (value > 0xffffffff) {
    throw new BpfError(`"${text}" at ${position} does not fit in 32 bits`, { position });
  }
  return value;
}

/** A token that begins with a letter, a digit or a colon. */
function wordAt(text: string, position: number): Token | undefined {
  let [kind, length]: readonly [string, number] = ["", 0];
  for (const entry of lengths(text, position)) if (entry[1] > length) [kind, length] = entry;
  if (length === 0) return undefined;
  const source = text.slice(position, position + length);
  const token = { source, text: source, position, value: 0 };
  if (kind === "broken") {
    throw new BpfError(`"${source}" at ${position} is no MAC address`, { position });
  }
  const structure = STRUCTURE.get(source);
  const word = structure ?? (PROTOCOLS.has(source) || FOREIGN.has(source) ? source : undefined);
  if (word !== undefined) return { ...token, kind: "word", text: word };
  const constant = kind === "name" ? CONSTANTS.get(source) : undefined;
  if (constant !== undefined) return { ...token, kind: "number", value: constant };
  const value = kind === "number" ? numberOf(source, position) : 0;
  return { ...token, kind: kind as TokenKind, value };
}

/** Synonyms: `and` and `&&` are one operator. */
const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!", "not"],
  ["==", "="],
]);

function tokenAt(text: string, position: number): Token {
  const word = wordAt(text, position);
  if (word !== undefined) return word;
  const rest = { position, value: 0 };
  for (const [kind, pattern] of [
    ["arcnet", ARCNET],
    ["name", ESCAPED],
    ["operator", OPERATOR],
  ] as const) {
    const length = lengthOf(pattern, text, position);
    if (length === 0) continue;
    const source = text.slice(position, position + length);
    if (kind === "operator") {
      const symbol = SYMBOLS.get(source) ?? source;
      return { ...rest, kind: /^[a-z]/.test(symbol) ? "word" : "operator", text: symbol, source };
    }
    return { ...rest, kind, text: kind === "name" ? source.slice(1) : source, source };
  }
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0);
  throw new BpfError(`unexpected ${JSON.stringify(character)} at ${position}`, { position });
}

/** The tokens of an expression, one at a time. */
export class Lexer {
  readonly #text: string;
  #position = 0;
  #token: Token;

  constructor(text: string) {
    this.#text = text;
    this.#token = this.#read();
  }

  /** The token that comes next. */
  get token(): Token {
    return this.#token;
  }

  /** Takes the token. */
  take(): Token {
    const token = this.#token;
    this.#token = this.#read();
    return token;
  }

  #read(): Token {
    const text = this.#text;
    const position = this.#position + lengthOf(SPACE, text, this.#position);
    if (position >= text.length) {
      return { kind: "end", text: "", source: "", position: text.length, value: 0 };
    }
    const token = tokenAt(text, position);
    this.#position = position + token.source.length;
    return token;
  }
}
