// Links, which are network interfaces: struct ifinfomsg and IFLA_* of <linux/if_link.h>.
// rtnetlink(7), ip-link(8).

import { formatAddress, hardwareAddress } from "../address/text.ts";
import { AF, ARPHRD } from "../base/constants.ts";
import { uint8Array } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import {
  type Attribute,
  decodeAttributes,
  encodeAttributes,
  lengthAt,
  typeAt,
} from "./attribute.ts";
import {
  addressAt,
  addressBytes,
  bareText,
  boolean8,
  hardwareAt,
  hex,
  interfaceText,
  s32,
  text,
  textAt,
  u16,
  u32,
  u64At,
  type Value,
  word,
} from "./codec.ts";
import { group, numbered, words } from "./constants.ts";
import { Decoder } from "./decoder.ts";
import type { Fields } from "./kind/kind.ts";
import { type KindData, type KindPort, kinds, type LinkKind } from "./kind/kinds.ts";
import { ATTRIBUTE, aligned, u16At, u32At } from "./layout.ts";
import { AttributeTable, type Decoded, listOf, nested } from "./table.ts";
import { hardwareTypes, interfaceFlags, linkGroup, remembered } from "./words.ts";

/** A hardware address; of a tunnel it is an IPv4 or IPv6 address. The context is the type. */
const linkAddress: Value<string, string | Uint8Array> = {
  decode: (bytes, offset, length, type) => {
    const isTunnel = (length === 4 || length === 16) && hasInternetAddress(type, length);
    return isTunnel ? addressAt(bytes, offset, length) : hardwareAt(bytes, offset, length);
  },
  encode: (value, name) => {
    if (typeof value !== "string") return uint8Array(value, name);
    return value.includes(".") ? addressBytes(value, name) : hardwareAddress(value);
  },
};

function hasInternetAddress(type: number, length: number): boolean {
  const { TUNNEL, SIT, IPGRE, TUNNEL6, IP6GRE } = ARPHRD;
  if (length === 16) return type === TUNNEL6 || type === IP6GRE;
  return type === TUNNEL || type === SIT || type === IPGRE;
}

/** Counters by the names of struct rtnl_link_stats64 in camel case: `rxPackets`, `txBytes`. */
export type Statistics = { [counter: string]: number | bigint };
const statisticsRecord = new Structure("rtnl_link_stats64");
let counters: readonly (readonly [name: string, offset: number])[] | undefined;

/** struct rtnl_link_stats64, as far as this kernel has it. */
const statistics: Value<Statistics> = {
  decode: (bytes, offset, length) => {
    counters ??= statisticsRecord
      .names()
      .map((name) => [camelCase(name), statisticsRecord.offset(name)] as const);
    const found: Statistics = {};
    for (const [name, at] of counters) {
      if (at + 8 <= length) found[name] = u64At(bytes, offset + at);
    }
    return found;
  },
  encode: () => {
    throw new TypeError("statistics cannot be set");
  },
};

/** "rx_packets" as "rxPackets". */
function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Attributes of hardware's drivers, which mostly have none. */
const some: Value<Attribute[], readonly Attribute[]> = {
  nested: true,
  isOften: "empty",
  decode: (bytes, offset, length) =>
    length === 0 ? undefined : decodeAttributes(bytes.slice(offset, offset + length)),
  encode: (value) => encodeAttributes(value),
};

/** IFLA_LINKINFO: the kind of a link, the kind that it is a port of, and what those say. */
export type LinkInfo = { kind?: string; data?: Fields; portKind?: string; port?: Fields };

