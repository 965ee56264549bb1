// The attributes of routes: RTA_* and RTAX_* of <linux/rtnetlink.h>, their metrics and next hops.
// ip-route(8).

import { parseAddress } from "../address/text.ts";
import { AF } from "../base/constants.ts";
import { Keywords, withPrefix } from "../base/keyword.ts";
import { integer, U8_MAX, wrongType } from "../base/validate.ts";
import { constants } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import {
  address,
  addressAt,
  boolean8,
  port,
  raw,
  text,
  u8,
  u32,
  type Value,
  word,
} from "./codec.ts";
import { bits, words } from "./constants.ts";
import { u16At, u32At } from "./layout.ts";
import { structure } from "./structure.ts";
import { AttributeTable, checkFields, type Decoded, type Encoded } from "./table.ts";
import { familyName, familyNumber, table } from "./words.ts";
import { Writer } from "./writer.ts";

/** "onlink", "dead", "linkdown": RTNH_F_*. */
export const hopFlags = bits("flag", "RTNH_F");

/** A next hop of another family: IPv4 by an IPv6 neighbour. */
export type Via = { readonly family: string | number; readonly host: string };

const viaRecord = new Structure("rtvia");

const via: Value<Via> = {
  decode: (bytes, offset, length) => {
    const host = addressAt(bytes, offset + viaRecord.size, length - viaRecord.size);
    return host === undefined ? undefined : { family: familyName(u16At(bytes, offset)), host };
  },
  encode: (value, name) => {
    if (typeof value !== "object" || value === null) {
      throw wrongType(name, "an object with family and host", value);
    }
    checkFields(value, ["family", "host"], name);
    const family = familyNumber(value.family);
    const host = parseAddress(family === AF.INET6 ? AF.INET6 : AF.INET, value.host);
    if (host === null) throw wrongType(`${name}.host`, `an ${value.family} address`, value.host);
    const bytes = new Uint8Array(viaRecord.size + host.length);
    bytes[0] = family;
    bytes.set(host, viaRecord.size);
    return bytes;
  },
};

/** Realms: rtacct(8). */
export type Realms = { readonly from?: number; readonly to: number };

export const realms: Value<Realms> = {
  decode: (bytes, offset, length) => {
    if (length !== 4) return undefined;
    const to = u16At(bytes, offset);
    const from = u16At(bytes, offset + 2);
    return from === 0 ? { to } : { from, to };
  },
  encode: (value, name, context) => {
    if (typeof value !== "object" || value === null) {
      throw wrongType(name, "an object with from and to", value);
    }
    checkFields(value, ["from", "to"], name);
    const from = integer(value.from ?? 0, `${name}.from`, 0, 0xffff);
    const to = integer(value.to, `${name}.to`, 0, 0xffff);
    return u32.encode(from * 2 ** 16 + to, name, context);
  },
};

/** What "features" and "lock" are bits of. */
const features = bits("feature", "RTAX", { prefix: "FEATURE_", except: /^MASK$/ });

/** Metrics that are times, in milliseconds here and in eighths and quarters there. */
function scaled(factor: number): Value<number> {
  return {
    decode: (bytes, offset, length) =>
      length === 4 ? Math.floor(u32At(bytes, offset) / factor) : undefined,
    encode: (value, name, context) => u32.encode(value * factor, name, context),
  };
}

