// libpcap is the judge: what it takes is taken, what it refuses is refused, and packets get the
// same verdict.

import { expect, test } from "bun:test";
import { type CompileOptions, compile, type LinkName } from "../../../src/bpf/compiler/index.ts";
import { BpfError } from "../../../src/bpf/error.ts";
import type { Program } from "../../../src/bpf/instruction.ts";
import { execute } from "../../../src/bpf/machine.ts";
import { validate } from "../../../src/bpf/validate.ts";
import { namespaces, testWith } from "../../support/requirements.ts";
import { Random } from "../programs.ts";
import { casesFor, type Golden, LINKS, liveCases, outcomes, readGolden } from "./golden.ts";
import { expressionOf, spoiled } from "./grammar.ts";
import { cutOff, type Packet, packetFor, steer } from "./packets.ts";
import { compileByLibpcap, decode, libpcapHeaders, type Outcome } from "./reference.ts";

/** Packets of each expression: three steered ones and one that is cut off in each round. */
const ROUNDS = 50;
const ROUNDS_MAX = 2000;

const golden: Golden = await readGolden();

/** True for every packet, or for none, as the fields they compare are narrower. */
const ONE_SIDED: ReadonlySet<string> = new Set([
  "",
  "5 < len",
  "5 = 5",
  "ip or not ip",
  "ifindex 0",
  "ip proto 300",
  "ether proto 1500",
  "ip[-1] != 0",
]);
/** libpcap looks for the network header of OSI where the LLC header is that it has just checked. */
const NEVER_COOKED = /^(clnp|es-?is|is-?is|l1|l2|iih|lsp|c?snp|psnp|(isis|iso) proto .*)$/;

