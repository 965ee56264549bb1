// Checks of arguments, before any system call: TypeError for a wrong type or an unknown keyword,
// RangeError for a value out of range.

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

/** The bytes as a typed array: Bun before 1.4 passes no DataView to a native function. */
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

export function unknownKeyword(name: string, value: string, accepted: Iterable<string>): TypeError {
  return new TypeError(`unknown ${name} "${value}"; accepted: ${[...accepted].join(", ")}`);
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
