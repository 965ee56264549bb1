// Options whose value is a C structure, a keyword or a set of flags.

import { interfaceNumber, splitZone } from "../address/interface.ts";
import { type AddressLike, received, Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import { requireAddress } from "../address/text.ts";
import { AF, type FamilyName, families, type TypeName, types } from "../base/constants.ts";
import { Flags, Keywords, withPrefix } from "../base/keyword.ts";
import {
  type Bytes,
  I32_MAX,
  integer,
  knownKeys,
  uint8Array,
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

/** An object with no other keys than `keys`. */
export function fields<Value extends object>(value: Value, name: string, keys: string[]): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(name, `an object with ${keys.join(", ")}`, value);
  }
  knownKeys(value, new Set(keys));
  return value;
}

const lingerRecord = new Structure("linger");

/** SO_LINGER: whole seconds, or null for off. socket(7). */
export const linger: Codec<number | null> = {
  shape: "seconds, null: off",
  decode: (bytes) => {
    const on = lingerRecord.integer("l_onoff").get(bytes) !== 0;
    return on ? lingerRecord.integer("l_linger").getSigned(bytes) : null;
  },
  encode: (value, name) => {
    const bytes = lingerRecord.allocate();
    if (value === null) return bytes;
    lingerRecord.integer("l_onoff").set(bytes, 1);
    lingerRecord.integer("l_linger").set(bytes, integer(value, name, 0, I32_MAX));
    return bytes;
  },
};

const timeval = new Structure("timeval");
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
    const seconds = timeval.integer("tv_sec").get(bytes);
    return seconds * 1000 + timeval.integer("tv_usec").get(bytes) / 1000;
  },
  encode: (value, name) => {
    if (typeof value !== "number") throw wrongType(name, "a number", value);
    if (!(value >= 0 && value <= MILLISECONDS_MAX)) {
      throw new RangeError(`${name} must be from 0 to ${MILLISECONDS_MAX} ms, not ${value}`);
    }
    const bytes = timeval.allocate();
    // 1.1 * 1000 is 1100.0000000000002.
    const least = value > 0 ? 1 : 0;
    const total = Math.max(Math.ceil(value * 1000 - 1e-6), least);
    timeval.integer("tv_sec").set(bytes, Math.floor(total / MICROSECONDS));
    timeval.integer("tv_usec").set(bytes, total % MICROSECONDS);
    return bytes;
  },
};

/** SO_TYPE: "stream"; the number where it has no keyword. */
export const socketType: Readable<TypeName | number> = {
  shape: "keyword",
  decode: (bytes) => types.name(readUnsigned(bytes)),
};

/** SO_DOMAIN: "inet6"; the number where it has no keyword. */
export const family: Codec<FamilyName | number> = {
  shape: "keyword",
  decode: (bytes) => families.name(readUnsigned(bytes)),
  encode: (value, name) => {
    if (value === null || value === undefined) throw wrongType(name, "a keyword", value);
    return integerBytes(families.number(value));
  },
};

const ucred = new Structure("ucred");

export type Credentials = { pid: number; uid: number; gid: number };

export function pathMtuModes(group: "IP" | "IPV6"): Keywords {
  return new Keywords("mode", () => withPrefix(constants[group] ?? {}, "PMTUDISC_"));
}

/** IP_MTU_DISCOVER and IPV6_MTU_DISCOVER: IP_PMTUDISC_* as a keyword, "do"; or a number to set. */
export function pathMtuDiscovery(group: "IP" | "IPV6"): Codec<string | number, string | number> {
  const words = pathMtuModes(group);
  return {
    shape: "keyword",
    decode: (bytes) => words.name(readUnsigned(bytes)),
    encode: (value, name) => {
      if (value === null || value === undefined) throw wrongType(name, "a keyword", value);
      return integerBytes(words.number(value));
    },
  };
}

/** A struct sockaddr; one that is too short to be one is of no family. */
export const socketAddress: Readable<Sockaddr> = {
  shape: "Sockaddr",
  decode: (bytes) => received(bytes) ?? new Sockaddr("unspec"),
};

