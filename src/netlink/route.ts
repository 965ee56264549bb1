// Routes: struct rtmsg. rtnetlink(7), ip-route(8).

import { AF } from "../base/constants.ts";
import { integer, knownKeys, U8_MAX, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { constant, words } from "./constants.ts";
import { Decoder } from "./decoder.ts";
import type { Which } from "./interfaces.ts";
import { u32At } from "./layout.ts";
import { formatPrefix, type Prefix, parsePrefix } from "./prefix.ts";
import { hopFlags, type NextHop, type NextHopInit, routeTable } from "./route-attribute.ts";
import type { Decoded, Encoded } from "./table.ts";
import {
  byteWords,
  familyName,
  familyNumber,
  protocols,
  remembered,
  scopes,
  tableName,
  tableNumber,
} from "./words.ts";
import { Writer } from "./writer.ts";

/** "unicast", "local", "blackhole": RTN_*. */
export const routeTypes = words("type", "RTN", { except: /^MAX$/ });

type Attributes = Decoded<typeof routeTable.rows>;

/** A route. What the kernel did not tell is not there. */
export type Route = Omit<
  Attributes,
  "destination" | "from" | "index" | "cache" | "incomingIndex" | "table" | "expires"
> & {
  /** "inet" or "inet6". */
  readonly family: string | number;
  /** "10.0.0.0/8", "10.0.0.1" or "default". */
  readonly destination: string;
  /** The prefix that the sender must be in. */
  readonly from?: string;
  /** The interface that packets leave by. */
  readonly index?: number;
  interface?: string;
  /** That they came in by. */
  readonly incomingIndex?: number;
  incomingInterface?: string;
  /** "unicast", "local", "blackhole". */
  readonly type: string | number;
  /** "main", "local", or a number. */
  readonly table: string | number;
  /** Who made it: "kernel", "boot", "static", "dhcp". */
  readonly protocol: string | number;
  /** "global", "link", "host". */
  readonly scope: string | number;
  readonly tos: number;
  /** "onlink", "dead", "linkdown": RTNH_F_*; "cloned" and others: RTM_F_*. */
  readonly flags: string[];
  /** Seconds after which it is gone. */
  readonly expires?: number;
  /** The error that its use has: a number of ERRNO, negative. */
  readonly error?: number;
};

const header = new Structure("rtmsg");
const familyField = header.integer("rtm_family");
const toField = header.integer("rtm_dst_len");
const fromField = header.integer("rtm_src_len");
const tosField = header.integer("rtm_tos");
const tableField = header.integer("rtm_table");
const protocolField = header.integer("rtm_protocol");
const scopeField = header.integer("rtm_scope");
const typeField = header.integer("rtm_type");
const flagsField = header.integer("rtm_flags");

/** Flags of the message besides those of its next hop. */
const messageFlags = words("flag", "RTM", { prefix: "F_" });

function flagWords(flags: number): string[] {
  if (flags === 0) return [];
  const found = hopFlags.words(flags & 0xff);
  for (let bit = 0x100; bit <= 0x8000_0000; bit *= 2) {
    if ((flags & bit) === 0) continue;
    const name = messageFlags.name(bit);
    found.push(typeof name === "string" ? name : `0x${bit.toString(16)}`);
  }
  return found;
}

const typeWord = byteWords(routeTypes);
const protocolWord = byteWords(protocols);
const scopeWord = byteWords(scopes);
const flagsOf = remembered(flagWords);

/** A route while it is decoded. */
type Raw = { -readonly [K in keyof Route]: Route[K] };
const NO_FLAGS: string[] = [];

type Decode = (bytes: Uint8Array, start: number, end: number) => Route;

/**
 * Decodes the routes of RTM_NEWROUTE and RTM_DELROUTE, of one list or monitor; their interfaces
 * have no names yet.
 */
export function routeDecoder(): Decode {
  const decoder = new Decoder<Raw>(routeTable, () => {
    return {
      family: 0,
      destination: "",
      // Most have one, and what is there from the start need not be added.
      index: 0,
      interface: "",
      type: 0,
      table: "",
      protocol: 0,
      scope: 0,
      tos: 0,
      flags: NO_FLAGS,
    };
  });
  return (bytes, start, end) => {
    if (end - start < header.size) throw new RangeError("a route's message is cut off");
    const family = bytes[start + familyField.offset] as number;
    const route = decoder.decode(bytes, start + header.size, end, family);
    route.family = familyName(family);
    route.type = typeWord(bytes[start + typeField.offset] as number);
    // A table of the header alone is no more than a byte.
    if (route.table === "") route.table = tableName(bytes[start + tableField.offset] as number);
    route.protocol = protocolWord(bytes[start + protocolField.offset] as number);
    route.scope = scopeWord(bytes[start + scopeField.offset] as number);
    route.tos = bytes[start + tosField.offset] as number;
    route.flags = flagsOf(u32At(bytes, start + flagsField.offset));
    const toLength = bytes[start + toField.offset] as number;
    const fromLength = bytes[start + fromField.offset] as number;
    route.destination = formatPrefix(family, route.destination || undefined, toLength);
    if (fromLength !== 0 || route.from !== undefined) {
      route.from = formatPrefix(family, route.from, fromLength);
    }
    if (route.index === 0) {
      delete route.index;
      delete route.interface;
    }
    return route;
  };
}

/** A route to be made, replaced or removed. */
export type RouteInit = Omit<
  Encoded<typeof routeTable.rows>,
  "destination" | "from" | "index" | "cache" | "table" | "multipath" | "incomingIndex"
> & {
  readonly destination: string;
  readonly from?: string;
  readonly interface?: Which;
  /** "inet6" where "default" alone would mean that of IPv4. */
  readonly family?: string | number;
  readonly type?: string | number;
  readonly table?: string | number;
  readonly protocol?: string | number;
  readonly scope?: string | number;
  readonly tos?: number;
  readonly flags?: readonly string[];
  /** Several ways at once. Where `nexthop` is given, that object says the way, and only it. */
  readonly multipath?: readonly NextHopInit[];
};

/** What `routes` tells besides is no mistake where a route goes back to the kernel. */
const TOLD = ["index", "incomingIndex", "incomingInterface", "error"];
const PLAIN = [
  ...["gateway", "metric", "source", "metrics", "multipath", "flow", "mark", "via", "preference"],
  ...["encapType", "encap", "expires", "uid", "ttlPropagate", "ipProto", "sport", "dport"],
  ...["nexthop", "unknown"],
];
const OTHERS = ["destination", "from", "interface", "family", "type", "table", "protocol", "scope"];
const KEYS: ReadonlySet<string> = new Set([...OTHERS, "tos", "flags", ...PLAIN, ...TOLD]);

const WAY = ["gateway", "via", "index", "multipath"];

/** Throws for what no route has. */
export function checkRoute(init: RouteInit): void {
  knownKeys(init, KEYS);
}

/**
 * The body of a request about a route. `index` is its interface's, 0 for none; in `multipath` each
 * has its own. One that is to go is described by what is given alone.
 */
export function encodeRoute(init: RouteInit, index: number, isRemoval: boolean): Uint8Array {
  checkRoute(init);
  const family = familyOf(init);
  const to = parsePrefix(init.destination, "destination", family);
  const from = init.from === undefined ? undefined : parsePrefix(init.from, "from", to.family);
  const bytes = header.allocate();
  const type = typeNumber(init, isRemoval);
  const table = tableNumber(init.table ?? (isOwn(type) ? "local" : "main"));
  familyField.set(bytes, to.family || AF.INET);
  toField.set(bytes, to.length);
  fromField.set(bytes, from?.length ?? 0);
  tosField.set(bytes, integer(init.tos ?? 0, "tos", 0, U8_MAX));
  tableField.set(bytes, table <= U8_MAX ? table : constant("RT_TABLE", "UNSPEC"));
  typeField.set(bytes, type);
  const protocol = init.protocol ?? (isRemoval ? 0 : "boot");
  protocolField.set(bytes, protocols.number(protocol));
  scopeField.set(bytes, scopeNumber(init, to.family, type, isRemoval));
  flagsField.set(bytes, hopFlags.bits(settable(init.flags ?? []), "flags"));
  const writer = new Writer().raw(bytes);
  writePrefix(writer, "DST", to);
  if (from !== undefined) writePrefix(writer, "SRC", from);
  const fields: Record<string, unknown> = {};
  for (const name of PLAIN) fields[name] = (init as Record<string, unknown>)[name];
  if (index !== 0) fields.index = index;
  // The object says the way, and the kernel, which tells both, takes but the one.
  if (init.nexthop !== undefined) for (const name of WAY) delete fields[name];
  if (table > U8_MAX) fields.table = table;
  routeTable.encode(writer, fields, to.family);
  return writer.finish();
}

function writePrefix(writer: Writer, name: "DST" | "SRC", prefix: Prefix): void {
  if (prefix.length > 0) writer.attribute(routeTable.type(name), prefix.bytes);
}

/** The family of the first argument that has one. */
function familyOf(init: RouteInit): number {
  if (init.family !== undefined) return familyNumber(init.family);
  const hops = init.multipath?.map(({ gateway }) => gateway) ?? [];
  const address = [init.destination, init.from, init.gateway, init.source, ...hops].find(
    (value) => typeof value === "string" && /[.:]/.test(value),
  );
  if (address === undefined) return AF.INET;
  return address.includes(":") ? AF.INET6 : AF.INET;
}

/** The others are the kernel's; told ones are left out, so that what it told can go back. */
const SETTABLE: ReadonlySet<string> = new Set(["onlink", "pervasive"]);

function settable(flags: readonly string[]): readonly string[] {
  if (!Array.isArray(flags)) throw wrongType("flags", "an array of words", flags);
  return (flags as readonly string[]).filter((flag) => SETTABLE.has(flag) || !isTold(flag));
}

function isTold(flag: string): boolean {
  if (hopFlags.find(flag) !== undefined || messageFlags.find(flag) !== undefined) return true;
  return flag.startsWith("0x");
}

function typeNumber(init: RouteInit, isRemoval: boolean): number {
  if (init.type !== undefined) return routeTypes.number(init.type);
  return isRemoval ? constant("RTN", "UNSPEC") : constant("RTN", "UNICAST");
}

/** Routes of these types are in the table "local". */
function isOwn(type: number): boolean {
  const names = ["LOCAL", "BROADCAST", "ANYCAST", "NAT"];
  return names.some((name) => type === constant("RTN", name));
}

/** As ip(8) does where nothing is said: an IPv4 route without a gateway reaches the link. */
function scopeNumber(init: RouteInit, family: number, type: number, isRemoval: boolean): number {
  if (init.scope !== undefined) return scopes.number(init.scope);
  const { LOCAL, NAT, UNICAST, UNSPEC, BROADCAST, MULTICAST, ANYCAST } = {
    LOCAL: constant("RTN", "LOCAL"),
    NAT: constant("RTN", "NAT"),
    UNICAST: constant("RTN", "UNICAST"),
    UNSPEC: constant("RTN", "UNSPEC"),
    BROADCAST: constant("RTN", "BROADCAST"),
    MULTICAST: constant("RTN", "MULTICAST"),
    ANYCAST: constant("RTN", "ANYCAST"),
  };
  if (family === AF.INET6) return scopes.number("global");
  if (type === LOCAL || type === NAT) return scopes.number("host");
  if (type === BROADCAST || type === MULTICAST || type === ANYCAST) return scopes.number("link");
  if (type !== UNICAST && type !== UNSPEC) return scopes.number("global");
  if (isRemoval) return scopes.number("nowhere");
  const { gateway, via, multipath, nexthop } = init;
  const isDirect = [gateway, via, multipath, nexthop].every((value) => value === undefined);
  return scopes.number(isDirect ? "link" : "global");
}

/** What the kernel is asked for: routes of a family, a table, a type, a protocol, an interface. */
export function routeQuery(fields: {
  family: number;
  table: number;
  type: number;
  protocol: number;
  index: number;
}): Uint8Array {
  const bytes = header.allocate();
  familyField.set(bytes, fields.family);
  typeField.set(bytes, fields.type);
  protocolField.set(bytes, fields.protocol);
  const writer = new Writer().raw(bytes);
  const { table, index } = fields;
  routeTable.encode(writer, {
    ...(table !== 0 && { table }),
    ...(index !== 0 && { index }),
  });
  return writer.finish();
}

/** What is known of a packet besides where it goes, for `Netlink.route`: ip-route(8)'s `get`. */
export type RouteQuestion = {
  /** The address that a packet would have as its source. */
  readonly source?: string;
  readonly mark?: number;
  /** The interface it would leave by. */
  readonly interface?: Which;
  /** The interface it would have come in by. */
  readonly incomingInterface?: Which;
  readonly uid?: number;
  readonly tos?: number;
  readonly ipProto?: number;
  readonly sport?: number;
  readonly dport?: number;
};

const QUESTION_KEYS: ReadonlySet<string> = new Set([
  ...["source", "mark", "interface", "incomingInterface", "uid", "tos"],
  ...["ipProto", "sport", "dport"],
]);

/** Which way a packet to an address would go. */
export function routeLookup(
  destination: string,
  question: RouteQuestion,
  index: number,
  incomingIndex: number,
): Uint8Array {
  knownKeys(question, QUESTION_KEYS);
  const to = parsePrefix(destination, "destination");
  if (to.bytes.length === 0) throw wrongType("destination", "an address", destination);
  const { source, tos = 0, mark, uid, ipProto, sport, dport } = question;
  const from = source === undefined ? undefined : parsePrefix(source, "source", to.family);
  const bytes = header.allocate();
  familyField.set(bytes, to.family);
  toField.set(bytes, to.length);
  fromField.set(bytes, from?.length ?? 0);
  tosField.set(bytes, integer(tos, "tos", 0, U8_MAX));
  flagsField.set(bytes, constant("RTM", "F_LOOKUP_TABLE"));
  const writer = new Writer().raw(bytes);
  writePrefix(writer, "DST", to);
  if (from !== undefined) writePrefix(writer, "SRC", from);
  routeTable.encode(writer, {
    ...(index !== 0 && { index }),
    ...(incomingIndex !== 0 && { incomingIndex }),
    ...(mark !== undefined && { mark: integer(mark, "mark", 0, U32_MAX) }),
    ...{ uid, ipProto, sport, dport },
  });
  return writer.finish();
}

export type { NextHop };
