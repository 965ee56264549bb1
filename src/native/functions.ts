// The library's functions, and the check, before the first of them is called, that the library is
// the one this package was written against.

import { functionsIn, library, mismatch, read } from "./library.ts";
import { symbols } from "./symbols.ts";

type Table = Readonly<Record<string, { readonly args: readonly string[] }>>;

/** Throws where the library's symbols are not those of `expected`. */
export function compare(expected: Table, actual: Table): void {
  for (const name in expected) {
    const wanted = expected[name]?.args.join();
    const found = actual[name]?.args.join();
    if (wanted !== found) throw mismatch(`${name}(${wanted}) is ${found ?? "absent"} there`);
  }
  for (const name in actual) {
    if (!(name in expected)) throw mismatch(`${name} is unknown here`);
  }
}

const [system, stated = "{}"] = read("symbols").split("\n");
// One by one takes longer, and tells which differs.
if (stated !== JSON.stringify(symbols)) compare(symbols, JSON.parse(stated));

/** The operating system and the architecture that the library was built for. */
export const target = system;

/** The functions: >= 0 is the result, < 0 is -errno. */
export const native = functionsIn(library, symbols);
