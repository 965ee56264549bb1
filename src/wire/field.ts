// Values that a caller sets, before they become bytes: what is missing is the fallback, what does
// not fit is a TypeError or RangeError that names the field.

import { type Bytes, isBytes, NOTHING, plainBytes } from "./bytes.ts";

/** An unsigned integer of at most `most`, which is below 2^32. */
export function uint(value: unknown, name: string, most: number, fallback = 0): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >>> 0 === value && value <= most) return value;
  throw wrongInteger(value, name, most);
}

function wrongInteger(value: unknown, name: string, most: number): Error {
  if (typeof value !== "number") return wrongType(name, "a number", value);
  return new RangeError(`${name} must be an integer from 0 to ${most}, not ${value}`);
}

export const U8 = 0xff;
export const U16 = 0xffff;
export const U24 = 0xff_ffff;
export const U32 = 0xffff_ffff;

/** A boolean as a bit. */
export function bit(value: unknown, name: string): 0 | 1 {
  if (value === undefined || value === false) return 0;
  if (value === true) return 1;
  throw wrongType(name, "a boolean", value);
}

export function octets(value: unknown, name: string): Uint8Array {
  if (value === undefined) return NOTHING;
  if (!isBytes(value)) throw wrongType(name, "a Uint8Array", value);
  return plainBytes(value as Bytes, name);
}

export function list<T>(value: readonly T[] | undefined, name: string): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(name, "an array", value);
  return value;
}

export function text(value: unknown, name: string): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

export function wrongType(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${expected}, not ${describe(value)}`);
}

/** What a value is, for a message. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || typeof value !== "object") return String(value);
  return value.constructor?.name ?? "an object";
}
