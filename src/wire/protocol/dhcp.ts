// DHCP: RFC 2131. Its options are in dhcp-options.ts.

import { NOTHING, part, put16, put32, u8, u16, u32 } from "../bytes.ts";
import { bit, octets, text, U8, U16, U32, uint, wrongType } from "../field.ts";
import { hardwareSize, parseHardware, putIpv4 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { hardwareText, ipv4Text } from "../text.ts";
import { readText, textBytes } from "../utf8.ts";
import { type Names, numberOf, wordOf } from "../word.ts";
import {
  type DhcpOptionName,
  type DhcpValue,
  isPlain,
  optionCode,
  optionName,
  readValue,
  valueBytes,
} from "./dhcp-options.ts";

/** By their numbers; the last of RFC 3203 and RFC 4388. */
const MESSAGES = [
  "",
  "discover",
  "offer",
  "request",
  "decline",
  "ack",
  "nak",
  "release",
  "inform",
  "force-renew",
  "lease-query",
  "lease-unassigned",
  "lease-unknown",
  "lease-active",
] as const;

/** The message type of DHCP: RFC 2132, section 9.6. */
export type DhcpMessage = Exclude<(typeof MESSAGES)[number], "">;

/** DHCP: RFC 2131, its options by name: RFC 2132. */
export type Dhcp = {
  kind: "dhcp";
  /** Of a client, or of a server. */
  operation: "request" | "reply";
  /** The same in a request and its replies. */
  transaction: number;
  /** Since the client began. */
  seconds: number;
  /** The client can't receive replies that are sent to its address yet. */
  broadcast: boolean;
  /** The address that the client has. */
  client: string;
  /** The address that the client gets. */
  your: string;
  /** That of the server to boot from next. */
  server: string;
  relay: string;
  /** The client's MAC address. */
  hardware: string;
  serverName: string;
  /** The boot file's name. */
  file: string;
  /** Nothing in messages of BOOTP, which has no such option. */
  messageType?: DhcpMessage | number;
  /**
   * In the order they have on the wire: by name, or by number, as bytes, where there is none. An
   * option in several pieces is one (RFC 3396). The message's type is among them, as a number, only
   * where it is not the first, which keeps its place.
   */
  options: Map<DhcpOptionName | number, DhcpValue>;
  /** Only where it is not 1, Ethernet. */
  hardwareType?: number;
  /** How many relays there were, only where there were. */
  hops?: number;
  /** The 15 bits behind `broadcast`, only where they are not 0. */
  flags?: number;
  /** What is behind the hardware address in its 16 bytes, only where that is not zeros. */
  hardwarePadding?: Uint8Array;
  /**
   * All 64 and 128 bytes of the names, only where they are not a text with zeros behind it: options
   * may be there instead (option-overload).
   */
  serverNameBytes?: Uint8Array;
  fileBytes?: Uint8Array;
  /**
   * All options as they are on the wire, only where `options` would be written otherwise: pieces
   * apart from each other, bytes that fill up, no end. Leave it out to write changed ones.
   */
  rawOptions?: Uint8Array;
};

const FIXED = 236;
const COOKIE = 0x6382_5363;
const HEADER = FIXED + 4;
const ETHERNET = 1;

const HARDWARE_TYPE = 1;
const HARDWARE_LENGTH = 2;
const HOPS = 3;
const TRANSACTION = 4;
const SECONDS = 8;
const FLAGS = 10;
const CLIENT = 12;
const YOUR = 16;
const SERVER = 20;
const RELAY = 24;
const HARDWARE = 28;
const SERVER_NAME = 44;
const FILE = 108;

const HARDWARE_SIZE = SERVER_NAME - HARDWARE;
const SERVER_NAME_SIZE = FILE - SERVER_NAME;
const FILE_SIZE = FIXED - FILE;

const OPERATIONS: Names<"request" | "reply"> = ["", "request", "reply"];

const PAD = 0;
const END = 255;
const MESSAGE_TYPE = 53;
const PIECE_MAX = 255;

function scan(scan: Scan): number {
  const { bytes, start, end, left } = scan;
  if (left > 0 && typeof wordOf(OPERATIONS, u8(bytes, start)) === "number") return scan.decline();
  if (left < HEADER) return scan.truncated("dhcp", HEADER);
  if (u8(bytes, start + HARDWARE_LENGTH) > HARDWARE_SIZE) return scan.decline();
  if (u32(bytes, start + FIXED) !== COOKIE) return scan.decline();
  for (let at = start + HEADER; at < end; ) {
    const code = u8(bytes, at++);
    if (code === END) return at - start;
    if (code === PAD) continue;
    if (at === end) return scan.truncated("dhcp", at + 1 - start);
    at += 1 + u8(bytes, at);
    if (at > end) return scan.truncated("dhcp", at - start);
  }
  return left;
}

function read(bytes: Uint8Array, start: number, end: number): Dhcp {
  const flags = u16(bytes, start + FLAGS);
  const hardwareEnd = start + HARDWARE + Math.min(u8(bytes, start + HARDWARE_LENGTH), 16);
  const serverName = readName(bytes, start + SERVER_NAME, start + FILE);
  const file = readName(bytes, start + FILE, start + FIXED);
  const { messageType, options, raw } = readOptions(bytes, start + HEADER, end);
  const layer: Dhcp = {
    kind: "dhcp",
    operation: u8(bytes, start) === 2 ? "reply" : "request",
    transaction: u32(bytes, start + TRANSACTION),
    seconds: u16(bytes, start + SECONDS),
    broadcast: (flags & 0x8000) !== 0,
    client: ipv4Text(bytes, start + CLIENT),
    your: ipv4Text(bytes, start + YOUR),
    server: ipv4Text(bytes, start + SERVER),
    relay: ipv4Text(bytes, start + RELAY),
    hardware: hardwareText(bytes, start + HARDWARE, hardwareEnd),
    serverName: serverName.text,
    file: file.text,
    ...(messageType !== undefined && { messageType }),
    options,
  };
  const hardwareType = u8(bytes, start + HARDWARE_TYPE);
  const hops = u8(bytes, start + HOPS);
  const padding = part(bytes, hardwareEnd, start + SERVER_NAME);
  if (hardwareType !== ETHERNET) layer.hardwareType = hardwareType;
  if (hops !== 0) layer.hops = hops;
  if ((flags & 0x7fff) !== 0) layer.flags = flags & 0x7fff;
  if (padding.some((byte) => byte !== 0)) layer.hardwarePadding = padding;
  if (serverName.bytes !== undefined) layer.serverNameBytes = serverName.bytes;
  if (file.bytes !== undefined) layer.fileBytes = file.bytes;
  if (raw !== undefined) layer.rawOptions = raw;
  return layer;
}

/** The text up to the first zero; all bytes, where that is not all there is. */
function readName(
  bytes: Uint8Array,
  start: number,
  end: number,
): { text: string; bytes?: Uint8Array } {
  let zero = start;
  while (zero < end && u8(bytes, zero) !== 0) zero++;
  let behind = zero;
  while (behind < end && u8(bytes, behind) === 0) behind++;
  const name = readText(bytes, start, zero);
  if (name !== undefined && behind === end) return { text: name };
  return { text: name ?? "", bytes: part(bytes, start, end) };
}

type Options = Pick<Dhcp, "messageType" | "options">;

function readOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
): Options & { raw?: Uint8Array } {
  const pieces = new Map<number, Uint8Array[]>();
  // Whether they would be written as they are.
  let usual = true;
  let ended = false;
  let last = PAD;
  let whole = true;
  for (let at = start; at < end; ) {
    const code = u8(bytes, at++);
    if (code === END) {
      ended = true;
      break;
    }
    if (code === PAD) {
      usual = false;
      continue;
    }
    const length = u8(bytes, at);
    const piece = part(bytes, at + 1, at + 1 + length);
    const before = pieces.get(code);
    if (before === undefined) pieces.set(code, [piece]);
    else {
      before.push(piece);
      usual &&= code === last && !whole && length > 0;
    }
    last = code;
    whole = length < PIECE_MAX;
    at += 1 + length;
  }
  const result = named(pieces);
  for (const [code, parts] of pieces) usual &&= isPlain(code, joined(parts));
  return usual && ended ? result : { ...result, raw: part(bytes, start, end) };
}

