// What a program says of the interfaces of a file that it writes.

import {
  integer,
  knownKeys,
  U8_MAX,
  U32_MAX,
  unknownKeyword,
  wrongType,
} from "../../base/validate.ts";
import type { Link } from "../packet.ts";
import type { FileInterface } from "./block.ts";
import { linkNumber } from "./link.ts";

/** The most that tcpdump and Wireshark read of a packet. */
export const SNAPLEN = 262_144;

/** An interface of a file: what is not given is not told, but for `link` and `snaplen`. */
export type InterfaceInit = Partial<FileInterface> & {
  /** What packets of it have as `interface`; its place in the list unless given. */
  readonly index?: number;
};

/** Units that timestamps are written in. */
export type Resolution = "nanoseconds" | "microseconds" | "ns" | "us" | 9 | 6;
export const RESOLUTIONS: readonly Resolution[] = ["nanoseconds", "microseconds", "ns", "us", 9, 6];

/** Whether nanoseconds are kept. */
export function keepsNanoseconds(resolution: Resolution): boolean {
  if (!RESOLUTIONS.includes(resolution)) {
    if (typeof resolution !== "string") throw wrongType("resolution", "a unit", resolution);
    throw unknownKeyword("resolution", resolution, RESOLUTIONS.map(String));
  }
  return resolution === "nanoseconds" || resolution === "ns" || resolution === 9;
}

const TEXTS = ["name", "description", "comment", "filter", "os", "hardware"] as const;
const KEYS: ReadonlySet<string> = new Set([
  ...TEXTS,
  "link",
  "snaplen",
  "index",
  "mac",
  "addresses",
  "speed",
  "fcsLength",
  // How the file that it is from counted time is no matter of the one that is written.
  "resolution",
]);

/** A checked and complete one. */
export type Declared = InterfaceInit & {
  readonly index: number;
  readonly link: Link;
  readonly snaplen: number;
};

export type Defaults = { readonly link: Link; readonly snaplen: number };

export function declared(init: InterfaceInit, place: number, defaults: Defaults): Declared {
  knownKeys(init, KEYS);
  const { index = place, link = defaults.link, snaplen = defaults.snaplen } = init;
  integer(index, "index", 0, U32_MAX);
  linkNumber(link);
  integer(snaplen, "snaplen", 0, U32_MAX);
  for (const key of TEXTS) if (init[key] !== undefined) optionText(init[key], key);
  if (init.fcsLength !== undefined) integer(init.fcsLength, "fcsLength", 0, U8_MAX);
  if (init.speed !== undefined) integer(init.speed, "speed", 0, Number.MAX_SAFE_INTEGER);
  if (init.addresses !== undefined && !Array.isArray(init.addresses)) {
    throw wrongType("addresses", "a list of addresses", init.addresses);
  }
  return { ...init, index, link, snaplen };
}

const encoder = new TextEncoder();
/** What the length of an option can say. */
const OPTION_MAX = 0xffff;

/** Text as an option's value. */
export function optionText(value: unknown, name: string, most = OPTION_MAX): Uint8Array {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  if (value.includes("\0")) throw new TypeError(`${name} must not contain a NUL character`);
  if (!value.isWellFormed()) {
    throw new TypeError(`${name} must not contain half of a surrogate pair`);
  }
  const bytes = encoder.encode(value);
  if (bytes.length <= most) return bytes;
  throw new RangeError(`${name} must have at most ${most} bytes, not ${bytes.length}`);
}
