// How the values of attributes become bytes and back: the elementary kinds. What is encoded is
// checked, so that a value that does not fit throws before any request; what is decoded and has not
// the expected length is `undefined`, and its bytes are kept as they are.

import { formatAddress, formatHardware, hardwareAddress, parseAddress } from "../address/text.ts";
import { AF } from "../base/constants.ts";
import type { Flags, Keywords } from "../base/keyword.ts";
import {
  type Bytes,
  boolean as checkedBoolean,
  encodableText,
  I32_MAX,
  I32_MIN,
  integer,
  U8_MAX,
  U16_MAX,
  U32_MAX,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import { decodeText } from "../native/memory.ts";
import { u16At, u32At } from "./layout.ts";

/**
 * A kind of value. `context` is what the meaning of some depends on: the address family of the
 * message, or a link's hardware type.
 */
export interface Value<T, Input = T> {
  decode(bytes: Uint8Array, offset: number, length: number, context: number): T | undefined;
  encode(value: Input, name: string, context: number): Uint8Array;
  /**
   * Where it is no field of its own: the fields that it may have, of what it belongs to. They
   * come in one order, or the keys of what is decoded would depend on what was decoded before.
   */
  readonly spread?: readonly string[];
  /** Whether it consists of attributes. */
  readonly nested?: boolean;
  /** Whether it mostly has no bytes, and then says nothing. */
  readonly isOften?: "empty";
}

/** The bytes of an unsigned integer, or of a negative one in two's complement. */
export function integerBytes(value: number, size: number, network = false): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = value;
  for (let index = 0; index < size; index++) {
    bytes[network ? size - 1 - index : index] = ((rest % 256) + 256) % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function unsigned(size: 1 | 2 | 4, most: number): Value<number> {
  const read = { 1: (bytes: Uint8Array, at: number) => bytes[at] as number, 2: u16At, 4: u32At };
  const decode = read[size];
  return {
    decode: (bytes, offset, length) => (length === size ? decode(bytes, offset) : undefined),
    encode: (value, name) => integerBytes(integer(value, name, 0, most), size),
  };
}

export const u8 = unsigned(1, U8_MAX);
export const u16 = unsigned(2, U16_MAX);
export const u32 = unsigned(4, U32_MAX);

/** A counter or a size of 64 bits; a bigint where a number would not be exact. */
export const u64: Value<number | bigint> = {
  decode: (bytes, offset, length) => (length === 8 ? u64At(bytes, offset) : undefined),
  encode: (value, name) => {
    const bytes = new Uint8Array(8);
    const whole =
      typeof value === "bigint" ? value : integer(value, name, 0, Number.MAX_SAFE_INTEGER);
    if (whole < 0 || whole >= 2n ** 64n) {
      throw new RangeError(`${name} must be an integer from 0 to 2^64 - 1, not ${value}`);
    }
    new DataView(bytes.buffer).setBigUint64(0, BigInt(whole), true);
    return bytes;
  },
};

export function u64At(bytes: Uint8Array, offset: number): number | bigint {
  const low = u32At(bytes, offset);
  const high = u32At(bytes, offset + 4);
  const value = high * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

export const s8: Value<number> = {
  decode: (bytes, offset, length) =>
    length === 1 ? ((bytes[offset] as number) << 24) >> 24 : undefined,
  encode: (value, name) => integerBytes(integer(value, name, -128, 127), 1),
};

export const s32: Value<number> = {
  decode: (bytes, offset, length) => (length === 4 ? u32At(bytes, offset) | 0 : undefined),
  encode: (value, name) => integerBytes(integer(value, name, I32_MIN, I32_MAX), 4),
};

/** 16 bits in network order: a port. */
export const port: Value<number> = {
  decode: (bytes, offset, length) =>
    length === 2 ? ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number) : undefined,
  encode: (value, name) => integerBytes(integer(value, name, 0, U16_MAX), 2, true),
};

/** 32 bits in network order. */
export const network32: Value<number> = {
  decode: (bytes, offset, length) => (length === 4 ? networkAt(bytes, offset) : undefined),
  encode: (value, name) => integerBytes(integer(value, name, 0, U32_MAX), 4, true),
};

export function networkAt(bytes: Uint8Array, offset: number): number {
  return (u16Network(bytes, offset) * 2 ** 16 + u16Network(bytes, offset + 2)) >>> 0;
}

function u16Network(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

/** 0 or 1 in so many bytes. */
function truth(size: 1 | 4): Value<boolean> {
  return {
    decode: (bytes, offset, length) => {
      if (length !== size) return undefined;
      for (let index = 0; index < size; index++) if (bytes[offset + index] !== 0) return true;
      return false;
    },
    encode: (value, name) => integerBytes(Number(checkedBoolean(value, name)), size),
  };
}

export const boolean8 = truth(1);
export const boolean32 = truth(4);

/** There, or not there: an attribute without a value. `false` is refused, as it cannot be said. */
export const present: Value<true> = {
  decode: () => true,
  encode: (value, name) => {
    if (value !== true) throw wrongType(name, "true", value);
    return new Uint8Array(0);
  },
};

/** Text up to its NUL. Names are short, and of ASCII nearly always. */
export function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const most = offset + length;
  let found = "";
  for (let at = offset; at < most; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) return found;
    if (byte > 0x7f) return longText(bytes, offset, most);
    found += String.fromCharCode(byte);
  }
  return found;
}

function longText(bytes: Uint8Array, offset: number, most: number): string {
  const end = bytes.indexOf(0, offset);
  return decodeText(bytes.subarray(offset, end < 0 || end > most ? most : end));
}

/** Text that ends with NUL, of at most `most` bytes besides. */
export function text(most = 255): Value<string> {
  return {
    decode: textAt,
    encode: (value, name) => {
      const bytes = new TextEncoder().encode(`${encodableText(value, name)}\0`);
      if (bytes.length <= most + 1) return bytes;
      throw new RangeError(`${name} must have at most ${most} bytes, not ${bytes.length - 1}`);
    },
  };
}

/** Text without a NUL at its end, which an alias would keep. */
export const bareText: Value<string> = {
  ...text(),
  encode: (value, name, context) => text().encode(value, name, context).slice(0, -1),
};

/** An interface's name: IFNAMSIZ counts the NUL. */
export const interfaceText: Value<string> = {
  ...text(15),
  encode: (value, name) => {
    if (value === "") throw new TypeError(`${name} must not be empty`);
    return text(15).encode(value, name, 0);
  },
};

/** Bytes as they are. */
export const raw: Value<Uint8Array, Bytes> = {
  decode: (bytes, offset, length) => bytes.slice(offset, offset + length),
  encode: (value, name) => uint8Array(value, name),
};

/** Bytes in hexadecimal digits, as ip(8) writes identities. */
export const hex: Value<string, string | Bytes> = {
  decode: (bytes, offset, length) => bytes.subarray(offset, offset + length).toHex(),
  encode: (value, name) => {
    if (typeof value !== "string") return uint8Array(value, name);
    if (!/^([0-9a-f]{2})*$/i.test(value)) throw wrongType(name, "hexadecimal digits", value);
    return Uint8Array.fromHex(value);
  },
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const HEX_COLON = HEX.map((digits) => `${digits}:`);

/** Nearly all have six bytes, and are many. */
export function hardwareAt(bytes: Uint8Array, at: number, length: number): string {
  if (length !== 6) return formatHardware(bytes.subarray(at, at + length));
  const first =
    (HEX_COLON[bytes[at] as number] as string) +
    (HEX_COLON[bytes[at + 1] as number] as string) +
    (HEX_COLON[bytes[at + 2] as number] as string);
  const last =
    (HEX_COLON[bytes[at + 3] as number] as string) +
    (HEX_COLON[bytes[at + 4] as number] as string) +
    (HEX[bytes[at + 5] as number] as string);
  return first + last;
}

/** A hardware address: "02:fc:00:00:00:01". */
export const hardware: Value<string, string | Bytes> = {
  decode: hardwareAt,
  encode: (value, name) => {
    if (typeof value !== "string") return uint8Array(value, name);
    return hardwareAddress(value);
  },
};

/** "10.0" by its two bytes, made at first use: a machine's addresses share few. */
const pairs: (string | undefined)[][] = Array.from({ length: 256 }, () => []);

function pairAt(bytes: Uint8Array, offset: number): string {
  const high = bytes[offset] as number;
  const low = bytes[offset + 1] as number;
  const row = pairs[high] as (string | undefined)[];
  if (row.length === 0) for (let byte = 0; byte < 256; byte++) row.push(undefined);
  const known = row[low];
  if (known !== undefined) return known;
  const text = `${high}.${low}`;
  row[low] = text;
  return text;
}

/** An IPv4 or IPv6 address as text. */
export function addressAt(bytes: Uint8Array, offset: number, length: number): string | undefined {
  if (length === 4) {
    const from = offset + 2;
    return `${pairAt(bytes, offset)}.${pairAt(bytes, from)}`;
  }
  return length === 16 ? formatAddress(AF.INET6, bytes, offset) : undefined;
}

/** The bytes of an IPv4 or IPv6 address. */
export function addressBytes(value: unknown, name: string): Uint8Array {
  const family = typeof value === "string" && value.includes(":") ? AF.INET6 : AF.INET;
  const bytes = typeof value === "string" ? parseAddress(family, value) : null;
  if (bytes === null) throw wrongType(name, "an IPv4 or IPv6 address", value);
  return bytes;
}

/** An IPv4 or IPv6 address, which its length tells. */
export const address: Value<string> = {
  decode: addressAt,
  encode: addressBytes,
};

/** One of a few words, or the number of one that has none. */
export function word(keywords: Keywords, size: 1 | 2 | 4 = 1): Value<string | number> {
  const number = { 1: u8, 2: u16, 4: u32 }[size];
  return {
    decode: (bytes, offset, length, context) => {
      const value = number.decode(bytes, offset, length, context);
      return value === undefined ? undefined : keywords.name(value);
    },
    encode: (value, name, context) => number.encode(keywords.number(value), name, context),
  };
}

/** A list of words for bits; those without a word are told as a number: "0x80". */
export function flagWords(
  flags: Flags,
  size: 1 | 2 | 4 = 4,
): Value<string[], readonly string[] | number> {
  const number = { 1: u8, 2: u16, 4: u32 }[size];
  return {
    decode: (bytes, offset, length, context) => {
      const value = number.decode(bytes, offset, length, context);
      return value === undefined ? undefined : flags.words(value, "told");
    },
    encode: (value, name, context) => number.encode(flags.bitsOrNumber(value, name), name, context),
  };
}

/** On or off in one byte; `true`, or 1 as ip(8) prints it. */
export const switch8: Value<boolean, boolean | 0 | 1> = {
  decode: boolean8.decode,
  encode: (value, name, context) =>
    boolean8.encode(value === 1 || (value === 0 ? false : value), name, context),
};

/** Hundredths of a second, in seconds: what the kernel tells of its timers. */
export const timer: Value<number> = {
  decode: (bytes, offset, length) =>
    length === 8 ? Number(u64At(bytes, offset)) / 100 : undefined,
  encode: (value, name, context) => u64.encode(Math.round(value * 100), name, context),
};

/**
 * The index of another interface. What a user gives is a name or an index, and names are looked up
 * before anything is encoded; what was decoded gets its name afterwards: see `Interfaces`.
 */
export const interfaceIndex: Value<string | number> & { readonly isInterface: true } = {
  isInterface: true,
  decode: u32.decode,
  encode: (value, name, context) => u32.encode(value as number, name, context),
};

/** An Ethernet protocol in network order, by its word: "802.1q", "ip". */
export function protocol16(keywords: Keywords): Value<string | number> {
  return {
    decode: (bytes, offset, length, context) => {
      const number = port.decode(bytes, offset, length, context);
      return number === undefined ? undefined : keywords.name(number);
    },
    encode: (value, name, context) => port.encode(keywords.number(value), name, context),
  };
}
