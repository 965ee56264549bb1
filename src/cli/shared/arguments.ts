// The command line, by parseArgs of node:util.

import { parseArgs } from "node:util";
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

/** Reads the words of a command line; UsageError for what is not among `options`. */
export function readArguments<O extends Options>(words: readonly string[], options: O): Parsed<O> {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
    });
    return { values: values as Values<O>, positionals };
  } catch (error) {
    if (!(error instanceof TypeError && "code" in error)) throw error;
    // The first sentence says what is wrong; the help says the rest.
    const [sentence = ""] = error.message.split(/\.?\n|\. /);
    throw new UsageError(sentence);
  }
}