const linkInfo: Value<LinkInfo, never> = {
  spread: ["kind", "data", "portKind", "port"],
  decode: (bytes, offset, length) => {
    let kind: string | undefined;
    let data: Fields | undefined;
    let portKind: string | undefined;
    let port: Fields | undefined;
    const { INFO_KIND, INFO_DATA, INFO_SLAVE_KIND, INFO_SLAVE_DATA } = group("IFLA");
    const end = offset + length;
    const header = ATTRIBUTE.size;
    // The kind comes before what it says.
    for (let at = offset; end - at >= header; ) {
      const size = lengthAt(bytes, at, end);
      const from = at + header;
      const type = typeAt(bytes, at);
      if (type === INFO_KIND) kind = textAt(bytes, from, size - header);
      else if (type === INFO_SLAVE_KIND) portKind = textAt(bytes, from, size - header);
      else if (type === INFO_DATA) data = decodeData(kind, bytes, from, at + size);
      else if (type === INFO_SLAVE_DATA) {
        const known = kinds.get(portKind ?? "")?.port;
        port = decodePart(known ?? NOTHING_KNOWN, bytes, from, at + size);
      }
      at += aligned(size);
    }
    // In one order, whatever that of the attributes is.
    const target: LinkInfo = {};
    if (kind !== undefined) target.kind = kind;
    if (data !== undefined) target.data = data;
    if (portKind !== undefined) target.portKind = portKind;
    if (port !== undefined) target.port = port;
    return target;
  },
  encode: () => {
    throw new TypeError("linkinfo is kind, data, portKind and port");
  },
};

/** Of a kind that has no table everything is unknown. */
const NOTHING_KNOWN = new AttributeTable("IFLA", "", {});

function decodeData(kind = "", bytes: Uint8Array, start: number, end: number): Fields {
  const known = kinds.get(kind);
  const fields = decodePart(known?.data ?? NOTHING_KNOWN, bytes, start, end);
  known?.finish?.(fields);
  return fields;
}

type Part = { decode: typeof NOTHING_KNOWN.decode };

function decodePart(part: Part, bytes: Uint8Array, start: number, end: number): Fields {
  const fields: Fields = {};
  part.decode(bytes, start, end, fields);
  return fields;
}

export const inet6Table = new AttributeTable("IFLA", "INET6_", {
  FLAGS: ["flags", u32],
  // /proc/sys/net/ipv6 and /proc/net/snmp6 have them with their names.
  CONF: null,
  STATS: null,
  MCAST: null,
  ICMP6STATS: null,
  CACHEINFO: null,
  TOKEN: [
    "token",
    { decode: (bytes, offset, length) => decodeToken(bytes, offset, length), encode: addressBytes },
  ],
  ADDR_GEN_MODE: [
    "addrGenMode",
    word(words("addrGenMode", "IN6_ADDR_GEN_MODE", { also: { stable_secret: "STABLE_PRIVACY" } })),
  ],
  RA_MTU: ["raMtu", u32],
});

function decodeToken(bytes: Uint8Array, offset: number, length: number): string | undefined {
  if (length !== 16) return undefined;
  // Few have one.
  for (let at = offset; at < offset + length; at++) {
    if (bytes[at] !== 0) return formatAddress(AF.INET6, bytes, offset);
  }
  return "::";
}

export type FamilySettings = { inet6?: Decoded<typeof inet6Table.rows> };

/** IFLA_AF_SPEC: what the families say, of which only IPv6 says anything by name. */
const families: Value<FamilySettings, FamilySettings> = {
  nested: true,
  spread: ["inet6"],
  decode: (bytes, offset, length) => {
    const found: FamilySettings = {};
    const end = offset + length;
    const { INET6 } = AF;
    const header = ATTRIBUTE.size;
    for (let at = offset; end - at >= header; ) {
      const size = lengthAt(bytes, at, end);
      if (typeAt(bytes, at) === INET6) {
        found.inet6 = {};
        inet6Table.decode(bytes, at + header, at + size, found.inet6);
      }
      at += aligned(size);
    }
    return found;
  },
  encode: () => {
    throw new TypeError("families are set one by one");
  },
};

const counted = (what: string, list: string) => word(numbered(what, list.split(" ")));

const xdpTable = new AttributeTable("IFLA", "XDP_", {
  ATTACHED: ["attached", counted("attached", "none driver generic offload multiple")],
  FLAGS: ["flags", u32],
  PROG_ID: ["progId", u32],
  DRV_PROG_ID: ["drvProgId", u32],
  SKB_PROG_ID: ["skbProgId", u32],
  HW_PROG_ID: ["hwProgId", u32],
});

export type Xdp = Decoded<typeof xdpTable.rows>;
const attached = nested(xdpTable);