const metricTable = new AttributeTable("RTAX", "", {
  LOCK: [
    "lock",
    {
      decode: (bytes, offset, length) =>
        length === 4 ? lockedNames(u32At(bytes, offset)) : undefined,
      encode: (value: readonly string[], name, context) =>
        u32.encode(lockedBits(value, name), name, context),
    },
  ],
  MTU: ["mtu", u32],
  WINDOW: ["window", u32],
  RTT: ["rtt", scaled(8)],
  RTTVAR: ["rttvar", scaled(4)],
  SSTHRESH: ["ssthresh", u32],
  CWND: ["cwnd", u32],
  ADVMSS: ["advmss", u32],
  REORDERING: ["reordering", u32],
  HOPLIMIT: ["hoplimit", u32],
  INITCWND: ["initcwnd", u32],
  FEATURES: [
    "features",
    {
      decode: (bytes, offset, length) =>
        length === 4 ? features.words(u32At(bytes, offset), "told") : undefined,
      encode: (value: readonly string[] | number, name, context) =>
        u32.encode(features.bitsOrNumber(value, name), name, context),
    },
  ],
  RTO_MIN: ["rtoMin", u32],
  INITRWND: ["initrwnd", u32],
  QUICKACK: ["quickack", u32],
  CC_ALGO: ["congestion", text()],
  FASTOPEN_NO_COOKIE: ["fastopenNoCookie", u32],
});

/** The fields of the metrics whose bits are set. */
function lockedNames(mask: number): string[] {
  return Object.entries(metricTable.rows).flatMap(([name, row]) =>
    ((mask >>> metricTable.type(name as "LOCK")) & 1) === 1 ? [row[0]] : [],
  );
}

function lockedBits(names: readonly string[], name: string): number {
  if (!Array.isArray(names)) throw wrongType(name, "an array of metrics", names);
  checkFields(Object.fromEntries(names.map((one) => [one, true])), metricTable.fields, name);
  return Object.entries(metricTable.rows).reduce(
    (mask, [own, row]) =>
      names.includes(row[0]) ? mask | (1 << metricTable.type(own as "LOCK")) : mask,
    0,
  );
}

/**
 * What a route says of the way, for TCP mostly: RTAX_*, by ip-route(8)'s names. Sizes in bytes or
 * packets as there, times in milliseconds.
 */
export type Metrics = Decoded<typeof metricTable.rows>;

const metrics: Value<Metrics, Encoded<typeof metricTable.rows>> = {
  nested: true,
  decode: (bytes, offset, length) => {
    const found: Metrics = {};
    metricTable.decode(bytes, offset, offset + length, found);
    return found;
  },
  encode: (value, name) => {
    if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
    checkFields(value, metricTable.fields, name);
    const writer = new Writer();
    metricTable.encode(writer, value, 0, `${name}.`);
    return writer.finish();
  },
};

const preferences = new Keywords("preference", () =>
  withPrefix(constants.ICMPV6 ?? {}, "ROUTER_PREF_"),
);

const cache = structure("rta_cacheinfo", {
  rta_clntref: "users",
  rta_lastuse: "lastUse",
  rta_expires: "expires",
  rta_error: "error",
  rta_used: "used",
  rta_id: "id",
  rta_ts: "ts",
  rta_tsage: "tsage",
});

export type RouteCache = { expires?: number; error?: number };

/** USER_HZ: expiry is told in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Both are signed, and mostly 0; the rest is about a cache that kernels no longer have. */
const ownCache: Value<RouteCache, never> = {
  spread: ["expires", "error"],
  decode: (bytes, offset, length, context) => {
    const told = cache.decode(bytes, offset, length, context);
    if (told === undefined) return undefined;
    const expires = told.expires | 0;
    const error = told.error | 0;
    return {
      ...(expires !== 0 && { expires: Math.trunc(expires / TICKS_PER_SECOND) }),
      ...(error !== 0 && { error }),
    };
  },
  encode: () => {
    throw new TypeError("cache cannot be set");
  },
};

const hopRows = {
  GATEWAY: ["gateway", address],
  VIA: ["via", via],
  NEWDST: ["to", raw],
  FLOW: ["flow", realms],
  ENCAP_TYPE: ["encapType", word(words("encapType", "LWTUNNEL_ENCAP"), 2)],
  // What it is depends on the type; it goes back to the kernel as it came.
  ENCAP: ["encap", raw],
  OIF: ["index", u32],
} as const;

const hopTable = new AttributeTable("RTA", "", hopRows);

