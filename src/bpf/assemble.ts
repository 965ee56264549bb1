// Text to a program: what bpf_asm of the kernel's tools/bpf reads (its language is described in
// Documentation/networking/filter.rst), and what `tcpdump -d` prints.

import { BpfError, quoted } from "./error.ts";
import {
  CODE,
  EXTENSION_OFFSETS,
  type Instruction,
  OPERATIONS,
  type Operand,
  type Program,
} from "./instruction.ts";
import { numberIn, type Token, tokens } from "./lexer.ts";
import { validate } from "./validate.ts";

/** Of `assemble`. */
export type AssembleOptions = {
  /** false: a program that the kernel would refuse is returned all the same. */
  readonly validate?: boolean;
};

/** How an operand is written; of numbers, an operation knows one form. */
type Written = Exclude<Operand, "hexadecimal" | "decimal"> | "number" | "accumulator";

type Argument = { readonly kind: Written; readonly k: number };

/** An instruction whose jumps are still names. */
type Draft = {
  readonly code: number;
  readonly k: number;
  readonly position: number;
  readonly whenTrue?: Token | undefined;
  readonly whenFalse?: Token | undefined;
};

/** For a mnemonic, the code of each kind of operand it takes. */
const CODES: ReadonlyMap<string, ReadonlyMap<Written, number>> = (() => {
  const codes = new Map<string, Map<Written, number>>();
  for (const { code, mnemonic, operand } of OPERATIONS.values()) {
    const written = operand === "hexadecimal" || operand === "decimal" ? "number" : operand;
    const kinds = codes.get(mnemonic) ?? new Map<Written, number>();
    codes.set(mnemonic, kinds.set(written, code));
  }
  codes.get("ret")?.set("accumulator", CODE.RET_A);
  codes.get("ldx")?.set("header", CODE.LDX_B_MSH);
  return codes;
})();

/** Other names of mnemonics. Those that are `negated` jump where the test fails. */
const ALIASES: ReadonlyMap<string, { readonly mnemonic: string; readonly negated?: boolean }> =
  new Map([
    ["ldi", { mnemonic: "ld" }],
    ["ldxi", { mnemonic: "ldx" }],
    ["jmp", { mnemonic: "ja" }],
    ["jne", { mnemonic: "jeq", negated: true }],
    ["jneq", { mnemonic: "jeq", negated: true }],
    ["jlt", { mnemonic: "jge", negated: true }],
    ["jle", { mnemonic: "jgt", negated: true }],
  ]);

/** What a jump may skip at the most: jt and jf are bytes. */
const SKIP_MAX = 255;

/**
 * The program that a source describes, one instruction after the other:
 *
 *     ldh [12]
 *     jne #0x800, drop     ; jumps lead forward to labels
 *     ret #-1
 *     drop: ret #0
 *
 * It reads the language of bpf_asm (`jlt`, `ldi`, `ldx 4*([14]&0xf)`, `ld vlan_tci`, comments) and
 * what `tcpdump -d` prints, where the numbers in parentheses are labels of their lines.
 *
 * Throws a BpfError with the `position` in the source for what it can't read, and with `index` as
 * well for a program that the kernel would refuse.
 */
export function assemble(source: string, options: AssembleOptions = {}): Program {
  if (typeof source !== "string") {
    throw new TypeError(`source must be a string, not ${typeof source}`);
  }
  const reader = new Reader(tokens(source));
  const drafts = reader.read();
  const program = drafts.map((draft, index) => link(draft, index, reader.labels));
  if (options.validate ?? true) validateAt(program, drafts, source.length);
  return program;
}

/** As validate(), with the position of the instruction that is refused. */
function validateAt(program: Program, drafts: readonly Draft[], end: number): void {
  try {
    validate(program);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const { index } = error;
    const position = index === undefined ? end : (drafts[index]?.position ?? end);
    const place = index === undefined ? { position } : { position, index };
    throw new BpfError(`${error.message}, at ${position}`, place);
  }
}

/** Puts numbers for the names of a draft's jumps. */
function link(draft: Draft, index: number, labels: ReadonlyMap<string, number>): Instruction {
  const { code, k, whenTrue, whenFalse } = draft;
  const distance = (label: Token | undefined) =>
    label === undefined ? 0 : target(label, labels) - index - 1;
  if (code === CODE.JA && whenTrue !== undefined) {
    const skip = distance(whenTrue);
    if (skip < 0) throw backward(whenTrue);
    return { code, jt: 0, jf: 0, k: skip };
  }
  const skips = [whenTrue, whenFalse].map((label) => {
    const skip = distance(label);
    if (label !== undefined && skip < 0) throw backward(label);
    if (label !== undefined && skip > SKIP_MAX) {
      const { text, position } = label;
      const limit = `a conditional jump skips ${SKIP_MAX} instructions at the most`;
      throw new BpfError(`${quoted(text)} at ${position} is too far: ${limit}`, { position });
    }
    return skip;
  });
  return { code, jt: skips[0] as number, jf: skips[1] as number, k };
}

