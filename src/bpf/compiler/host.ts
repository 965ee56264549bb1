// Tests for hosts and networks: IPv4 and IPv6 addresses, MAC addresses, DECnet's.

import { parseDecnet, parseDotted, parseIpv6, parseMac, prefixMask } from "./address.ts";
import { and, type Formula, not, or } from "./formula.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchBytes, matchType } from "./linktype.ts";
import type { Direction, Identifier, Qualifiers } from "./syntax.ts";
import type { Protocol } from "./words.ts";

/** Tests the source, the destination, either or both. */
export function bothWays(
  direction: Direction | undefined,
  one: (way: "source" | "destination") => Formula,
): Formula {
  switch (direction) {
    case "source":
    case "destination":
      return one(direction);
    case "both":
      return and(one("source"), one("destination"));
    default:
      return or(one("source"), one("destination"));
  }
}

/** What a host or network is named in messages. */
function noun({ subject }: Qualifiers): string {
  return subject === "net" ? "a network" : "a host";
}

/** IPv4 addresses in IPv4, ARP and RARP headers: where they stand. */
const IPV4_PLACES = {
  ip: { type: ETHERTYPE.ip, source: 12, destination: 16 },
  arp: { type: ETHERTYPE.arp, source: 14, destination: 24 },
  rarp: { type: ETHERTYPE.rarp, source: 14, destination: 24 },
} as const;

function matchIn(
  layout: Layout,
  protocol: keyof typeof IPV4_PLACES,
  address: number,
  mask: number,
  direction: Direction | undefined,
  position: number,
): Formula {
  const place = IPV4_PLACES[protocol];
  return bothWays(direction, (way) =>
    and(
      matchType(layout, place.type, position),
      layout.equals("network", place[way], 4, address, mask),
    ),
  );
}

/** An IPv4 address or network in what the qualifiers name, else in IPv4, ARP and RARP. */
export function matchIpv4(
  layout: Layout,
  address: number,
  mask: number,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { protocol, direction } = qualifiers;
  switch (protocol) {
    case undefined: {
      const inIp = matchIn(layout, "ip", address, mask, direction, position);
      if (layout.labels > 0) return inIp;
      return or(
        inIp,
        matchIn(layout, "arp", address, mask, direction, position),
        matchIn(layout, "rarp", address, mask, direction, position),
      );
    }
    case "ip":
    case "arp":
    case "rarp":
      return matchIn(layout, protocol, address, mask, direction, position);
    default:
      throw mistake(`"${protocol}" cannot qualify ${noun(qualifiers)} of IPv4`, position);
  }
}

/** An IPv6 address or the network of a prefix of `length` bits. */
export function matchIpv6(
  layout: Layout,
  address: readonly number[],
  length: number,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { protocol, direction } = qualifiers;
  if (protocol !== undefined && protocol !== "ip6") {
    throw mistake(`"${protocol}" cannot qualify ${noun(qualifiers)} of IPv6`, position);
  }
  return bothWays(direction, (way) => {
    const distance = way === "source" ? 8 : 24;
    const words = address.map((word, index) =>
      layout.equals("network", distance + 4 * index, 4, word, prefixMask(length - 32 * index)),
    );
    return and(matchType(layout, ETHERTYPE.ip6, position), ...words);
  });
}

/** A frame in a tunnel may have no link header. */
function hasLinkHeader(layout: Layout): Formula {
  const { header, payload } = layout;
  if (!layout.inGeneve || header.base === undefined || payload.base === undefined) return and();
  return not({ kind: "test", comparison: "eq", left: header.base, right: payload.base });
}

export function matchMac(
  layout: Layout,
  address: readonly number[],
  direction: Direction | undefined,
): Formula {
  const test = bothWays(direction, (way) =>
    matchBytes(layout, "link", way === "source" ? 6 : 0, address),
  );
  return and(hasLinkHeader(layout), test);
}

/** A group address of the link, by the lowest bit of its first byte. */
export function matchMacGroup(layout: Layout): Formula {
  return and(hasLinkHeader(layout), layout.hasBits("link", 0, 1, 1));
}

export function requireEthernet(layout: Layout, what: string, position: number): void {
  if (layout.link !== "ethernet") {
    throw mistake(`${what} needs Ethernet, not ${layout.link},`, position);
  }
}

/**
 * A DECnet address (phase IV routing layer): the flags say whether a byte of padding is before
 * them and whether the header is a long or a short one; numbers are little-endian.
 */
export function matchDecnet(
  layout: Layout,
  address: number,
  direction: Direction | undefined,
  position: number,
): Formula {
  const swapped = ((address & 0xff) << 8) | ((address >> 8) & 0xff);
  return bothWays(direction, (way) => {
    const [long, short] = way === "source" ? [15, 3] : [7, 1];
    const found = (distance: number): Formula => layout.equals("network", distance, 2, swapped);
    return and(
      matchType(layout, ETHERTYPE.decnet, position),
      or(
        and(layout.equals("network", 2, 1, 2, 7), found(2 + short)),
        and(layout.equals("network", 2, 2, 0x8102, 0xff07), found(3 + short)),
        and(layout.equals("network", 2, 1, 6, 7), found(2 + long)),
        and(layout.equals("network", 2, 2, 0x8106, 0xff07), found(3 + long)),
      ),
    );
  });
}

/** A number without dots: a host as it is, a network moved up to its first byte that is not 0. */
function promote(value: number): { address: number; mask: number } {
  let [address, mask] = [value, 0xffffffff];
  while (address !== 0 && address < 0x1000000) {
    address *= 256;
    mask = (mask << 8) >>> 0;
  }
  return { address, mask };
}

