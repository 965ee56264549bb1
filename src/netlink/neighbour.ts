// Neighbours: which hardware address an address has on a link; proxy entries; a bridge's table.
// struct ndmsg and NDA_* of <linux/neighbour.h>. ip-neighbour(8), bridge(8).

import { AF } from "../base/constants.ts";
import type { Bytes } from "../base/validate.ts";
import { knownKeys } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { address, addressBytes, hardware, port, raw, s32, u16, u32, word } from "./codec.ts";
import { bits, constant, words } from "./constants.ts";
import type { Which } from "./interfaces.ts";
import { u16At, u32At } from "./layout.ts";
import { structure } from "./structure.ts";
import { AttributeTable, type Decoded } from "./table.ts";
import { familyName, protocols } from "./words.ts";
import { Writer } from "./writer.ts";

/** "reachable", "stale", "permanent": NUD_*. */
const states = words("state", "NUD");
/** "router", "proxy", "extern-learn": NTF_*. */
const flagWords = bits("flag", "NTF", {
  also: { extern_learn: "EXT_LEARNED", offload: "OFFLOADED" },
  except: /^EXT_(MANAGED|LOCKED|EXT_VALIDATED)$/,
});
const furtherFlags = bits("flag", "NTF", {
  prefix: "EXT_",
  except: /^LEARNED$/,
});

const cache = structure("nda_cacheinfo", {
  ndm_confirmed: "confirmed",
  ndm_used: "used",
  ndm_updated: "updated",
  ndm_refcnt: "references",
});

const neighbourTable = new AttributeTable("NDA", "", {
  DST: ["destination", address],
  LLADDR: ["lladdr", hardware],
  CACHEINFO: ["cache", cache],
  PROBES: ["probes", u32],
  VLAN: ["vlan", u16],
  PORT: ["port", port],
  VNI: ["vni", u32],
  IFINDEX: ["viaIndex", u32],
  MASTER: ["masterIndex", u32],
  LINK_NETNSID: ["linkNetnsid", s32],
  SRC_VNI: ["srcVni", u32],
  PROTOCOL: ["protocol", word(protocols)],
  NH_ID: ["nexthop", u32],
  FDB_EXT_ATTRS: ["fdb", raw],
  FLAGS_EXT: ["furtherFlagBits", u32],
});

type Attributes = Decoded<typeof neighbourTable.rows>;

/** A neighbour. What the kernel did not tell is not there. */
export type Neighbour = Omit<Attributes, "cache" | "furtherFlagBits"> & {
  /** "inet", "inet6", or "bridge" for an entry of a bridge's table. */
  readonly family: string | number;
  /** The index of its interface, and its name. */
  readonly index: number;
  interface: string;
  /** "reachable", "stale", "failed", "permanent", "noarp", "none". */
  readonly state: string | number;
  /** "router", "proxy", "extern-learn", "managed". */
  readonly flags: string[];
  /** How many hold it. */
  readonly references?: number;
  /** Seconds since it was last confirmed, used and changed. */
  readonly confirmed?: number;
  readonly used?: number;
  readonly updated?: number;
};

const header = new Structure("ndmsg");
const familyField = header.integer("ndm_family");
const indexField = header.integer("ndm_ifindex");
const stateField = header.integer("ndm_state");
const flagsField = header.integer("ndm_flags");

/** USER_HZ. */
const TICKS_PER_SECOND = 100;

/** The neighbour of an RTM_NEWNEIGH or RTM_DELNEIGH; its interface has no name yet. */
export function decodeNeighbour(bytes: Uint8Array, start: number, end: number): Neighbour {
  if (end - start < header.size) throw new RangeError("a neighbour's message is cut off");
  const told: Attributes = {};
  neighbourTable.decode(bytes, start + header.size, end, told);
  const { cache: times, furtherFlagBits = 0, ...rest } = told;
  const flagBits = bytes[start + flagsField.offset] as number;
  return {
    family: familyName(bytes[start + familyField.offset] as number),
    index: u32At(bytes, start + indexField.offset),
    interface: "",
    ...rest,
    state: states.name(u16At(bytes, start + stateField.offset)),
    flags: [...flagWords.words(flagBits, "told"), ...furtherFlags.words(furtherFlagBits, "told")],
    ...(times !== undefined && {
      references: times.references,
      confirmed: Math.floor(times.confirmed / TICKS_PER_SECOND),
      used: Math.floor(times.used / TICKS_PER_SECOND),
      updated: Math.floor(times.updated / TICKS_PER_SECOND),
    }),
  };
}

