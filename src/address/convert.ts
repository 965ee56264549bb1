// Addresses as text, as bytes and as integers: inet_pton(3), inet_ntop(3).

import { AF, type Family, families } from "../base/constants.ts";
import { type Bytes, knownKeys, uint8Array, wrongType } from "../base/validate.ts";
import { formatAddress, parseAddress } from "./text.ts";

/** inet_pton(3): the address's bytes in network order. Bad text throws a TypeError. */
export function convertAddress(family: Family, address: string): Uint8Array;
/** The address as an integer: 127.0.0.1 is 0x7f000001, an IPv6 address a bigint. */
export function convertAddress(
  family: "inet",
  address: string,
  options: { readonly as: "integer" },
): number;
export function convertAddress(
  family: "inet6",
  address: string,
  options: { readonly as: "integer" },
): bigint;
export function convertAddress(
  family: Family,
  address: string,
  options: { readonly as: "integer" },
): number | bigint;
/** inet_ntop(3): the text of bytes in network order, or of an integer. */
export function convertAddress(family: Family, address: Bytes | number | bigint): string;
export function convertAddress(
  family: Family,
  address: string | Bytes | number | bigint,
  options?: { readonly as?: "bytes" | "integer" },
): Uint8Array | number | bigint | string {
  const number = families.number(family);
  if (number !== AF.INET && number !== AF.INET6) {
    throw new TypeError(`family must be "inet" or "inet6", not ${String(family)}`);
  }
  const size = number === AF.INET ? 4 : 16;
  const as = resultKind(options, address);
  if (typeof address === "string") {
    const bytes = parseAddress(number, address);
    if (bytes === null) throw wrongType("address", `an ${familyLabel(number)} address`, address);
    if (as === "bytes") return bytes;
    const value = BigInt(`0x${bytes.toHex()}`);
    return number === AF.INET ? Number(value) : value;
  }
  if (typeof address === "number" || typeof address === "bigint") {
    return formatAddress(number, integerBytes(address, size));
  }
  const bytes = uint8Array(address, "address");
  if (bytes.length !== size) {
    throw new RangeError(`address must have ${size} bytes, not ${bytes.length}`);
  }
  return formatAddress(number, bytes);
}

const CONVERT_KEYS: ReadonlySet<string> = new Set(["as"]);

function resultKind(options: { readonly as?: "bytes" | "integer" } = {}, address: unknown) {
  knownKeys(options, CONVERT_KEYS);
  const { as } = options;
  if (as === undefined) return "bytes";
  if (as !== "bytes" && as !== "integer") throw wrongType("as", '"bytes" or "integer"', as);
  if (typeof address !== "string") throw wrongType("address", `a text to be had as ${as}`, address);
  return as;
}

function familyLabel(family: number): string {
  return family === AF.INET ? "IPv4" : "IPv6";
}

function integerBytes(value: number | bigint, size: number): Uint8Array {
  const limit = 1n << BigInt(size * 8);
  const whole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!whole || value < 0 || BigInt(value) >= limit) {
    throw new RangeError(`address must be an integer from 0 to 2^${size * 8} - 1, not ${value}`);
  }
  return Uint8Array.fromHex(
    BigInt(value)
      .toString(16)
      .padStart(size * 2, "0"),
  );
}
