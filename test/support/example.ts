// The programs in examples/, as a user runs them.

import { join } from "node:path";

/** The words that run an example. */
export const example = (name: string, ...words: string[]): string[] => [
  process.execPath,
  join(import.meta.dir, "../../examples", name),
  ...words,
];
