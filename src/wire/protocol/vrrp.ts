// VRRP: version 2 of RFC 3768, version 3 of RFC 5798.

import { part, put16, u8, u16 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { list, octets, U8, U16, uint, wrongType } from "../field.ts";
import { putIpv4, putIpv6 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pseudoSum } from "../pseudo.ts";
import { ipv4Text, ipv6Text } from "../text.ts";

/** VRRP: version 2 of RFC 3768, version 3 of RFC 5798. */
export type Vrrp = {
  kind: "vrrp";
  /** 2 or 3; what is not set is 3. */
  version: number;
  virtualRouter: number;
  priority: number;
  /** Between advertisements: seconds in version 2, hundredths of a second in version 3. */
  interval: number;
  /**
   * In version 3 with the pseudo-header of IPv4 or IPv6, as keepalived, FRR and Wireshark have it;
   * RFC 9568 leaves that of IPv4 out.
   */
  checksum: number;
  /** All IPv4, or in version 3 all IPv6. */
  addresses: string[];
  /** Only where it is not 1, an advertisement. */
  type?: number;
  /** The four bits before the interval of version 3, only where they are not 0. */
  reserved?: number;
  /** Of version 2, only where it is not 0. */
  authenticationType?: number;
  /** Of version 2, only where it is not eight zeros. */
  authentication?: Uint8Array;
};

const PROTOCOL = 112;
const HEADER = 8;
const IPV4 = 4;
const IPV6 = 16;
const AUTHENTICATION = 8;
const ADVERTISEMENT = 1;

const VIRTUAL_ROUTER = 1;
const PRIORITY = 2;
const COUNT = 3;
const AUTHENTICATION_TYPE = 4;
const INTERVAL_2 = 5;
const INTERVAL_3 = 4;
const CHECKSUM = 6;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("vrrp", HEADER);
  const version = u8(bytes, start) >> 4;
  if (version !== 2 && version !== 3) return scan.malformed("vrrp", start, `version ${version}`);
  const count = u8(bytes, start + COUNT);
  const room = left - HEADER;
  if (version === 3) {
    // The size of an address, which no field says, is seen from how many bytes a whole one has.
    const whole = scan.problem === null && !scan.partial;
    const size = whole && room === count * IPV4 ? IPV4 : IPV6;
    const length = HEADER + count * size;
    return left < length ? scan.truncated("vrrp", length) : length;
  }
  const addresses = HEADER + count * IPV4;
  if (left < addresses) return scan.truncated("vrrp", addresses);
  return Math.min(left, addresses + AUTHENTICATION);
}

function read(bytes: Uint8Array, start: number, end: number): Vrrp {
  const first = u8(bytes, start);
  const version = first >> 4;
  const count = u8(bytes, start + COUNT);
  const six = version === 3 && count > 0 && end - start === HEADER + count * IPV6;
  const size = six ? IPV6 : IPV4;
  const behind = start + HEADER + count * size;
  const addresses: string[] = [];
  for (let at = start + HEADER; at < behind; at += size) {
    addresses.push(six ? ipv6Text(bytes, at) : ipv4Text(bytes, at));
  }
  const interval3 = u16(bytes, start + INTERVAL_3);
  const layer: Vrrp = {
    kind: "vrrp",
    version,
    virtualRouter: u8(bytes, start + VIRTUAL_ROUTER),
    priority: u8(bytes, start + PRIORITY),
    interval: version === 3 ? interval3 & 0xfff : u8(bytes, start + INTERVAL_2),
    checksum: u16(bytes, start + CHECKSUM),
    addresses,
  };
  const type = first & 15;
  if (type !== ADVERTISEMENT) layer.type = type;
  if (version === 3) {
    if (interval3 >> 12 !== 0) layer.reserved = interval3 >> 12;
    return layer;
  }
  const authenticationType = u8(bytes, start + AUTHENTICATION_TYPE);
  if (authenticationType !== 0) layer.authenticationType = authenticationType;
  const authentication = part(bytes, behind, end);
  if (authentication.length < AUTHENTICATION || authentication.some((byte) => byte !== 0)) {
    layer.authentication = authentication;
  }
  return layer;
}

