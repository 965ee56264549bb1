// How the values of socket options become bytes and back: the elementary kinds. Every codec checks
// what it encodes, so that a value that does not fit throws before any system call.

import {
  boolean,
  I32_MAX,
  I32_MIN,
  integer,
  text as textWithoutNul,
  U32_MAX,
  wrongType,
} from "../base/validate.ts";
import { allocate, decodeText } from "../native/memory.ts";

/** A value the kernel can be asked for. */
export interface Readable<Value> {
  /** The value's shape, for people. */
  readonly shape: string;
  /** Bytes to read into, DEFAULT_ROOM where it is omitted. */
  readonly room?: number;
  /** `bytes` are as long as the kernel said, and change with the next call. */
  decode(bytes: Uint8Array): Value;
}

/** A value the kernel can be given; `name` is the option's. */
export interface Writable<Input> {
  readonly shape: string;
  encode(value: Input, name: string): Uint8Array | Request;
}

export interface Codec<Value, Input = Value> extends Readable<Value>, Writable<Input> {}

export const DEFAULT_ROOM = 256;

/** Bytes for another option than the one named: what is asked for depends on the value. */
export class Request {
  readonly level: number;
  readonly number: number;
  readonly bytes: Uint8Array;

  constructor(level: number, number: number, bytes: Uint8Array) {
    this.level = level;
    this.number = number;
    this.bytes = bytes;
  }
}

/** An integer of up to eight bytes, host order; little-endian on every supported platform. */
export function readUnsigned(bytes: Uint8Array, offset = 0, size = bytes.length): number {
  let value = 0;
  for (let index = offset + size - 1; index >= offset; index--) {
    value = value * 256 + (bytes[index] ?? 0);
  }
  return value;
}

function readSigned(bytes: Uint8Array): number {
  const value = readUnsigned(bytes);
  const limit = 2 ** (bytes.length * 8 - 1);
  return value < limit ? value : value - 2 * limit;
}

function readBigint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) {
    value = (value << 8n) | BigInt(bytes[index] ?? 0);
  }
  return value;
}

/** The bytes of a non-negative or, in two's complement, negative integer. */
export function integerBytes(value: number, size = 4): Uint8Array {
  const bytes = allocate(size);
  let rest = value;
  for (let index = 0; index < size; index++) {
    bytes[index] = ((rest % 256) + 256) % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** A C int that is on or off. */
export const flag: Codec<boolean> = {
  shape: "boolean",
  decode: (bytes) => bytes.some((byte) => byte !== 0),
  encode: (value, name) => integerBytes(Number(boolean(value, name))),
};

/** A C int from `least` to `most`; unsigned where `most` is beyond a signed one. */
function range(least: number, most: number): Codec<number> {
  return {
    shape: "number",
    decode: most > I32_MAX ? (bytes) => readUnsigned(bytes) : readSigned,
    encode: (value, name) => integerBytes(integer(value, name, least, most)),
  };
}

/** A count, a size, a time in whole units. */
export const count = range(0, I32_MAX);
/** A count, where -1 stands for the system's own or for none. */
export const countOrDefault = range(-1, I32_MAX);
/** 0 to 255, where the kernel would cut a larger one. */
export const byte = range(0, 0xff);
/** A hop limit or traffic class: -1 stands for the system's own. */
export const byteOrDefault = range(-1, 0xff);
export const u16 = range(0, 0xffff);
/** Bits, marks and sequence numbers. */
export const unsigned = range(0, U32_MAX);
export const signed = range(I32_MIN, I32_MAX);

/** A 64-bit size; beyond 2^53 - 1 it cannot be set, nor exactly be told. */
export const size64: Codec<number> = {
  shape: "number",
  decode: (bytes) => readUnsigned(bytes),
  encode: (value, name) => integerBytes(integer(value, name, 0, Number.MAX_SAFE_INTEGER), 8),
};

/** A 64-bit rate in bytes per second; all ones is the kernel's "no limit". */
export const rate: Codec<number> = {
  shape: "number, Infinity: no limit",
  room: 8,
  decode: (bytes) => (bytes.every((value) => value === 0xff) ? Infinity : readUnsigned(bytes)),
  encode: (value, name) => {
    if (value === Infinity) return allocate(8).fill(0xff);
    return integerBytes(integer(value, name, 0, Number.MAX_SAFE_INTEGER), 8);
  },
};

/** An identity of 64 bits. */
export const cookie: Readable<bigint> = { shape: "bigint", room: 8, decode: readBigint };

/** The bytes themselves, for what has no better shape. */
export const raw: Codec<Uint8Array, Uint8Array> = {
  shape: "Uint8Array",
  decode: (bytes) => bytes.slice(),
  encode: (value, name) => {
    if (!(value instanceof Uint8Array)) throw wrongType(name, "a Uint8Array", value);
    return value.slice();
  },
};

const encoder = new TextEncoder();

/** Text of at most `most` bytes; the kernel would cut a longer one. */
export function text(most: number): Codec<string> {
  return {
    shape: "string",
    decode: (bytes) => {
      const end = bytes.indexOf(0);
      return decodeText(bytes.subarray(0, end < 0 ? bytes.length : end));
    },
    encode: (value, name) => {
      const bytes = encoder.encode(`${textWithoutNul(value, name)}\0`);
      if (bytes.length <= most + 1) return bytes;
      throw new RangeError(`${name} must have at most ${most} bytes, not ${bytes.length - 1}`);
    },
  };
}

/** Something done by setting it, whatever the value: `true`, or a number as in C. */
export const action: Writable<true | number> = {
  shape: "true",
  encode: (value, name) => {
    if (value === true) return integerBytes(1);
    if (typeof value !== "number") throw wrongType(name, "true or a number", value);
    return signed.encode(value, name);
  },
};

/** Several numbers of 32 bits. */
export const list32: Readable<number[]> = {
  shape: "number[]",
  decode: (bytes) =>
    Array.from({ length: bytes.length >> 2 }, (_, index) => readUnsigned(bytes, index * 4, 4)),
};

/** Group numbers from 1, told by the kernel as a bit each. */
export const groups: Readable<number[]> = {
  shape: "number[]",
  decode: (bytes) => {
    const found: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      if ((((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1) found.push(bit + 1);
    }
    return found;
  },
};
