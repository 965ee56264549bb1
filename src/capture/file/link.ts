// The name of what a file's packets begin with.

import { integer, U16_MAX, unknownKeyword, wrongType } from "../../base/validate.ts";
import { LINKS, OTHER_RAW } from "../../wire/linktypes.ts";
import type { Link } from "../packet.ts";

const NAMES: ReadonlyMap<number, Link> = new Map<number, Link>([
  ...Object.entries(LINKS).map(([name, number]) => [number, name as Link] as const),
  ...OTHER_RAW.map((number) => [number, "raw"] as const),
]);

/** The name, or the number where there is none. */
export function linkOf(number: number): Link {
  return NAMES.get(number) ?? number;
}

/** The number that stands in a file. */
export function linkNumber(link: Link): number {
  if (typeof link === "number") return integer(link, "link", 0, U16_MAX);
  if (typeof link !== "string") throw wrongType("link", "a name or a LINKTYPE_ number", link);
  if (!Object.hasOwn(LINKS, link)) throw unknownKeyword("link", link, Object.keys(LINKS));
  return LINKS[link];
}
