// Tests for protocols: by their own words (`tcp`), and by number or name after `proto`.

import { and, type Formula, or } from "./formula.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchType, SAP } from "./linktype.ts";
import { findProtocol } from "./names.ts";
import type { Identifier, Qualifiers } from "./syntax.ts";
import type { Protocol } from "./words.ts";

/** Protocols by EtherType or service access point. */
const TYPES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ip: ETHERTYPE.ip,
    arp: ETHERTYPE.arp,
    rarp: ETHERTYPE.rarp,
    ip6: ETHERTYPE.ip6,
    atalk: ETHERTYPE.atalk,
    aarp: ETHERTYPE.aarp,
    decnet: ETHERTYPE.decnet,
    lat: ETHERTYPE.lat,
    sca: ETHERTYPE.sca,
    mopdl: ETHERTYPE.mopdl,
    moprc: ETHERTYPE.moprc,
    iso: SAP.iso,
    stp: SAP.stp,
    ipx: SAP.ipx,
    netbeui: SAP.netbeui,
  } satisfies Partial<Record<Protocol, number>>),
);

/** Protocols in IP packets: the number, and which IP where only one carries it. */
type Carried = readonly [number: number, by?: Protocol];
const CARRIED: ReadonlyMap<string, Carried> = new Map<string, Carried>(
  Object.entries({
    tcp: [6],
    udp: [17],
    sctp: [132],
    ah: [51],
    esp: [50],
    pim: [103],
    icmp: [1, "ip"],
    igmp: [2, "ip"],
    igrp: [9, "ip"],
    vrrp: [112, "ip"],
    carp: [112, "ip"],
    icmp6: [58, "ip6"],
    clnp: [0x81, "iso"],
    esis: [0x82, "iso"],
    isis: [0x83, "iso"],
  } satisfies Partial<Record<Protocol, Carried>>),
);

/** Kinds of IS-IS packets, by their type (ISO 10589). */
const ISIS_TYPES: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    l1: [26, 24, 18, 15, 17],
    l2: [27, 25, 20, 16, 17],
    iih: [17, 15, 16],
    lsp: [18, 20],
    snp: [27, 26, 24, 25],
    csnp: [24, 25],
    psnp: [26, 27],
  } satisfies Partial<Record<Protocol, readonly number[]>>),
);

const ISIS = 0x83;
const FRAGMENT = 44;

/** Whether the packet is of the protocol with that number above `carrier`. */
export function matchCarried(
  layout: Layout,
  number: number,
  carrier: Protocol | undefined,
  position: number,
): Formula {
  switch (carrier) {
    case undefined:
      return or(
        matchCarried(layout, number, "ip", position),
        matchCarried(layout, number, "ip6", position),
      );
    case "link":
      return matchType(layout, number, position);
    case "ip":
      return and(matchType(layout, ETHERTYPE.ip, position), layout.equals("network", 9, 1, number));
    case "ip6":
      // Also behind a fragment header that is the first one.
      return and(
        matchType(layout, ETHERTYPE.ip6, position),
        or(
          layout.equals("network", 6, 1, number),
          and(layout.equals("network", 6, 1, FRAGMENT), layout.equals("network", 40, 1, number)),
        ),
      );
    case "iso":
      return and(matchType(layout, SAP.iso, position), layout.equals("plain", 0, 1, number));
    case "isis":
      return and(matchCarried(layout, ISIS, "iso", position), layout.equals("plain", 4, 1, number));
    default:
      throw mistake(`"${carrier}" carries no protocols that could be tested`, position);
  }
}

/** Whether the packet is of the protocol. */
export function matchProtocol(layout: Layout, protocol: Protocol, position: number): Formula {
  const type = TYPES.get(protocol);
  if (type !== undefined) return matchType(layout, type, position);
  const carried = CARRIED.get(protocol);
  if (carried !== undefined) return matchCarried(layout, carried[0], carried[1], position);
  const kinds = ISIS_TYPES.get(protocol);
  if (kinds !== undefined) {
    return or(...kinds.map((kind) => matchCarried(layout, kind, "isis", position)));
  }
  throw mistake(`"${protocol}" alone says nothing`, position);
}

/** The number that a name stands for above `carrier`. */
function namedProtocol(
  layout: Layout,
  name: string,
  carrier: Protocol | undefined,
  position: number,
): number {
  let number: number | undefined;
  if (carrier === undefined || carrier === "ip" || carrier === "ip6") {
    number = findProtocol(name, layout.settings.names);
  } else if (carrier === "link") {
    number = name === "loopback" ? ETHERTYPE.loopback : TYPES.get(name);
  } else if (carrier === "iso") {
    const carried = CARRIED.get(name);
    number = carried?.[1] === "iso" ? carried[0] : undefined;
  }
  if (number === undefined) throw mistake(`"${name}" is no known protocol`, position);
  return number;
}

/** What follows `proto`. */
export function matchProtocolNumber(
  layout: Layout,
  identifier: Identifier,
  { protocol: carrier }: Qualifiers,
  position: number,
): Formula {
  if (identifier.kind !== "number" && identifier.kind !== "name") {
    throw mistake("an address is no protocol", position);
  }
  const number =
    identifier.kind === "number"
      ? identifier.value
      : namedProtocol(layout, identifier.text, carrier, position);
  return matchCarried(layout, number, carrier, position);
}
