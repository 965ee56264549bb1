// Random expressions of pcap-filter(7), from a seed: right ones by its grammar, and spoiled ones.

import type { Random } from "../programs.ts";
import { EXPRESSIONS } from "./expressions.ts";

const ACCESSED = ["ip", "tcp", "udp", "ether", "ip6", "icmp", "icmp6", "arp", "sctp"];
const OPERATORS = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];
const RELATIONS = ["=", "==", "!=", "<", "<=", ">", ">="];
const NUMBERS = ["0", "1", "2", "3", "4", "5", "8", "14", "31", "0x0f", "0xff", "020", "64", "80"];

function access(random: Random, depth: number): string {
  const index = depth > 0 && random.once(4) ? arithmetic(random, depth - 1) : random.pick(NUMBERS);
  const size = random.once(2) ? "" : `:${random.pick(["1", "2", "4"])}`;
  return `${random.pick(ACCESSED)}[${index}${size}]`;
}

function arithmetic(random: Random, depth: number): string {
  switch (depth > 0 ? random.below(7) : random.below(3)) {
    case 0:
      return random.pick(NUMBERS);
    case 1:
      return access(random, depth);
    case 2:
      return random.once(3) ? "len" : access(random, depth);
    case 3:
      return `(${arithmetic(random, depth - 1)})`;
    case 4:
      return `- ${arithmetic(random, depth - 1)}`;
    default: {
      const operator = random.pick(OPERATORS);
      // What libpcap takes for a number in "a - 5" without spaces is a name.
      return `${arithmetic(random, depth - 1)} ${operator} ${arithmetic(random, depth - 1)}`;
    }
  }
}

function relation(random: Random): string {
  const right = random.once(2) ? random.pick(NUMBERS) : arithmetic(random, 1);
  return `${arithmetic(random, random.below(4))} ${random.pick(RELATIONS)} ${right}`;
}

/** A right expression, for the most part: arithmetic may divide by zero. */
export function expressionOf(random: Random, depth: number): string {
  switch (depth > 0 ? random.below(8) : random.below(3)) {
    case 0:
    case 1:
      return random.pick(EXPRESSIONS) || "tcp";
    case 2:
      return relation(random);
    case 3:
      return `not ${expressionOf(random, depth - 1)}`;
    case 4:
      return `(${expressionOf(random, depth - 1)})`;
    default: {
      const operator = random.pick(["and", "or", "&&", "||"]);
      return `${expressionOf(random, depth - 1)} ${operator} ${expressionOf(random, depth - 1)}`;
    }
  }
}

const TOKENS = /[A-Za-z0-9.:\\_-]+|[<>=!&|]{1,2}|\S/g;
const EXTRA = [
  "and",
  "or",
  "not",
  "(",
  ")",
  "host",
  "net",
  "port",
  "src",
  "dst",
  "ip",
  "tcp",
  "vlan",
  "10.0.0.1",
  "80",
  "/",
  "24",
  "[",
  "]",
  ":",
  "=",
  "-",
  "&",
  "proto",
  "broadcast",
  "\\tcp",
  "fe80::1",
  "mask",
  "02:00:00:00:00:01",
  "len",
  "less",
  "5-3",
  "08",
  "0x",
  "$1",
  "foo",
  "1.2",
  "geneve",
  "mpls",
  "%",
];

/** An expression with tokens removed, doubled, exchanged or put in. */
export function spoiled(random: Random, expression: string): string {
  const tokens: string[] = [...(expression.match(TOKENS) ?? [])];
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const place = random.below(tokens.length + 1);
    switch (random.below(4)) {
      case 0:
        tokens.splice(place, 1);
        break;
      case 1:
        tokens.splice(place, 0, random.pick(EXTRA));
        break;
      case 2:
        tokens.splice(place, 1, random.pick(EXTRA));
        break;
      default:
        tokens.splice(place, 0, ...tokens.slice(place, place + 1 + random.below(3)));
    }
  }
  return tokens.join(random.once(4) ? "" : " ");
}

/** Characters exchanged, removed or put in anywhere. */
export function garbled(random: Random, expression: string): string {
  const characters = [...expression];
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const place = random.below(characters.length + 1);
    const character = random.once(8)
      ? String.fromCodePoint(random.below(0x3000))
      : String.fromCharCode(32 + random.below(95));
    characters.splice(place, random.below(2), ...(random.once(3) ? [] : [character]));
  }
  return characters.join("");
}
