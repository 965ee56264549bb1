// The program that decides what a capture gets, for the kernel and, where the kernel does not see
// what it looks at, for this thread.

import { PACKET } from "../base/constants.ts";
import type { LinkName } from "../bpf/compiler/link.ts";
import { compileExpression } from "../bpf/expression.ts";
import { CODE, EXTENSION, type Instruction, LINK_BASE, type Program } from "../bpf/instruction.ts";
import { type PacketFilter, realise } from "../bpf/realise.ts";
import { filterNames } from "../names/filter.ts";
import { COOKED } from "./link.ts";
import type { Link } from "./packet.ts";
import type { Settings } from "./settings.ts";

export type CaptureProgram = {
  /** For SO_ATTACH_FILTER. */
  readonly kernel: Program;
  /** What is still to be asked of the packets that come; undefined: nothing. */
  readonly here: PacketFilter | undefined;
  /** Whether the kernel may keep more of a packet than was asked for. */
  readonly keepsMore: boolean;
};

/** Bytes of a cooked header, linux-sll2. */
export const COOKED_SIZE = 20;

function instruction(code: number, k: number, jt = 0, jf = 0): Instruction {
  return { code, jt, jf, k };
}

/** Keeps that much of every packet. */
const keepAll = (most: number): Program => [instruction(CODE.RET_K, most)];

/** Keeps nothing. */
export const NOTHING: Program = keepAll(0);

/** The same program, which keeps at most so many bytes. */
function limited(program: Program, most: number): Program {
  return program.map((one) =>
    one.code === CODE.RET_K && one.k > most ? { ...one, k: most } : one,
  );
}

/** Where the kernel has the fields of a cooked header, which its filter does not see. */
const COOKED_FIELDS: ReadonlyMap<string, number> = new Map([
  [`${CODE.LD_H_ABS} 0`, EXTENSION.PROTOCOL],
  [`${CODE.LD_W_ABS} 4`, EXTENSION.IFINDEX],
  [`${CODE.LD_H_ABS} 8`, EXTENSION.HATYPE],
  [`${CODE.LD_B_ABS} 10`, EXTENSION.PKTTYPE],
]);
const LOADS: ReadonlySet<number> = new Set([
  CODE.LD_W_ABS,
  CODE.LD_H_ABS,
  CODE.LD_B_ABS,
  CODE.LD_W_IND,
  CODE.LD_H_IND,
  CODE.LD_B_IND,
  CODE.LDX_B_MSH,
]);

/**
 * A program for cooked packets as the kernel is to run it, whose packets begin behind the header;
 * undefined where it looks at something of the header that the kernel does not tell.
 */
export function withoutHeader(program: Program): Program | undefined {
  const changed: Instruction[] = [];
  for (const one of program) {
    const { code, k } = one;
    if (!LOADS.has(code) || k >= LINK_BASE) changed.push(one);
    else if (k >= COOKED_SIZE) changed.push({ ...one, k: k - COOKED_SIZE });
    else {
      const field = COOKED_FIELDS.get(`${code} ${k}`);
      if (field === undefined) return undefined;
      changed.push({ ...one, k: field });
    }
  }
  return changed;
}

/** Instructions before a program that drop what goes the other way. */
function directed(direction: Settings["direction"]): Program {
  if (direction === "both") return [];
  const [sent, received] = direction === "out" ? [1, 0] : [0, 1];
  return [
    instruction(CODE.LD_W_ABS, EXTENSION.PKTTYPE),
    instruction(CODE.JEQ_K, PACKET.OUTGOING ?? 0, sent, received),
    instruction(CODE.RET_K, 0),
  ];
}

function compiled(filter: string | Program, link: Link, snaplen: number): Program {
  if (typeof filter !== "string") return filter;
  // What the compiler does not know it refuses, and names what it does.
  const known = link as LinkName;
  return compileExpression(filter, { link: known, snaplen, live: true, names: filterNames });
}

/** The program of a capture whose packets begin with `link`. */
export function captureProgram(
  { filter, snaplen, direction }: Pick<Settings, "filter" | "snaplen" | "direction">,
  link: Link,
): CaptureProgram {
  const before = directed(direction);
  const cooked = link === COOKED;
  const most = cooked ? Math.max(1, snaplen - COOKED_SIZE) : snaplen;
  if (filter === undefined) return whole([...before, ...keepAll(most)]);
  const program = compiled(filter, link, snaplen);
  const kernel = cooked ? withoutHeader(program) : program;
  if (kernel !== undefined) {
    return whole([...before, ...limited(kernel, most)]);
  }
  return { ...whole([...before, ...keepAll(most)]), here: realise(program) };
}

/** A program that asks all there is to ask; what it computes is not known to be less. */
function whole(kernel: Program): CaptureProgram {
  return { kernel, here: undefined, keepsMore: kernel.some(({ code }) => code === CODE.RET_A) };
}
