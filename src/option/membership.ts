// Multicast groups joined and left. ip(7), ipv6(7), RFC 3678, packet(7).

import { interfaceNumber, splitZone } from "../address/interface.ts";
import { Sockaddr } from "../address/sockaddr.ts";
import { hardwareAddress, parseAddress } from "../address/text.ts";
import { AF, IPPROTO } from "../base/constants.ts";
import { type Bytes, oneOf, wrongType } from "../base/validate.ts";
import { constants } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import { Request, type Writable } from "./codec.ts";
import { fields } from "./structure.ts";

export type Membership = {
  /** The group's IPv4 or IPv6 address, which decides on the family. */
  readonly group: string;
  /** A name or an index, for IPv4 also the interface's address; omitted: the system chooses. */
  readonly interface?: string | number;
  /** Only what this sender sends: source-specific multicast. */
  readonly source?: string;
};

/** What is done to a membership, in the names of RFC 3678. */
type Action = "JOIN" | "LEAVE" | "BLOCK" | "UNBLOCK";
type Family = "inet" | "inet6";

const shape = "{ group, interface?, source? }";
const KEYS = ["group", "interface", "source"];

/** `zone`: the index of the interface that stands behind the group's address, 0 for none. */
type Place = { level: number; family: number; group: Uint8Array; zone: number };

/**
 * A membership of `family`, or of the group's own where that is omitted. With a source the
 * source-specific request is made, whichever name was used; `source` "required" insists on one.
 */
export function membership(
  act: Action,
  family?: Family,
  source: "optional" | "required" = "optional",
): Writable<Membership> {
  return {
    shape,
    encode: (value, name) => {
      const given = fields(value, name, KEYS);
      const place = placeOf(given.group, name, family);
      if (given.source !== undefined) return sourceRequest(act, place, given, name);
      if (source === "required") throw new TypeError(`${name} needs a source`);
      return groupRequest(act, place, given, name);
    },
  };
}

function placeOf(group: unknown, name: string, family?: Family): Place {
  const bytes4 = family === "inet6" ? null : parse(AF.INET, group);
  if (bytes4 !== null) return { level: IPPROTO.IP, family: AF.INET, group: bytes4, zone: 0 };
  const [address, zone] = typeof group === "string" ? splitZone(group) : [group, 0];
  const bytes6 = family === "inet" ? null : parse(AF.INET6, address);
  if (bytes6 !== null) return { level: IPPROTO.IPV6, family: AF.INET6, group: bytes6, zone };
  const version = family === "inet" ? "IPv4 " : family === "inet6" ? "IPv6 " : "";
  throw wrongType(`${name} group`, `an ${version}address`, group);
}

function parse(family: number, address: unknown): Uint8Array | null {
  return typeof address === "string" ? parseAddress(family, address) : null;
}

/** The interface given by its IPv4 address, which only IPv4 requests take. */
function interfaceAddress(place: Place, given: Membership): Uint8Array | null {
  return place.family === AF.INET ? parse(AF.INET, given.interface) : null;
}

/** The index of the interface: the one named, or else the zone of the group; 0: any. */
function indexOf(place: Place, given: Pick<Membership, "interface">, name: string): number {
  if (given.interface === undefined) return place.zone;
  const index = interfaceNumber(given.interface, `${name} interface`);
  if (place.zone !== 0 && place.zone !== index) {
    throw new TypeError(`the group's zone is ${place.zone}, but ${name} interface is ${index}`);
  }
  return index;
}

const mreqn = new Structure("ip_mreqn");
const mreq = new Structure("ip_mreq");
const mreq6 = new Structure("ipv6_mreq");
const mreqSource = new Structure("ip_mreq_source");
const sourceReq = new Structure("group_source_req");

function groupRequest(act: Action, place: Place, given: Membership, name: string): Request {
  const adding = act === "JOIN";
  if (place.family === AF.INET6) {
    const bytes = mreq6.allocate();
    bytes.set(place.group, mreq6.offset("ipv6mr_multiaddr"));
    mreq6.integer("ipv6mr_interface").set(bytes, indexOf(place, given, name));
    return new Request(place.level, number("IPV6", adding ? "JOIN_GROUP" : "LEAVE_GROUP"), bytes);
  }
  const bytes = mreqn.exists ? request4(place, given, name) : shortRequest4(place, given, name);
  return new Request(place.level, number("IP", `${adding ? "ADD" : "DROP"}_MEMBERSHIP`), bytes);
}

function request4(place: Place, given: Membership, name: string): Uint8Array {
  const bytes = mreqn.allocate();
  bytes.set(place.group, mreqn.offset("imr_multiaddr"));
  const address = interfaceAddress(place, given);
  if (address !== null) bytes.set(address, mreqn.offset("imr_address"));
  else mreqn.integer("imr_ifindex").set(bytes, indexOf(place, given, name));
  return bytes;
}

/** Windows: the interface's address, or its index in network order in the address' place. */
function shortRequest4(place: Place, given: Membership, name: string): Uint8Array {
  const bytes = mreq.allocate();
  bytes.set(place.group, mreq.offset("imr_multiaddr"));
  const address = interfaceAddress(place, given);
  if (address !== null) bytes.set(address, mreq.offset("imr_interface"));
  else mreq.integer("imr_interface", "network").set(bytes, indexOf(place, given, name));
  return bytes;
}

