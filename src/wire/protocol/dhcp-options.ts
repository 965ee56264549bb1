// The options of DHCP: RFC 2132, and those of later standards that are met most.

import { isBytes, part, plainBytes, put16, put32, u8, u16, u32 } from "../bytes.ts";
import { domainBytes, plainEnd, readDomains } from "../domain.ts";
import { list, U8, U16, U32, uint, wrongType } from "../field.ts";
import { putIpv4 } from "../parse.ts";
import { ipv4Text } from "../text.ts";
import { readText, textBytes } from "../utf8.ts";

/** A route of RFC 3442: "198.51.100.0", 24 bits of it, by way of the router. */
export type DhcpRoute = { destination: string; prefixLength: number; router: string };

/** An option's value, by its name; of any that has not such a value, the bytes. */
export type DhcpValue = string | number | boolean | string[] | number[] | DhcpRoute[] | Uint8Array;

/** The value of each way in which options are written. */
type Shapes = {
  address: string;
  addresses: string[];
  /** Addresses, two by two. */
  pairs: string[];
  u8: number;
  u16: number;
  u32: number;
  i32: number;
  boolean: boolean;
  text: string;
  /** The numbers of options, to be given by name too. */
  codes: (DhcpOptionName | number)[];
  u16s: number[];
  domains: string[];
  routes: DhcpRoute[];
  bytes: Uint8Array;
};

type Shape = keyof Shapes;

const NAMES = {
  "subnet-mask": [1, "address"],
  "time-offset": [2, "i32"],
  router: [3, "addresses"],
  "time-server": [4, "addresses"],
  "name-server": [5, "addresses"],
  "domain-name-server": [6, "addresses"],
  "log-server": [7, "addresses"],
  "cookie-server": [8, "addresses"],
  "lpr-server": [9, "addresses"],
  "impress-server": [10, "addresses"],
  "resource-location-server": [11, "addresses"],
  "host-name": [12, "text"],
  "boot-file-size": [13, "u16"],
  "merit-dump-file": [14, "text"],
  "domain-name": [15, "text"],
  "swap-server": [16, "address"],
  "root-path": [17, "text"],
  "extensions-path": [18, "text"],
  "ip-forwarding": [19, "boolean"],
  "non-local-source-routing": [20, "boolean"],
  "policy-filter": [21, "pairs"],
  "maximum-datagram-reassembly-size": [22, "u16"],
  "default-ip-time-to-live": [23, "u8"],
  "path-mtu-aging-timeout": [24, "u32"],
  "path-mtu-plateau-table": [25, "u16s"],
  "interface-mtu": [26, "u16"],
  "all-subnets-are-local": [27, "boolean"],
  "broadcast-address": [28, "address"],
  "perform-mask-discovery": [29, "boolean"],
  "mask-supplier": [30, "boolean"],
  "perform-router-discovery": [31, "boolean"],
  "router-solicitation-address": [32, "address"],
  "static-route": [33, "pairs"],
  "trailer-encapsulation": [34, "boolean"],
  "arp-cache-timeout": [35, "u32"],
  "ethernet-encapsulation": [36, "boolean"],
  "tcp-default-ttl": [37, "u8"],
  "tcp-keepalive-interval": [38, "u32"],
  "tcp-keepalive-garbage": [39, "boolean"],
  "nis-domain": [40, "text"],
  "nis-server": [41, "addresses"],
  "ntp-server": [42, "addresses"],
  "vendor-specific-information": [43, "bytes"],
  "netbios-name-server": [44, "addresses"],
  "netbios-datagram-server": [45, "addresses"],
  "netbios-node-type": [46, "u8"],
  "netbios-scope": [47, "bytes"],
  "x-window-font-server": [48, "addresses"],
  "x-window-display-manager": [49, "addresses"],
  "requested-address": [50, "address"],
  "lease-time": [51, "u32"],
  "option-overload": [52, "u8"],
  "message-type": [53, "u8"],
  "server-identifier": [54, "address"],
  "parameter-request-list": [55, "codes"],
  message: [56, "text"],
  "maximum-message-size": [57, "u16"],
  "renewal-time": [58, "u32"],
  "rebinding-time": [59, "u32"],
  "vendor-class-identifier": [60, "text"],
  "client-identifier": [61, "bytes"],
  "nis-plus-domain": [64, "text"],
  "nis-plus-server": [65, "addresses"],
  "tftp-server-name": [66, "text"],
  "bootfile-name": [67, "text"],
  "mobile-ip-home-agent": [68, "addresses"],
  "smtp-server": [69, "addresses"],
  "pop3-server": [70, "addresses"],
  "nntp-server": [71, "addresses"],
  "www-server": [72, "addresses"],
  "finger-server": [73, "addresses"],
  "irc-server": [74, "addresses"],
  "streettalk-server": [75, "addresses"],
  "streettalk-directory-assistance-server": [76, "addresses"],
  /** RFC 3004 */
  "user-class": [77, "bytes"],
  /** RFC 4039; it has no value. */
  "rapid-commit": [80, "bytes"],
  /** RFC 4702 */
  "client-fqdn": [81, "bytes"],
  /** RFC 3046 */
  "relay-agent-information": [82, "bytes"],
  /** RFC 4578 */
  "client-system-architecture": [93, "u16s"],
  "client-network-interface": [94, "bytes"],
  "client-machine-identifier": [97, "bytes"],
  /** RFC 4833 */
  "posix-timezone": [100, "text"],
  "tzdb-timezone": [101, "text"],
  /** RFC 8925, in seconds */
  "ipv6-only-preferred": [108, "u32"],
  /** RFC 8910 */
  "captive-portal": [114, "text"],
  /** RFC 2563 */
  "auto-configure": [116, "u8"],
  /** RFC 3011 */
  "subnet-selection": [118, "address"],
  /** RFC 3397 */
  "domain-search": [119, "domains"],
  /** RFC 3442 */
  "classless-static-route": [121, "routes"],
  /** RFC 5859 */
  "tftp-server-address": [150, "addresses"],
} as const satisfies Record<string, readonly [number, Shape]>;

