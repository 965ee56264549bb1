// Takes pcapng's blocks apart, other than those of packets.

import { ipv4Text, ipv6Text, macText } from "../../wire/text.ts";
import {
  type CustomBlock,
  type FileInterface,
  INTERFACE,
  type InterfaceStatistics,
  type NameRecord,
  OPTION,
  padded,
  RECORD,
  SECTION,
  type Secrets,
  type Section,
  STATISTICS,
} from "./block.ts";
import { TickClock, ticksPerSecond } from "./clock.ts";
import { CaptureFileError } from "./error.ts";
import { linkOf } from "./link.ts";

/** The body of a block: the bytes of the window from `start` to `end`. */
export type Body = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly little: boolean;
  /** What is added to `start` for the place in the file. */
  readonly base: number;
};

/** An interface, and how its packets' times are read. */
export type DecodedInterface = { readonly shown: FileInterface; readonly clock: TickClock };

const decoder = new TextDecoder();

/** More of them in a block are refused: they would take much more memory than the block. */
const OPTIONS_MAX = 4096;
const RECORDS_MAX = 262_144;

/** Text of files ends where C's does. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const nul = bytes.subarray(start, end).indexOf(0);
  return decoder.decode(bytes.subarray(start, nul < 0 ? end : start + nul));
}

/** The options from `at` on, at most up to the end of the body; unknown ones are in it as well. */
export function optionsOf(body: Body, at: number): Map<number, [start: number, end: number][]> {
  const options = new Map<number, [number, number][]>();
  const { view, end, little } = body;
  for (let count = 0; end - at >= 4; count++) {
    if (count === OPTIONS_MAX) throw wrong(body, at, `more than ${OPTIONS_MAX} options`);
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.end) break;
    const start = at + 4;
    if (length > end - start) {
      throw wrong(body, at, `option ${code} of ${length} bytes is longer than its block`);
    }
    const list = options.get(code);
    if (list === undefined) options.set(code, [[start, start + length]]);
    else list.push([start, start + length]);
    at = start + padded(length);
  }
  return options;
}

type Options = ReturnType<typeof optionsOf>;

function wrong(body: Body, at: number, message: string): CaptureFileError {
  return new CaptureFileError(message, body.base + at);
}

function sized(body: Body, least: number, name: string): void {
  if (body.end - body.start >= least) return;
  const size = body.end - body.start;
  throw wrong(body, body.start, `${name} of ${size} bytes is shorter than ${least}`);
}

/** All texts of that option, a line each; an absent one is no property. */
function texts<Key extends string>(
  body: Body,
  options: Options,
  key: Key,
  code: number,
): { [key in Key]?: string } {
  const places = options.get(code);
  if (places === undefined) return {};
  const text = places.map(([start, end]) => textOf(body.bytes, start, end)).join("\n");
  return { [key]: text } as { [key in Key]?: string };
}

/** The first one of that option that is long enough. */
function place(options: Options, code: number, least: number): number | undefined {
  return options.get(code)?.find(([start, end]) => end - start >= least)?.[0];
}

export function decodeSection(body: Body): Section {
  const options = optionsOf(body, body.start + 16);
  return {
    ...texts(body, options, "comment", OPTION.comment),
    ...texts(body, options, "hardware", SECTION.hardware),
    ...texts(body, options, "os", SECTION.os),
    ...texts(body, options, "application", SECTION.application),
  };
}

const MICROSECONDS = 6;

