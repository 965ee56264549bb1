// The command line, read as node:util's parseArgs reads it: the loading of that takes longer than
// the whole of `rawsock ping -c1 127.0.0.1`. test/cli/arguments.test.ts compares the two.

import { UsageError } from "./failure.ts";

/** An option by its long name, as parseArgs wants it, and what the help says about it. */
export type Option = {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** May be given several times: the values are an array. */
  readonly multiple?: boolean;
  /** What stands for the value in the help: "count". */
  readonly value?: string;
  readonly help: string;
};

export type Options = Readonly<Record<string, Option>>;

type Value<O extends Option> = O["type"] extends "boolean" ? boolean : string;
export type Values<O extends Options> = {
  readonly [K in keyof O]?: O[K] extends { readonly multiple: true }
    ? readonly Value<O[K]>[]
    : Value<O[K]>;
};

export type Parsed<O extends Options> = {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
};

class Reader {
  readonly values: Record<string, string | boolean | (string | boolean)[]> = Object.create(null);
  readonly positionals: string[] = [];
  readonly #options: Options;
  readonly #names = new Map<string, string>();
  readonly #rest: string[];

  constructor(words: readonly string[], options: Options) {
    this.#options = options;
    for (const [name, { short }] of Object.entries(options)) {
      if (short !== undefined) this.#names.set(short, name);
    }
    this.#rest = [...words];
  }

  read(): void {
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === "--") {
        this.positionals.push(...this.#rest);
        return;
      }
      if (word.startsWith("--")) this.#long(word);
      else if (word.startsWith("-") && word.length > 1) this.#letters(word.slice(1));
      else this.positionals.push(word);
    }
  }

  /** `--name`, `--name=value`. */
  #long(word: string): void {
    const equals = word.indexOf("=", 3);
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const option = Object.hasOwn(this.#options, name) ? this.#options[name] : undefined;
    if (option === undefined) throw new UsageError(`there is no option --${name}`);
    if (option.type === "string") {
      this.#store(name, equals < 0 ? this.#next(name) : word.slice(equals + 1));
    } else if (equals >= 0) {
      throw new UsageError(`${this.#shown(name)} takes no value`);
    } else {
      this.#store(name, true);
    }
  }

  /** `-n`, `-c1`, `-c 1`, and several at once, the last of which may take a value. */
  #letters(word: string): void {
    const letters = [...word];
    for (const [index, letter] of letters.entries()) {
      const name = this.#names.get(letter);
      const option = name === undefined ? undefined : this.#options[name];
      if (name === undefined || option === undefined) {
        throw new UsageError(`there is no option -${letter}`);
      }
      if (option.type === "boolean") {
        this.#store(name, true);
        continue;
      }
      const rest = letters.slice(index + 1).join("");
      this.#store(name, rest === "" ? this.#next(name) : rest);
      return;
    }
  }

  #next(name: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new UsageError(`${this.#shown(name)} needs a value`);
    if (value.length > 1 && value.startsWith("-")) {
      throw new UsageError(
        `${this.#shown(name)} needs a value; one that begins with a dash is given as ` +
          `--${name}=${value}`,
      );
    }
    return value;
  }

  #store(name: string, value: string | boolean): void {
    if (this.#options[name]?.multiple !== true) {
      this.values[name] = value;
      return;
    }
    const list = this.values[name];
    if (Array.isArray(list)) list.push(value);
    else this.values[name] = [value];
  }

  /** "-c, --count". */
  #shown(name: string): string {
    const short = this.#options[name]?.short;
    return short === undefined ? `--${name}` : `-${short}, --${name}`;
  }
}

/** Reads the words of a command line; UsageError for what is not among `options`. */
export function readArguments<O extends Options>(words: readonly string[], options: O): Parsed<O> {
  const reader = new Reader(words, options);
  reader.read();
  return { values: reader.values as Values<O>, positionals: reader.positionals };
}
