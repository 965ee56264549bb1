// The options of TCP: RFC 9293, RFC 7323 (window scale, timestamps), RFC 2018 (selective
// acknowledgment), RFC 7413 (fast open).

import { part, put16, put32, u8, u16, u32 } from "../bytes.ts";
import { octets, U8, U16, U32, uint, wrongType } from "../field.ts";

/**
 * An option of TCP: RFC 9293, RFC 7323, RFC 2018, RFC 7413. Those that are not known keep their
 * bytes.
 */
export type TcpOption =
  | { kind: "mss"; value: number }
  | { kind: "window-scale"; shift: number }
  | { kind: "sack-permitted" }
  /** Each block from its first sequence number to the one behind its last. */
  | { kind: "sack"; blocks: [number, number][] }
  | { kind: "timestamps"; value: number; echo: number }
  | { kind: "fast-open"; cookie: Uint8Array }
  | { kind: "nop" }
  /** What is behind it, only where that is not the zeros that fill up the last four bytes. */
  | { kind: "end"; padding?: Uint8Array }
  | { kind: "unknown"; type: number; data: Uint8Array };

const END = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const FAST_OPEN = 34;

/** Where an option's length is impossible, or -1. */
export function scanOptions(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; ) {
    const type = u8(bytes, at);
    if (type === END) return -1;
    if (type === NOP) {
      at++;
      continue;
    }
    if (at + 1 === end) return at;
    const length = u8(bytes, at + 1);
    if (length < 2 || at + length > end) return at + 1;
    at += length;
  }
  return -1;
}

export function readOptions(bytes: Uint8Array, start: number, end: number): TcpOption[] {
  const options: TcpOption[] = [];
  let at = start;
  while (at < end) {
    const type = u8(bytes, at);
    if (type === NOP) {
      options.push({ kind: "nop" });
      at++;
    } else if (type === END) {
      options.push(endOption(bytes, at + 1, end));
      break;
    } else {
      const length = u8(bytes, at + 1);
      options.push(readOption(bytes, at, type, length));
      // Scanned before: but should the bytes have changed since, it ends all the same.
      at += Math.max(2, length);
    }
  }
  return options;
}

function readOption(bytes: Uint8Array, at: number, type: number, length: number): TcpOption {
  if (type === TIMESTAMPS && length === 10) {
    return { kind: "timestamps", value: u32(bytes, at + 2), echo: u32(bytes, at + 6) };
  }
  if (type === MSS && length === 4) return { kind: "mss", value: u16(bytes, at + 2) };
  if (type === WINDOW_SCALE && length === 3) {
    return { kind: "window-scale", shift: u8(bytes, at + 2) };
  }
  if (type === SACK_PERMITTED && length === 2) return { kind: "sack-permitted" };
  if (type === SACK && length % 8 === 2) {
    const blocks: [number, number][] = [];
    for (let block = at + 2; block < at + length; block += 8) {
      blocks.push([u32(bytes, block), u32(bytes, block + 4)]);
    }
    return { kind: "sack", blocks };
  }
  const data = part(bytes, at + 2, at + length);
  return type === FAST_OPEN ? { kind: "fast-open", cookie: data } : { kind: "unknown", type, data };
}

function endOption(bytes: Uint8Array, start: number, end: number): TcpOption {
  let zeros = true;
  for (let at = start; at < end; at++) zeros &&= u8(bytes, at) === 0;
  const needed = zeros && end - start < 4;
  return needed ? { kind: "end" } : { kind: "end", padding: part(bytes, start, end) };
}

/** How many bytes they take, with the zeros that fill up the last four. */
export function optionsSize(options: readonly TcpOption[]): number {
  let length = 0;
  for (const option of options) length += optionSize(option);
  return (length + 3) & ~3;
}

function optionSize(option: TcpOption): number {
  switch (option.kind) {
    case "nop":
      return 1;
    case "end":
      return 1 + octets(option.padding, "tcp.options: padding").length;
    case "mss":
      return 4;
    case "window-scale":
      return 3;
    case "sack-permitted":
      return 2;
    case "timestamps":
      return 10;
    case "sack":
      return 2 + 8 * option.blocks.length;
    case "fast-open":
      return 2 + octets(option.cookie, "tcp.options: cookie").length;
    case "unknown":
      return 2 + octets(option.data, "tcp.options: data").length;
    default:
      throw wrongType("tcp.options", "options by kind", (option as { kind: unknown })?.kind);
  }
}

export function writeOptions(
  options: readonly TcpOption[],
  bytes: Uint8Array,
  start: number,
): void {
  let at = start;
  for (const option of options) {
    const size = optionSize(option);
    writeOption(option, bytes, at, size);
    at += size;
  }
}

function writeOption(option: TcpOption, bytes: Uint8Array, at: number, size: number): void {
  const value = at + 2;
  if (option.kind !== "nop" && option.kind !== "end") bytes[at + 1] = size;
  switch (option.kind) {
    case "nop":
      bytes[at] = NOP;
      return;
    case "end":
      bytes.set(octets(option.padding, "tcp.options: padding"), at + 1);
      return;
    case "mss":
      bytes[at] = MSS;
      put16(bytes, value, uint(option.value, "tcp.options: value", U16));
      return;
    case "window-scale":
      bytes[at] = WINDOW_SCALE;
      bytes[value] = uint(option.shift, "tcp.options: shift", U8);
      return;
    case "sack-permitted":
      bytes[at] = SACK_PERMITTED;
      return;
    case "sack":
      bytes[at] = SACK;
      option.blocks.forEach(([first, behind], index) => {
        put32(bytes, value + 8 * index, uint(first, "tcp.options: blocks", U32));
        put32(bytes, value + 8 * index + 4, uint(behind, "tcp.options: blocks", U32));
      });
      return;
    case "timestamps":
      bytes[at] = TIMESTAMPS;
      put32(bytes, value, uint(option.value, "tcp.options: value", U32));
      put32(bytes, value + 4, uint(option.echo, "tcp.options: echo", U32));
      return;
    case "fast-open":
      bytes[at] = FAST_OPEN;
      bytes.set(octets(option.cookie, "tcp.options: cookie"), value);
      return;
    case "unknown":
      bytes[at] = uint(option.type, "tcp.options: type", U8);
      bytes.set(octets(option.data, "tcp.options: data"), value);
  }
}
