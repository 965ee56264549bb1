// The instruction set of classic BPF as one table. The assembler, the disassembler, the checker and
// the machine are derived from it. Numbers: linux/bpf_common.h and linux/filter.h; the language:
// S. McCanne and V. Jacobson, "The BSD Packet Filter", 1993.

/** One instruction, struct sock_filter. All four are unsigned: 16, 8, 8 and 32 bits. */
export type Instruction = {
  /** The operation: one of `CODE`. */
  readonly code: number;
  /** Instructions to skip where a conditional jump's test holds. */
  readonly jt: number;
  /** Instructions to skip where it does not. */
  readonly jf: number;
  /** A constant, an offset into the packet, a memory word's number, or an unconditional jump. */
  readonly k: number;
};

/** A program, as `Socket.attachFilter` and SO_ATTACH_FILTER take it. */
export type Program = readonly Instruction[];

/** How many instructions a program may have: BPF_MAXINSNS. */
export const INSTRUCTIONS_MAX = 4096;
/** Words of scratch memory: BPF_MEMWORDS. */
export const MEMORY_WORDS = 16;

/**
 * What an operation works on, named by how it is written:
 * absolute `[k]`, indexed `[x + k]`, memory `M[k]`, hexadecimal `#0xk`, decimal `#k`,
 * header `4*([k]&0xf)`, length `#pktlen`, register `x`, target an instruction's number.
 */
export type Operand =
  | "absolute"
  | "indexed"
  | "memory"
  | "hexadecimal"
  | "decimal"
  | "header"
  | "length"
  | "register"
  | "target"
  | "none";

export type Operation = {
  readonly code: number;
  readonly mnemonic: string;
  readonly operand: Operand;
  /** Jumps by jt or jf. */
  readonly conditional: boolean;
};

/** Every operation that the kernel accepts: code, mnemonic, operand. */
const TABLE = {
  LD_IMM: [0x00, "ld", "hexadecimal"],
  LD_W_ABS: [0x20, "ld", "absolute"],
  LD_H_ABS: [0x28, "ldh", "absolute"],
  LD_B_ABS: [0x30, "ldb", "absolute"],
  LD_W_IND: [0x40, "ld", "indexed"],
  LD_H_IND: [0x48, "ldh", "indexed"],
  LD_B_IND: [0x50, "ldb", "indexed"],
  LD_MEM: [0x60, "ld", "memory"],
  LD_W_LEN: [0x80, "ld", "length"],
  LDX_IMM: [0x01, "ldx", "hexadecimal"],
  LDX_MEM: [0x61, "ldx", "memory"],
  LDX_W_LEN: [0x81, "ldx", "length"],
  LDX_B_MSH: [0xb1, "ldxb", "header"],
  ST: [0x02, "st", "memory"],
  STX: [0x03, "stx", "memory"],
  ADD_K: [0x04, "add", "decimal"],
  ADD_X: [0x0c, "add", "register"],
  SUB_K: [0x14, "sub", "decimal"],
  SUB_X: [0x1c, "sub", "register"],
  MUL_K: [0x24, "mul", "decimal"],
  MUL_X: [0x2c, "mul", "register"],
  DIV_K: [0x34, "div", "decimal"],
  DIV_X: [0x3c, "div", "register"],
  OR_K: [0x44, "or", "hexadecimal"],
  OR_X: [0x4c, "or", "register"],
  AND_K: [0x54, "and", "hexadecimal"],
  AND_X: [0x5c, "and", "register"],
  LSH_K: [0x64, "lsh", "decimal"],
  LSH_X: [0x6c, "lsh", "register"],
  RSH_K: [0x74, "rsh", "decimal"],
  RSH_X: [0x7c, "rsh", "register"],
  NEG: [0x84, "neg", "none"],
  MOD_K: [0x94, "mod", "decimal"],
  MOD_X: [0x9c, "mod", "register"],
  XOR_K: [0xa4, "xor", "hexadecimal"],
  XOR_X: [0xac, "xor", "register"],
  JA: [0x05, "ja", "target"],
  JEQ_K: [0x15, "jeq", "hexadecimal"],
  JEQ_X: [0x1d, "jeq", "register"],
  JGT_K: [0x25, "jgt", "hexadecimal"],
  JGT_X: [0x2d, "jgt", "register"],
  JGE_K: [0x35, "jge", "hexadecimal"],
  JGE_X: [0x3d, "jge", "register"],
  JSET_K: [0x45, "jset", "hexadecimal"],
  JSET_X: [0x4d, "jset", "register"],
  RET_K: [0x06, "ret", "decimal"],
  RET_A: [0x16, "ret", "none"],
  TAX: [0x07, "tax", "none"],
  TXA: [0x87, "txa", "none"],
} as const satisfies Record<string, readonly [code: number, mnemonic: string, operand: Operand]>;