function named(pieces: ReadonlyMap<number, readonly Uint8Array[]>): Options {
  const options: Options["options"] = optionMap();
  const result: Options = { options };
  let first = true;
  for (const [code, parts] of pieces) {
    const value = joined(parts);
    const isType = code === MESSAGE_TYPE && value.length === 1;
    if (isType) result.messageType = wordOf(MESSAGES, u8(value, 0));
    if (!isType || !first) options.set(optionName(code), readValue(code, value));
    first = false;
  }
  return result;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first = NOTHING] = parts;
  if (parts.length < 2) return first;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of parts) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A Map that JSON shows as an object: it would show none of its entries. */
function optionMap(): Options["options"] {
  const options: Options["options"] = new Map();
  const toJSON = () => Object.fromEntries(options);
  return Object.defineProperty(options, "toJSON", { value: toJSON });
}

/** The options and their end. */
function optionBytes({ messageType, options }: Init<Dhcp> | Options): Uint8Array {
  if (options !== undefined && !(options instanceof Map)) {
    throw wrongType("dhcp.options", "a Map", options);
  }
  const bytes: number[] = [];
  const type = numberOf(MESSAGES, messageType, "dhcp.messageType", U8);
  let typed = messageType === undefined;
  const rest: number[] = [];
  for (const [key, value] of options ?? []) {
    const code = optionCode(key);
    if (code === MESSAGE_TYPE && messageType !== undefined) {
      // It has its place here, but only once.
      if (!typed) pushOption(rest, code, Uint8Array.of(type));
      typed = true;
    } else pushOption(rest, code, valueBytes(code, value));
  }
  if (!typed) pushOption(bytes, MESSAGE_TYPE, Uint8Array.of(type));
  for (const byte of rest) bytes.push(byte);
  bytes.push(END);
  return Uint8Array.from(bytes);
}