export function decodeInterface(body: Body): DecodedInterface {
  sized(body, 8, "an interface description");
  const { view, bytes, start, little } = body;
  const options = optionsOf(body, start + 8);
  const resolutionAt = place(options, INTERFACE.resolution, 1);
  const resolution = resolutionAt === undefined ? MICROSECONDS : (bytes[resolutionAt] as number);
  const offsetAt = place(options, INTERFACE.offset, 8);
  const offset = offsetAt === undefined ? 0n : view.getBigInt64(offsetAt, little);
  const mac = place(options, INTERFACE.mac, 6);
  const speed = place(options, INTERFACE.speed, 8);
  const fcs = place(options, INTERFACE.fcsLength, 1);
  const addresses = addressesOf(body, options);
  const shown: FileInterface = {
    link: linkOf(view.getUint16(start, little)),
    snaplen: view.getUint32(start + 4, little),
    resolution: ticksPerSecond(resolution),
    ...texts(body, options, "name", INTERFACE.name),
    ...texts(body, options, "description", INTERFACE.description),
    ...texts(body, options, "comment", OPTION.comment),
    ...filterOf(body, options),
    ...texts(body, options, "os", INTERFACE.os),
    ...texts(body, options, "hardware", INTERFACE.hardware),
    ...(mac === undefined ? {} : { mac: macText(bytes, mac) }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(speed === undefined ? {} : { speed: Number(view.getBigUint64(speed, little)) }),
    ...(fcs === undefined ? {} : { fcsLength: bytes[fcs] as number }),
  };
  return { shown, clock: new TickClock(resolution, offset) };
}

/** An expression; a program, which begins with another number, is not read. */
function filterOf(body: Body, options: Options): { filter?: string } {
  const at = options.get(INTERFACE.filter)?.find(([start]) => body.bytes[start] === 0);
  return at === undefined ? {} : { filter: textOf(body.bytes, at[0] + 1, at[1]) };
}

function addressesOf({ bytes }: Body, options: Options): string[] {
  const list: string[] = [];
  for (const [start, end] of options.get(INTERFACE.ipv4) ?? []) {
    if (end - start !== 8) continue;
    list.push(`${ipv4Text(bytes, start)}/${prefixLength(bytes, start + 4)}`);
  }
  for (const [start, end] of options.get(INTERFACE.ipv6) ?? []) {
    if (end - start === 17) list.push(`${ipv6Text(bytes, start)}/${bytes[start + 16]}`);
  }
  return list;
}

/** How many leading ones an IPv4 mask has. */
function prefixLength(bytes: Uint8Array, at: number): number {
  let mask = 0;
  for (let index = 0; index < 4; index++) mask = (mask << 8) | (bytes[at + index] as number);
  return Math.clz32(~mask);
}

export function decodeNames(body: Body): NameRecord[] {
  const { bytes, view, little, end } = body;
  const records: NameRecord[] = [];
  for (let at = body.start; end - at >= 4; ) {
    const type = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (type === RECORD.end) break;
    if (records.length === RECORDS_MAX) throw wrong(body, at, `more than ${RECORDS_MAX} names`);
    const start = at + 4;
    if (length > end - start) {
      throw wrong(body, at, `a record of ${length} bytes is longer than its block`);
    }
    const size = ADDRESS_SIZES[type];
    if (size !== undefined && length >= size) {
      const names = decoder.decode(bytes.subarray(start + size, start + length)).split("\0");
      records.push({
        address: addressText(type, bytes, start),
        names: names.filter((name) => name !== ""),
      });
    }
    at = start + padded(length);
  }
  return records;
}

const ADDRESS_SIZES: Readonly<Record<number, number>> = {
  [RECORD.ipv4]: 4,
  [RECORD.ipv6]: 16,
  [RECORD.mac]: 6,
  [RECORD.eui64]: 8,
};

function addressText(type: number, bytes: Uint8Array, at: number): string {
  if (type === RECORD.ipv4) return ipv4Text(bytes, at);
  if (type === RECORD.ipv6) return ipv6Text(bytes, at);
  if (type === RECORD.mac) return macText(bytes, at);
  const digits = [...bytes.subarray(at, at + 8)].map((byte) => byte.toString(16).padStart(2, "0"));
  return digits.join(":");
}

export function decodeStatistics(
  body: Body,
  interfaces: readonly DecodedInterface[],
): InterfaceStatistics {
  sized(body, 12, "interface statistics");
  const { view, start, little } = body;
  const number = view.getUint32(start, little);
  const clock = interfaces[number]?.clock;
  if (clock === undefined) throw wrong(body, start, `no interface ${number} was described`);
  const options = optionsOf(body, start + 12);
  const time = (at: number) =>
    clock.time(view.getUint32(at, little), view.getUint32(at + 4, little));
  const counters: Partial<Record<keyof typeof STATISTICS, number | bigint>> = {};
  for (const [name, code] of Object.entries(STATISTICS)) {
    const at = place(options, code, 8);
    if (at === undefined) continue;
    const isTime = code === STATISTICS.start || code === STATISTICS.end;
    counters[name as keyof typeof STATISTICS] = isTime
      ? time(at)
      : Number(view.getBigUint64(at, little));
  }
  return {
    interface: number,
    timestamp: time(start + 4),
    ...(counters as Omit<InterfaceStatistics, "interface" | "timestamp">),
    ...texts(body, options, "comment", OPTION.comment),
  };
}

export function decodeSecrets(body: Body): Secrets {
  sized(body, 8, "a block of secrets");
  const { bytes, view, start, end, little } = body;
  const length = view.getUint32(start + 4, little);
  if (length > end - start - 8) {
    throw wrong(body, start, `secrets of ${length} bytes are longer than their block`);
  }
  const data = bytes.slice(start + 8, start + 8 + length);
  return { type: view.getUint32(start, little), data };
}

export function decodeCustom(body: Body, copyable: boolean): CustomBlock {
  sized(body, 4, "a custom block");
  const { bytes, view, start, end, little } = body;
  return { enterprise: view.getUint32(start, little), copyable, data: bytes.slice(start + 4, end) };
}