/** A program of XDP; where there is none, it is that alone which is told. */
const xdp: Value<{ xdp?: Xdp }, never> = {
  spread: ["xdp"],
  decode: (bytes, offset, length, context) => {
    const isNone = length === ATTRIBUTE.size * 2 && bytes[offset + ATTRIBUTE.size] === 0;
    const told = isNone ? undefined : attached.decode(bytes, offset, length, context);
    return told === undefined ? {} : { xdp: told };
  },
  encode: () => {
    throw new TypeError("xdp cannot be set");
  },
};

/** The attributes of a link. */
export const linkTable = new AttributeTable("IFLA", "", {
  ADDRESS: ["address", linkAddress],
  BROADCAST: ["broadcast", linkAddress],
  IFNAME: ["name", interfaceText],
  MTU: ["mtu", u32],
  LINK: ["linkIndex", u32],
  QDISC: ["qdisc", text()],
  // The same with 32 bits.
  STATS: null,
  MASTER: ["masterIndex", u32],
  TXQLEN: ["queueLength", u32],
  // Of hardware that had jumpers.
  MAP: null,
  OPERSTATE: ["state", word(words("state", "IF_OPER"))],
  LINKMODE: ["linkmode", counted("linkmode", "default dormant testing")],
  LINKINFO: ["info", linkInfo],
  IFALIAS: ["alias", bareText],
  NUM_VF: ["numVf", u32],
  STATS64: ["statistics", statistics],
  AF_SPEC: ["families", families],
  GROUP: ["group", linkGroup],
  PROMISCUITY: ["promiscuity", u32],
  NUM_TX_QUEUES: ["numTxQueues", u32],
  NUM_RX_QUEUES: ["numRxQueues", u32],
  CARRIER: ["carrier", boolean8],
  PHYS_PORT_ID: ["physPortId", hex],
  CARRIER_CHANGES: ["carrierChanges", u32],
  PHYS_SWITCH_ID: ["physSwitchId", hex],
  LINK_NETNSID: ["linkNetnsid", s32],
  PHYS_PORT_NAME: ["physPortName", text()],
  PROTO_DOWN: ["protoDown", boolean8],
  GSO_MAX_SEGS: ["gsoMaxSegs", u32],
  GSO_MAX_SIZE: ["gsoMaxSize", u32],
  PAD: null,
  XDP: ["xdp", xdp],
  EVENT: ["event", u32],
  NEW_NETNSID: ["newNetnsid", s32],
  TARGET_NETNSID: ["targetNetnsid", s32],
  CARRIER_UP_COUNT: ["carrierUpCount", u32],
  CARRIER_DOWN_COUNT: ["carrierDownCount", u32],
  NEW_IFINDEX: ["newIndex", s32],
  MIN_MTU: ["minMtu", u32],
  MAX_MTU: ["maxMtu", u32],
  PROP_LIST: ["altnames", listOf("IFLA", "ALT_IFNAME", text(127))],
  ALT_IFNAME: ["altname", text(127)],
  PERM_ADDRESS: ["permaddr", linkAddress],
  PROTO_DOWN_REASON: [
    "protoDownReason",
    nested(
      new AttributeTable("IFLA", "PROTO_DOWN_REASON_", {
        MASK: ["mask", u32],
        VALUE: ["value", u32],
      }),
    ),
  ],
  PARENT_DEV_NAME: ["parentdev", text()],
  PARENT_DEV_BUS_NAME: ["parentbus", text()],
  GRO_MAX_SIZE: ["groMaxSize", u32],
  TSO_MAX_SIZE: ["tsoMaxSize", u32],
  TSO_MAX_SEGS: ["tsoMaxSegs", u32],
  ALLMULTI: ["allmulti", u32],
  GSO_IPV4_MAX_SIZE: ["gsoIpv4MaxSize", u32],
  GRO_IPV4_MAX_SIZE: ["groIpv4MaxSize", u32],
  DEVLINK_PORT: ["devlinkPort", some],
  DPLL_PIN: ["dpllPin", some],
  MAX_PACING_OFFLOAD_HORIZON: ["maxPacingOffloadHorizon", u32],
  NETNS_IMMUTABLE: ["netnsImmutable", boolean8],
  HEADROOM: ["headroom", u16],
  TAILROOM: ["tailroom", u16],
});