function backward({ text, position }: Token): BpfError {
  return new BpfError(`a jump backward to ${quoted(text)} at ${position}: all lead forward`, {
    position,
  });
}

/** The number of the instruction that a label or number stands for. */
function target(label: Token, labels: ReadonlyMap<string, number>): number {
  const name = label.kind === "number" ? lineNumber(label) : label.text;
  const place = labels.get(name) ?? (numbered(labels) ? undefined : placeOf(label));
  if (place !== undefined) return place;
  const { text, position } = label;
  const what = label.kind === "number" ? `instruction (${Number(text)})` : `label ${quoted(text)}`;
  throw new BpfError(`there is no ${what}, as told at ${position}`, { position });
}

/** Without numbers before the instructions, a number is the instruction's place. */
function placeOf({ kind, text }: Token): number | undefined {
  return kind === "number" ? Number(text) : undefined;
}

/** An instruction's number, as a label: tcpdump writes (010) and means ten. */
function lineNumber({ text, position }: Token): string {
  if (/^\d+$/.test(text)) return String(Number(text));
  throw new BpfError(
    `unexpected ${quoted(text)} at ${position}: expected an instruction's number`,
    {
      position,
    },
  );
}

/** Whether the source has numbers as labels: then it begins with one, as tcpdump writes it. */
function numbered(labels: ReadonlyMap<string, number>): boolean {
  const [first] = labels.keys();
  return first !== undefined && /^\d/.test(first);
}

/** Reads instructions by recursive descent. */
class Reader {
  readonly labels = new Map<string, number>();
  readonly #tokens: readonly Token[];
  readonly #drafts: Draft[] = [];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): Draft[] {
    while (this.#peek().kind !== "end") {
      if (this.#isLabel()) this.#label();
      else this.#drafts.push(this.#instruction());
    }
    return this.#drafts;
  }

  /** `name:`, or `(007)` before an instruction. */
  #isLabel(): boolean {
    if (this.#peek().text === "(") return true;
    return this.#peek().kind === "word" && this.#peek(1).text === ":";
  }

  #label(): void {
    const { text, position } = this.#peek();
    const name = text === "(" ? this.#lineNumber() : this.#take("a label").text;
    if (text !== "(") this.#mark(":");
    if (this.labels.has(name)) {
      throw new BpfError(`the label ${quoted(name)} at ${position} is there already`, { position });
    }
    this.labels.set(name, this.#drafts.length);
  }