/** A neighbour to be made, replaced or removed. */
export type NeighbourInit = {
  readonly interface: Which;
  /** Its IPv4 or IPv6 address; an entry of a bridge's table may have none. */
  readonly destination?: string;
  /** Its hardware address; a proxy entry has none. */
  readonly lladdr?: string | Bytes;
  /** "permanent" unless told. */
  readonly state?: string | number;
  /** An entry that this machine answers for: ip-neighbour(8). */
  readonly proxy?: boolean;
  /** "router", "extern-learn", "managed"; of a bridge's table "self", "master". */
  readonly flags?: readonly string[];
  /** "bridge": an entry of a bridge's table. */
  readonly family?: string;
  readonly protocol?: string | number;
  readonly vlan?: number;
  readonly port?: number;
  readonly vni?: number;
  readonly nexthop?: number;
};

const KEYS: ReadonlySet<string> = new Set([
  ...["interface", "destination", "lladdr", "state", "proxy", "flags", "family", "protocol"],
  ...["vlan", "port", "vni", "nexthop"],
  // Told, and no mistake where it goes back.
  ...["index", "probes", "references", "confirmed", "used", "updated", "unknown", "masterIndex"],
]);

/** The body of a request about a neighbour of the interface `index`. */
export function encodeNeighbour(init: NeighbourInit, index: number): Uint8Array {
  knownKeys(init, KEYS);
  const { destination, lladdr, proxy = false, family, flags = [] } = init;
  const isBridge = family === "bridge";
  if (destination === undefined && !isBridge) throw new TypeError("destination is missing");
  const own = destination === undefined ? undefined : addressBytes(destination, "destination");
  const bytes = header.allocate();
  const plain = flags.filter((flag) => furtherFlags.find(flag) === undefined);
  const further = flags.filter((flag) => furtherFlags.find(flag) !== undefined);
  const flagBits = flagWords.bits(plain, "flags") | (proxy ? constant("NTF", "PROXY") : 0);
  const furtherFlagBits = furtherFlags.bits(further, "flags");
  familyField.set(bytes, isBridge ? (AF.BRIDGE ?? 0) : own?.length === 16 ? AF.INET6 : AF.INET);
  indexField.set(bytes, index);
  flagsField.set(bytes, flagBits);
  const state = init.state ?? "permanent";
  stateField.set(bytes, proxy && init.state === undefined ? 0 : states.number(state));
  const writer = new Writer().raw(bytes);
  const { protocol, vlan, port: udp, vni, nexthop } = init;
  neighbourTable.encode(writer, {
    ...{ destination, lladdr, protocol, vlan, port: udp, vni, nexthop },
    ...(furtherFlagBits !== 0 && { furtherFlagBits }),
  });
  return writer.finish();
}

/** What the kernel is asked for: neighbours of a family, an interface, a master; or proxies. */
export function neighbourQuery(fields: {
  family: number;
  index: number;
  master: number;
  proxy: boolean;
}): Uint8Array {
  const bytes = header.allocate();
  familyField.set(bytes, fields.family);
  flagsField.set(bytes, fields.proxy ? constant("NTF", "PROXY") : 0);
  const writer = new Writer();
  const { index, master } = fields;
  // A bridge's table is asked for by the fields of the header.
  if (fields.family === AF.BRIDGE) indexField.set(bytes, index);
  writer.raw(bytes);
  neighbourTable.encode(writer, {
    ...(index !== 0 && fields.family !== AF.BRIDGE && !fields.proxy && { viaIndex: index }),
    ...(master !== 0 && { masterIndex: master }),
  });
  return writer.finish();
}
