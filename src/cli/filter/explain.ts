// A filter's program, explained line by line.

import { CODE, EXTENSION, type Instruction, type Program } from "../../bpf/index.ts";
import { fieldAt, meaning, networkOf, transportAt } from "./fields.ts";
import { meet, NOTHING_KNOWN, type State } from "./state.ts";

const SIZES: Readonly<Record<number, number>> = {
  [CODE.LD_W_ABS]: 4,
  [CODE.LD_H_ABS]: 2,
  [CODE.LD_B_ABS]: 1,
  [CODE.LD_W_IND]: 4,
  [CODE.LD_H_IND]: 2,
  [CODE.LD_B_IND]: 1,
};
const INDEXED: ReadonlySet<number> = new Set([CODE.LD_W_IND, CODE.LD_H_IND, CODE.LD_B_IND]);

const EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [EXTENSION.PROTOCOL, "the EtherType, as the kernel knows it"],
  [EXTENSION.PKTTYPE, "whether it is for us, for all, or sent"],
  [EXTENSION.IFINDEX, "the interface's index"],
  [EXTENSION.MARK, "the packet's mark"],
  [EXTENSION.QUEUE, "the queue's number"],
  [EXTENSION.HATYPE, "the interface's hardware type"],
  [EXTENSION.RXHASH, "the flow's hash"],
  [EXTENSION.CPU, "the CPU's number"],
  [EXTENSION.VLAN_TAG, "the VLAN tag that the card took off"],
  [EXTENSION.VLAN_TAG_PRESENT, "whether the card took a VLAN tag off"],
  [EXTENSION.VLAN_TPID, "the type of the VLAN tag that the card took off"],
  [EXTENSION.PAY_OFFSET, "where the payload begins"],
  [EXTENSION.RANDOM, "a random number"],
]);

const OPERATORS: Readonly<Record<number, string>> = {
  [CODE.ADD_K]: "+",
  [CODE.ADD_X]: "+",
  [CODE.SUB_K]: "-",
  [CODE.SUB_X]: "-",
  [CODE.MUL_K]: "*",
  [CODE.MUL_X]: "*",
  [CODE.DIV_K]: "/",
  [CODE.DIV_X]: "/",
  [CODE.MOD_K]: "%",
  [CODE.MOD_X]: "%",
  [CODE.OR_K]: "|",
  [CODE.OR_X]: "|",
  [CODE.AND_K]: "&",
  [CODE.AND_X]: "&",
  [CODE.XOR_K]: "^",
  [CODE.XOR_X]: "^",
  [CODE.LSH_K]: "<<",
  [CODE.LSH_X]: "<<",
  [CODE.RSH_K]: ">>",
  [CODE.RSH_X]: ">>",
};
const BY_X = 0x08;

const TESTS: Readonly<Record<number, string>> = {
  [CODE.JEQ_K]: "is",
  [CODE.JEQ_X]: "is",
  [CODE.JGT_K]: "is greater than",
  [CODE.JGT_X]: "is greater than",
  [CODE.JGE_K]: "is at least",
  [CODE.JGE_X]: "is at least",
  [CODE.JSET_K]: "has a bit of",
  [CODE.JSET_X]: "has a bit of",
};

/** A line for each instruction. */
export function explain(program: Program, link: string): string[] {
  const states: (State | undefined)[] = [NOTHING_KNOWN];
  return program.map((instruction, index) => {
    const state = states[index] ?? NOTHING_KNOWN;
    const { text, after } = explained(instruction, index, state, link, program);
    for (const [target, known] of after) states[target] = meet(states[target], known);
    return text;
  });
}

type Explained = {
  readonly text: string;
  /** What is known at the instructions that may come next. */
  readonly after: readonly (readonly [number, State])[];
};

