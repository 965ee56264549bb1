// Checks of arguments, before any system call: TypeError for a wrong type or an unknown keyword,
// RangeError for a value out of range.

export const U8_MAX = 0xff;
export const U16_MAX = 0xffff;
export const U32_MAX = 0xffff_ffff;
export const I32_MIN = -(2 ** 31);
export const I32_MAX = 2 ** 31 - 1;

/** Bytes that are only read: any view, or a whole buffer. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** What a value is, for a message. */
function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || typeof value !== "object") return String(value);
  return value.constructor?.name ?? "an object";
}

export function wrongType(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${expected}, not ${describe(value)}`);
}

export function integer(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`);
  }
  return value;
}

/** The bytes as a typed array, which is what the native functions are declared to take. */
export function view(value: Bytes, name: string): ArrayBufferView {
  if (value instanceof Uint8Array) return value;
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  throw wrongType(name, "a typed array, a DataView or an ArrayBuffer", value);
}

/** The bytes as a Uint8Array on the same memory. */
export function uint8Array(value: Bytes, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const bytes = view(value, name);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A copy; slice() of a Buffer would be a view of it. */
export function copyOf(value: Bytes, name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(uint8Array(value, name));
}

/** `start` and `end` of an options object, both within `length`. */
export type Span = { readonly start?: number; readonly end?: number };

export function spanEnd(options: Span, length: number): number {
  return options.end === undefined ? length : integer(options.end, "end", 0, length);
}

export function spanStart(options: Span, end: number): number {
  return options.start === undefined ? 0 : integer(options.start, "start", 0, end);
}

export function boolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw wrongType(name, "a boolean", value);
  return value;
}

/** Throws where flags or the like stand in the place of an options object. */
export function object(value: unknown, name: string): object {
  if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
  return value;
}

/** Throws for an option that nobody reads. */
export function knownKeys(options: object, accepted: ReadonlySet<string>): void {
  object(options, "options");
  for (const key in options) {
    if (!accepted.has(key)) throw unknownKeyword("option", key, accepted);
  }
}

/** One of a few words; `name` is the argument's. */
export function oneOf<Word extends string>(
  value: unknown,
  name: string,
  words: readonly Word[],
): Word {
  if (words.includes(value as Word)) return value as Word;
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  throw unknownKeyword(name, value, words);
}

/** Longer lists of accepted words are not read. */
const LIST_MAX = 1200;
/** Suggestions for a word that is not in such a list. */
const NEAREST = 5;

/** The error of a word nobody knows: it lists the accepted ones, or of very many the nearest. */
export function unknownKeyword(name: string, value: string, accepted: Iterable<string>): TypeError {
  const words = [...accepted];
  const list = words.join(", ");
  const unknown = `unknown ${name} "${value}"`;
  const nearest = nearestOf(value, words);
  const hint = nearest[0] === undefined ? "" : `; did you mean ${nearest[0]}?`;
  if (list.length <= LIST_MAX) return new TypeError(`${unknown}${hint}; accepted: ${list}`);
  const some = nearest.length === 0 ? "" : `; the nearest are ${nearest.join(", ")}`;
  return new TypeError(`${unknown}; it is none of the ${words.length} there are${some}`);
}

/** The words that `value` is probably meant to be, the nearest first. */
function nearestOf(value: string, words: readonly string[]): string[] {
  // Mistyped in a third of its letters, it is another word.
  const most = Math.max(1, Math.floor(value.length / 3));
  return words
    .map((word) => ({ word, distance: editDistance(value.toLowerCase(), word.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEAREST)
    .map(({ word }) => word);
}

/** Letters to insert, delete or replace to make one word of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > from.length) return from.length + to.length;
  let before = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const replaced = (before[column - 1] as number) + (same ? 0 : 1);
      const shifted = Math.min(before[column] as number, current[column - 1] as number) + 1;
      current.push(Math.min(replaced, shifted));
    }
    before = current;
  }
  return before[to.length] as number;
}

/** Text for C: a string without NUL. */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  if (value.includes("\0")) throw new TypeError(`${name} must not contain a NUL character`);
  return value;
}

/** Text for C that must have an encoding: neither NUL nor a surrogate without its other half. */
export function encodableText(value: unknown, name: string): string {
  const checked = text(value, name);
  if (!checked.isWellFormed()) {
    throw new TypeError(`${name} must not contain half of a surrogate pair`);
  }
  return checked;
}
