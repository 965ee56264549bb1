// The primitives of pcap-filter(7): what begins with a word of its own.

import { BpfError } from "../error.ts";
import { parseAccess } from "./arithmetic.ts";
import type { Arithmetic, Direction, Primitive, Qualifiers, Subject } from "./syntax.ts";
import type { Tokens } from "./tokens.ts";
import { PROTOCOLS, type Protocol } from "./words.ts";

/** Qualifiers that an identifier must follow. */
type Head = { readonly kind: "head"; readonly qualifiers: Qualifiers };
/** An access to the packet, `len`: the beginning of a relation. */
type Value = { readonly kind: "arithmetic"; readonly value: Arithmetic };

const SUBJECTS: ReadonlySet<string> = new Set(["host", "net", "port", "portrange"]);

/** `src`, `dst`, and both of them joined by `or` or `and`. */
function parseDirection(tokens: Tokens): Direction | undefined {
  const { text } = tokens.next;
  if (!tokens.skip("src") && !tokens.skip("dst")) return undefined;
  const joined = tokens.at("or") ? "either" : tokens.at("and") ? "both" : undefined;
  if (joined === undefined) return text === "src" ? "source" : "destination";
  tokens.take();
  tokens.require(text === "src" ? "dst" : "src");
  return joined;
}

/** What may follow a protocol's word, or begin without one. */
function parseQualified(
  tokens: Tokens,
  protocol: Protocol | undefined,
  position: number,
): Primitive | Head | undefined {
  const direction = parseDirection(tokens);
  const word = tokens.next.kind === "word" ? tokens.next.text : "";
  if (SUBJECTS.has(word)) {
    tokens.take();
    return { kind: "head", qualifiers: { protocol, direction, subject: word as Subject } };
  }
  if (direction !== undefined) return { kind: "head", qualifiers: { protocol, direction } };
  switch (word) {
    case "proto":
      tokens.take();
      return { kind: "head", qualifiers: { protocol, subject: "protocol" } };
    case "gateway":
      tokens.take();
      return { kind: "head", qualifiers: { protocol, subject: "gateway" } };
    case "protochain":
      throw new BpfError(
        `"protochain" at ${tokens.next.position} needs a program with loops, which no kernel takes`,
        { position: tokens.next.position },
      );
    case "broadcast":
    case "multicast":
      tokens.take();
      return { kind: word, protocol, position };
    default:
      return undefined;
  }
}

/** A number in any parentheses, which may be missing. */
function parseOptionalNumber(tokens: Tokens): number | undefined {
  if (tokens.next.kind === "number") return tokens.take().value;
  if (!tokens.at("(")) return undefined;
  tokens.take();
  const value = tokens.nested(() => parseOptionalNumber(tokens));
  if (value === undefined) tokens.fail("a number");
  tokens.require(")");
  return value;
}

/** `byte 0 = 0x45`: an old spelling of `link[0] = 0x45`. */
function parseByte(tokens: Tokens, position: number): Primitive {
  const offset = tokens.number("an offset");
  const operator = tokens.next;
  if (!["&", "|", "<", ">", "="].includes(operator.text)) tokens.fail('"&", "|", "<", ">" or "="');
  tokens.take();
  const value = tokens.number("a number");
  return { kind: "byte", offset, operator: operator.text, value, position };
}

function parseLlc(tokens: Tokens, position: number): Primitive {
  if (tokens.skip("rnr")) return { kind: "llc", type: "rnr", position };
  const type = tokens.next.kind === "name" ? tokens.take().text.toLowerCase() : undefined;
  return { kind: "llc", type, position };
}

/** What begins with the word; the token before is untouched where nothing does. */
export function parsePrimitive(tokens: Tokens): Primitive | Head | Value | undefined {
  const { kind, text, position } = tokens.next;
  if (kind !== "word") return undefined;
  const protocol = PROTOCOLS.get(text);
  if (protocol !== undefined) {
    tokens.take();
    if (tokens.at("[")) {
      return { kind: "arithmetic", value: parseAccess(tokens, protocol, position) };
    }
    return parseQualified(tokens, protocol, position) ?? { kind: "protocol", protocol, position };
  }
  switch (text) {
    case "len":
      tokens.take();
      return { kind: "arithmetic", value: { kind: "length" } };
    case "less":
    case "greater":
    case "ifindex":
      tokens.take();
      return { kind: text, value: tokens.number("a number"), position };
    case "byte":
      tokens.take();
      return parseByte(tokens, position);
    case "inbound":
    case "outbound":
    case "pppoed":
      tokens.take();
      return { kind: text, position };
    case "vlan":
    case "mpls":
    case "pppoes":
    case "geneve":
      tokens.take();
      return { kind: text, value: parseOptionalNumber(tokens), position };
    case "llc":
      tokens.take();
      return parseLlc(tokens, position);
    default:
      return parseQualified(tokens, undefined, position);
  }
}
