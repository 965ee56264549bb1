// Tunnels: gre, gretap, ip6gre, ip6gretap, erspan, ipip, sit, ip6tnl. IFLA_GRE_* and IFLA_IPTUN_*
// of <linux/if_tunnel.h>, IP6_TNL_F_* of <linux/ip6_tunnel.h>. ip-link(8).

import { integer, wrongType } from "../../base/validate.ts";
import {
  address,
  flagWords,
  interfaceIndex,
  network32,
  port,
  present,
  switch8,
  u8,
  u16,
  u32,
  word,
} from "../codec.ts";
import { bits, constant, group, numbered, words } from "../constants.ts";
import { AttributeTable } from "../table.ts";
import { dropUnspecified, type Fields, type Kind } from "./kind.ts";

/** Bits of the GRE header, which the interface's flags are: RFC 2784, RFC 2890. */
const CHECKSUM = 0x8000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;

const encapsulation = {
  ENCAP_TYPE: ["encapType", word(words("encapType", "TUNNEL_ENCAP", { except: /^FLAG_/ }), 2)],
  ENCAP_FLAGS: ["encapFlags", flagWords(bits("flag", "TUNNEL_ENCAP", { prefix: "FLAG_" }), 2)],
  ENCAP_SPORT: ["encapSport", port],
  ENCAP_DPORT: ["encapDport", port],
} as const;

const gre = new AttributeTable("IFLA", "GRE_", {
  LINK: ["link", interfaceIndex],
  IFLAGS: ["iflags", port],
  OFLAGS: ["oflags", port],
  IKEY: ["ikey", address],
  OKEY: ["okey", address],
  LOCAL: ["local", address],
  REMOTE: ["remote", address],
  TTL: ["ttl", u8],
  TOS: ["tos", u8],
  PMTUDISC: ["pmtudisc", switch8],
  ENCAP_LIMIT: ["encapLimit", u8],
  FLOWINFO: ["flowinfo", network32],
  FLAGS: ["flags", u32],
  COLLECT_METADATA: ["external", present],
  IGNORE_DF: ["ignoreDf", switch8],
  FWMARK: ["fwmark", u32],
  ERSPAN_INDEX: ["erspanIndex", u32],
  ERSPAN_VER: ["erspanVer", u8],
  ERSPAN_DIR: ["erspanDir", word(numbered("erspanDir", ["ingress", "egress"]))],
  ERSPAN_HWID: ["erspanHwid", u16],
  ...encapsulation,
});

const ipip = {
  LINK: ["link", interfaceIndex],
  LOCAL: ["local", address],
  REMOTE: ["remote", address],
  TTL: ["ttl", u8],
  TOS: ["tos", u8],
  ENCAP_LIMIT: ["encapLimit", u8],
  FLOWINFO: ["flowinfo", network32],
  PROTO: ["proto", u8],
  PMTUDISC: ["pmtudisc", switch8],
  "6RD_PREFIX": ["prefix", address],
  "6RD_RELAY_PREFIX": ["relayPrefix", address],
  "6RD_PREFIXLEN": ["prefixlen", u16],
  "6RD_RELAY_PREFIXLEN": ["relayPrefixlen", u16],
  COLLECT_METADATA: ["external", present],
  FWMARK: ["fwmark", u32],
  ...encapsulation,
} as const;

/** IPv4's flags have 16 bits, IPv6's 32. */
const ipv4 = new AttributeTable("IFLA", "IPTUN_", { ...ipip, FLAGS: ["flags", u16] });
const ipv6 = new AttributeTable("IFLA", "IPTUN_", { ...ipip, FLAGS: ["flags", u32] });

const DIRECTIONS = [
  ["i", "iflags", "ikey"],
  ["o", "oflags", "okey"],
] as const;

/** `iseq` and its like are bits of the header. `key`, `seq` and `csum` are both directions'. */
function prepareGre(given: Fields): Fields {
  const fields = prepareFlow(given);
  const { key, seq, csum, ...rest } = fields;
  for (const [letter, flags, keyName] of DIRECTIONS) {
    let wanted = (rest[flags] as number | undefined) ?? 0;
    const own = rest[keyName] ?? key;
    if (own !== undefined) {
      rest[keyName] = keyText(own, keyName);
      wanted |= KEY;
    }
    for (const [name, both, bit] of [
      ["seq", seq, SEQUENCE],
      ["csum", csum, CHECKSUM],
    ] as const) {
      const on = rest[letter + name] ?? both;
      delete rest[letter + name];
      if (on === true) wanted |= bit;
    }
    if (wanted !== 0) rest[flags] = wanted;
  }
  return rest;
}

