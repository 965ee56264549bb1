// Programs as sources for bpf_asm, written in one of the ways that its language has.

import {
  EXTENSION,
  type Instruction,
  OPERATIONS,
  type Operation,
  type Program,
} from "../../src/bpf/instruction.ts";
import type { Random } from "./programs.ts";

/** The extensions that every bpf_asm knows. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [EXTENSION.PROTOCOL, "proto"],
  [EXTENSION.PKTTYPE, "type"],
  [EXTENSION.IFINDEX, "ifidx"],
  [EXTENSION.NLATTR, "nla"],
  [EXTENSION.NLATTR_NEST, "nlan"],
  [EXTENSION.MARK, "mark"],
  [EXTENSION.QUEUE, "queue"],
  [EXTENSION.HATYPE, "hatype"],
  [EXTENSION.RXHASH, "rxhash"],
  [EXTENSION.CPU, "cpu"],
  [EXTENSION.VLAN_TAG, "vlan_tci"],
  [EXTENSION.VLAN_TAG_PRESENT, "vlan_pr"],
  [EXTENSION.PAY_OFFSET, "poff"],
]);

/** Names of the jumps that are taken where the other's test fails. */
const NEGATED: ReadonlyMap<string, readonly string[]> = new Map([
  ["jeq", ["jne", "jneq"]],
  ["jge", ["jlt"]],
  ["jgt", ["jle"]],
]);

/** A source that says the same as a program. */
export function sourceOf(program: Program, random: Random): string {
  const targets = new Set<number>();
  const label = (target: number) => {
    targets.add(target);
    return `to_${target}`;
  };
  const lines = program.map((instruction, index) => line(instruction, index, label, random));
  return lines
    .map((text, index) => `${targets.has(index) ? `to_${index}: ` : ""}${text}\n`)
    .join("");
}

type Label = (target: number) => string;

function line(instruction: Instruction, index: number, label: Label, random: Random): string {
  const { code, jt, jf } = instruction;
  const operation = OPERATIONS.get(code) as Operation;
  let mnemonic = mnemonicOf(operation, random);
  let jumps = "";
  if (operation.conditional) {
    const [whenTrue, whenFalse] = [index + 1 + jt, index + 1 + jf];
    const negated = NEGATED.get(mnemonic);
    if (jf === 0 && random.once(2)) jumps = `,${label(whenTrue)}`;
    else if (jt === 0 && negated !== undefined && random.once(2)) {
      mnemonic = random.pick(negated);
      jumps = `, ${label(whenFalse)}`;
    } else jumps = `, ${label(whenTrue)}, ${label(whenFalse)}`;
  }
  if (random.once(8)) mnemonic = mnemonic.toUpperCase();
  const operand = operandOf(operation, instruction, index, label, random);
  const comment = random.pick(["", "", "", "", " ; to the end", " /* in between */"]);
  return `${mnemonic} ${operand}${jumps}${comment}`.trimEnd();
}

function mnemonicOf({ mnemonic, operand }: Operation, random: Random): string {
  if (operand === "header") return random.pick(["ldx", "ldxb"]);
  if (operand === "target") return random.pick(["ja", "jmp"]);
  const load = mnemonic === "ld" || mnemonic === "ldx";
  return load && operand === "hexadecimal" && random.once(2) ? `${mnemonic}i` : mnemonic;
}

function operandOf(
  { operand, mnemonic }: Operation,
  { k }: Instruction,
  index: number,
  label: Label,
  random: Random,
): string {
  switch (operand) {
    case "absolute": {
      const name = NAMES.get(k);
      if (name !== undefined) return random.pick(["", "#"]) + name;
      return `[${random.once(2) && k < 0x8000_0000 ? `0x${k.toString(16)}` : k | 0}]`;
    }
    case "indexed":
      return `[${random.pick(["x", "%x"])} + ${k | 0}]`;
    case "memory":
      return `M[${k}]`;
    case "hexadecimal":
    case "decimal":
      return `#${random.once(2) ? `0x${k.toString(16)}` : k | 0}`;
    case "header":
      return `4*([${k | 0}]&0xf)`;
    case "length":
      return random.pick(["len", "#len"]);
    case "register":
      return random.pick(["x", "%x"]);
    case "target":
      return label(index + 1 + k);
    case "none":
      return mnemonic === "ret" ? random.pick(["a", "%a"]) : "";
  }
}