/** In pieces, where it is too long for one. */
function pushOption(bytes: number[], code: number, value: Uint8Array): void {
  let at = 0;
  do {
    const piece = value.subarray(at, at + PIECE_MAX);
    bytes.push(code, piece.length, ...piece);
    at += PIECE_MAX;
  } while (at < value.length);
}

function writtenOptions(layer: Init<Dhcp>): Uint8Array {
  if (layer.rawOptions === undefined) return optionBytes(layer);
  return octets(layer.rawOptions, "dhcp.rawOptions");
}

function size(layer: Init<Dhcp>): number {
  return HEADER + writtenOptions(layer).length;
}

function write(layer: Init<Dhcp>, { bytes, start }: Room): void {
  const hardware = text(layer.hardware, "dhcp.hardware");
  const broadcast = bit(layer.broadcast, "dhcp.broadcast");
  bytes[start] = operationNumber(layer.operation ?? "request");
  bytes[start + HARDWARE_TYPE] = uint(layer.hardwareType, "dhcp.hardwareType", U8, ETHERNET);
  bytes[start + HARDWARE_LENGTH] = hardwareSize(hardware);
  bytes[start + HOPS] = uint(layer.hops, "dhcp.hops", U8);
  put32(bytes, start + TRANSACTION, uint(layer.transaction, "dhcp.transaction", U32));
  put16(bytes, start + SECONDS, uint(layer.seconds, "dhcp.seconds", U16));
  put16(bytes, start + FLAGS, (broadcast << 15) | uint(layer.flags, "dhcp.flags", 0x7fff));
  putIpv4(bytes, start + CLIENT, layer.client, "dhcp.client");
  putIpv4(bytes, start + YOUR, layer.your, "dhcp.your");
  putIpv4(bytes, start + SERVER, layer.server, "dhcp.server");
  putIpv4(bytes, start + RELAY, layer.relay, "dhcp.relay");
  writeHardware(layer, hardware, bytes, start + HARDWARE);
  const serverName = layer.serverNameBytes ?? textBytes(layer.serverName, "dhcp.serverName");
  const file = layer.fileBytes ?? textBytes(layer.file, "dhcp.file");
  writeBytes(serverName, bytes, start + SERVER_NAME, SERVER_NAME_SIZE, "dhcp.serverName");
  writeBytes(file, bytes, start + FILE, FILE_SIZE, "dhcp.file");
  put32(bytes, start + FIXED, COOKIE);
  bytes.set(writtenOptions(layer), start + HEADER);
}

function operationNumber(operation: "request" | "reply"): number {
  const number = OPERATIONS.indexOf(operation);
  if (number > 0) return number;
  throw wrongType("dhcp.operation", '"request" or "reply"', operation);
}

function writeHardware(layer: Init<Dhcp>, hardware: string, bytes: Uint8Array, at: number): void {
  const size = hardwareSize(hardware);
  if (size > HARDWARE_SIZE || !parseHardware(bytes, at, hardware, size)) {
    const expected = `at most ${HARDWARE_SIZE} bytes in hexadecimal`;
    throw wrongType("dhcp.hardware", expected, hardware);
  }
  const name = "dhcp.hardwarePadding";
  writeBytes(layer.hardwarePadding, bytes, at + size, HARDWARE_SIZE - size, name);
}

function writeBytes(
  value: Uint8Array | undefined,
  bytes: Uint8Array,
  at: number,
  most: number,
  name: string,
): void {
  const given = octets(value, name);
  if (given.length > most) {
    throw new RangeError(`${name} must have at most ${most} bytes, not ${given.length}`);
  }
  bytes.set(given, at);
}

const SERVER_PORT = 67;
const CLIENT_PORT = 68;

/** The port that it goes to; between relays and servers, 67 both ways. */
export function dhcpPort(layer: { kind: string; operation?: unknown }): number {
  return layer.operation === "reply" ? CLIENT_PORT : SERVER_PORT;
}

const FIELDS: FieldNames<Dhcp> = {
  operation: true,
  transaction: true,
  seconds: true,
  broadcast: true,
  client: true,
  your: true,
  server: true,
  relay: true,
  hardware: true,
  serverName: true,
  file: true,
  messageType: true,
  options: true,
  hardwareType: true,
  hops: true,
  flags: true,
  hardwarePadding: true,
  serverNameBytes: true,
  fileBytes: true,
  rawOptions: true,
};

export const dhcp: Protocol<Dhcp> = { kind: "dhcp", fields: FIELDS, scan, read, size, write };
