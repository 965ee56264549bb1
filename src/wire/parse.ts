// Addresses from text, into the bytes of a frame.

import { put16, put32 } from "./bytes.ts";
import { wrongType } from "./field.ts";

const ZERO = 48;
const DOT = 46;
const COLON = 58;

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

/** Whether `text` is an IPv6 address, of RFC 4291 section 2.2; its bytes were zero before. */
function parseIpv6(bytes: Uint8Array, at: number, text: string): boolean {
  let group = 0;
  let gap = -1;
  let index = 0;
  if (text.startsWith("::")) {
    gap = 0;
    index = 2;
  }
  while (index < text.length) {
    if (group === 8) return false;
    let value = 0;
    const begin = index;
    for (let digit = hexDigit(text, index); digit >= 0; digit = hexDigit(text, index)) {
      value = value * 16 + digit;
      index++;
    }
    if (index < text.length && text.charCodeAt(index) === DOT) {
      const tail = ipv4Number(text.slice(begin));
      if (tail < 0 || group > 6) return false;
      put32(bytes, at + 2 * group, tail);
      group += 2;
      index = text.length;
      break;
    }
    if (index === begin || index - begin > 4) return false;
    put16(bytes, at + 2 * group, value);
    group++;
    if (index === text.length) break;
    if (text.charCodeAt(index) !== COLON) return false;
    index++;
    if (text.charCodeAt(index) === COLON) {
      if (gap >= 0) return false;
      gap = group;
      index++;
    } else if (index === text.length) return false;
  }
  if (gap < 0) return group === 8;
  if (group === 8) return false;
  // What follows the "::" belongs to the end.
  const moved = 2 * (group - gap);
  bytes.copyWithin(at + 16 - moved, at + 2 * gap, at + 2 * group);
  bytes.fill(0, at + 2 * gap, at + 16 - moved);
  return true;
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
  for (let index = 0; index < size; index++) {
    const high = hexDigit(text, 3 * index);
    const low = hexDigit(text, 3 * index + 1);
    if (high < 0 || low < 0) return false;
    if (index > 0 && !separator(text.charCodeAt(3 * index - 1))) return false;
    bytes[at + index] = high * 16 + low;
  }
  return true;
}

function separator(code: number): boolean {
  return code === COLON || code === 45;
}

/** The digit's value, or -1. */
function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= ZERO && code <= 57) return code - ZERO;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
