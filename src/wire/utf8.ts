// Texts in packets, which somebody else wrote.

import { part } from "./bytes.ts";
import { text, wrongType } from "./field.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text, or undefined where the bytes are no UTF-8: writing it gives the same bytes. */
export function readText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let ascii = "";
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code >= 0x80) return decoded(part(bytes, start, end));
    ascii += String.fromCharCode(code);
  }
  return ascii;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    // That is how it says that they are not UTF-8.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

export function textBytes(value: unknown, name: string): Uint8Array {
  const given = text(value, name);
  if (given.isWellFormed()) return encoder.encode(given);
  throw wrongType(name, "without lone surrogates", value);
}
