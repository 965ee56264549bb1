// Memory shared with the native library for the length of one call. Every JavaScript thread has
// its own copy of this module, hence its own scratch memory.

/** Scratch bytes whose address is stable: a typed array's moves when `.buffer` is first touched. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(size));
}

/** Up to here a loop copies in half the time that a call of slice() takes. */
const SHORT = 32;

/** A copy of the bytes from `start` to `end`, an address say. */
export function copyOfPart(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > SHORT) return bytes.slice(start, end);
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = bytes[start + index] as number;
  return copy;
}

const encoder = new TextEncoder();
/** A byte order mark at the beginning is a part of the text, of a path say. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A NUL-terminated copy of `text`, for the next call only. The text holds no NUL. */
export function cString(text: string): Uint8Array {
  // A UTF-16 unit becomes at most three bytes.
  if (strings.length < text.length * 3 + 1) strings = allocate(text.length * 3 + 1);
  const { written } = encoder.encodeInto(text, strings);
  strings[written] = 0;
  return strings;
}

let strings = allocate(256);

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
