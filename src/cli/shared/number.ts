// Numbers on the command line.

import { UsageError } from "./failure.ts";

export type Range = { readonly least?: number; readonly most?: number };

/** The whole number of an option that was given, in decimal or as 0x…; else `otherwise`. */
export function whole<T>(
  text: string | undefined,
  name: string,
  otherwise: T,
  { least = 0, most = 0xffff_ffff }: Range = {},
): number | T {
  if (text === undefined) return otherwise;
  const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

/** Seconds, with a fraction if need be, as milliseconds. */
export function seconds<T>(
  text: string | undefined,
  name: string,
  otherwise: T,
  { least = 0, most = 2_000_000 }: Range = {},
): number | T {
  if (text === undefined) return otherwise;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value * 1000;
  throw new UsageError(`--${name} must be a number of seconds, at least ${least}, not "${text}"`);
}

/** One of several words. */
export function choice<const W extends string, T>(
  text: string | undefined,
  name: string,
  words: readonly W[],
  otherwise: T,
): W | T {
  if (text === undefined) return otherwise;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} must be one of ${words.join(", ")}, not "${text}"`);
}
