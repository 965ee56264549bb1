// A program as text: what `tcpdump -d`, `-dd` and `-ddd` write, byte for byte.

import {
  CODE,
  EXTENSION_NAMES,
  type Instruction,
  OPERATIONS,
  type Operation,
  type Program,
} from "./instruction.ts";
import { checkShape } from "./validate.ts";

/** Of `disassemble`. */
export type DisassembleOptions = {
  /**
   * "d" (the default) is readable, "dd" an array for C, "ddd" numbers, the first of which is how
   * many instructions follow.
   */
  readonly format?: "d" | "dd" | "ddd";
};

/** Writes one instruction, the `index`th. */
type Writer = (instruction: Instruction, index: number) => string;

const WRITERS: Readonly<Record<"d" | "dd" | "ddd", Writer>> = {
  d: readable,
  dd: ({ code, jt, jf, k }) => `{ 0x${hexadecimal(code)}, ${jt}, ${jf}, 0x${hexadecimal(k, 8)} },`,
  ddd: ({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`,
};

/**
 * A program as `tcpdump -d` prints it, or with another format as -dd or -ddd; each line ends with
 * a newline. The jumps of a conditional are shown as the numbers of the instructions they lead to.
 * An operation that libpcap does not know is written as "unimp" and its code. Of the kernel's that
 * is one, `ldx #pktlen`, as "unimp 0x81"; `assemble` reads it back.
 *
 * Throws a TypeError or RangeError for what is no program.
 */
export function disassemble(program: Program, { format = "d" }: DisassembleOptions = {}): string {
  checkShape(program);
  const write = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
  if (write === undefined) throw new TypeError(`format must be "d", "dd" or "ddd", not ${format}`);
  const lines = program.map(write);
  if (format === "ddd") lines.unshift(String(program.length));
  return lines.map((line) => `${line}\n`).join("");
}

function readable(instruction: Instruction, index: number): string {
  const operation = operationOf(instruction);
  const mnemonic = operation?.mnemonic ?? "unimp";
  const operand = operandText(instruction, index);
  const start = `(${String(index).padStart(3, "0")}) ${mnemonic.padEnd(8)} `;
  if (!isConditional(instruction)) return start + operand;
  const [whenTrue, whenFalse] = [index + 1 + instruction.jt, index + 1 + instruction.jf];
  return `${start}${operand.padEnd(16)} jt ${whenTrue}\tjf ${whenFalse}`;
}

/** For libpcap also a jump that it does not know: class 5, and any operation but that of `ja`. */
function isConditional({ code }: Instruction): boolean {
  return (code & 0x07) === CODE.JA && (code & 0xf0) !== 0;
}

/** What libpcap knows under a code. */
function operationOf({ code }: Instruction): Operation | undefined {
  return code === CODE.LDX_W_LEN ? undefined : OPERATIONS.get(code);
}

function operandText(instruction: Instruction, index: number): string {
  const { code, k } = instruction;
  switch (operationOf(instruction)?.operand) {
    case "absolute":
      return `[${EXTENSION_NAMES.get(k) ?? k | 0}]`;
    case "indexed":
      return `[x + ${k | 0}]`;
    case "memory":
      return `M[${k | 0}]`;
    case "hexadecimal":
      return `#0x${hexadecimal(k)}`;
    case "decimal":
      return `#${k | 0}`;
    case "header":
      return `4*([${k | 0}]&0xf)`;
    case "length":
      return "#pktlen";
    case "register":
      return "x";
    case "target":
      return String((index + 1 + k) | 0);
    case "none":
      return "";
    case undefined:
      return `0x${hexadecimal(code)}`;
  }
}

function hexadecimal(value: number, digits = 1): string {
  return value.toString(16).padStart(digits, "0");
}
