// Whatever the source: a BpfError with a place in it, or a program that the kernel takes; and soon.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { compile, type LinkName } from "../../../src/bpf/compiler/index.ts";
import { BpfError } from "../../../src/bpf/error.ts";
import { validate } from "../../../src/bpf/validate.ts";
import { Random } from "../programs.ts";
import { EXPRESSIONS } from "./expressions.ts";
import { LINKS } from "./golden.ts";
import { expressionOf, garbled, spoiled } from "./grammar.ts";

/** Compiles; says whether there is a program. Throws for anything that should not be. */
function attempt(expression: string, link: LinkName, live = false, optimize = true): boolean {
  try {
    const program = compile(expression, { link, live, optimize });
    validate(program);
    return true;
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const { position, message } = error;
    if (!Number.isInteger(position) || position < 0 || position > expression.length) {
      throw new Error(`position ${position} in ${JSON.stringify(expression)}: ${message}`);
    }
    return false;
  }
}

test("a spoiled expression is a BpfError with a position or a valid program", () => {
  const counts = { taken: 0, refused: 0 };
  for (let seed = 0; seed < 6000; seed++) {
    const random = new Random(seed);
    const right = expressionOf(random, random.below(3));
    const expression = random.once(2) ? spoiled(random, right) : garbled(random, right);
    if (attempt(expression, random.pick(LINKS), random.once(3), !random.once(4))) counts.taken++;
    else counts.refused++;
  }
  expect(counts.taken).toBeGreaterThan(200);
  expect(counts.refused).toBeGreaterThan(2000);
}, 60_000);

test("any text is a BpfError with a position or a valid program", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      attempt(text, "ethernet");
    }),
  );
});

test("every beginning of an expression is a BpfError with a position or a valid program", () => {
  for (const expression of EXPRESSIONS) {
    for (let length = 0; length < expression.length; length += 3) {
      attempt(expression.slice(0, length), "ethernet");
    }
  }
}, 30_000);

const many = (count: number, make: (index: number) => string, by: string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(by);

/** Sources that could take long, or deep recursion. */
const LARGE: Readonly<Record<string, string>> = {
  parentheses: `${"(".repeat(100_000)}tcp`,
  "closed parentheses": `${"(".repeat(190)}tcp${")".repeat(190)}`,
  negations: `${"not ".repeat(50_001)}tcp`,
  "minus signs": `${"- ".repeat(50_000)}len = 1`,
  indices: `${"ip[".repeat(50_000)}0`,
  "powers of modulo": `${"ip[0] % ".repeat(50_000)}1 = 1`,
  sums: `${"ip[0] + ".repeat(900)}1 = 1`,
  "long sums": `${"ip[0] + ".repeat(50_000)}1 = 1`,
  "sums of numbers": `${"1 + ".repeat(50_000)}1 = 1`,
  "nested sums": `${"ip[ip[0]] + (".repeat(150)}1${")".repeat(150)} = 1`,
  "sums of indexed bytes": `${many(600, (index) => `ip[ip[${index}]]`, " + ")} = 1`,
  "one primitive again": many(20_000, () => "tcp", " or "),
  "and and or": many(3000, (index) => `tcp port ${index}`, " or ip and "),
  colons: ":".repeat(50_000),
  "an address": "1:".repeat(50_000),
  "a name": "a-".repeat(50_000),
  digits: "1".repeat(50_000),
  tunnels: many(40, () => "geneve", " and "),
  tags: many(200, () => "vlan", " and "),
};

for (const [name, expression] of Object.entries(LARGE)) {
  test(`a source of many ${name} takes a bounded time`, () => {
    // The processor's time, since others may use it, too.
    const before = process.cpuUsage();
    attempt(expression, "ethernet", true);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(8);
  }, 120_000);
}
