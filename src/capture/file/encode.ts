// Puts together pcapng's blocks, other than those of packets.

import { integer, knownKeys, U16_MAX, U32_MAX, wrongType } from "../../base/validate.ts";
import { putIpv4, putIpv6, putMac } from "../../wire/parse.ts";
import {
  BLOCK,
  BYTE_ORDER_MAGIC,
  type CustomBlock,
  INTERFACE,
  type InterfaceStatistics,
  OPTION,
  padded,
  RECORD,
  SECTION,
  type Secrets,
  type Section,
  STATISTICS,
} from "./block.ts";
import { type Declared, optionText } from "./interface.ts";
import { linkNumber } from "./link.ts";

/** One of a block's options. */
export type EncodedOption = readonly [code: number, value: Uint8Array];

const HEADER = 4;

/** The bytes of options, with the one that ends them; none where there are none. */
function optionBytes(options: readonly EncodedOption[]): Uint8Array {
  if (options.length === 0) return new Uint8Array(0);
  const size = options.reduce((sum, [, { length }]) => sum + HEADER + padded(length), HEADER);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + HEADER);
    at += HEADER + padded(value.length);
  }
  return bytes;
}

/** A block of that type; its parts follow each other. */
function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + padded(length), 12);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, size, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  view.setUint32(size - 4, size, true);
  return bytes;
}

/** Bytes whose numbers `fill` sets, the least significant first. */
function filled(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

function text(code: number, value: string | undefined, name: string): EncodedOption[] {
  return value === undefined ? [] : [[code, optionText(value, name)]];
}

/** A section of unknown length: it ends with the file, or where the next begins. */
export function sectionBlock(section: Section): Uint8Array {
  const fixed = filled(16, (view) => {
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    view.setBigInt64(8, -1n, true);
  });
  const options = [
    ...text(OPTION.comment, section.comment, "comment"),
    ...text(SECTION.hardware, section.hardware, "hardware"),
    ...text(SECTION.os, section.os, "os"),
    ...text(SECTION.application, section.application, "application"),
  ];
  return block(BLOCK.section, fixed, optionBytes(options));
}

export function interfaceBlock(one: Declared, digits: number): Uint8Array {
  const fixed = filled(8, (view) => {
    view.setUint16(0, linkNumber(one.link), true);
    view.setUint32(4, one.snaplen, true);
  });
  const { filter, speed, fcsLength, mac } = one;
  const options: EncodedOption[] = [
    ...text(INTERFACE.name, one.name, "name"),
    ...text(INTERFACE.description, one.description, "description"),
    ...text(OPTION.comment, one.comment, "comment"),
    ...(one.addresses ?? []).map(addressOption),
    [INTERFACE.resolution, Uint8Array.of(digits)],
    ...text(INTERFACE.os, one.os, "os"),
    ...text(INTERFACE.hardware, one.hardware, "hardware"),
  ];
  if (mac !== undefined) options.push([INTERFACE.mac, put(6, putMac, mac, "mac")]);
  if (speed !== undefined) {
    options.push([INTERFACE.speed, filled(8, (view) => view.setBigUint64(0, BigInt(speed), true))]);
  }
  if (fcsLength !== undefined) options.push([INTERFACE.fcsLength, Uint8Array.of(fcsLength)]);
  if (filter !== undefined) {
    // A zero says that it is an expression.
    options.push([INTERFACE.filter, optionText(`#${filter}`, "filter").fill(0, 0, 1)]);
  }
  return block(BLOCK.interface, fixed, optionBytes(options));
}

type Put = (bytes: Uint8Array, at: number, value: unknown, name: string) => void;

function put(size: number, putter: Put, value: unknown, name: string): Uint8Array {
  const bytes = new Uint8Array(size);
  putter(bytes, 0, value, name);
  return bytes;
}

/** "192.0.2.1/24" or "2001:db8::1/64"; a host's own without a prefix. */
function addressOption(address: unknown): EncodedOption {
  if (typeof address !== "string") throw wrongType("addresses", "a list of strings", address);
  const [host = "", prefix] = address.split("/");
  if (host.includes(":")) {
    const length = prefix === undefined ? 128 : integer(Number(prefix), "prefix", 0, 128);
    const bytes = new Uint8Array(17);
    putIpv6(bytes, 0, host, "addresses");
    bytes[16] = length;
    return [INTERFACE.ipv6, bytes];
  }
  const length = prefix === undefined ? 32 : integer(Number(prefix), "prefix", 0, 32);
  const bytes = filled(8, (view) => view.setUint32(4, length === 0 ? 0 : -1 << (32 - length)));
  putIpv4(bytes, 0, host, "addresses");
  return [INTERFACE.ipv4, bytes];
}

/** Names of hosts by address: records, or a Map or an object of one name or several. */
export type Names =
  | Iterable<{ readonly address: string; readonly names: readonly string[] }>
  | ReadonlyMap<string, string | readonly string[]>
  | Readonly<Record<string, string | readonly string[]>>;

function* namePairs(names: Names): Generator<[address: string, names: readonly string[]]> {
  if (typeof names !== "object" || names === null) {
    throw wrongType("names", "a Map, an object or a list of records", names);
  }
  if (Symbol.iterator in names && !(names instanceof Map)) {
    for (const record of names as Iterable<{ address: string; names: readonly string[] }>) {
      yield [record.address, record.names];
    }
    return;
  }
  const pairs: Iterable<[string, string | readonly string[]]> =
    names instanceof Map ? names : Object.entries(names);
  for (const [address, name] of pairs) yield [address, typeof name === "string" ? [name] : name];
}

export function namesBlock(names: Names): Uint8Array {
  const records: EncodedOption[] = [];
  for (const [address, list] of namePairs(names)) {
    if (!Array.isArray(list) || list.length === 0) {
      throw wrongType("names", "one name or several for each address", list);
    }
    const ip6 = String(address).includes(":");
    const host = ip6 ? put(16, putIpv6, address, "address") : put(4, putIpv4, address, "address");
    const ends = list.map((name) => [...optionText(name, "name"), 0]);
    const value = Uint8Array.from([...host, ...ends.flat()]);
    if (value.length > U16_MAX) throw new RangeError(`${address} has too many names for a record`);
    records.push([ip6 ? RECORD.ipv6 : RECORD.ipv4, value]);
  }
  return block(BLOCK.names, optionBytes(records), records.length > 0 ? NOTHING : END);
}

const NOTHING = new Uint8Array(0);
/** What ends records, and options. */
const END = new Uint8Array(4);

/** Counters, of which those that are given are written. */
export type StatisticsInit = Partial<InterfaceStatistics> & {
  /** How often a capture's ring was full (`Capture.statistics`); written as a comment. */
  readonly freezes?: number;
};

const STATISTICS_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(STATISTICS),
  "interface",
  "timestamp",
  "comment",
  "freezes",
]);

