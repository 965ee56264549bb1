// A line of the tables of options: how the value is written, and what may be done with it.

import type { Codec, Readable, Writable } from "../codec.ts";

/**
 * Without a second word an option is read and set. "read": never set. "write": never read. "take":
 * read by name only, since reading changes something or needs input; socketOptions leaves it out.
 */
export type Line =
  | readonly [Codec<unknown, never>]
  | readonly [Readable<unknown>, "read" | "take"]
  | readonly [Writable<never>, "write"];

export type Table = Readonly<Record<string, Line>>;