/** An IPv4 network written with a prefix length or a mask. */
function masked(identifier: Identifier & { kind: "ipv4" }, position: number) {
  const { text, length, mask: maskText } = identifier;
  const network = parseDotted(text);
  if (network === undefined) throw mistake(`"${text}" is no IPv4 network`, position);
  const address = (network.value * 2 ** (32 - network.length)) >>> 0;
  if (length === undefined && maskText === undefined) {
    return { address, mask: prefixMask(network.length) };
  }
  if (length !== undefined && length > 32) {
    throw mistake(`a prefix of IPv4 has at most 32 bits, not ${length},`, position);
  }
  let mask = prefixMask(length ?? 0);
  if (maskText !== undefined) {
    const dotted = parseDotted(maskText);
    if (dotted === undefined) throw mistake(`"${maskText}" is no mask of IPv4`, position);
    mask = (dotted.value * 2 ** (32 - dotted.length)) >>> 0;
  }
  if ((address & ~mask) !== 0) {
    throw mistake(`"${text}" has bits outside its mask of ${length ?? maskText}`, position);
  }
  return { address, mask };
}

/** A host or network given by a number or address. */
export function matchAddress(
  layout: Layout,
  identifier: Exclude<Identifier, { kind: "name" }>,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { protocol, direction, subject = "host" } = qualifiers;
  switch (identifier.kind) {
    case "mac": {
      const address = parseMac(identifier.text);
      if (subject !== "host" || protocol !== "link" || address === undefined) {
        throw mistake(`the MAC address "${identifier.text}" without "ether"`, position);
      }
      requireEthernet(layout, "a MAC address", position);
      return matchMac(layout, address, direction);
    }
    case "ipv6": {
      const { text, length = 128 } = identifier;
      const address = parseIpv6(text);
      if (address === undefined) throw mistake(`"${text}" is no IPv6 address`, position);
      if (length > 128) {
        throw mistake(`a prefix of IPv6 has at most 128 bits, not ${length},`, position);
      }
      const outside = address.some(
        (word, index) => (word & ~prefixMask(length - 32 * index)) !== 0,
      );
      if (outside) throw mistake(`"${text}" has bits outside its prefix of ${length}`, position);
      if (subject === "host" && length !== 128) {
        throw mistake(`"${text}/${length}" is a network, which needs "net",`, position);
      }
      return matchIpv6(layout, address, length, qualifiers, position);
    }
    case "number": {
      if (protocol === "decnet") {
        return matchDecnet(layout, identifier.value, direction, position);
      }
      if (protocol === "link") throw noLinkAddress(position);
      const { address, mask } =
        subject === "net"
          ? promote(identifier.value)
          : { address: identifier.value, mask: 0xffffffff };
      return matchIpv4(layout, address, mask, qualifiers, position);
    }
    case "ipv4":
      return matchDotted(layout, identifier, qualifiers, position);
  }
}

function noLinkAddress(position: number) {
  return mistake('"ether" needs a MAC address, not what is', position);
}

function matchDotted(
  layout: Layout,
  identifier: Identifier & { kind: "ipv4" },
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { protocol, direction, subject } = qualifiers;
  const hasMask = identifier.length !== undefined || identifier.mask !== undefined;
  if (hasMask && subject !== "net") {
    throw mistake(`a mask or prefix is for networks, which need "net", not for what is`, position);
  }
  if (!hasMask && protocol === "decnet") {
    const address = parseDecnet(identifier.text);
    if (address === undefined) {
      throw mistake(`"${identifier.text}" is no DECnet address`, position);
    }
    return matchDecnet(layout, address, direction, position);
  }
  if (!hasMask && protocol === "link") throw noLinkAddress(position);
  const { address, mask } = masked(identifier, position);
  if (protocol === "decnet") return matchDecnet(layout, address & 0xffff, direction, position);
  return matchIpv4(layout, address, mask, qualifiers, position);
}

/** Which IP protocols a link without a field for them can carry. */
function familyOf(protocol: Protocol | undefined, layout: Layout, ipv6: boolean) {
  if (protocol !== undefined || layout.type !== undefined) return protocol;
  return ipv6 ? "ip6" : "ip";
}

/** A host of whose name these are the addresses; those of other families are passed over. */
export function matchNamedHost(
  layout: Layout,
  name: string,
  addresses: readonly string[],
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { protocol } = qualifiers;
  const tests: Formula[] = [];
  for (const text of addresses) {
    const ipv6 = parseIpv6(text);
    const ipv4 = ipv6 === undefined ? parseDotted(text) : undefined;
    if (ipv6 === undefined && ipv4?.length !== 32) {
      throw mistake(`"${text}", which "${name}" was resolved to, is no address`, position);
    }
    if (ipv6 !== undefined && (protocol === "ip" || protocol === "arp" || protocol === "rarp")) {
      continue;
    }
    if (ipv4 !== undefined && protocol === "ip6") continue;
    const own = { ...qualifiers, protocol: familyOf(protocol, layout, ipv6 !== undefined) };
    tests.push(
      ipv6 === undefined
        ? matchIpv4(layout, ipv4?.value ?? 0, 0xffffffff, own, position)
        : matchIpv6(layout, ipv6, 128, own, position),
    );
  }
  if (tests.length === 0) {
    throw mistake(`"${name}" has no address that could be tested`, position);
  }
  return or(...tests);
}