/** A key is a number of 32 bits, which ip(8) writes like an IPv4 address. */
function keyText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number") throw wrongType(name, "a number, or text like 0.0.0.5", value);
  const key = integer(value, name, 0, 0xffff_ffff);
  return [24, 16, 8, 0].map((shift) => (key >>> shift) & 0xff).join(".");
}

function finishGre(fields: Fields): void {
  for (const [letter, flags, keyName] of DIRECTIONS) {
    const told = (fields[flags] as number | undefined) ?? 0;
    delete fields[flags];
    if ((told & KEY) === 0) delete fields[keyName];
    if ((told & SEQUENCE) !== 0) fields[`${letter}seq`] = true;
    if ((told & CHECKSUM) !== 0) fields[`${letter}csum`] = true;
  }
  finishTunnel(fields);
}

/** The traffic class and the flow label share a word: RFC 8200. */
function prepareFlow(given: Fields): Fields {
  const { tclass, flowlabel, hoplimit, ...fields } = given;
  if (hoplimit !== undefined) fields.ttl = hoplimit;
  if (tclass !== undefined || flowlabel !== undefined) {
    const upper = integer(tclass ?? 0, "tclass", 0, 0xff) << 20;
    fields.flowinfo = upper | integer(flowlabel ?? 0, "flowlabel", 0, 0xf_ffff);
  }
  for (const [field, name] of IPV6_FLAGS) {
    if (fields[field] === undefined) continue;
    if (fields[field] === true) {
      fields.flags = ((fields.flags as number | undefined) ?? 0) | constant("IP6_TNL_F", name);
    }
    delete fields[field];
  }
  return fields;
}

/** Words of ip(8) for IP6_TNL_F_*. */
const IPV6_FLAGS = [
  ["ip6TnlFIgnEncapLimit", "IGN_ENCAP_LIMIT"],
  ["ip6TnlFUseOrigTclass", "USE_ORIG_TCLASS"],
  ["ip6TnlFUseOrigFlowlabel", "USE_ORIG_FLOWLABEL"],
  ["ip6TnlFMip6Dev", "MIP6_DEV"],
  ["ip6TnlFRcvDscpCopy", "RCV_DSCP_COPY"],
  ["ip6TnlFUseOrigFwmark", "USE_ORIG_FWMARK"],
  ["ip6TnlFAllowLocalRemote", "ALLOW_LOCAL_REMOTE"],
] as const;

const FLOW = ["tclass", "flowlabel", "hoplimit", ...IPV6_FLAGS.map(([field]) => field)];

function finishTunnel(fields: Fields): void {
  dropUnspecified(fields, "local");
  dropUnspecified(fields, "remote");
}

function finishFlow(fields: Fields): void {
  finishTunnel(fields);
  const { flowinfo, flags } = fields as { flowinfo?: number; flags?: number };
  if (flowinfo !== undefined) {
    fields.tclass = (flowinfo >>> 20) & 0xff;
    fields.flowlabel = flowinfo & 0xf_ffff;
    delete fields.flowinfo;
  }
  if (flags === undefined) return;
  delete fields.flags;
  for (const [field, name] of IPV6_FLAGS) {
    const bit = group("IP6_TNL_F")[name] ?? 0;
    if ((flags & bit) !== 0) fields[field] = true;
  }
}

const GRE = ["key", "seq", "csum", "iseq", "oseq", "icsum", "ocsum"];

export const gre4 = {
  data: gre,
  prepare: prepareGre,
  finish: finishGre,
  further: GRE,
} satisfies Kind;

export const gre6 = {
  data: gre,
  prepare: prepareGre,
  finish: (fields) => {
    finishGre(fields);
    finishFlow(fields);
  },
  further: [...GRE, ...FLOW],
} satisfies Kind;

export const ipip4 = { data: ipv4, finish: finishTunnel } satisfies Kind;

export const ip6tnl = {
  data: ipv6,
  prepare: prepareFlow,
  finish: finishFlow,
  further: FLOW,
} satisfies Kind;
