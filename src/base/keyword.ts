// C constants as words, once: the name in lower case without its prefix, `_` as `-`. Numbers become
// words, bits lists of words; an unknown word is answered with those that are accepted.

import { integer, object, U32_MAX, unknownKeyword, wrongType } from "./validate.ts";

/** "NOFQDN" or "LOWER_UP" as a keyword: "nofqdn", "lower-up". */
function keywordOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** The constants of a table whose names begin with `prefix`, without it. */
export function withPrefix(
  table: Readonly<Record<string, number | undefined>>,
  prefix: string,
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, number] of Object.entries(table)) {
    if (number !== undefined && name.startsWith(prefix)) found[name.slice(prefix.length)] = number;
  }
  return found;
}

type Entries = readonly (readonly [keyword: string, number: number])[];

/** The constants of a table as keywords, but for those whose name is no keyword: `except`. */
function keywordEntries(table: object, except?: RegExp): Entries {
  return (Object.entries(table) as [string, number][])
    .filter(([name]) => except?.test(name) !== true)
    .map(([name, number]) => [keywordOf(name), number]);
}

/** The keywords of numbers, made at first use. Of several names for one number the first counts. */
export class Keywords {
  readonly #what: string;
  readonly #table: () => object;
  readonly #preferred: readonly string[];
  readonly #except: RegExp | undefined;
  #numbers: Map<string, number> | undefined;
  readonly #names = new Map<number, string>();
  /** Those that were asked for: to make all takes longer than a program's first system calls. */
  readonly #found = new Map<string, number>();

  /**
   * `what` is for messages; `preferred` are the names to use where several share a number;
   * `except` matches constants of the table that cannot be meant.
   */
  constructor(
    what: string,
    table: () => object,
    { preferred = [], except }: { preferred?: readonly string[]; except?: RegExp } = {},
  ) {
    this.#what = what;
    this.#table = table;
    this.#preferred = preferred;
    this.#except = except;
  }

  #all(): ReadonlyMap<string, number> {
    if (this.#numbers !== undefined) return this.#numbers;
    const numbers = new Map(keywordEntries(this.#table(), this.#except));
    for (const keyword of this.#preferred) {
      const number = numbers.get(keyword);
      if (number !== undefined) this.#names.set(number, keyword);
    }
    for (const [keyword, number] of numbers) {
      if (!this.#names.has(number)) this.#names.set(number, keyword);
    }
    this.#numbers = numbers;
    return numbers;
  }

  /** The number of a keyword, or undefined. */
  find(keyword: string): number | undefined {
    return this.#found.get(keyword) ?? this.#look(keyword);
  }

  #look(keyword: string): number | undefined {
    const table = this.#table() as Readonly<Record<string, number>>;
    const name = keyword.toUpperCase().replaceAll("-", "_");
    const usual = Object.hasOwn(table, name) && keywordOf(name) === keyword;
    const direct = usual && this.#except?.test(name) !== true;
    const number = direct ? table[name] : this.#all().get(keyword);
    if (number !== undefined) this.#found.set(keyword, number);
    return number;
  }

  /** The number of a keyword or number; null and undefined are 0. */
  number(value: string | number | null | undefined): number {
    if (value === undefined || value === null) return 0;
    if (typeof value === "number") {
      if ((value | 0) !== value) {
        throw new RangeError(`${this.#what} must be a 32-bit integer, not ${value}`);
      }
      return value;
    }
    if (typeof value !== "string") throw wrongType(this.#what, "a keyword or an integer", value);
    const number = this.find(value);
    if (number === undefined) throw unknownKeyword(this.#what, value, this.#all().keys());
    return number;
  }

  /** The keyword of a number, or the number where it has none. */
  name(number: number): string | number {
    this.#all();
    return this.#names.get(number) ?? number;
  }

  keywords(): Iterable<string> {
    return this.#all().keys();
  }

  /** Every keyword and its number. */
  entries(): Iterable<readonly [keyword: string, number: number]> {
    return this.#all();
  }
}

/** The keywords of single bits, made at first use. */
export class Flags {
  readonly #what: string;
  readonly #table: () => object;
  readonly #except: RegExp | undefined;
  #bits: ReadonlyMap<string, number> | undefined;

  /** `what` is one of them, for messages; `except` matches names that are no flags. */
  constructor(what: string, table: () => object, except?: RegExp) {
    this.#what = what;
    this.#table = table;
    this.#except = except;
  }

  #all(): ReadonlyMap<string, number> {
    // Masks of several bits, and limits, are no flags.
    this.#bits ??= new Map(
      keywordEntries(this.#table(), this.#except).filter(
        ([, bit]) => bit !== 0 && (bit & (bit - 1)) === 0,
      ),
    );
    return this.#bits;
  }

  /** Every keyword and its bit. */
  entries(): Iterable<readonly [keyword: string, bit: number]> {
    return this.#all();
  }

  /** The bit of a keyword, or undefined. */
  find(keyword: string): number | undefined {
    return this.#all().get(keyword);
  }

  /** The bits of a list of keywords; `name` is the argument's. */
  bits(list: readonly string[], name: string): number {
    if (!Array.isArray(list)) throw wrongType(name, "an array of keywords", list);
    let bits = 0;
    for (const keyword of list as readonly unknown[]) {
      const bit = typeof keyword === "string" ? this.#all().get(keyword) : undefined;
      if (bit === undefined) throw unknownKeyword(this.#what, String(keyword), this.#all().keys());
      bits |= bit;
    }
    return bits;
  }

  /** The bits of a list of keywords, or a number of 32 bits. */
  bitsOrNumber(value: readonly string[] | number, name: string): number {
    return typeof value === "number" ? integer(value, name, 0, U32_MAX) : this.bits(value, name);
  }

  /** The keywords of bits. Those without one are left out, or told as a number: "0x80000". */
  words(bits: number, unnamed: "left out" | "told" = "left out"): string[] {
    const words: string[] = [];
    if (bits === 0) return words;
    let rest = bits;
    for (const [keyword, bit] of this.#all()) {
      if ((rest & bit) === 0) continue;
      words.push(keyword);
      rest &= ~bit;
    }
    if (rest !== 0 && unnamed === "told") words.push(`0x${(rest >>> 0).toString(16)}`);
    return words;
  }
}

/** Flags as the boolean members of an options object: `{ peek: true }`. */
export class FlagOptions {
  readonly #bits: ReadonlyMap<string, number>;
  readonly #others: ReadonlySet<string>;

  /** Names that the table lacks are unknown options; `others` are read elsewhere. */
  constructor(
    table: Readonly<Record<string, number | undefined>>,
    names: readonly string[],
    others: readonly string[] = [],
  ) {
    const bits = new Map<string, number>();
    for (const name of names) {
      const bit = table[name.toUpperCase()];
      if (bit !== undefined) bits.set(name, bit);
    }
    this.#bits = bits;
    this.#others = new Set(others);
  }

  /** The bits; `further` names more options that somebody else reads. */
  bits(options: object, further: ReadonlySet<string> = NONE): number {
    let bits = 0;
    object(options, "options");
    for (const name in options) {
      const value: unknown = options[name as keyof typeof options];
      const bit = this.#bits.get(name);
      if (bit !== undefined) {
        if (value !== undefined && typeof value !== "boolean") {
          throw wrongType(name, "a boolean", value);
        }
        if (value === true) bits |= bit;
      } else if (!this.#others.has(name) && !further.has(name)) {
        throw unknownKeyword("option", name, [...this.#bits.keys(), ...this.#others, ...further]);
      }
    }
    return bits;
  }
}

const NONE: ReadonlySet<string> = new Set();
