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

/**
 * A level's options by name. Each table is a function, called at first use: a function's text is
 * loaded in a third of the time that an object's takes.
 */
export type Table = Readonly<Record<string, Line>>;