function versionOf(layer: Init<Vrrp>): number {
  const version = uint(layer.version, "vrrp.version", 15, 3);
  if (version === 2 || version === 3) return version;
  throw new RangeError(`vrrp.version must be 2 or 3, not ${version}`);
}

/** The size of an address: the first one's. */
function addressSize(addresses: readonly string[], version: number): number {
  const [first] = addresses;
  if (typeof first !== "string" || !first.includes(":")) return IPV4;
  if (version === 3) return IPV6;
  throw wrongType("vrrp.addresses", "IPv4 addresses in version 2", first);
}

function size(layer: Init<Vrrp>): number {
  const version = versionOf(layer);
  const addresses = list(layer.addresses, "vrrp.addresses");
  if (addresses.length > U8) {
    throw new RangeError(`vrrp.addresses must be at most ${U8}, not ${addresses.length}`);
  }
  const length = HEADER + addresses.length * addressSize(addresses, version);
  return version === 2 ? length + authenticationSize(layer) : length;
}

function authenticationSize({ authentication }: Init<Vrrp>): number {
  if (authentication === undefined) return AUTHENTICATION;
  const { length } = octets(authentication, "vrrp.authentication");
  if (length <= AUTHENTICATION) return length;
  const message = `at most ${AUTHENTICATION} bytes, not ${length}`;
  throw new RangeError(`vrrp.authentication must have ${message}`);
}

function write(layer: Init<Vrrp>, { bytes, start }: Room): void {
  const version = versionOf(layer);
  const addresses = list(layer.addresses, "vrrp.addresses");
  bytes[start] = (version << 4) | uint(layer.type, "vrrp.type", 15, ADVERTISEMENT);
  bytes[start + VIRTUAL_ROUTER] = uint(layer.virtualRouter, "vrrp.virtualRouter", U8);
  bytes[start + PRIORITY] = uint(layer.priority, "vrrp.priority", U8);
  bytes[start + COUNT] = addresses.length;
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "vrrp.checksum", U16));
  const size = addressSize(addresses, version);
  const put = size === IPV6 ? putIpv6 : putIpv4;
  let at = start + HEADER;
  for (const address of addresses) {
    put(bytes, at, address, "vrrp.addresses");
    at += size;
  }
  if (version === 3) {
    const reserved = uint(layer.reserved, "vrrp.reserved", 15);
    const interval = uint(layer.interval, "vrrp.interval", 0xfff);
    put16(bytes, start + INTERVAL_3, (reserved << 12) | interval);
    return;
  }
  const type = uint(layer.authenticationType, "vrrp.authenticationType", U8);
  bytes[start + AUTHENTICATION_TYPE] = type;
  bytes[start + INTERVAL_2] = uint(layer.interval, "vrrp.interval", U8);
  bytes.set(octets(layer.authentication, "vrrp.authentication"), at);
}

function seal(layer: Init<Vrrp>, { bytes, start, end, network }: Room): void {
  if (layer.checksum !== undefined) return;
  const three = versionOf(layer) === 3;
  if (three && network < 0) return;
  const pseudo = three ? pseudoSum(bytes, network, start, end, PROTOCOL) : 0;
  put16(bytes, start + CHECKSUM, finish(add(pseudo, bytes, start, end)));
}

const FIELDS: FieldNames<Vrrp> = {
  version: true,
  virtualRouter: true,
  priority: true,
  interval: true,
  checksum: true,
  addresses: true,
  type: true,
  reserved: true,
  authenticationType: true,
  authentication: true,
};

export const vrrp: Protocol<Vrrp> = { kind: "vrrp", fields: FIELDS, scan, read, size, write, seal };
