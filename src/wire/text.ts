// Addresses as text. What is made of pieces is put together by the engine when somebody looks at
// it: an address that nobody reads costs little.

import { u8, u16 } from "./bytes.ts";

/** Bytes in two digits. */
export const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/**
 * The texts of addresses that were met lately, by their bytes: a network has few of them, and many
 * packets. Each has one place, and the last one that fell on it stays there.
 */
const PLACES = 512;
const texts = { mac: places(), ipv4: places(), ipv6: places() };

function places(): { keys: Int32Array; texts: string[] } {
  // No key is the address of an empty text.
  return { keys: new Int32Array(4 * PLACES), texts: new Array<string>(PLACES).fill("") };
}

/** The place of a number whose bits all count. */
function place(key: number): number {
  return Math.imul(key ^ (key >>> 15), 0x9e37_79b1) >>> 23;
}

/** Six bytes: "02:00:00:00:00:01". */
export function macText(bytes: Uint8Array, at: number): string {
  const high = u16(bytes, at);
  const low = (u16(bytes, at + 2) << 16) | u16(bytes, at + 4);
  const index = place(low ^ high);
  const { keys, texts: known } = texts.mac;
  const text = known[index] as string;
  if (keys[4 * index] === high && keys[4 * index + 1] === low && text !== "") return text;
  keys[4 * index] = high;
  keys[4 * index + 1] = low;
  known[index] = newMacText(high, low);
  return known[index];
}

/** From the key, not the bytes again: whatever they become meanwhile, the key has its text. */
function newMacText(high: number, low: number): string {
  const first = `${HEX[high >> 8]}:${HEX[high & 0xff]}:${HEX[low >>> 24]}`;
  return `${first}:${HEX[(low >> 16) & 0xff]}:${HEX[(low >> 8) & 0xff]}:${HEX[low & 0xff]}`;
}

/** Any number of bytes in hexadecimal, with colons. */
export function hardwareText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 6) return macText(bytes, start);
  let text = "";
  for (let at = start; at < end; at++)
    text += at === start ? HEX[u8(bytes, at)] : `:${HEX[u8(bytes, at)]}`;
  return text;
}

/** Four bytes: "192.0.2.1". */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  const key = (u16(bytes, at) << 16) | u16(bytes, at + 2);
  const index = place(key);
  const { keys, texts: known } = texts.ipv4;
  const text = known[index] as string;
  if (keys[4 * index] === key && text !== "") return text;
  keys[4 * index] = key;
  known[index] = newIpv4Text(key);
  return known[index];
}

function newIpv4Text(key: number): string {
  return `${key >>> 24}.${(key >> 16) & 0xff}.${(key >> 8) & 0xff}.${key & 0xff}`;
}

/**
 * Sixteen bytes as RFC 5952 and inet_ntop(3) write them: "2001:db8::1"; IPv4-mapped ones are
 * "::ffff:192.0.2.1", IPv4-compatible ones "::192.0.2.1".
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const a = (u16(bytes, at) << 16) | u16(bytes, at + 2);
  const b = (u16(bytes, at + 4) << 16) | u16(bytes, at + 6);
  const c = (u16(bytes, at + 8) << 16) | u16(bytes, at + 10);
  const d = (u16(bytes, at + 12) << 16) | u16(bytes, at + 14);
  const index = place(a ^ Math.imul(b, 3) ^ Math.imul(c, 5) ^ d);
  const { keys, texts: known } = texts.ipv6;
  const key = 4 * index;
  const text = known[index] as string;
  if (keys[key] === a && keys[key + 1] === b && keys[key + 2] === c && keys[key + 3] === d) {
    if (text !== "") return text;
  }
  keys[key] = a;
  keys[key + 1] = b;
  keys[key + 2] = c;
  keys[key + 3] = d;
  known[index] = newIpv6Text(a, b, c, d);
  return known[index];
}

/** The groups of the address that becomes a text. */
const groups = new Uint16Array(8);

/** The longest run of zero groups, the first of several, is "::". */
function newIpv6Text(a: number, b: number, c: number, d: number): string {
  groups[0] = a >>> 16;
  groups[1] = a;
  groups[2] = b >>> 16;
  groups[3] = b;
  groups[4] = c >>> 16;
  groups[5] = c;
  groups[6] = d >>> 16;
  groups[7] = d;
  let [best, length, run] = [0, 0, 0];
  for (let index = 0; index < 8; index++) {
    run = groups[index] === 0 ? run + 1 : 0;
    if (run > length) [best, length] = [index - run + 1, run];
  }
  if (length < 2) return groupsText(0, 8);
  if (best === 0 && length === 6) return `::${newIpv4Text(d)}`;
  if (best === 0 && length === 5 && groups[5] === 0xffff) return `::ffff:${newIpv4Text(d)}`;
  return `${groupsText(0, best)}::${groupsText(best + length, 8)}`;
}

function groupsText(start: number, end: number): string {
  if (start === end) return "";
  let text = groupText(groups[start] as number);
  for (let index = start + 1; index < end; index++) {
    text = `${text}:${groupText(groups[index] as number)}`;
  }
  return text;
}

const SHORT: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16));

/** A group without its leading zeros. */
function groupText(group: number): string {
  const high = group >> 8;
  const low = group & 0xff;
  return high === 0 ? (SHORT[low] as string) : `${SHORT[high]}${HEX[low]}`;
}
