// Options whose value is a C structure, a keyword or a set of flags.

import { parseAddress } from "../address/family.ts";
import { type AddressLike, toSockaddr } from "../address/sockaddr.ts";
import {
  AF,
  type FamilyName,
  families,
  Keywords,
  type TypeName,
  types,
} from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import {
  type Bytes,
  integer,
  knownKeys,
  uint8Array,
  unknownKeyword,
  wrongType,
} from "../base/validate.ts";
import { constants } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import {
  type Codec,
  integerBytes,
  type Readable,
  raw,
  readUnsigned,
  type Writable,
} from "./codec.ts";
import { interfaceNumber } from "./interface.ts";

const INT32_MAX = 2 ** 31 - 1;
const UINT32_MAX = 2 ** 32 - 1;

/** An object with no other keys than `keys`. */
export function fields<Value extends object>(value: Value, name: string, keys: string[]): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(name, `an object with ${keys.join(", ")}`, value);
  }
  knownKeys(value, new Set(keys));
  return value;
}

const lingerRecord = lazy(() => new Structure("linger"));

/** SO_LINGER: whole seconds, or null for off. socket(7). */
export const linger: Codec<number | null> = {
  shape: "seconds, null: off",
  decode: (bytes) => {
    const on = lingerRecord().integer("l_onoff").get(bytes) !== 0;
    return on ? lingerRecord().integer("l_linger").getSigned(bytes) : null;
  },
  encode: (value, name) => {
    const bytes = lingerRecord().allocate();
    if (value === null) return bytes;
    lingerRecord().integer("l_onoff").set(bytes, 1);
    lingerRecord()
      .integer("l_linger")
      .set(bytes, integer(value, name, 0, INT32_MAX));
    return bytes;
  },
};

const timeval = lazy(() => new Structure("timeval"));
const MICROSECONDS = 1_000_000;
/** Microseconds stay exact integers. */
const MILLISECONDS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/**
 * A time in milliseconds, 0 for none. The kernel counts microseconds and then its own ticks of 1 to
 * 10 ms: fractions are rounded up, so that no small time becomes none, and what is read back may be
 * up to a tick more than what was set.
 */
export const timeout: Codec<number> = {
  shape: "milliseconds, 0: none",
  decode: (bytes) => {
    const seconds = timeval().integer("tv_sec").get(bytes);
    return seconds * 1000 + timeval().integer("tv_usec").get(bytes) / 1000;
  },
  encode: (value, name) => {
    if (typeof value !== "number") throw wrongType(name, "a number", value);
    if (!(value >= 0 && value <= MILLISECONDS_MAX)) {
      throw new RangeError(`${name} must be from 0 to ${MILLISECONDS_MAX} ms, not ${value}`);
    }
    const bytes = timeval().allocate();
    // 1.1 * 1000 is 1100.0000000000002.
    const least = value > 0 ? 1 : 0;
    const total = Math.max(Math.ceil(value * 1000 - 1e-6), least);
    timeval()
      .integer("tv_sec")
      .set(bytes, Math.floor(total / MICROSECONDS));
    timeval()
      .integer("tv_usec")
      .set(bytes, total % MICROSECONDS);
    return bytes;
  },
};

/** SO_TYPE: "stream"; the number where it has no keyword. */
export const socketType: Readable<TypeName | number> = {
  shape: "keyword",
  decode: (bytes) => types().name(readUnsigned(bytes)),
};

/** SO_DOMAIN: "inet6"; the number where it has no keyword. */
export const family: Codec<FamilyName | number> = {
  shape: "keyword",
  decode: (bytes) => families().name(readUnsigned(bytes)),
  encode: (value, name) => {
    if (value === null || value === undefined) throw wrongType(name, "a keyword", value);
    return integerBytes(families().number(value));
  },
};

const ucred = lazy(() => new Structure("ucred"));

export type Credentials = { pid: number; uid: number; gid: number };

/** SO_PEERCRED. Where nobody is there, the kernel says pid 0 and uid and gid 2^32 - 1. unix(7). */
export const credentials: Readable<Credentials> = {
  shape: "{ pid, uid, gid }",
  decode: (bytes) => ({
    pid: ucred().integer("pid").getSigned(bytes),
    uid: ucred().integer("uid").get(bytes),
    gid: ucred().integer("gid").get(bytes),
  }),
};