function sourceRequest(act: Action, place: Place, given: Membership, name: string): Request {
  const source = parse(place.family, given.source);
  if (source === null) {
    throw wrongType(`${name} source`, "an address of the group's family", given.source);
  }
  const address = interfaceAddress(place, given);
  if (address !== null) return addressedSourceRequest(act, place, source, address);
  const bytes = sourceReq.allocate();
  sourceReq.integer("gsr_interface").set(bytes, indexOf(place, given, name));
  bytes.set(socketAddress(place.family, place.group), sourceReq.offset("gsr_group"));
  bytes.set(socketAddress(place.family, source), sourceReq.offset("gsr_source"));
  const member = act === "JOIN" || act === "LEAVE" ? `${act}_SOURCE_GROUP` : `${act}_SOURCE`;
  return new Request(place.level, number("MCAST", member), bytes);
}

/** IPv4's older request, the only one that takes the interface's address. */
function addressedSourceRequest(
  act: Action,
  place: Place,
  source: Uint8Array,
  address: Uint8Array,
): Request {
  const bytes = mreqSource.allocate();
  bytes.set(place.group, mreqSource.offset("imr_multiaddr"));
  bytes.set(address, mreqSource.offset("imr_interface"));
  bytes.set(source, mreqSource.offset("imr_sourceaddr"));
  const old = { JOIN: "ADD_SOURCE_MEMBERSHIP", LEAVE: "DROP_SOURCE_MEMBERSHIP" } as const;
  const member = act === "JOIN" || act === "LEAVE" ? old[act] : `${act}_SOURCE`;
  return new Request(place.level, number("IP", member), bytes);
}

export const filterModes = ["include", "exclude"] as const;

export type SourceFilter = {
  readonly group: string;
  readonly interface?: string | number;
  /** Only what `sources` send, or only what others send. */
  readonly mode: (typeof filterModes)[number];
  readonly sources: readonly string[];
};

const filterRecord = new Structure("group_filter");

/** IP_MSFILTER, MCAST_MSFILTER: all sources of a group at once. RFC 3678, section 5.2. */
export function sourceFilter(family?: Family): Writable<SourceFilter> {
  return {
    shape: "{ group, interface?, mode, sources }",
    encode: (value, name) => {
      const given = fields(value, name, ["group", "interface", "mode", "sources"]);
      const place = placeOf(given.group, name, family);
      if (!Array.isArray(given.sources)) throw wrongType("sources", "an array", given.sources);
      const record = filterRecord;
      const [first, size] = record.field("gf_slist");
      const bytes = new Uint8Array(first + size * given.sources.length);
      record.integer("gf_interface").set(bytes, indexOf(place, given, name));
      bytes.set(socketAddress(place.family, place.group), record.offset("gf_group"));
      record
        .integer("gf_fmode")
        .set(bytes, number("MCAST", oneOf(given.mode, "mode", filterModes).toUpperCase()));
      record.integer("gf_numsrc").set(bytes, given.sources.length);
      for (const [index, text] of given.sources.entries()) {
        const source = parse(place.family, text);
        if (source === null) throw wrongType("source", "an address of the group's family", text);
        bytes.set(socketAddress(place.family, source), first + size * index);
      }
      return new Request(place.level, number("MCAST", "MSFILTER"), bytes);
    },
  };
}

function socketAddress(family: number, address: Uint8Array): Uint8Array {
  const name = family === AF.INET ? "sockaddr_in" : "sockaddr_in6";
  const sockaddr = new Sockaddr(family);
  const field = new Structure(name).field(family === AF.INET ? "sin_addr" : "sin6_addr");
  sockaddr.bytes.set(address, field[0]);
  return sockaddr.bytes;
}

function number(group: string, member: string): number {
  const found = constants[group]?.[member];
  if (found === undefined) throw new TypeError(`this platform has no ${group}_${member}`);
  return found;
}

export type Anycast = { readonly address: string; readonly interface?: string | number };

/** IPV6_JOIN_ANYCAST, IPV6_LEAVE_ANYCAST. */
export const anycast: Writable<Anycast> = {
  shape: "{ address, interface? }",
  encode: (value, name) => {
    const given = fields(value, name, ["address", "interface"]);
    const place = placeOf(given.address, name, "inet6");
    const bytes = mreq6.allocate();
    bytes.set(place.group, mreq6.offset("ipv6mr_multiaddr"));
    mreq6.integer("ipv6mr_interface").set(bytes, indexOf(place, given, name));
    return bytes;
  },
};

const packetMreq = new Structure("packet_mreq");
export const packetTypes = ["multicast", "promisc", "allmulti", "unicast"] as const;

export type PacketMembership = {
  /** A name or an index. */
  readonly interface: string | number;
  readonly type: (typeof packetTypes)[number];
  /** The hardware address to receive for, with "multicast" and "unicast". */
  readonly address?: string | Bytes;
};

/** PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP: what an interface lets in. packet(7). */
export const packetMembership: Writable<PacketMembership> = {
  shape: "{ interface, type, address? }",
  encode: (value, name) => {
    const given = fields(value, name, ["interface", "type", "address"]);
    oneOf(given.type, `${name} type`, packetTypes);
    const bytes = packetMreq.allocate();
    packetMreq
      .integer("mr_ifindex")
      .set(bytes, interfaceNumber(given.interface, `${name} interface`));
    packetMreq.integer("mr_type").set(bytes, number("PACKET", `MR_${given.type.toUpperCase()}`));
    const { address } = given;
    const addressed = given.type === "multicast" || given.type === "unicast";
    if (addressed !== (address !== undefined)) {
      throw new TypeError(`${name} type "${given.type}" ${addressed ? "needs" : "has no"} address`);
    }
    if (address === undefined) return bytes;
    const hardware = hardwareAddress(address);
    packetMreq.integer("mr_alen").set(bytes, hardware.length);
    bytes.set(hardware, packetMreq.offset("mr_address"));
    return bytes;
  },
};
