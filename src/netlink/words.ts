// Words that several objects have: what ip(8) says for a number.

import { AF, ARPHRD, IFF } from "../base/constants.ts";
import { Flags, Keywords } from "../base/keyword.ts";
import { integer, U32_MAX, wrongType } from "../base/validate.ts";
import { u32, type Value } from "./codec.ts";
import { words } from "./constants.ts";

/** The words of the numbers of a byte, made at first use: a list asks for them again and again. */
export function byteWords(keywords: Keywords): (byte: number) => string | number {
  let found: (string | number)[] | undefined;
  return (byte) => {
    found ??= Array.from({ length: 256 }, (_, each) => keywords.name(each));
    return found[byte] as string | number;
  };
}

/** The words of bits that come again and again. The caller owns what it gets. */
export function remembered(decode: (bits: number) => string[]): (bits: number) => string[] {
  const known = new Map<number, readonly string[]>();
  return (bits) => {
    if (bits === 0) return [];
    const found = known.get(bits);
    if (found !== undefined) return found.slice();
    const words = decode(bits);
    if (known.size < REMEMBERED_MAX) known.set(bits, words.slice());
    return words;
  };
}

const REMEMBERED_MAX = 256;

/** Flags of an interface: "up", "lower-up". */
export const interfaceFlags = new Flags("flag", () => IFF);

/** Hardware types: "ether", "loopback", "none"; of tunnels what ip(8) calls them. */
export const hardwareTypes = new Keywords("type", () => ({
  ipip: ARPHRD.TUNNEL,
  tunnel6: ARPHRD.TUNNEL6,
  gre: ARPHRD.IPGRE,
  gre6: ARPHRD.IP6GRE,
  ...ARPHRD,
}));

/** Who made a route, an address or a rule: "kernel", "boot", "static", "dhcp". */
export const protocols = words("protocol", "RTPROT", { except: /^MAX$/ });

/** How far a destination or address reaches: ip(8) says "global" for RT_SCOPE_UNIVERSE. */
export const scopes = words("scope", "RT_SCOPE", { also: { global: "UNIVERSE" } });

/** Routing tables with names; others are numbers. */
const tableWords = words("table", "RT_TABLE", { except: /^(MAX|COMPAT)$/ });

/** "main", "local", "default", or the number of another. */
export function tableName(number: number): string | number {
  return number < 256 ? tableByte(number) : tableWords.name(number);
}

const tableByte = byteWords(tableWords);

export function tableNumber(value: string | number, name = "table"): number {
  return typeof value === "number" ? integer(value, name, 0, U32_MAX) : tableWords.number(value);
}

export const table: Value<string | number> = {
  decode: (bytes, offset, length, context) => {
    const number = u32.decode(bytes, offset, length, context);
    return number === undefined ? undefined : tableName(number);
  },
  encode: (value, name, context) => u32.encode(tableNumber(value, name), name, context),
};

/** Groups of links: 0 is "default". */
export const linkGroup: Value<string | number> = {
  decode: (bytes, offset, length, context) => {
    const number = u32.decode(bytes, offset, length, context);
    return number === 0 ? "default" : number;
  },
  encode: (value, name, context) => {
    if (value === "default") return u32.encode(0, name, context);
    if (typeof value !== "number") throw wrongType(name, '"default" or a number', value);
    return u32.encode(value, name, context);
  },
};

/** Address families as the words of ip(8). */
export function familyName(number: number): string | number {
  if (number === AF.INET) return "inet";
  if (number === AF.INET6) return "inet6";
  const { BRIDGE, MPLS } = AF;
  if (number === BRIDGE) return "bridge";
  return number === MPLS ? "mpls" : number;
}

export function familyNumber(value: string | number | undefined): number {
  if (value === undefined) return AF.UNSPEC;
  if (typeof value === "number") return integer(value, "family", 0, 255);
  const number = { inet: AF.INET, inet6: AF.INET6, bridge: AF.BRIDGE, mpls: AF.MPLS }[value];
  if (number !== undefined) return number;
  throw wrongType("family", '"inet", "inet6", "bridge", "mpls" or a number', value);
}

/** Address bits of a family: 32 or 128. */
export function addressBits(family: number): number {
  return family === AF.INET6 ? 128 : 32;
}