/** The name of an option of DHCP. */
export type DhcpOptionName = keyof typeof NAMES;

/** What each option's value is; of an option by number, its bytes. */
export type DhcpOptionValues = {
  [Name in DhcpOptionName]?: Shapes[(typeof NAMES)[Name][1]] | Uint8Array | undefined;
} & { [number: number]: Uint8Array | undefined };

/**
 * The options of a `dhcp` layer from an object, whose values are checked by their types:
 * `dhcpOptions({ "requested-address": "192.0.2.9", "parameter-request-list": ["router", 42] })`.
 * Those by number come first, as in every object; in a Map they have the order you give.
 */
export function dhcpOptions(values: DhcpOptionValues): Map<DhcpOptionName | number, DhcpValue> {
  const options = new Map<DhcpOptionName | number, DhcpValue>();
  for (const [key, value] of Object.entries(values)) {
    const code = /^\d+$/.test(key) ? Number(key) : optionCode(key);
    if (value !== undefined) options.set(optionName(code), value as DhcpValue);
  }
  return options;
}

const BY_CODE: ReadonlyMap<number, { name: DhcpOptionName; shape: Shape }> = new Map(
  Object.entries(NAMES).map(([name, [code, shape]]) => [
    code,
    { name: name as DhcpOptionName, shape },
  ]),
);

/** The name of an option, or its number. */
export function optionName(code: number): DhcpOptionName | number {
  return BY_CODE.get(code)?.name ?? code;
}

/** The number of an option from 1 to 254. */
export function optionCode(key: unknown): number {
  if (typeof key === "string" && Object.hasOwn(NAMES, key)) return NAMES[key as DhcpOptionName][0];
  if (typeof key !== "number") throw wrongType("dhcp.options", "by name or number", key);
  if (Number.isInteger(key) && key > 0 && key < U8) return key;
  throw new RangeError(`dhcp.options must have numbers from 1 to ${U8 - 1}, not ${key}`);
}

/** The value of an option from its bytes; they themselves, where they are no such value. */
export function readValue(code: number, bytes: Uint8Array): DhcpValue {
  const shape = BY_CODE.get(code)?.shape ?? "bytes";
  return readShape(shape, bytes) ?? bytes;
}

/** Whether these bytes of an option are those that its value is written as. */
export function isPlain(code: number, bytes: Uint8Array): boolean {
  if (BY_CODE.get(code)?.shape !== "domains") return true;
  const { length } = bytes;
  return readDomains(bytes, 0, length) === undefined || plainEnd(bytes, 0, length) === length;
}

