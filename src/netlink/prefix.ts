// Prefixes as text: "10.0.0.0/8", "default", an address alone for all its bits.

import { formatAddress, parseAddress } from "../address/text.ts";
import { AF } from "../base/constants.ts";
import { integer, wrongType } from "../base/validate.ts";
import { addressBits } from "./words.ts";

export type Prefix = {
  readonly family: number;
  /** Empty: of no bits. */
  readonly bytes: Uint8Array;
  readonly length: number;
};

/**
 * The prefix of text. `any` are words for all addresses, whose family another argument must tell.
 */
export function parsePrefix(value: unknown, name: string, family: number = AF.UNSPEC): Prefix {
  if (value === "default" || value === "all" || value === "any") {
    return { family, bytes: new Uint8Array(0), length: 0 };
  }
  if (typeof value !== "string") throw wrongType(name, "an address or a prefix", value);
  const slash = value.indexOf("/");
  const address = slash < 0 ? value : value.slice(0, slash);
  const own = address.includes(":") ? AF.INET6 : AF.INET;
  const bytes = parseAddress(own, address);
  const digits = slash < 0 ? "" : value.slice(slash + 1);
  if (bytes === null || (slash >= 0 && !/^\d{1,3}$/.test(digits))) {
    throw wrongType(name, "an address or a prefix like 10.0.0.0/8", value);
  }
  if (family !== AF.UNSPEC && family !== own) {
    throw new TypeError(`${name} is of another family than the rest`);
  }
  const most = addressBits(own);
  const length = slash < 0 ? most : integer(Number(digits), `the length of ${name}`, 0, most);
  return { family: own, bytes, length };
}

/** As ip(8) writes it: without a length where it is that of an address. */
export function formatPrefix(family: number, address: string | undefined, length: number): string {
  if (address === undefined) {
    return length === 0 ? "default" : `${family === AF.INET6 ? "::" : "0.0.0.0"}/${length}`;
  }
  return length === addressBits(family) ? address : address + (SUFFIXES[length] ?? `/${length}`);
}

const SUFFIXES = Array.from({ length: 129 }, (_, length) => `/${length}`);

/** The last address of an IPv4 prefix, which is its broadcast address. */
export function broadcastOf({ bytes, length }: Prefix): string {
  const last = bytes.map((byte, index) => {
    const own = Math.min(8, Math.max(0, length - index * 8));
    return byte | (0xff >> own);
  });
  return formatAddress(AF.INET, last);
}
