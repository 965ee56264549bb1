// Data on their way between the command and a socket: text, bytes, hexadecimal.

import { hexdump } from "../../wire/hexdump.ts";
import { UsageError } from "./failure.ts";
import type { Output } from "./output.ts";

export type Show = "raw" | "hex" | "json";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Writes what was received, as bytes, as a hex dump, or as an object. */
export function show(output: Output, how: Show, from: string, data: Uint8Array): void {
  if (how === "raw") {
    output.bytes(data);
    return;
  }
  if (how === "hex") {
    output.line(`${from} ${data.length} bytes`);
    if (data.length > 0) output.line(hexdump(data));
    return;
  }
  const text = textOf(data);
  output.json({
    event: "data",
    from,
    length: data.length,
    data,
    ...(text === null ? {} : { text }),
  });
}

/** Text, where it is that. */
function textOf(data: Uint8Array): string | null {
  try {
    return decoder.decode(data);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** "dead beef", "de:ad", "0xdead": hexadecimal with anything usual in between. */
export function hexBytes(text: string): Uint8Array {
  const digits = text.replaceAll(/0x|[\s:,-]/gi, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    throw new UsageError(`"${text.trim().slice(0, 40)}" are no bytes in hexadecimal`);
  }
  return Uint8Array.fromHex(digits);
}

/** Standard input, piece by piece. */
export async function* input(): AsyncGenerator<Uint8Array> {
  for await (const piece of Bun.stdin.stream()) yield piece;
}

/** All of standard input. */
export async function wholeInput(): Promise<Uint8Array> {
  return new Uint8Array(await Bun.stdin.arrayBuffer());
}