/** `halves` puts a timestamp at a place, upper half first. */
export function statisticsBlock(
  statistics: StatisticsInit,
  number: number,
  halves: (view: DataView, at: number, timestamp: bigint) => void,
): Uint8Array {
  knownKeys(statistics, STATISTICS_KEYS);
  const { timestamp = 0n, freezes = 0, comment } = statistics;
  const fixed = filled(12, (view) => {
    view.setUint32(0, number, true);
    halves(view, 4, timestamp);
  });
  const options = [...text(OPTION.comment, comment, "comment")];
  if (integer(freezes, "freezes", 0, Number.MAX_SAFE_INTEGER) > 0) {
    options.push([OPTION.comment, optionText(`freezes: ${freezes}`, "comment")]);
  }
  for (const [name, code] of Object.entries(STATISTICS)) {
    const value = statistics[name as keyof typeof STATISTICS];
    if (value === undefined) continue;
    if (code === STATISTICS.start || code === STATISTICS.end) {
      options.push([code, filled(8, (view) => halves(view, 0, value as bigint))]);
    } else {
      const count = BigInt(integer(value, name, 0, Number.MAX_SAFE_INTEGER));
      options.push([code, filled(8, (view) => view.setBigUint64(0, count, true))]);
    }
  }
  return block(BLOCK.statistics, fixed, optionBytes(options));
}

export function secretsBlock({ type, data }: Secrets): Uint8Array {
  integer(type, "type", 0, U32_MAX);
  if (!(data instanceof Uint8Array)) throw wrongType("data", "a Uint8Array", data);
  const fixed = filled(8, (view) => {
    view.setUint32(0, type, true);
    view.setUint32(4, data.length, true);
  });
  return block(BLOCK.secrets, fixed, data);
}

export function customBlock({ enterprise, copyable, data }: CustomBlock): Uint8Array {
  integer(enterprise, "enterprise", 0, U32_MAX);
  if (!(data instanceof Uint8Array)) throw wrongType("data", "a Uint8Array", data);
  const fixed = filled(4, (view) => view.setUint32(0, enterprise, true));
  return block(copyable ? BLOCK.custom : BLOCK.customUncopied, fixed, data);
}