function explained(
  instruction: Instruction,
  index: number,
  state: State,
  link: string,
  program: Program,
): Explained {
  const { code, k } = instruction;
  const next = (text: string, after: Partial<State> = {}): Explained => ({
    text,
    after: [[index + 1, { ...state, ...after }]],
  });
  const test = TESTS[code];
  if (test !== undefined) return jump(instruction, index, state, test, program);
  const size = SIZES[code];
  if (size !== undefined) {
    const field = INDEXED.has(code)
      ? transportAt(link, k, size)
      : fieldAt(link, state.network, k, size);
    const what = field?.text ?? EXTENSIONS.get(k >>> 0) ?? bytesAt(k | 0, size, INDEXED.has(code));
    return next(`A = ${what}`, { field });
  }
  const operator = OPERATORS[code];
  if (operator !== undefined) {
    const operand = (code & BY_X) !== 0 ? "X" : /[&|^]/.test(operator) ? hex(k) : String(k);
    return next(`A = A ${operator} ${operand}`, masked(state, operator));
  }
  switch (code) {
    case CODE.RET_K:
      return { text: k === 0 ? "no match: keep nothing" : `a match: keep ${k} bytes`, after: [] };
    case CODE.RET_A:
      return { text: "keep A bytes", after: [] };
    case CODE.JA:
      return { text: `go to ${index + 1 + k}`, after: [[index + 1 + k, state]] };
    case CODE.LDX_B_MSH:
      return next(`X = length of the IPv4 header at ${k}`);
    case CODE.LD_W_LEN:
      return next("A = length of the packet", { field: undefined });
    case CODE.LDX_W_LEN:
      return next("X = length of the packet");
    case CODE.LD_IMM:
      return next(`A = ${k}`, { field: undefined });
    case CODE.LDX_IMM:
      return next(`X = ${k}`);
    case CODE.LD_MEM:
      return next(`A = what was stored as ${k}`, { field: undefined });
    case CODE.LDX_MEM:
      return next(`X = what was stored as ${k}`);
    case CODE.ST:
      return next(`store A as ${k}`);
    case CODE.STX:
      return next(`store X as ${k}`);
    case CODE.TAX:
      return next("X = A");
    case CODE.TXA:
      return next("A = X", { field: undefined });
    case CODE.NEG:
      return next("A = -A", { field: undefined });
    default:
      return next("unknown");
  }
}

/** A masked address or number is still one. */
function masked({ field }: State, operator: string): Partial<State> {
  return operator === "&" ? { field } : { field: undefined };
}

function bytesAt(offset: number, size: number, indexed: boolean): string {
  const bytes = size === 1 ? "the byte" : `the ${size} bytes`;
  return `${bytes} at ${indexed ? `X + ${offset}` : offset}`;
}

function jump(
  { code, jt, jf, k }: Instruction,
  index: number,
  state: State,
  test: string,
  program: Program,
): Explained {
  const what = state.field === undefined ? "A" : "it";
  const value = (code & BY_X) !== 0 ? "X" : hex(k);
  const equal = code === CODE.JEQ_K;
  const known = equal || code === CODE.JGE_K || code === CODE.JGT_K ? meaning(state.field, k) : "";
  const named = known === undefined || known === "" ? value : `${value} (${known})`;
  const yes = index + 1 + jt;
  const no = index + 1 + jf;
  const network = (equal ? networkOf(state.field, k) : undefined) ?? state.network;
  const [then, otherwise] = [yes, no].map((target) => place(target, index, program));
  return {
    text: `if ${what} ${test} ${named}: ${then}, else ${otherwise}`,
    after: [
      [yes, { ...state, network }],
      [no, state],
    ],
  };
}

/** What a jump leads to. */
function place(target: number, index: number, program: Program): string {
  const there = program[target];
  if (there?.code === CODE.RET_K) return there.k === 0 ? "no match" : "a match";
  return target === index + 1 ? "go on" : `go to ${target}`;
}

function hex(value: number): string {
  return value < 10 ? String(value) : `0x${(value >>> 0).toString(16)}`;
}
