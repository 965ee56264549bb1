// What both halves of the parser share: looking at tokens, taking them, and saying what was
// expected where another one stands.

import { BpfError } from "../error.ts";
import { Lexer, type Token } from "./lexer.ts";
import { FOREIGN, PROTOCOLS } from "./words.ts";

/** How deep parentheses, minus signs and `%` may be nested. */
const DEPTH_MAX = 200;

/** What a token is, for "expected … but found …". */
function description(token: Token): string {
  switch (token.kind) {
    case "end":
      return "the end";
    case "number":
      return "a number";
    case "name":
      return "a name";
    case "ipv4":
      return "an IPv4 address";
    case "ipv6":
      return "an IPv6 address";
    case "mac":
      return "a MAC address";
    case "arcnet":
      return "an ARCNET address";
    case "operator":
      return "an operator";
    case "word":
      return PROTOCOLS.has(token.text) ? "a protocol" : "a reserved word";
  }
}

export class Tokens {
  readonly #lexer: Lexer;
  #depth = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  get next(): Token {
    return this.#lexer.token;
  }

  get atEnd(): boolean {
    return this.next.kind === "end";
  }

  take(): Token {
    return this.#lexer.take();
  }

  /** Whether the next token is this word or operator. */
  at(text: string): boolean {
    const { kind, text: found } = this.next;
    return (kind === "word" || kind === "operator") && found === text;
  }

  /** Takes the word or operator if it is next. */
  skip(text: string): boolean {
    if (!this.at(text)) return false;
    this.take();
    return true;
  }

  /** Takes the word or operator, which must be next. */
  require(text: string): void {
    if (!this.skip(text)) this.fail(JSON.stringify(text));
  }

  number(what: string): number {
    if (this.next.kind !== "number") this.fail(what);
    return this.take().value;
  }

  /** Reads something that may contain itself. */
  nested<T>(read: () => T): T {
    if (this.#depth === DEPTH_MAX) {
      const { position } = this.next;
      throw new BpfError(`nested more than ${DEPTH_MAX} deep at ${position}`, { position });
    }
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  /** The next token is none of what may stand here. */
  fail(expected: string): never {
    const token = this.next;
    const { position, source } = token;
    const found = token.kind === "end" ? "end" : JSON.stringify(source);
    const owner = token.kind === "word" ? FOREIGN.get(token.text) : undefined;
    const hint = owner === undefined ? "" : ` (a word of ${owner}, which is no link type here)`;
    const instead = `expected ${expected} but found ${description(token)}${hint}`;
    throw new BpfError(`unexpected ${found} at ${position}: ${instead}`, { position });
  }
}
