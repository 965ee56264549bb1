// The options of neighbor discovery: RFC 4861 section 4.6, RFC 8106 for DNS.

import { part, put32, u8, u16, u32 } from "../bytes.ts";
import { domainBytes, plainEnd, readDomains } from "../domain.ts";
import { bit, list, octets, text, U8, U32, uint, wrongType } from "../field.ts";
import { hardwareSize, parseHardware, putIpv6 } from "../parse.ts";
import type { Scan } from "../protocol.ts";
import { hardwareText, ipv6Text } from "../text.ts";

/** An option of neighbor discovery: RFC 4861, section 4.6; RFC 8106. */
export type NdpOption =
  /** Usually a MAC address; all of the option in any case. */
  | { type: "source-link-layer-address"; address: string }
  | { type: "target-link-layer-address"; address: string }
  /** Lifetimes in seconds; 0xffffffff is for ever. */
  | {
      type: "prefix";
      prefix: string;
      prefixLength: number;
      onLink: boolean;
      autonomous: boolean;
      validLifetime: number;
      preferredLifetime: number;
      /** The prefix is the router's whole address, RFC 6275; only where it is. */
      routerAddress?: true;
    }
  | { type: "mtu"; mtu: number }
  /** Recursive DNS servers; the lifetime in seconds. */
  | { type: "rdnss"; lifetime: number; addresses: string[] }
  /** The DNS search list; the lifetime in seconds. */
  | { type: "dnssl"; lifetime: number; domains: string[] }
  /**
   * Any other; also one of the above that has not its length, or bits that must be zero and are
   * not. The data is without type and length: 6 bytes, or 8 more, and so on.
   */
  | { type: number; data: Uint8Array };

const NUMBERS = {
  "source-link-layer-address": 1,
  "target-link-layer-address": 2,
  prefix: 3,
  mtu: 5,
  rdnss: 25,
  dnssl: 31,
} as const;

const UNIT = 8;
const LENGTH = 1;
const VALUE = 2;
const SIZE_MAX = U8 * UNIT;

/** Where the options end, which take all there is, or NONE with a problem. */
export function scanOptions(scan: Scan, start: number): number {
  const { bytes, end } = scan;
  let at = start;
  while (at < end) {
    if (at + VALUE > end) return scan.truncated("icmpv6", at + UNIT - scan.start);
    const size = u8(bytes, at + LENGTH) * UNIT;
    if (size === 0) return scan.malformed("icmpv6", at + LENGTH, "an option of length 0");
    if (at + size > end) return scan.truncated("icmpv6", at + size - scan.start);
    at += size;
  }
  return at;
}

export function readOptions(bytes: Uint8Array, start: number, end: number): NdpOption[] {
  const options: NdpOption[] = [];
  for (let at = start; at < end; ) {
    const behind = at + Math.max(1, u8(bytes, at + LENGTH)) * UNIT;
    const type = u8(bytes, at);
    const data = { type, data: part(bytes, at + VALUE, behind) };
    options.push(readNamed(bytes, type, at, behind) ?? data);
    at = behind;
  }
  return options;
}

function readNamed(
  bytes: Uint8Array,
  type: number,
  at: number,
  end: number,
): NdpOption | undefined {
  const size = end - at;
  switch (type) {
    case NUMBERS["source-link-layer-address"]:
      return { type: "source-link-layer-address", address: hardwareText(bytes, at + VALUE, end) };
    case NUMBERS["target-link-layer-address"]:
      return { type: "target-link-layer-address", address: hardwareText(bytes, at + VALUE, end) };
    case NUMBERS.prefix:
      return size === 32 ? readPrefix(bytes, at) : undefined;
    case NUMBERS.mtu:
      if (size !== UNIT || u16(bytes, at + VALUE) !== 0) return undefined;
      return { type: "mtu", mtu: u32(bytes, at + 4) };
    case NUMBERS.rdnss:
      if (size % 16 !== UNIT || u16(bytes, at + VALUE) !== 0) return undefined;
      return readServers(bytes, at, end);
    case NUMBERS.dnssl:
      if (size === UNIT || u16(bytes, at + VALUE) !== 0) return undefined;
      return readSearchList(bytes, at, end);
    default:
      return undefined;
  }
}

function readPrefix(bytes: Uint8Array, at: number): NdpOption | undefined {
  const flags = u8(bytes, at + 3);
  if ((flags & 0x1f) !== 0 || u32(bytes, at + 12) !== 0) return undefined;
  return {
    type: "prefix",
    prefix: ipv6Text(bytes, at + 16),
    prefixLength: u8(bytes, at + VALUE),
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    validLifetime: u32(bytes, at + 4),
    preferredLifetime: u32(bytes, at + 8),
    ...((flags & 0x20) !== 0 && { routerAddress: true as const }),
  };
}

