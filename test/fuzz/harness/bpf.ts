// rawsock/bpf: sources of filter expressions and of programs, and programs themselves.

import {
  assemble,
  BpfError,
  CODE,
  compile,
  disassemble,
  filter,
  type Instruction,
  type LinkName,
  type PacketMetadata,
  type Program,
  parse,
  run,
  validate,
} from "../../../src/bpf/index.ts";
import { EXPRESSIONS } from "../../bpf/compiler/expressions.ts";
import { LINKS } from "../../bpf/compiler/golden.ts";
import { expressionOf, garbled, spoiled } from "../../bpf/compiler/grammar.ts";
import { packetFor } from "../../bpf/compiler/packets.ts";
import { filtered, libpcap } from "../../bpf/libpcap.ts";
import { packetOf, programOf, Random } from "../../bpf/programs.ts";
import { sourceOf } from "../../bpf/source.ts";
import { Choices, check, type Harness } from "../choices.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("latin1");

/** What a source gives: a program, or undefined and an error with a place in the source. */
function made(source: string, call: () => Program): Program | undefined {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const { position } = error;
    const within = Number.isInteger(position) && position >= 0 && position <= source.length;
    check(within, () => `position ${position} in ${JSON.stringify(source)}`);
    return undefined;
  }
}

/** The machine, the function made of the program, and libpcap's machine say the same. */
function judged(program: Program, packet: Uint8Array, known: PacketMetadata = {}): number {
  const verdict = run(program, packet, known);
  const kept = filter(program)(packet, undefined, known);
  check(kept === verdict, () => `${kept} of the function, ${verdict} of the machine`);
  // Neither the kernel's extensions nor a shift by 32 or more is the same to libpcap.
  const portable = !program.some(
    ({ code, k }) =>
      ((code & 7) <= 1 && k >= 0xfff0_0000) || code === CODE.LSH_X || code === CODE.RSH_X,
  );
  if (libpcap.met && portable && packet.length > 0) {
    const theirs = filtered(program, packet);
    // Where X and k wrap around, the kernel reads what is there and libpcap gives up.
    const indexed = program.some(({ code }) => (code & 0xe7) === 0x40);
    check(
      theirs === verdict || (indexed && theirs === 0),
      () => `${theirs} of libpcap, ${verdict} of the machine`,
    );
  }
  return verdict;
}

/** An end that refuses, told from a load that fails, which gives 0. */
function told(instruction: Instruction): Instruction {
  const refuses = instruction.code === CODE.RET_K && instruction.k === 0;
  return refuses ? { ...instruction, k: 7 } : instruction;
}

/** Without a device the kernel ends a program with whatever number it has just read. */
const DEVICE: PacketMetadata = { ifindex: 1, hatype: 1 };

/** What the optimizer changes is not what a packet gets. */
function compiled(expression: string, link: LinkName, choices: Choices): void {
  const plain = made(expression, () => compile(expression, { link, optimize: false }));
  const short = made(expression, () => compile(expression, { link }));
  const both = `${plain?.length} and ${short?.length} for ${JSON.stringify(expression)}`;
  // Optimized, a program may be short enough, or be refused where it divides by zero.
  if (plain === undefined || short === undefined) return;
  validate(plain);
  validate(short);
  const random = new Random(choices.integer(2));
  for (let round = 0; round < 4; round++) {
    const { bytes } = packetFor(random, link);
    const [one, other] = [judged(plain, bytes, DEVICE), judged(short, bytes, DEVICE)];
    // What the optimizer leaves out may have been a load behind the packet's end.
    if (run(plain.map(told), bytes, DEVICE) === 0) continue;
    check(one === other, () => `${one} and ${other} of ${both}, of ${bytes.toHex()}`);
  }
}

/** What is written is read again, in the form that is read. */
function written(program: Program): void {
  const text = disassemble(program, { format: "ddd" });
  const again = parse(text);
  check(Bun.deepEquals(again, program), () => `${text} is read as ${JSON.stringify(again)}`);
  disassemble(program);
  disassemble(program, { format: "dd" });
}

function source(text: string, call: (source: string) => Program, packet: Uint8Array): void {
  const program = made(text, () => call(text));
  if (program === undefined) return;
  if (call !== assemble) {
    disassemble(program);
    try {
      validate(program);
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      return;
    }
  } else validate(program);
  judged(program, packet);
}

/** Instructions of any numbers, most of which validate() refuses. */
function programIn(choices: Choices): Program {
  const program = [];
  while (!choices.isEmpty) {
    const [code, jt, jf] = [choices.integer(2), choices.byte(), choices.byte()];
    program.push({ code, jt, jf, k: choices.integer(4) });
  }
  return program;
}

function checked(program: Program, packet: Uint8Array): void {
  try {
    validate(program);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return;
  }
  judged(program, packet);
  written(program);
}

export const harness: Harness = {
  largest: 1024,
  seeds: EXPRESSIONS.map((expression, index) =>
    Uint8Array.of(0, index % LINKS.length, ...ENCODER.encode(expression)),
  ),
  run(input) {
    const choices = new Choices(input);
    const how = choices.byte() % 7;
    if (how === 0) {
      const link = choices.pick(LINKS);
      return compiled(DECODER.decode(choices.rest()), link, new Choices(input));
    }
    if (how === 1) {
      const random = new Random(choices.integer(4));
      const right = expressionOf(random, random.below(3));
      const text = choices.pick([() => right, () => spoiled(random, right), garbled])(
        random,
        right,
      );
      return compiled(text, choices.pick(LINKS), choices);
    }
    const packet = packetOf(new Random(choices.integer(2)));
    if (how === 2) return source(DECODER.decode(choices.rest()), assemble, packet);
    if (how === 3) return source(DECODER.decode(choices.rest()), parse, packet);
    if (how === 4) return checked(programIn(choices), packet);
    const random = new Random(choices.integer(4));
    const program = programOf(random);
    if (how === 5) return checked(program, packet);
    const text = sourceOf(program, random);
    const again = made(text, () => assemble(text));
    check(Bun.deepEquals(again, program), () => `${text} is assembled to something else`);
  },
};