export type MemoryInfo = {
  rmemAlloc: number;
  rcvbuf: number;
  wmemAlloc: number;
  sndbuf: number;
  fwdAlloc: number;
  wmemQueued: number;
  optmem: number;
  backlog: number;
  drops: number;
};

/** SO_MEMINFO: SK_MEMINFO_* of linux/sock_diag.h. */
export const memoryInfo: Readable<MemoryInfo> = {
  shape: "{ rmemAlloc, rcvbuf, … }",
  decode: (bytes) => {
    const value = (name: string) => readUnsigned(bytes, (constants.SK_MEMINFO?.[name] ?? 0) * 4, 4);
    return {
      rmemAlloc: value("RMEM_ALLOC"),
      rcvbuf: value("RCVBUF"),
      wmemAlloc: value("WMEM_ALLOC"),
      sndbuf: value("SNDBUF"),
      fwdAlloc: value("FWD_ALLOC"),
      wmemQueued: value("WMEM_QUEUED"),
      optmem: value("OPTMEM"),
      backlog: value("BACKLOG"),
      drops: value("DROPS"),
    };
  },
};

/** The single bits of a group of constants, by keyword. */
export function bitKeywords(group: string): () => ReadonlyMap<string, number> {
  return lazy(() => {
    const named = new Map<string, number>();
    for (const [name, bit] of Object.entries(constants[group] ?? {})) {
      const single = bit > 0 && (bit & (bit - 1)) === 0;
      const keyword = name.toLowerCase().replaceAll("_", "-");
      if (single && !/(^|-)last$/.test(keyword)) named.set(keyword, bit);
    }
    return named;
  });
}

/** The bits of a list of keywords or of a number. */
export function bitsOf(
  value: readonly string[] | number,
  name: string,
  named: ReadonlyMap<string, number>,
): number {
  if (typeof value === "number") return integer(value, name, 0, UINT32_MAX);
  if (!Array.isArray(value)) throw wrongType(name, "a list of flags or a number", value);
  let bits = 0;
  for (const keyword of value) {
    const bit = named.get(keyword);
    if (bit === undefined) throw unknownKeyword(`${name} flag`, String(keyword), named.keys());
    bits |= bit;
  }
  return bits;
}

/** The keywords of bits; what has none is told as a number in text: "0x80000". */
export function keywordsOf(bits: number, named: ReadonlyMap<string, number>): string[] {
  const keywords: string[] = [];
  let rest = bits;
  for (const [keyword, bit] of named) {
    if ((rest & bit) === 0) continue;
    keywords.push(keyword);
    rest &= ~bit;
  }
  if (rest !== 0) keywords.push(`0x${(rest >>> 0).toString(16)}`);
  return keywords;
}

const timestampingBits = bitKeywords("SOF_TIMESTAMPING");

/** SO_TIMESTAMPING: SOF_TIMESTAMPING_* as keywords ("rx-software"); a number may be given too. */
export const timestamping: Codec<string[], readonly string[] | number> = {
  shape: "list of flags",
  decode: (bytes) => keywordsOf(readUnsigned(bytes, 0, 4), timestampingBits()),
  encode: (value, name) => integerBytes(bitsOf(value, name, timestampingBits())),
};

const txtimeRecord = lazy(() => new Structure("sock_txtime"));
const txtimeBits = bitKeywords("SOF_TXTIME");
const clocks = lazy(
  () => new Keywords("clockid", constants.CLOCK ?? {}, ["realtime", "monotonic", "boottime"]),
);

/** SO_TXTIME: the clock of the SCM_TXTIME times, "tai" or "monotonic", and SOF_TXTIME_* flags. */
export const txtime: Codec<
  { clockid: string | number; flags: string[] },
  { readonly clockid: string | number; readonly flags?: readonly string[] | number }
> = {
  shape: "{ clockid, flags }",
  decode: (bytes) => ({
    clockid: clocks().name(txtimeRecord().integer("clockid").getSigned(bytes)),
    flags: keywordsOf(txtimeRecord().integer("flags").get(bytes), txtimeBits()),
  }),
  encode: (value, name) => {
    const { clockid, flags = 0 } = fields(value, name, ["clockid", "flags"]);
    if (clockid === undefined || clockid === null) throw wrongType("clockid", "a clock", clockid);
    const bytes = txtimeRecord().allocate();
    txtimeRecord().integer("clockid").set(bytes, clocks().number(clockid));
    txtimeRecord()
      .integer("flags")
      .set(bytes, bitsOf(flags, name, txtimeBits()));
    return bytes;
  },
};