function readServers(bytes: Uint8Array, at: number, end: number): NdpOption {
  const addresses: string[] = [];
  for (let server = at + UNIT; server < end; server += 16) {
    addresses.push(ipv6Text(bytes, server));
  }
  return { type: "rdnss", lifetime: u32(bytes, at + 4), addresses };
}

function readSearchList(bytes: Uint8Array, at: number, end: number): NdpOption | undefined {
  const domains = readDomains(bytes, at + UNIT, end);
  if (domains === undefined) return undefined;
  // Of compressed names, or of more zeros than fill up, the bytes are kept.
  const size = plainEnd(bytes, at + UNIT, end) - at;
  if (size < 0 || at + roundUp(size) !== end) return undefined;
  return { type: "dnssl", lifetime: u32(bytes, at + 4), domains };
}

function roundUp(size: number): number {
  return Math.ceil(size / UNIT) * UNIT;
}

export function optionsSize(options: readonly NdpOption[]): number {
  let size = 0;
  for (const option of options) size += optionSize(option);
  return size;
}

function optionSize(option: NdpOption): number {
  const size = exactSize(option);
  if (size <= SIZE_MAX) return size;
  throw new RangeError(`icmpv6.options: ${option.type} must have at most ${SIZE_MAX} bytes`);
}

function exactSize(option: NdpOption): number {
  switch (option.type) {
    case "source-link-layer-address":
    case "target-link-layer-address":
      return roundUp(VALUE + Math.max(1, hardwareSize(text(option.address, ADDRESS))));
    case "prefix":
      return 32;
    case "mtu":
      return UNIT;
    case "rdnss":
      return UNIT + list(option.addresses, "icmpv6.options: addresses").length * 16;
    case "dnssl":
      return UNIT + roundUp(domainsOf(option).length);
    default:
      if (typeof option.type !== "number") throw unknownType(option);
      uint(option.type, "icmpv6.options: type", U8);
      return roundUp(VALUE + Math.max(1, octets(option.data, "icmpv6.options: data").length));
  }
}

function unknownType(option: { type: unknown }): TypeError {
  return wrongType("icmpv6.options", "options by type", option.type);
}

const ADDRESS = "icmpv6.options: address";

function domainsOf({ domains }: { domains: readonly string[] }): number[] {
  const name = "icmpv6.options: domains";
  return domainBytes(list(domains, name), name);
}

export function writeOptions(
  options: readonly NdpOption[],
  bytes: Uint8Array,
  start: number,
): void {
  let at = start;
  for (const option of options) {
    const size = optionSize(option);
    bytes[at] = typeof option.type === "number" ? option.type : NUMBERS[option.type];
    bytes[at + LENGTH] = size / UNIT;
    writeOption(option, bytes, at);
    at += size;
  }
}

function writeOption(option: NdpOption, bytes: Uint8Array, at: number): void {
  switch (option.type) {
    case "source-link-layer-address":
    case "target-link-layer-address": {
      const address = text(option.address, ADDRESS);
      if (!parseHardware(bytes, at + VALUE, address, hardwareSize(address))) {
        throw wrongType(ADDRESS, "bytes in hexadecimal", address);
      }
      return;
    }
    case "prefix":
      writePrefix(option, bytes, at);
      return;
    case "mtu":
      put32(bytes, at + 4, uint(option.mtu, "icmpv6.options: mtu", U32));
      return;
    case "rdnss":
      put32(bytes, at + 4, uint(option.lifetime, "icmpv6.options: lifetime", U32));
      option.addresses.forEach((address, index) => {
        putIpv6(bytes, at + UNIT + index * 16, address, "icmpv6.options: addresses");
      });
      return;
    case "dnssl":
      put32(bytes, at + 4, uint(option.lifetime, "icmpv6.options: lifetime", U32));
      bytes.set(domainsOf(option), at + UNIT);
      return;
    default:
      bytes.set(octets(option.data, "icmpv6.options: data"), at + VALUE);
  }
}

function writePrefix(
  option: Extract<NdpOption, { type: "prefix" }>,
  bytes: Uint8Array,
  at: number,
): void {
  const name = "icmpv6.options:";
  bytes[at + VALUE] = uint(option.prefixLength, `${name} prefixLength`, U8);
  bytes[at + 3] =
    (bit(option.onLink, `${name} onLink`) << 7) |
    (bit(option.autonomous, `${name} autonomous`) << 6) |
    (bit(option.routerAddress, `${name} routerAddress`) << 5);
  put32(bytes, at + 4, uint(option.validLifetime, `${name} validLifetime`, U32));
  put32(bytes, at + 8, uint(option.preferredLifetime, `${name} preferredLifetime`, U32));
  putIpv6(bytes, at + 16, option.prefix, `${name} prefix`);
}
