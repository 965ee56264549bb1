// What the kernel says of a message: MSG_* bits by keyword.

import { MSG } from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import { unknownKeyword, wrongType } from "../base/validate.ts";
import type { ConstantTable } from "../native/library.ts";

/** A MSG_* constant, lower-case and without its prefix. */
export type MessageFlag = "trunc" | "ctrunc" | "eor" | "oob" | "errqueue" | (string & {});

/** Single bits by keyword. Of several names for one the first in the header counts. */
const bitNames = lazy(
  (): ReadonlyMap<string, number> =>
    new Map(
      Object.entries(MSG as ConstantTable)
        .filter(([, bit]) => bit > 0 && (bit & (bit - 1)) === 0)
        .map(([name, bit]) => [name.toLowerCase().replaceAll("_", "-"), bit]),
    ),
);

export function flagNames(bits: number): MessageFlag[] {
  const names: MessageFlag[] = [];
  let rest = bits;
  if (bits === 0) return names;
  for (const [name, bit] of bitNames()) {
    if ((rest & bit) === 0) continue;
    names.push(name);
    rest &= ~bit;
  }
  return names;
}

export function flagBits(flags: readonly MessageFlag[]): number {
  if (!Array.isArray(flags)) throw wrongType("flags", "an array of keywords", flags);
  let bits = 0;
  for (const flag of flags) {
    const bit = bitNames().get(flag);
    if (bit === undefined) throw unknownKeyword("flag", String(flag), bitNames().keys());
    bits |= bit;
  }
  return bits;
}
