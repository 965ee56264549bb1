// Addresses from text, into the bytes of a frame.

import { put16, put32 } from "./bytes.ts";
import { wrongType } from "./field.ts";

const ZERO = 48;
const DOT = 46;
const COLON = 58;
const DASH = 45;

/** The values of hexadecimal digits, by their ASCII; -1 for all else. */
const DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  DIGITS[digit.toString(16).charCodeAt(0)] = digit;
  DIGITS[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Stores an IPv4 address; where there is none, the zeros stay. */
export function putIpv4(bytes: Uint8Array, at: number, value: unknown, name: string): void {
  if (value === undefined) return;
  const address = typeof value === "string" ? ipv4Number(value) : -1;
  if (address < 0) throw wrongType(name, "an IPv4 address", value);
  put32(bytes, at, address);
}

/** An IPv4 address as a number, or -1: four decimal numbers without leading zeros. */
export function ipv4Number(text: string): number {
  let address = 0;
  let part = -1;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (part < 0) return -1;
      address = address * 256 + part;
      part = -1;
      dots++;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || part === 0) return -1;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    }
  }
  return dots === 3 && part >= 0 ? address * 256 + part : -1;
}

/** Stores an IPv6 address over zeros; where there is none, they stay. */
export function putIpv6(bytes: Uint8Array, at: number, value: unknown, name: string): void {
  if (value === undefined) return;
  if (typeof value !== "string" || !parseIpv6(bytes, at, value)) {
    throw wrongType(name, "an IPv6 address", value);
  }
}

const GROUPS = 8;

/** Whether `text` is an IPv6 address, of RFC 4291 section 2.2; its bytes were zero before. */
function parseIpv6(bytes: Uint8Array, at: number, text: string): boolean {
  const { length } = text;
  let group = 0;
  let gap = -1;
  let index = 0;
  if (length > 1 && text.charCodeAt(0) === COLON && text.charCodeAt(1) === COLON) {
    gap = 0;
    index = 2;
  }
  while (index < length) {
    if (group === GROUPS) return false;
    const begin = index;
    let value = 0;
    let code = 0;
    for (; index < length; index++) {
      code = text.charCodeAt(index);
      const digit = code < 128 ? (DIGITS[code] as number) : -1;
      if (digit < 0) break;
      value = (value << 4) | digit;
    }
    if (index < length && code === DOT) {
      const tail = group > GROUPS - 2 ? -1 : ipv4Number(text.slice(begin));
      if (tail < 0) return false;
      put32(bytes, at + 2 * group, tail);
      group += 2;
      break;
    }
    if (index === begin || index - begin > 4) return false;
    put16(bytes, at + 2 * group, value);
    group++;
    if (index === length) break;
    if (code !== COLON) return false;
    index++;
    if (index === length) return false;
    if (text.charCodeAt(index) === COLON) {
      if (gap >= 0) return false;
      gap = group;
      index++;
    }
  }
  if (gap < 0) return group === GROUPS;
  if (group === GROUPS) return false;
  moveToEnd(bytes, at + 2 * gap, at + 2 * group, at + 2 * GROUPS);
  return true;
}

/** What follows the "::" belongs to the end, and leaves zeros. */
function moveToEnd(bytes: Uint8Array, start: number, end: number, last: number): void {
  const shift = last - end;
  for (let from = end - 1; from >= start; from--) {
    bytes[from + shift] = bytes[from] as number;
    bytes[from] = 0;
  }
}

/** Stores a MAC address; where there is none, the zeros stay. */
export function putMac(bytes: Uint8Array, at: number, value: unknown, name: string): void {
  if (value === undefined) return;
  if (typeof value !== "string" || !parseHardware(bytes, at, value, 6)) {
    throw wrongType(name, 'a MAC address like "02:00:00:00:00:01"', value);
  }
}

/** How many bytes a hardware address has: "02:00:00:00:00:01" six, the empty text none. */
export function hardwareSize(text: string): number {
  return text === "" ? 0 : Math.floor((text.length + 1) / 3);
}

/** Whether `text` is `size` bytes in hexadecimal with colons, or dashes, between. */
export function parseHardware(bytes: Uint8Array, at: number, text: string, size: number): boolean {
  if (text.length !== Math.max(0, 3 * size - 1)) return false;
  for (let index = 0, from = 0; index < size; index++, from += 3) {
    // Below zero for what is no digit, and not a byte.
    const byte = (hexDigit(text, from) << 4) | hexDigit(text, from + 1);
    if (byte < 0) return false;
    if (index > 0) {
      const between = text.charCodeAt(from - 1);
      if (between !== COLON && between !== DASH) return false;
    }
    bytes[at + index] = byte;
  }
  return true;
}

/** The digit's value, or -1. */
function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (DIGITS[code] as number) : -1;
}