  #lineNumber(): string {
    this.#mark("(");
    const token = this.#take("an instruction's number", "number");
    this.#mark(")");
    return lineNumber(token);
  }

  #instruction(): Draft {
    const token = this.#take("an instruction", "word");
    const { position } = token;
    const name = token.text.toLowerCase();
    if (name === "unimp") return { code: this.#code(), k: 0, position };
    const { mnemonic, negated = false } = ALIASES.get(name) ?? { mnemonic: name };
    const codes = CODES.get(mnemonic);
    if (codes === undefined) throw unexpected(token, "an instruction");
    if (codes.has("target")) {
      return { code: CODE.JA, k: 0, position, whenTrue: this.#target() };
    }
    const bare = name === "ldi" || name === "ldxi";
    const { code, k } = this.#operand(codes, bare);
    if (!OPERATIONS.get(code)?.conditional) return { code, k, position };
    const [first, second] = this.#targets();
    return negated
      ? { code, k, position, whenTrue: second, whenFalse: first }
      : { code, k, position, whenTrue: first, whenFalse: second };
  }

  /** Of an operation that libpcap does not know. */
  #code(): number {
    const token = this.#peek();
    const code = this.#number("an operation's code");
    if (code > 0xffff) throw unexpected(token, "an operation's code");
    return code;
  }

  /** The operand, of a kind that the operation takes. */
  #operand(codes: ReadonlyMap<Written, number>, bare: boolean): { code: number; k: number } {
    const token = this.#peek();
    const nothing = codes.get("none");
    if (nothing !== undefined && (codes.size === 1 || !this.#startsOperand())) {
      return { code: nothing, k: 0 };
    }
    const stray = token.kind === "number" && !bare && !codes.has("header");
    if (stray) throw unexpected(token, "an operand of this instruction");
    const { kind, k } = this.#argument(bare);
    const code = codes.get(kind);
    if (code === undefined) throw unexpected(token, "an operand of this instruction");
    return { code, k };
  }

  /** After `ret`: whether what follows belongs to it. */
  #startsOperand(): boolean {
    const { text } = this.#peek();
    return text === "#" || text === "%" || (/^[ax]$/i.test(text) && !this.#isLabel());
  }

  #argument(bare: boolean): Argument {
    const token = this.#peek();
    if (token.text === "#") {
      this.#next++;
      if (this.#peek().kind === "word") return this.#named();
      return { kind: "number", k: this.#number("a number") };
    }
    if (token.text === "[") return this.#offset();
    if (token.text === "%") {
      this.#next++;
      return this.#register();
    }
    if (token.kind === "number") {
      return bare ? { kind: "number", k: this.#number("a number") } : this.#header();
    }
    if (/^[ax]$/i.test(token.text)) return this.#register();
    if (/^m$/i.test(token.text)) return this.#memory();
    return this.#named();
  }

  #register(): Argument {
    const token = this.#take("a register", "word");
    const name = token.text.toLowerCase();
    if (name === "x") return { kind: "register", k: 0 };
    if (name === "a") return { kind: "accumulator", k: 0 };
    throw unexpected(token, "x or a");
  }

  #memory(): Argument {
    this.#next++;
    this.#mark("[");
    const k = this.#number("the number of a memory word");
    this.#mark("]");
    return { kind: "memory", k };
  }

  /** The packet's length, or an extension by its name. */
  #named(): Argument {
    const token = this.#take("an operand", "word");
    const name = token.text.toLowerCase();
    if (name === "len" || name === "pktlen") return { kind: "length", k: 0 };
    const offset = EXTENSION_OFFSETS.get(name);
    if (offset === undefined) throw unexpected(token, "an operand");
    return { kind: "absolute", k: offset };
  }

  /** `[12]`, `[x + 12]`, and tcpdump's `[vlan_tci]`. */
  #offset(): Argument {
    this.#mark("[");
    const argument = this.#offsetInside();
    this.#mark("]");
    return argument;
  }

  #offsetInside(): Argument {
    if (this.#peek().text === "%") this.#next++;
    if (!/^x$/i.test(this.#peek().text)) {
      if (this.#peek().kind === "word") return this.#named();
      return { kind: "absolute", k: this.#number("an offset") };
    }
    this.#next++;
    if (this.#peek().text === "]") return { kind: "indexed", k: 0 };
    if (this.#peek().text !== "-") this.#mark("+");
    return { kind: "indexed", k: this.#number("an offset") };
  }

  /** `4*([14]&0xf)`: the length of the IPv4 header there. */
  #header(): Argument {
    this.#exactly(4);
    this.#mark("*");
    this.#mark("(");
    this.#mark("[");
    const k = this.#number("an offset");
    this.#mark("]");
    this.#mark("&");
    this.#exactly(15);
    this.#mark(")");
    return { kind: "header", k };
  }

  #exactly(value: number): void {
    const token = this.#take(String(value), "number");
    if (numberIn(token) !== value) throw unexpected(token, `${value}, as in 4*([14]&0xf)`);
  }

  /** `, then`, `, then, else`, or `jt 5 jf 6`. */
  #targets(): [Token, Token | undefined] {
    if (/^jt$/i.test(this.#peek().text)) {
      this.#next++;
      const whenTrue = this.#target();
      const token = this.#take("jf");
      if (!/^jf$/i.test(token.text)) throw unexpected(token, "jf");
      return [whenTrue, this.#target()];
    }
    this.#mark(",");
    const first = this.#target();
    if (this.#peek().text !== ",") return [first, undefined];
    this.#next++;
    return [first, this.#target()];
  }

  #target(): Token {
    const token = this.#take("a label");
    if (token.kind !== "word" && token.kind !== "number") throw unexpected(token, "a label");
    return token;
  }

  /** A number with its sign, as the unsigned 32 bits that k holds. */
  #number(what: string): number {
    const sign = this.#peek();
    const signed = sign.text === "-" || sign.text === "+";
    if (signed) this.#next++;
    const token = this.#take(what, "number");
    const value = numberIn(token);
    if (sign.text !== "-") return value;
    if (value <= 0x8000_0000) return -value >>> 0;
    const { position } = sign;
    const limit = "-2147483648 is the least";
    throw new BpfError(`-${token.text} at ${position} is too small: ${limit}`, { position });
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token;
  }

  #take(what: string, kind?: Token["kind"]): Token {
    const token = this.#peek();
    if (token.kind === "end" || (kind !== undefined && token.kind !== kind)) {
      throw unexpected(token, what);
    }
    this.#next++;
    return token;
  }

  #mark(text: string): void {
    const token = this.#peek();
    if (token.kind !== "mark" || token.text !== text) throw unexpected(token, `"${text}"`);
    this.#next++;
  }
}

function unexpected({ kind, text, position }: Token, what: string): BpfError {
  const found = kind === "end" ? "end of the source" : quoted(text);
  return new BpfError(`unexpected ${found} at ${position}: expected ${what}`, { position });
}
