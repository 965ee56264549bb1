// Addresses of interfaces: struct ifaddrmsg and IFA_* of <linux/if_addr.h>. ip-address(8).

import { AF } from "../base/constants.ts";
import { integer, knownKeys, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { address, s32, text, u32, word } from "./codec.ts";
import { bits, words } from "./constants.ts";
import type { Which } from "./interfaces.ts";
import { u32At } from "./layout.ts";
import { broadcastOf, parsePrefix } from "./prefix.ts";
import { structure } from "./structure.ts";
import { AttributeTable, type Decoded } from "./table.ts";
import { familyName, scopes } from "./words.ts";
import { Writer } from "./writer.ts";

/** IFA_F_*: with ip(8)'s words first where it has others. */
const flagWords = bits("flag", "IFA", {
  prefix: "F_",
  also: { mngtmpaddr: "MANAGETEMPADDR", autojoin: "MCAUTOJOIN" },
});
const SECONDARY = "secondary";
/** The same bit of an IPv6 address. */
const TEMPORARY = "temporary";

const cache = structure("ifa_cacheinfo", {
  ifa_prefered: "preferred",
  ifa_valid: "valid",
  cstamp: "created",
  tstamp: "updated",
});

/** Stamps are in hundredths of a second since the machine was started. */
const STAMPS_PER_SECOND = 100;

/** "kernel-lo", "kernel-ra", "kernel-ll". */
const originWords = words("protocol", "IFAPROT", { except: /^MAX$/ });

const addressTable = new AttributeTable("IFA", "", {
  ADDRESS: ["remote", address],
  LOCAL: ["local", address],
  LABEL: ["label", text()],
  BROADCAST: ["broadcast", address],
  ANYCAST: ["anycast", address],
  CACHEINFO: ["cache", cache],
  MULTICAST: ["multicast", address],
  FLAGS: ["flagBits", u32],
  RT_PRIORITY: ["metric", u32],
  TARGET_NETNSID: ["targetNetnsid", s32],
  PROTO: ["protocol", word(originWords)],
});

type Attributes = Decoded<typeof addressTable.rows>;

/** An address of an interface. */
export type Address = Omit<Attributes, "remote" | "local" | "cache" | "flagBits"> & {
  /** The index of its interface, and its name. */
  readonly index: number;
  interface: string;
  /** "inet" or "inet6". */
  readonly family: string | number;
  /** "10.0.0.1/24"; where there is a peer the prefix is the peer's. */
  readonly address: string;
  /** The address alone. */
  readonly local: string;
  readonly prefixLength: number;
  /** The other end, "10.0.0.2/32". */
  readonly peer?: string;
  /** "global", "link", "host". */
  readonly scope: string | number;
  /** "permanent", "secondary", "tentative": IFA_F_*. */
  readonly flags: string[];
  /** Seconds; Infinity: for ever. */
  readonly validLifetime?: number;
  readonly preferredLifetime?: number;
  /** Seconds since the machine was started. */
  readonly created?: number;
  readonly updated?: number;
};

const header = new Structure("ifaddrmsg");
const familyField = header.integer("ifa_family");
const lengthField = header.integer("ifa_prefixlen");
const flagsField = header.integer("ifa_flags");
const scopeField = header.integer("ifa_scope");
const indexField = header.integer("ifa_index");

/** The address of an RTM_NEWADDR or RTM_DELADDR; its interface has no name yet. */
export function decodeAddress(bytes: Uint8Array, start: number, end: number): Address {
  if (end - start < header.size) throw new RangeError("an address' message is cut off");
  const told: Attributes = {};
  addressTable.decode(bytes, start + header.size, end, told);
  const { remote, local, cache: times, flagBits, ...rest } = told;
  const family = bytes[start + familyField.offset] as number;
  const length = bytes[start + lengthField.offset] as number;
  const own = local ?? remote ?? "";
  const hasPeer = local !== undefined && remote !== undefined && remote !== local;
  return {
    index: u32At(bytes, start + indexField.offset),
    interface: "",
    family: familyName(family),
    address: hasPeer ? own : `${own}/${length}`,
    local: own,
    prefixLength: length,
    ...(hasPeer && { peer: `${remote}/${length}` }),
    scope: scopes.name(bytes[start + scopeField.offset] as number),
    flags: flagsOf(flagBits ?? (bytes[start + flagsField.offset] as number), family),
    ...(times !== undefined && {
      validLifetime: lifetime(times.valid),
      preferredLifetime: lifetime(times.preferred),
      created: times.created / STAMPS_PER_SECOND,
      updated: times.updated / STAMPS_PER_SECOND,
    }),
    ...rest,
  };
}

function flagsOf(flagBits: number, family: number): string[] {
  const flags = flagWords.words(flagBits, "told");
  return family === AF.INET6 ? flags.map((flag) => (flag === SECONDARY ? TEMPORARY : flag)) : flags;
}

function lifetime(seconds: number): number {
  return seconds === U32_MAX ? Number.POSITIVE_INFINITY : seconds;
}

/** An address to be given to an interface, or to be taken from it. */
export type AddressInit = {
  readonly interface: Which;
  /** "10.0.0.1/24"; without a length it is one of all its bits. */
  readonly address: string;
  readonly peer?: string;
  /** "+": the last address of the prefix. */
  readonly broadcast?: string;
  readonly anycast?: string;
  readonly label?: string;
  readonly scope?: string | number;
  readonly flags?: readonly string[];
  /** Seconds, or Infinity. */
  readonly validLifetime?: number;
  readonly preferredLifetime?: number;
  /** Of the route to the prefix. */
  readonly metric?: number;
  readonly protocol?: string | number;
};

/** What `addresses` tells besides is no mistake where an address goes back to the kernel. */
const KEYS: ReadonlySet<string> = new Set([
  ...["interface", "address", "peer", "broadcast", "anycast", "label", "scope", "flags"],
  ...["validLifetime", "preferredLifetime", "metric", "protocol"],
  ...["index", "family", "local", "prefixLength", "created", "updated", "unknown"],
]);

/** The body of a request about an address of the interface `index`. */
export function encodeAddress(init: AddressInit, index: number): Uint8Array {
  knownKeys(init, KEYS);
  const { broadcast, flags = [], validLifetime, preferredLifetime } = init;
  const own = parsePrefix(init.address, "address");
  if (own.bytes.length === 0) throw wrongType("address", "an address", init.address);
  const peer = init.peer === undefined ? own : parsePrefix(init.peer, "peer", own.family);
  const bytes = header.allocate();
  familyField.set(bytes, own.family);
  lengthField.set(bytes, peer.length);
  indexField.set(bytes, index);
  const isLoopback = own.family === AF.INET && own.bytes[0] === 127;
  scopeField.set(bytes, scopes.number(init.scope ?? (isLoopback ? "host" : "global")));
  const flagBits = flagWords.bits(
    flags.map((flag) => (flag === TEMPORARY ? SECONDARY : flag)),
    "flags",
  );
  const isTimed = validLifetime !== undefined || preferredLifetime !== undefined;
  const writer = new Writer().raw(bytes);
  const { anycast, label, metric, protocol } = init;
  addressTable.encode(writer, {
    anycast,
    label,
    metric,
    protocol,
    broadcast: broadcast === "+" ? broadcastOf(own) : broadcast,
    ...(flagBits !== 0 && { flagBits }),
    ...(isTimed && {
      cache: {
        valid: seconds(validLifetime, "validLifetime"),
        preferred: seconds(preferredLifetime ?? validLifetime, "preferredLifetime"),
      },
    }),
  });
  writer.attribute(addressTable.type("LOCAL"), own.bytes);
  writer.attribute(addressTable.type("ADDRESS"), peer.bytes);
  return writer.finish();
}

function seconds(value: number | undefined, name: string): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return U32_MAX;
  return integer(value, name, 0, U32_MAX - 1);
}

/** What the kernel is asked for: the addresses of a family, or of one interface. */
export function addressQuery(family: number, index: number): Uint8Array {
  const bytes = header.allocate();
  familyField.set(bytes, family);
  indexField.set(bytes, index);
  return bytes;
}
