// Constants of rtnetlink(7) and its kin. They are read from the library when the first is asked
// for: an import parses none of them.

import { Flags, Keywords, withPrefix } from "../base/keyword.ts";
import { furtherConstants } from "../native/library.ts";

type Table = Readonly<Record<string, number>>;

const NOTHING: Table = Object.freeze({});

/** The constants of a C prefix: `group("RTM").GETLINK`. Those of a platform without it: none. */
export function group(name: string): Table {
  return furtherConstants("network")[name] ?? NOTHING;
}

/** A constant that this file's callers cannot do without: `constant("RTM", "GETLINK")`. */
export function constant(prefix: string, name: string): number {
  const value = group(prefix)[name];
  if (value === undefined) throw new TypeError(`this platform has no ${prefix}_${name}`);
  return value;
}

type WordOptions = {
  /** Of the group, only names that begin so, without it. */
  readonly prefix?: string;
  /** Names that are no words: limits, masks, other things' prefixes. */
  readonly except?: RegExp;
  /** Words that ip(8) has where the header has other or no names: it says them for the number. */
  readonly also?: Readonly<Record<string, string | number>>;
};

/** The words of a group with those of ip(8) before them. */
function table(name: string, { prefix = "", also = {} }: WordOptions): () => object {
  return () => {
    const own = withPrefix(group(name), prefix);
    const added = Object.entries(also).map(([word, value]): [string, number | undefined] => [
      word,
      typeof value === "number" ? value : own[value],
    ]);
    const first = Object.fromEntries(added.filter(([, value]) => value !== undefined));
    return { ...first, ...own };
  };
}

const LIMITS = /^MAX$|^UNSPEC$|_MAX$/;

/** The constants of a group as words for single values. */
export function words(what: string, name: string, options: WordOptions = {}): Keywords {
  return new Keywords(what, table(name, options), { except: options.except ?? LIMITS });
}

/** The constants of a group as words for bits. */
export function bits(what: string, name: string, options: WordOptions = {}): Flags {
  return new Flags(what, table(name, options), options.except ?? LIMITS);
}

/** A list of words that the header has no constants for, numbered from 0. */
export function numbered(what: string, list: readonly string[]): Keywords {
  return new Keywords(what, () => Object.fromEntries(list.map((word, index) => [word, index])));
}
