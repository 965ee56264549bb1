// Bytes for people.

import { type Bytes, plainBytes, u8 } from "./bytes.ts";
import { HEX } from "./text.ts";

const WIDTH = 16;

/**
 * What `hexdump -Cv` prints: lines of an offset, 16 bytes and their ASCII, and a last line with the
 * length. Without a newline at the end; of no bytes, the empty text.
 */
export function hexdump(bytes: Bytes): string {
  const data = plainBytes(bytes, "bytes");
  if (data.length === 0) return "";
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += WIDTH) {
    lines.push(dumpLine(data, at, Math.min(data.length, at + WIDTH)));
  }
  lines.push(offsetText(data.length));
  return lines.join("\n");
}

function dumpLine(data: Uint8Array, start: number, end: number): string {
  let hex = "";
  let ascii = "";
  for (let at = start; at < end; at++) {
    const byte = u8(data, at);
    hex += at - start === WIDTH / 2 ? `  ${HEX[byte]}` : ` ${HEX[byte]}`;
    ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return `${offsetText(start)} ${hex.padEnd(3 * WIDTH + 1)}  |${ascii}|`;
}

function offsetText(offset: number): string {
  return offset.toString(16).padStart(8, "0");
}