export type OperationName = keyof typeof TABLE;

/** The codes by name: `CODE.LD_H_ABS` is 0x28. */
export const CODE = Object.freeze(
  Object.fromEntries(Object.entries(TABLE).map(([name, [code]]) => [name, code])),
) as { readonly [Name in OperationName]: (typeof TABLE)[Name][0] };

/** The operations by code. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map(
  Object.entries(TABLE).map(([name, [code, mnemonic, operand]]) => [
    code,
    { code, mnemonic, operand, conditional: /^J(EQ|GT|GE|SET)_/.test(name) },
  ]),
);

/**
 * Loads from "absolute" offsets of at least this one (as unsigned: 0xfffff000) read no bytes but
 * what the kernel knows about the packet: SKF_AD_OFF.
 */
export const EXTENSION_BASE = 0xfffff000;
/** Offsets from here on count from the network header: SKF_NET_OFF. */
export const NETWORK_BASE = 0xfff00000;
/** Offsets from here on, below NETWORK_BASE, count from the link header: SKF_LL_OFF. */
export const LINK_BASE = 0xffe00000;

/**
 * The kernel's extensions, SKF_AD_*: the distance from EXTENSION_BASE, the name that tcpdump -d
 * writes, then the names that bpf_asm or people use besides.
 */
const EXTENSION_TABLE = {
  PROTOCOL: [0, "proto", "protocol"],
  PKTTYPE: [4, "type", "pkttype"],
  IFINDEX: [8, "ifidx", "ifindex"],
  NLATTR: [12, "nla"],
  NLATTR_NEST: [16, "nlan"],
  MARK: [20, "mark"],
  QUEUE: [24, "queue"],
  HATYPE: [28, "hatype"],
  RXHASH: [32, "rxhash"],
  CPU: [36, "cpu"],
  ALU_XOR_X: [40, "xor_x"],
  VLAN_TAG: [44, "vlan_tci"],
  VLAN_TAG_PRESENT: [48, "vlanp", "vlan_pr", "vlan_avail", "vlan_present"],
  PAY_OFFSET: [52, "poff", "payload_offset"],
  RANDOM: [56, "random", "rand"],
  VLAN_TPID: [60, "vlan_tpid"],
} as const satisfies Record<string, readonly [offset: number, ...names: string[]]>;

export type ExtensionName = keyof typeof EXTENSION_TABLE;

/** The whole unsigned offsets of the extensions: `EXTENSION.PROTOCOL` is 0xfffff000. */
export const EXTENSION = Object.freeze(
  Object.fromEntries(
    Object.entries(EXTENSION_TABLE).map(([name, [offset]]) => [name, EXTENSION_BASE + offset]),
  ),
) as { readonly [Name in ExtensionName]: number };

/** What tcpdump -d writes for an extension's offset. */
export const EXTENSION_NAMES: ReadonlyMap<number, string> = new Map(
  Object.values(EXTENSION_TABLE).map(([offset, name]) => [EXTENSION_BASE + offset, name]),
);

/** The offset for every name that an extension has. */
export const EXTENSION_OFFSETS: ReadonlyMap<string, number> = new Map(
  Object.values(EXTENSION_TABLE).flatMap(([offset, ...names]) =>
    names.map((name) => [name, EXTENSION_BASE + offset] as const),
  ),
);