function readShape(shape: Shape, bytes: Uint8Array): DhcpValue | undefined {
  const { length } = bytes;
  switch (shape) {
    case "address":
      return length === 4 ? ipv4Text(bytes, 0) : undefined;
    case "addresses":
      return length > 0 && length % 4 === 0 ? addresses(bytes) : undefined;
    case "pairs":
      return length > 0 && length % 8 === 0 ? addresses(bytes) : undefined;
    case "u8":
      return length === 1 ? u8(bytes, 0) : undefined;
    case "u16":
      return length === 2 ? u16(bytes, 0) : undefined;
    case "u32":
      return length === 4 ? u32(bytes, 0) : undefined;
    case "i32":
      return length === 4 ? u32(bytes, 0) | 0 : undefined;
    case "boolean":
      return length === 1 && u8(bytes, 0) <= 1 ? u8(bytes, 0) === 1 : undefined;
    case "text":
      return readText(bytes, 0, length);
    case "codes":
      return [...bytes];
    case "u16s":
      if (length === 0 || length % 2 !== 0) return undefined;
      return Array.from({ length: length / 2 }, (_, index) => u16(bytes, 2 * index));
    case "domains":
      return readDomains(bytes, 0, length);
    case "routes":
      return readRoutes(bytes);
    case "bytes":
      return bytes;
  }
}

function addresses(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => ipv4Text(bytes, 4 * index));
}

function readRoutes(bytes: Uint8Array): DhcpRoute[] | undefined {
  const routes: DhcpRoute[] = [];
  for (let at = 0; at < bytes.length; ) {
    const prefixLength = u8(bytes, at);
    const router = at + 1 + Math.ceil(prefixLength / 8);
    if (prefixLength > 32 || router + 4 > bytes.length) return undefined;
    const destination = new Uint8Array(4);
    destination.set(part(bytes, at + 1, router));
    routes.push({
      destination: ipv4Text(destination, 0),
      prefixLength,
      router: ipv4Text(bytes, router),
    });
    at = router + 4;
  }
  return routes;
}

/** The bytes of an option's value. */
export function valueBytes(code: number, value: DhcpValue): Uint8Array {
  const known = BY_CODE.get(code);
  const name = `dhcp.options: ${known?.name ?? code}`;
  if (value === undefined) throw wrongType(name, "a value", value);
  if (isBytes(value)) return plainBytes(value, name);
  if (known !== undefined) return shapeBytes(known.shape, value, name);
  throw wrongType(name, "a Uint8Array", value);
}

function shapeBytes(shape: Shape, value: unknown, name: string): Uint8Array {
  switch (shape) {
    case "address":
      return addressBytes([value], name);
    case "addresses":
    case "pairs":
      return addressBytes(list(value as unknown[], name), name);
    case "u8":
      return Uint8Array.of(uint(value, name, U8));
    case "u16":
      return wide([value], name);
    case "u32":
      return word(uint(value, name, U32));
    case "i32":
      return word(signed(value, name));
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(name, "a boolean", value);
      return Uint8Array.of(value ? 1 : 0);
    case "text":
      return textBytes(value, name);
    case "codes":
      return Uint8Array.from(list(value as unknown[], name), (entry) => requestedCode(entry, name));
    case "u16s":
      return wide(list(value as unknown[], name), name);
    case "domains":
      return Uint8Array.from(domainBytes(list(value as string[], name), name));
    case "routes":
      return routeBytes(list(value as DhcpRoute[], name), name);
    case "bytes":
      throw wrongType(name, "a Uint8Array", value);
  }
}

/** One of 0 to 255: a client may ask for anything. */
function requestedCode(entry: unknown, name: string): number {
  return typeof entry === "string" ? optionCode(entry) : uint(entry, name, U8);
}

function addressBytes(values: readonly unknown[], name: string): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, index) => {
    if (value === undefined) throw wrongType(name, "an IPv4 address", value);
    putIpv4(bytes, 4 * index, value, name);
  });
  return bytes;
}

function wide(values: readonly unknown[], name: string): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  values.forEach((value, index) => {
    put16(bytes, 2 * index, uint(value, name, U16));
  });
  return bytes;
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  put32(bytes, 0, value);
  return bytes;
}

/** Seconds that are negative west of Greenwich. */
function signed(value: unknown, name: string): number {
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  if ((value | 0) === value) return value;
  throw new RangeError(`${name} must be an integer of 32 bits with a sign, not ${value}`);
}

function routeBytes(routes: readonly DhcpRoute[], name: string): Uint8Array {
  const bytes: number[] = [];
  for (const { destination, prefixLength, router } of routes) {
    const size = Math.ceil(uint(prefixLength, name, 32) / 8);
    const [from, by] = [addressBytes([destination], name), addressBytes([router], name)];
    bytes.push(prefixLength, ...from.subarray(0, size), ...by);
  }
  return Uint8Array.from(bytes);
}
