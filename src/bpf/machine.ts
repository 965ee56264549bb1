// The machine: runs a program over a packet as the kernel does, one instruction after the other.

import { sizeOf } from "./facts.ts";
import {
  CODE,
  EXTENSION_BASE,
  type Instruction,
  MEMORY_WORDS,
  type Program,
} from "./instruction.ts";
import {
  type Bytes,
  bytesOf,
  checkMetadata,
  extension,
  load,
  NONE,
  NOTHING_KNOWN,
  type PacketMetadata,
} from "./metadata.ts";
import { validate } from "./validate.ts";

/**
 * Runs a program over a packet and returns how many of its bytes to keep: 0 drops it, and what is
 * more than its length keeps all. This is the kernel's machine: registers are unsigned and of 32
 * bits, a load outside of the packet or a division by zero ends the program with 0, and a shift
 * counts modulo 32.
 *
 * `metadata` is what the kernel knows besides the bytes, above all the packet's `length`, where
 * the bytes are only its beginning.
 *
 * The program is checked each time, as the kernel checks it when it is attached; `filter` checks
 * it once. Throws a BpfError for one that the kernel would refuse, a TypeError or RangeError for a
 * wrong argument.
 */
export function run(
  program: Program,
  packet: Bytes,
  metadata: PacketMetadata = NOTHING_KNOWN,
): number {
  validate(program);
  if (metadata !== NOTHING_KNOWN) checkMetadata(metadata);
  return execute(program, bytesOf(packet), metadata);
}

/** The same for a program, bytes and metadata that are known to be right. */
export function execute(program: Program, bytes: Uint8Array, metadata: PacketMetadata): number {
  const memory = new Uint32Array(MEMORY_WORDS);
  let a = 0;
  let x = 0;
  for (let index = 0; ; index++) {
    const instruction = program[index] as Instruction;
    const { code, jt, jf, k } = instruction;
    switch (code) {
      case CODE.LD_IMM:
        a = k;
        break;
      case CODE.LD_W_ABS:
      case CODE.LD_H_ABS:
      case CODE.LD_B_ABS: {
        const value =
          k >= EXTENSION_BASE
            ? extension(k, bytes, a, x, metadata)
            : load(bytes, k | 0, sizeOf(code), metadata);
        // Without a device the kernel returns what A holds.
        if (value === NONE) return k >= EXTENSION_BASE ? a : 0;
        a = value;
        break;
      }
      case CODE.LD_W_IND:
      case CODE.LD_H_IND:
      case CODE.LD_B_IND: {
        const value = load(bytes, (x + k) | 0, sizeOf(code), metadata);
        if (value === NONE) return 0;
        a = value;
        break;
      }
      case CODE.LD_MEM:
        a = memory[k] as number;
        break;
      case CODE.LD_W_LEN:
        a = metadata.length ?? bytes.length;
        break;
      case CODE.LDX_IMM:
        x = k;
        break;
      case CODE.LDX_MEM:
        x = memory[k] as number;
        break;
      case CODE.LDX_W_LEN:
        x = metadata.length ?? bytes.length;
        break;
      case CODE.LDX_B_MSH: {
        const value = load(bytes, k | 0, 1, metadata);
        if (value === NONE) return 0;
        x = (value & 15) * 4;
        break;
      }
      case CODE.ST:
        memory[k] = a;
        break;
      case CODE.STX:
        memory[k] = x;
        break;
      case CODE.TAX:
        x = a;
        break;
      case CODE.TXA:
        a = x;
        break;
      case CODE.RET_K:
        return k;
      case CODE.RET_A:
        return a;
      case CODE.JA:
        index += k;
        break;
      case CODE.JEQ_K:
        index += a === k ? jt : jf;
        break;
      case CODE.JEQ_X:
        index += a === x ? jt : jf;
        break;
      case CODE.JGT_K:
        index += a > k ? jt : jf;
        break;
      case CODE.JGT_X:
        index += a > x ? jt : jf;
        break;
      case CODE.JGE_K:
        index += a >= k ? jt : jf;
        break;
      case CODE.JGE_X:
        index += a >= x ? jt : jf;
        break;
      case CODE.JSET_K:
        index += (a & k) !== 0 ? jt : jf;
        break;
      case CODE.JSET_X:
        index += (a & x) !== 0 ? jt : jf;
        break;
      default: {
        const value = calculate(instruction, a, x);
        if (value === NONE) return 0;
        a = value;
      }
    }
  }
}

/** BPF_X: the operand is the register. */
const BY_REGISTER = 0x08;

/** What an arithmetic instruction leaves in A, or NONE for a division by zero. */
function calculate({ code, k }: Instruction, a: number, x: number): number {
  const operand = (code & BY_REGISTER) === 0 ? k : x;
  switch (code) {
    case CODE.ADD_K:
    case CODE.ADD_X:
      return (a + operand) >>> 0;
    case CODE.SUB_K:
    case CODE.SUB_X:
      return (a - operand) >>> 0;
    case CODE.MUL_K:
    case CODE.MUL_X:
      return Math.imul(a, operand) >>> 0;
    case CODE.DIV_K:
    case CODE.DIV_X:
      return operand === 0 ? NONE : Math.floor(a / operand);
    case CODE.MOD_K:
    case CODE.MOD_X:
      return operand === 0 ? NONE : a % operand;
    case CODE.OR_K:
    case CODE.OR_X:
      return (a | operand) >>> 0;
    case CODE.AND_K:
    case CODE.AND_X:
      return (a & operand) >>> 0;
    case CODE.XOR_K:
    case CODE.XOR_X:
      return (a ^ operand) >>> 0;
    case CODE.LSH_K:
    case CODE.LSH_X:
      return (a << operand) >>> 0;
    case CODE.RSH_K:
    case CODE.RSH_X:
      return a >>> operand;
    case CODE.NEG:
      return -a >>> 0;
  }
  throw new RangeError(`0x${code.toString(16)} is no operation`);
}