function attempt(expression: string, options: CompileOptions): Program | undefined {
  try {
    return compile(expression, options);
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}

function verdict(program: Program, { bytes, metadata }: Packet): boolean {
  return execute(program, bytes, metadata) > 0;
}

/** The packets of one round. */
function round(ours: Program, theirs: Program, link: LinkName, random: Random): readonly Packet[] {
  const first = steer(theirs, packetFor(random, link), random);
  const second = steer(ours, first, random);
  const third = steer(theirs, second, random);
  return [first, second, third, cutOff(third, random)];
}

/** Compares verdicts until both have happened; gives how often each did. */
function compare(
  expression: string,
  ours: Program,
  theirs: Program,
  link: LinkName,
  seed: number,
  rounds = ROUNDS_MAX,
): { taken: number; refused: number } {
  const random = new Random(seed);
  let [taken, refused] = [0, 0];
  for (let count = 0; count < rounds; count++) {
    if (count >= ROUNDS && (Math.min(taken, refused) > 0 || ONE_SIDED.has(expression))) break;
    for (const packet of round(ours, theirs, link, random)) {
      const expected = verdict(theirs, packet);
      if (verdict(ours, packet) !== expected) {
        const about = `${JSON.stringify(packet.metadata)} ${packet.bytes.toHex()}`;
        throw new Error(`${link}: "${expression}" is ${expected} for libpcap: ${about}`);
      }
      if (expected) taken++;
      else refused++;
    }
  }
  return { taken, refused };
}

/** The programs of both for what both take. */
function pairs(expected: ReadonlyMap<string, Outcome>, options: CompileOptions) {
  return [...expected].flatMap(([expression, outcome]) => {
    const ours = attempt(expression, options);
    if (ours === undefined || !("program" in outcome)) return [];
    return [{ expression, ours, theirs: outcome.program }];
  });
}

/** Expressions of which libpcap's program reads an offset of the kernel that no kernel knows. */
const BEYOND_EVERY_PACKET: ReadonlySet<string> = new Set(["raw: ip[-1] != 0"]);

for (const link of LINKS) {
  const expected = outcomes(golden.expressions, golden.links[link]);

  test(`an expression for ${link} is refused where libpcap refuses it`, () => {
    const different: string[] = [];
    for (const [expression, outcome] of expected) {
      const refused = attempt(expression, { link }) === undefined;
      if (refused !== "message" in outcome) different.push(`${link}: ${expression}`);
    }
    expect(different.filter((entry) => !BEYOND_EVERY_PACKET.has(entry))).toEqual([]);
    expect(expected.size).toBeGreaterThan(600);
  });

  test(`a program for ${link} takes and refuses the packets that libpcap's does`, () => {
    const oneSided: string[] = [];
    let packets = 0;
    pairs(expected, { link }).forEach(({ expression, ours, theirs }, index) => {
      const { taken, refused } = compare(expression, ours, theirs, link, index);
      packets += taken + refused;
      if (taken > 0 && refused > 0) return;
      if (ONE_SIDED.has(expression)) return;
      if (!(link === "linux-sll" && NEVER_COOKED.test(expression))) oneSided.push(expression);
    });
    expect(oneSided).toEqual([]);
    expect(packets).toBeGreaterThan(80_000);
  }, 120_000);

  test(`a program for ${link} is not longer than libpcap's`, () => {
    const ratios = pairs(expected, { link }).map(({ ours, theirs }) => ours.length / theirs.length);
    ratios.sort((first, second) => first - second);
    expect(ratios[ratios.length >> 1]).toBeLessThanOrEqual(1);
    expect(ratios.at(-1)).toBeLessThanOrEqual(1.1);
  });
}

test("a program that is not optimised decides as libpcap's that is not", () => {
  const options = { optimize: false };
  const expected = outcomes(golden.expressions, golden.plain);
  let count = 0;
  pairs(expected, options).forEach(({ expression, ours, theirs }, index) => {
    validate(ours);
    compare(expression, ours, theirs, "ethernet", index, ROUNDS);
    count++;
  });
  expect(count).toBeGreaterThan(550);
}, 60_000);

test("a program for a live capture sees the tags that the kernel has taken", () => {
  const options = { live: true };
  const oneSided: string[] = [];
  pairs(outcomes(golden.liveExpressions, golden.live), options).forEach((pair, index) => {
    const { expression, ours, theirs } = pair;
    const { taken, refused } = compare(expression, ours, theirs, "ethernet", index);
    const isTold = (taken > 0 && refused > 0) || ONE_SIDED.has(expression);
    if (!isTold) oneSided.push(expression);
  });
  expect(oneSided).toEqual([]);
}, 60_000);

test("a program for a live capture is not longer than libpcap's", () => {
  const expected = outcomes(golden.liveExpressions, golden.liveOptimized);
  const ratios = pairs(expected, { live: true }).map(({ expression, ours, theirs }) => ({
    expression,
    ratio: ours.length / theirs.length,
  }));
  ratios.sort((first, second) => first.ratio - second.ratio);
  expect(ratios[ratios.length >> 1]?.ratio).toBeLessThanOrEqual(1);
  expect(ratios.at(-1)?.ratio).toBeLessThanOrEqual(1.2);
});

const withHeaders = testWith(libpcapHeaders());

withHeaders("what is kept of libpcap's programs is what libpcap compiles", () => {
  for (const link of LINKS) {
    expect(compileByLibpcap(casesFor(link))).toEqual([...golden.links[link]]);
  }
});

testWith(libpcapHeaders(), namespaces)("so is what is kept for live captures", () => {
  expect(compileByLibpcap(liveCases(false))).toEqual([...golden.live]);
  expect(compileByLibpcap(liveCases(true))).toEqual([...golden.liveOptimized]);
});

/** Messages of what libpcap refuses by mistake, or says too early. */
const TAKEN_HERE = /division by zero|modulus by zero|shift by more than 31|too many registers/;
/** What is refused here alone, since no kernel would take the program. */
const REFUSED_HERE = /offset of|shift by|division by zero|refuses all packets|nested more than/;

/** Whether the two outcomes differ in a way that is not meant. */
function disagrees(expression: string, link: LinkName, outcome: Outcome): boolean {
  try {
    compile(expression, { link });
    return "message" in outcome && !TAKEN_HERE.test(outcome.message);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return "program" in outcome && !REFUSED_HERE.test(error.message);
  }
}

withHeaders(
  "random right expressions get libpcap's verdicts, in no more instructions",
  () => {
    for (const link of LINKS) {
      const random = new Random(link.length);
      const expressions = Array.from({ length: 400 }, () => expressionOf(random, random.below(4)));
      const lines = compileByLibpcap(expressions.map((expression) => ({ expression, link })));
      const expected = outcomes(expressions, lines);
      for (const [expression, outcome] of expected) {
        expect([expression, disagrees(expression, link, outcome)]).toEqual([expression, false]);
      }
      for (const { expression, ours, theirs } of pairs(expected, { link })) {
        expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.2);
        // Where Geneve is not found libpcap reads offsets that it never stored; and what arithmetic
        // makes superfluous it still loads, which packets that are cut off are too short for.
        if (/geneve/.test(expression)) continue;
        for (let count = 0; count < 5; count++) {
          const packet = steer(theirs, packetFor(random, link), random);
          const padding = new Uint8Array(1200 - packet.bytes.length);
          const whole = { ...packet, bytes: Uint8Array.from([...packet.bytes, ...padding]) };
          expect([expression, verdict(ours, whole)]).toEqual([expression, verdict(theirs, whole)]);
        }
      }
    }
  },
  120_000,
);

withHeaders(
  "spoiled expressions are refused where libpcap refuses them",
  () => {
    const random = new Random(7);
    const expressions = Array.from({ length: 6000 }, () =>
      spoiled(random, expressionOf(random, random.below(2))),
    );
    const refusals = compileByLibpcap(expressions.map((expression) => ({ expression })));
    const different = expressions.filter((expression, index) =>
      disagrees(expression, "ethernet", decode(refusals[index] as string)),
    );
    expect(different).toEqual([]);
  },
  120_000,
);
