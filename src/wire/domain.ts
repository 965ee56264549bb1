// Lists of domain names as DNS writes them: RFC 1035 section 3.1, and its compression in section
// 4.1.4.

import { u8, u16 } from "./bytes.ts";
import { text, wrongType } from "./field.ts";

const LABEL_MAX = 63;
const POINTER = 0xc0;
const NAME_MAX = 255;
const DOT = 46;
/** Of pointers in one name. */
const JUMPS_MAX = 16;
/** How many times longer than their bytes names may be: pointers would make them endless. */
const GROWTH_MAX = 8;

/**
 * The names between `start` and `end`, up to a name of no labels, with which zeros that fill up
 * begin; undefined where there are none, or with bytes in them that a name's text can't show.
 */
export function readDomains(bytes: Uint8Array, start: number, end: number): string[] | undefined {
  const names: string[] = [];
  let at = start;
  let room = NAME_MAX + GROWTH_MAX * (end - start);
  while (at < end && u8(bytes, at) !== 0) {
    const labels: string[] = [];
    const behind = readLabels(bytes, start, at, end, labels);
    if (behind < 0 || labels.length === 0) return undefined;
    const name = labels.join(".");
    room -= name.length;
    if (room < 0) return undefined;
    names.push(name);
    at = behind;
  }
  for (; at < end; at++) if (u8(bytes, at) !== 0) return undefined;
  return names.length > 0 ? names : undefined;
}

/** Where names that were read end, and zeros that fill up may begin; -1 where pointers are used. */
export function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && u8(bytes, at) !== 0) {
    while (at < end && u8(bytes, at) !== 0) {
      if (u8(bytes, at) >= POINTER) return -1;
      at += 1 + u8(bytes, at);
    }
    at++;
  }
  return at;
}

/** Where the name at `from` ends, or -1. */
function readLabels(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  labels: string[],
): number {
  let behind = -1;
  let length = 1;
  let jumps = 0;
  for (let at = from; at < end; ) {
    const size = u8(bytes, at);
    if (size === 0) return behind < 0 ? at + 1 : behind;
    if (size >= POINTER) {
      if (at + 2 > end || ++jumps > JUMPS_MAX) return -1;
      if (behind < 0) behind = at + 2;
      const target = start + (u16(bytes, at) & 0x3fff);
      // Only backwards: no circle has an end.
      if (target >= at) return -1;
      at = target;
    } else {
      length += size + 1;
      if (size > LABEL_MAX || length > NAME_MAX || at + 1 + size > end) return -1;
      const label = labelText(bytes, at + 1, at + 1 + size);
      if (label === undefined) return -1;
      labels.push(label);
      at += 1 + size;
    }
  }
  return -1;
}

/** Printable characters of ASCII but the dot. */
function labelText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let label = "";
  for (let at = start; at < end; at++) {
    const code = u8(bytes, at);
    if (code <= 32 || code >= 127 || code === DOT) return undefined;
    label += String.fromCharCode(code);
  }
  return label;
}

/** The names without compression, and without zeros behind the last. */
export function domainBytes(names: readonly string[], name: string): number[] {
  const bytes: number[] = [];
  for (const domain of names) {
    const before = bytes.length;
    for (const label of text(domain, name).split(".")) {
      if (label.length === 0 || label.length > LABEL_MAX || !/^[!-~]+$/.test(label)) {
        throw wrongType(name, "domain names with labels of 1 to 63 characters of ASCII", domain);
      }
      bytes.push(label.length);
      for (let index = 0; index < label.length; index++) bytes.push(label.charCodeAt(index));
    }
    bytes.push(0);
    if (bytes.length - before > NAME_MAX) {
      throw new RangeError(`${name} must be of at most ${NAME_MAX} bytes: ${domain}`);
    }
  }
  return bytes;
}