/** SO_PEERCRED. Where nobody is there, the kernel says pid 0 and uid and gid 2^32 - 1. unix(7). */
export const credentials: Readable<Credentials> = {
  shape: "{ pid, uid, gid }",
  decode: (bytes) => ({
    pid: ucred.integer("pid").getSigned(bytes),
    uid: ucred.integer("uid").get(bytes),
    gid: ucred.integer("gid").get(bytes),
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

export const timestampingFlags = new Flags(
  "SO_TIMESTAMPING flag",
  () => constants.SOF_TIMESTAMPING ?? {},
  /^LAST$/,
);

/** SO_TIMESTAMPING: SOF_TIMESTAMPING_* as keywords ("rx-software"); a number may be given too. */
export const timestamping: Codec<string[], readonly string[] | number> = {
  shape: "list of flags",
  decode: (bytes) => timestampingFlags.words(readUnsigned(bytes, 0, 4), "told"),
  encode: (value, name) => integerBytes(timestampingFlags.bitsOrNumber(value, name)),
};

const txtimeRecord = new Structure("sock_txtime");
export const txtimeFlags = new Flags("SO_TXTIME flag", () => constants.SOF_TXTIME ?? {}, /LAST$/);
/** CLOCK_ is also the prefix of serial lines' clocks. */
export const clocks = new Keywords("clockid", () => constants.CLOCK ?? {}, {
  except: /^(DEFAULT|EXT|INT|TXINT|TXFROMRX)$/,
});

/** SO_TXTIME: the clock of the SCM_TXTIME times, "tai" or "monotonic", and SOF_TXTIME_* flags. */
export const txtime: Codec<
  { clockid: string | number; flags: string[] },
  { readonly clockid: string | number; readonly flags?: readonly string[] | number }
> = {
  shape: "{ clockid, flags }",
  decode: (bytes) => ({
    clockid: clocks.name(txtimeRecord.integer("clockid").getSigned(bytes)),
    flags: txtimeFlags.words(txtimeRecord.integer("flags").get(bytes), "told"),
  }),
  encode: (value, name) => {
    const { clockid, flags = 0 } = fields(value, name, ["clockid", "flags"]);
    if (clockid === undefined || clockid === null) throw wrongType("clockid", "a clock", clockid);
    const bytes = txtimeRecord.allocate();
    txtimeRecord.integer("clockid").set(bytes, clocks.number(clockid));
    txtimeRecord.integer("flags").set(bytes, txtimeFlags.bitsOrNumber(flags, name));
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

const pktinfoRecord = new Structure("in6_pktinfo");

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
    const bytes = pktinfoRecord.allocate();
    if (value === null) return bytes;
    const given = fields(value, name, ["address", "interface"]);
    const [source, zone] = splitZone(given.address ?? "::");
    bytes.set(
      requireAddress(AF.INET6, source, `${name} address`),
      pktinfoRecord.offset("ipi6_addr"),
    );
    const index = interfaceNumber(given.interface ?? zone, `${name} interface`);
    pktinfoRecord.integer("ipi6_ifindex").set(bytes, index);
    return bytes;
  },
};

const mtuRecord = new Structure("ip6_mtuinfo");

/** IPV6_PATHMTU: of the connection. The kernel leaves the structure's address empty. */
export const pathMtu: Readable<number> = {
  shape: "number",
  decode: (bytes) => mtuRecord.integer("ip6m_mtu").get(bytes),
};

const md5Record = new Structure("tcp_md5sig");

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
    const [keyOffset, room] = md5Record.field("tcpm_key");
    if (secret.length > room) {
      throw new RangeError(`${name} key must have at most ${room} bytes, not ${secret.length}`);
    }
    const bytes = allocate(md5Record.size);
    bytes.set(toSockaddr(peer).bytes, md5Record.offset("tcpm_addr"));
    md5Record.integer("tcpm_keylen").set(bytes, secret.length);
    bytes.set(secret, keyOffset);
    return bytes;
  },
};

const packetRecord = new Structure("tpacket_stats_v3");

/** PACKET_STATISTICS, which reading starts afresh. freezes: with TPACKET_V3 only. packet(7). */
export const packetStatistics: Readable<{ packets: number; drops: number; freezes?: number }> = {
  shape: "{ packets, drops, freezes? }",
  decode: (bytes) => {
    const counts = {
      packets: packetRecord.integer("tp_packets").get(bytes),
      drops: packetRecord.integer("tp_drops").get(bytes),
    };
    if (bytes.length < packetRecord.size) return counts;
    return { ...counts, freezes: packetRecord.integer("tp_freeze_q_cnt").get(bytes) };
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