/** IP_LOCAL_PORT_RANGE: both 0 where the system's own range holds. */
export const portRange: Codec<{ low: number; high: number }> = {
  shape: "{ low, high }",
  decode: (bytes) => ({ low: readUnsigned(bytes, 0, 2), high: readUnsigned(bytes, 2, 2) }),
  encode: (value, name) => {
    const { low, high } = fields(value, name, ["low", "high"]);
    const bytes = integerBytes(integer(low, `${name} low`, 0, 0xffff));
    bytes.set(integerBytes(integer(high, `${name} high`, 0, 0xffff), 2), 2);
    return bytes;
  },
};

const pktinfoRecord = lazy(() => new Structure("in6_pktinfo"));

/**
 * IPV6_PKTINFO: where every packet goes out, null for anywhere. RFC 3542, section 6; Linux heeds
 * the interface and ignores the address.
 */
export const pktinfo6: Writable<{
  readonly address?: string;
  readonly interface?: string | number;
} | null> = {
  shape: "{ address?, interface? }, null: none",
  encode: (value, name) => {
    const bytes = pktinfoRecord().allocate();
    if (value === null) return bytes;
    const { address: source = "::", interface: place = 0 } = fields(value, name, [
      "address",
      "interface",
    ]);
    const parsed = typeof source === "string" ? parseAddress(AF.INET6, source) : null;
    if (parsed === null) throw wrongType(`${name} address`, "an IPv6 address", source);
    bytes.set(parsed, pktinfoRecord().field("ipi6_addr")[0]);
    pktinfoRecord().integer("ipi6_ifindex").set(bytes, interfaceNumber(place, name));
    return bytes;
  },
};

const mtuRecord = lazy(() => new Structure("ip6_mtuinfo"));

/** IPV6_PATHMTU: of the connection. The kernel leaves the structure's address empty. */
export const pathMtu: Readable<number> = {
  shape: "number",
  decode: (bytes) => mtuRecord().integer("ip6m_mtu").get(bytes),
};

const md5Record = lazy(() => new Structure("tcp_md5sig"));

export type Md5Key = {
  readonly address: AddressLike;
  /** Up to 80 bytes; none removes the key. */
  readonly key: Bytes | string;
};

/** TCP_MD5SIG: the RFC 2385 key shared with a peer; port and zone of the address do not count. */
export const md5Key: Writable<Md5Key> = {
  shape: "{ address, key }",
  encode: (value, name) => {
    const { address: peer, key } = fields(value, name, ["address", "key"]);
    const secret = typeof key === "string" ? new TextEncoder().encode(key) : uint8Array(key, "key");
    const [keyOffset, room] = md5Record().field("tcpm_key");
    if (secret.length > room) {
      throw new RangeError(`${name} key must have at most ${room} bytes, not ${secret.length}`);
    }
    const bytes = allocate(md5Record().size);
    bytes.set(toSockaddr(peer).bytes, md5Record().field("tcpm_addr")[0]);
    md5Record().integer("tcpm_keylen").set(bytes, secret.length);
    bytes.set(secret, keyOffset);
    return bytes;
  },
};

const packetRecord = lazy(() => new Structure("tpacket_stats_v3"));

/** PACKET_STATISTICS, which reading starts afresh. freezes: with TPACKET_V3 only. packet(7). */
export const packetStatistics: Readable<{ packets: number; drops: number; freezes?: number }> = {
  shape: "{ packets, drops, freezes? }",
  decode: (bytes) => {
    const counts = {
      packets: packetRecord().integer("tp_packets").get(bytes),
      drops: packetRecord().integer("tp_drops").get(bytes),
    };
    if (bytes.length < packetRecord().size) return counts;
    return { ...counts, freezes: packetRecord().integer("tp_freeze_q_cnt").get(bytes) };
  },
};

/** PACKET_ROLLOVER_STATS of a fan-out group. */
export const rolloverStatistics: Readable<{ all: number; huge: number; failed: number }> = {
  shape: "{ all, huge, failed }",
  decode: (bytes) => {
    const record = new Structure("tpacket_rollover_stats");
    const value = (name: string) => readUnsigned(bytes, ...record.field(name));
    return { all: value("tp_all"), huge: value("tp_huge"), failed: value("tp_failed") };
  },
};

/** A structure as bytes, where the kernel insists on the exact length. */
export function exactBytes(name: string): Codec<Uint8Array> {
  return {
    ...raw,
    get room() {
      return new Structure(name).size;
    },
  };
}