/** One of a route's ways. */
export type NextHop = Omit<Decoded<typeof hopTable.rows>, "index"> & {
  readonly index: number;
  interface: string;
  /** The share among the others, from 1. */
  readonly weight: number;
  readonly flags: string[];
};

/** One of several ways of a route that is made: by `interface`, `gateway` or both. */
export type NextHopInit = Omit<Encoded<typeof hopTable.rows>, "index"> & {
  readonly interface?: string | number;
  readonly index?: number;
  readonly weight?: number;
  readonly flags?: readonly string[];
};

const hopRecord = new Structure("rtnexthop");

const HOP_KEYS = ["interface", "index", "weight", "flags", ...hopTable.fields];

/** RTA_MULTIPATH: structures rtnexthop, each with attributes of its own. */
const multipath: Value<NextHop[], readonly NextHopInit[]> = {
  decode: (bytes, offset, length, context) => {
    const end = offset + length;
    const { size } = hopRecord;
    const found: NextHop[] = [];
    for (let at = offset; end - at >= size; ) {
      const own = u16At(bytes, at);
      if (own < size || own > end - at) {
        throw new RangeError(`the next hop at ${at} says that it has ${own} bytes`);
      }
      const told: Decoded<typeof hopTable.rows> = {};
      hopTable.decode(bytes, at + size, at + own, told, context);
      found.push({
        ...told,
        index: u32At(bytes, at + hopRecord.offset("rtnh_ifindex")),
        interface: "",
        weight: (bytes[at + hopRecord.offset("rtnh_hops")] as number) + 1,
        flags: hopFlags.words(bytes[at + hopRecord.offset("rtnh_flags")] as number, "told"),
      });
      at += (own + 3) & ~3;
    }
    return found;
  },
  encode: (value, name, context) => {
    if (!Array.isArray(value)) throw wrongType(name, "an array of next hops", value);
    const writer = new Writer();
    for (const [place, hop] of (value as readonly NextHopInit[]).entries()) {
      const path = `${name}[${place}]`;
      checkFields(hop, HOP_KEYS, path);
      const inner = new Writer();
      const { index, weight, flags, interface: _, ...rest } = hop;
      hopTable.encode(inner, rest, context, `${path}.`);
      const attributes = inner.finish();
      const bytes = hopRecord.allocate();
      hopRecord.integer("rtnh_len").set(bytes, bytes.length + attributes.length);
      hopRecord
        .integer("rtnh_hops")
        .set(bytes, integer(weight ?? 1, `${path}.weight`, 1, U8_MAX + 1) - 1);
      hopRecord.integer("rtnh_flags").set(bytes, hopFlags.bits(flags ?? [], `${path}.flags`));
      hopRecord.integer("rtnh_ifindex").set(bytes, index ?? 0);
      writer.raw(bytes).raw(attributes);
    }
    return writer.finish();
  },
};

/** The attributes of a route. */
export const routeTable = new AttributeTable("RTA", "", {
  DST: ["destination", address],
  SRC: ["from", address],
  IIF: ["incomingIndex", u32],
  OIF: ["index", u32],
  GATEWAY: ["gateway", address],
  PRIORITY: ["metric", u32],
  PREFSRC: ["source", address],
  METRICS: ["metrics", metrics],
  MULTIPATH: ["multipath", multipath],
  FLOW: ["flow", realms],
  CACHEINFO: ["cache", ownCache],
  TABLE: ["table", table],
  MARK: ["mark", u32],
  VIA: ["via", via],
  PREF: ["preference", word(preferences)],
  ENCAP_TYPE: hopRows.ENCAP_TYPE,
  ENCAP: hopRows.ENCAP,
  EXPIRES: ["expires", u32],
  PAD: null,
  UID: ["uid", u32],
  TTL_PROPAGATE: ["ttlPropagate", boolean8],
  IP_PROTO: ["ipProto", u8],
  SPORT: ["sport", port],
  DPORT: ["dport", port],
  NH_ID: ["nexthop", u32],
});
