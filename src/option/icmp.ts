// Which ICMP messages raw sockets receive: ICMP_FILTER in raw(7), ICMP6_FILTER in RFC 3542,
// section 3.2. The numbers are IANA's.

import { Keywords } from "../base/keyword.ts";
import { integer, wrongType } from "../base/validate.ts";
import { allocate } from "../native/memory.ts";
import { type Codec, readUnsigned } from "./codec.ts";
import { fields } from "./structure.ts";

/** Which ICMP types a raw socket lets through or keeps out: keywords ("echoreply") or numbers. */
export type IcmpFilterInput =
  | { readonly pass: readonly (string | number)[] }
  | { readonly block: readonly (string | number)[] };
export type IcmpFilter = { pass: (string | number)[] } | { block: (string | number)[] };

/** A filter of `size` * 8 types, where the kernel keeps a bit for each type to keep out. */
function typeFilter(size: number, names: Keywords): Codec<IcmpFilter, IcmpFilterInput> {
  const types = size * 8;
  return {
    shape: "{ pass: types } or { block: types }",
    room: size,
    // Told as the shorter of the two lists.
    decode: (bytes) => {
      const [pass, block]: [(string | number)[], (string | number)[]] = [[], []];
      for (let type = 0; type < types; type++) {
        const blocked = ((readUnsigned(bytes, type >> 3, 1) >> (type & 7)) & 1) === 1;
        (blocked ? block : pass).push(names.name(type));
      }
      return block.length <= pass.length ? { block } : { pass };
    },
    encode: (value, name) => {
      const given: { pass?: unknown; block?: unknown } = fields(value, name, ["pass", "block"]);
      const list = given.pass ?? given.block;
      if (("pass" in given && "block" in given) || !Array.isArray(list)) {
        throw wrongType(name, "{ pass: types } or { block: types }", value);
      }
      const bytes = allocate(size).fill(given.pass === undefined ? 0 : 0xff);
      for (const type of list) {
        if (type === undefined || type === null) throw wrongType(name, "a list of types", list);
        const number = integer(names.number(type), `${name} type`, 0, types - 1);
        const bit = 1 << (number & 7);
        const byte = bytes[number >> 3] ?? 0;
        bytes[number >> 3] = given.pass === undefined ? byte | bit : byte & ~bit;
      }
      return bytes;
    },
  };
}

/** Types 0 to 31, by the names of linux/icmp.h. */
export const icmpTypes = new Keywords("ICMP_FILTER type", () => ({
  ECHOREPLY: 0,
  DEST_UNREACH: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO: 8,
  ROUTER_ADVERTISEMENT: 9,
  ROUTER_SOLICITATION: 10,
  TIME_EXCEEDED: 11,
  PARAMETERPROB: 12,
  TIMESTAMP: 13,
  TIMESTAMPREPLY: 14,
  INFO_REQUEST: 15,
  INFO_REPLY: 16,
  ADDRESS: 17,
  ADDRESSREPLY: 18,
}));
export const icmpFilter = typeFilter(4, icmpTypes);

/**
 * Types 0 to 255, by the names of linux/icmpv6.h and net/ndisc.h, or else of netinet/icmp6.h and
 * the RFCs: neighbour discovery (RFC 4861), listener discovery (RFC 2710, RFC 3810), RPL
 * (RFC 6550).
 */
export const icmp6Types = new Keywords("ICMP6_FILTER type", () => ({
  DEST_UNREACH: 1,
  PKT_TOOBIG: 2,
  TIME_EXCEED: 3,
  PARAMPROB: 4,
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  MGM_QUERY: 130,
  MGM_REPORT: 131,
  MGM_REDUCTION: 132,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOUR_SOLICITATION: 135,
  NEIGHBOUR_ADVERTISEMENT: 136,
  REDIRECT: 137,
  ROUTER_RENUMBERING: 138,
  NI_QUERY: 139,
  NI_REPLY: 140,
  MLD2_REPORT: 143,
  DHAAD_REQUEST: 144,
  DHAAD_REPLY: 145,
  MOBILE_PREFIX_SOL: 146,
  MOBILE_PREFIX_ADV: 147,
  CERTIFICATION_PATH_SOLICITATION: 148,
  CERTIFICATION_PATH_ADVERTISEMENT: 149,
  MRDISC_ADV: 151,
  MRDISC_SOL: 152,
  MRDISC_TERMINATION: 153,
  RPL_CONTROL: 155,
  EXT_ECHO_REQUEST: 160,
  EXT_ECHO_REPLY: 161,
  // Other names of the same.
  MLD_LISTENER_QUERY: 130,
  MLD_LISTENER_REPORT: 131,
  MLD_LISTENER_REDUCTION: 132,
  MLD_LISTENER_DONE: 132,
  MLDV2_LISTENER_REPORT: 143,
  ND_ROUTER_SOLICIT: 133,
  ND_ROUTER_ADVERT: 134,
  ND_NEIGHBOR_SOLICIT: 135,
  ND_NEIGHBOR_ADVERT: 136,
  ND_REDIRECT: 137,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  RPL: 155,
}));
export const icmp6Filter = typeFilter(32, icmp6Types);
