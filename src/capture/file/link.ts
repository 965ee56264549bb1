// What packets begin with, as files number it (https://www.tcpdump.org/linktypes.html).

import { integer, U16_MAX, unknownKeyword, wrongType } from "../../base/validate.ts";
import type { Link } from "../packet.ts";

const NUMBERS = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  raw: 101,
  loop: 108,
  "linux-sll": 113,
  "linux-sll2": 276,
} as const;

/** By number; 12 and 14 are what some systems write for LINKTYPE_RAW. */
const NAMES: ReadonlyMap<number, Link> = new Map<number, Link>([
  ...Object.entries(NUMBERS).map(([name, number]) => [number, name as Link] as const),
  [12, "raw"],
  [14, "raw"],
]);

/** The name, or the number where there is none. */
export function linkOf(number: number): Link {
  return NAMES.get(number) ?? number;
}

/** The number that stands in a file. */
export function linkNumber(link: Link): number {
  if (typeof link === "number") return integer(link, "link", 0, U16_MAX);
  if (typeof link !== "string") throw wrongType("link", "a name or a LINKTYPE_ number", link);
  if (!Object.hasOwn(NUMBERS, link)) throw unknownKeyword("link", link, Object.keys(NUMBERS));
  return NUMBERS[link];
}