/** What a table's row of a field decodes, but for those that are told in another place. */
type Attributes = Omit<Decoded<typeof linkTable.rows>, "info" | "families" | "name" | "xdp">;

/** `link.kind === "vlan"` tells which fields `link.data` has. */
type OfKind =
  | { [K in LinkKind]: { readonly kind: K; readonly data?: KindData<K> } }[LinkKind]
  | { readonly kind?: undefined; readonly data?: undefined };

/** `link.portKind === "bridge"`: which `link.port` has. */
type OfPortKind =
  | { [K in PortKind]: { readonly portKind: K; readonly port?: KindPort<K> } }[PortKind]
  | { readonly portKind?: undefined; readonly port?: undefined };
type PortKind = "bond" | "bridge" | "vrf" | "team";

/** A network interface. What the kernel did not tell is not there. */
export type Link = CommonLink & OfKind & OfPortKind;

/** What links of all kinds have; `kind`, `data`, `portKind` and `port` are besides. */
export type CommonLink = Attributes & {
  readonly index: number;
  readonly name: string;
  /** "up", "broadcast", "lower-up": IFF_* of <linux/if.h>. */
  readonly flags: string[];
  /** The same as bits. */
  readonly flagBits: number;
  /** The hardware: "ether", "loopback", "none"; ARPHRD_*. */
  readonly type: string | number;
  /** The name of the bridge, bond or VRF that it is a port of. */
  master?: string;
  /** The name of the link that it stands on, where that is in the same namespace. */
  link?: string;
  readonly inet6?: Decoded<typeof inet6Table.rows>;
  /** The program of XDP that is attached. */
  readonly xdp?: Xdp;
};

export const header = new Structure("ifinfomsg");
const familyField = header.integer("ifi_family");
const typeField = header.integer("ifi_type");
const indexField = header.integer("ifi_index");
const flagsField = header.integer("ifi_flags");

/** Without the counters, which take as long as all the rest. */
const briefTable = new AttributeTable("IFLA", "", { ...linkTable.rows, STATS64: null });

type Decode = (bytes: Uint8Array, start: number, end: number) => Link;

/** Decodes the links of RTM_NEWLINK and RTM_DELLINK, of one list or monitor. */
export function linkDecoder({ statistics }: { statistics: boolean }): Decode {
  const table = statistics ? linkTable : briefTable;
  const decoder = new Decoder<Made>(table, () => {
    return { index: 0, name: "", flags: NO_FLAGS, flagBits: 0, type: 0 };
  });
  const { size } = header;
  return (bytes, start, end) => {
    if (end - start < size) throw new RangeError("a link's message is cut off");
    const type = u16At(bytes, start + typeField.offset);
    const flagBits = u32At(bytes, start + flagsField.offset);
    const link = decoder.decode(bytes, start + size, end, type);
    link.index = u32At(bytes, start + indexField.offset) | 0;
    link.flags = flagsOf(flagBits);
    link.flagBits = flagBits;
    link.type = hardwareTypes.name(type);
    return link;
  };
}

/** A link while it is decoded. */
type Made = { -readonly [F in "index" | "name" | "flags" | "flagBits" | "type"]: Link[F] };
const NO_FLAGS: string[] = [];

const flagsOf = remembered((bits) => interfaceFlags.words(bits, "told"));

/** The family of a message about links: that of a bridge's ports is not AF_UNSPEC. */
export function linkFamily(bytes: Uint8Array, start: number): number {
  return bytes[start + familyField.offset] as number;
}

/** A struct ifinfomsg. */
export function linkHeader(fields: {
  index?: number;
  flags?: number;
  change?: number;
  family?: number;
}): Uint8Array {
  const bytes = header.allocate();
  familyField.set(bytes, fields.family ?? 0);
  indexField.set(bytes, fields.index ?? 0);
  flagsField.set(bytes, fields.flags ?? 0);
  header.integer("ifi_change").set(bytes, fields.change ?? 0);
  return bytes;
}
