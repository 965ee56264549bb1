// Every socket option there is: the tables of the levels, the types made from them, and how a name
// is found on this platform.

import { AF, IPPROTO, IPV6, SO, SOL } from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import { unknownKeyword, wrongType } from "../base/validate.ts";
import { constants, furtherConstants } from "../native/library.ts";
import type { Readable, Writable } from "./codec.ts";
import {
  algTable,
  canIsotpTable,
  canRawTable,
  dccpTable,
  j1939Table,
  sctpTable,
  smcTable,
  tipcTable,
  tlsTable,
} from "./table/further.ts";
import { ipTable, multicastTable } from "./table/ip.ts";
import { ipv6Table } from "./table/ipv6.ts";
import type { Line, Table } from "./table/line.ts";
import {
  icmpv6Table,
  netfilter6Table,
  netfilterTable,
  netlinkTable,
  packetTable,
  rawTable,
  vsockTable,
} from "./table/link.ts";
import { socketTable } from "./table/socket.ts";
import { tcpTable, udpTable } from "./table/transport.ts";

type Lines = ReturnType<typeof socketTable> &
  ReturnType<typeof ipTable> &
  ReturnType<typeof multicastTable> &
  ReturnType<typeof ipv6Table> &
  ReturnType<typeof tcpTable> &
  ReturnType<typeof udpTable> &
  ReturnType<typeof packetTable> &
  ReturnType<typeof netlinkTable> &
  ReturnType<typeof vsockTable> &
  ReturnType<typeof rawTable> &
  ReturnType<typeof icmpv6Table> &
  ReturnType<typeof netfilterTable> &
  ReturnType<typeof netfilter6Table> &
  ReturnType<typeof algTable> &
  ReturnType<typeof canIsotpTable> &
  ReturnType<typeof canRawTable> &
  ReturnType<typeof dccpTable> &
  ReturnType<typeof j1939Table> &
  ReturnType<typeof sctpTable> &
  ReturnType<typeof smcTable> &
  ReturnType<typeof tipcTable> &
  ReturnType<typeof tlsTable>;

/** The kernel's name of an option: "SO_REUSEADDR", "IP_TTL", "TCP_INFO". */
export type OptionName = keyof Lines;

/** What reading an option gives; for one that is only set, what it is set to. */
export type OptionValue<Name extends OptionName> =
  Lines[Name][0] extends Readable<infer Value>
    ? Value
    : Lines[Name][0] extends Writable<infer Input>
      ? Input
      : never;

/** What an option is set to: its value, or another shape of it that is easier to write. */
export type OptionInput<Name extends OptionName> =
  Lines[Name][0] extends Writable<infer Input> ? Input : OptionValue<Name>;

/** The values of options by name, as socketOptions gives them. */
export type OptionValues = { [Name in OptionName]: OptionValue<Name> };
/** What options are set to by name, as setSocketOptions takes it. */
export type OptionInputs = { [Name in OptionName]: OptionInput<Name> };

/** A level of getsockopt(2), and where the numbers of its options stand. */
type Level = {
  readonly prefix: string;
  readonly table: Table;
  /** undefined: this platform lacks it. */
  readonly number: number | undefined;
  /** Of the constants, and whether these are in the section of further families. */
  readonly group: string;
  readonly further: boolean;
  /** The prefix that the constants' names have lost. */
  readonly lost: string;
};

function level(
  prefix: string,
  table: Table,
  number: number | undefined,
  group: string,
  lost = prefix,
): Level {
  return { prefix, table, number, group, further: false, lost };
}

/** A level of a family whose constants are read when an option of it is looked up. */
function further(
  prefix: string,
  table: Table,
  number: number | undefined,
  group: string,
  lost: string = `${group}_`,
): Level {
  return { prefix, table, number, group, further: true, lost };
}

/**
 * The levels, the longer prefix before the shorter that it begins with.
 */
const levels = lazy(() => {
  return {
    // Of netfilter, which answers at the levels of IP: the longer prefixes.
    netfilter: level("SO_ORIGINAL_", netfilterTable(), IPPROTO.IP, "single", ""),
    netfilter6: level("IP6T_", netfilter6Table(), IPPROTO.IPV6, "single", ""),
    j1939: further("SO_J1939_", j1939Table(), SOL.CAN_J1939, "SO_J1939"),
    vsock: level("SO_VM_SOCKETS_", vsockTable(), AF.VSOCK, "SO", "SO_"),
    socket: level("SO_", socketTable(), SOL.SOCKET, "SO"),
    ip: level("IP_", ipTable(), IPPROTO.IP, "IP"),
    // By the group's address: IPPROTO_IP or IPPROTO_IPV6.
    multicast: level("MCAST_", multicastTable(), IPPROTO.IP, "MCAST"),
    ipv6: level("IPV6_", ipv6Table(), IPPROTO.IPV6, "IPV6"),
    tcp: level("TCP_", tcpTable(), IPPROTO.TCP, "TCP"),
    udp: level("UDP_", udpTable(), IPPROTO.UDP, "UDP"),
    packet: level("PACKET_", packetTable(), SOL.PACKET, "PACKET"),
    netlink: level("NETLINK_", netlinkTable(), SOL.NETLINK, "NETLINK"),
    raw: level("ICMP_", rawTable(), SOL.RAW, "single", ""),
    icmpv6: level("ICMP6_", icmpv6Table(), IPPROTO.ICMPV6, "single", ""),
    alg: further("ALG_", algTable(), SOL.ALG, "ALG"),
    "can-isotp": further("CAN_ISOTP_", canIsotpTable(), SOL.CAN_ISOTP, "CAN"),
    "can-raw": further("CAN_RAW_", canRawTable(), SOL.CAN_RAW, "CAN"),
    dccp: further("DCCP_SOCKOPT_", dccpTable(), SOL.DCCP, "DCCP"),
    sctp: further("SCTP_", sctpTable(), IPPROTO.SCTP, "SCTP"),
    smc: further("SMC_", smcTable(), SOL.SMC, "SMC"),
    tipc: further("TIPC_", tipcTable(), SOL.TIPC, "TIPC"),
    tls: further("TLS_", tlsTable(), SOL.TLS, "TLS"),
  } satisfies Record<string, Level>;
});

/** A level of getsockopt(2), by keyword: "socket", "ip", "tcp". */
export type OptionLevel = keyof ReturnType<typeof levels>;

/** C names under which this platform has an option of another name. */
const otherNames = lazy((): ReadonlyMap<string, number | undefined> => {
  const names = new Map<string, number | undefined>();
  // linux/icmpv6.h says ICMPV6_FILTER for RFC 3542's ICMP6_FILTER.
  if (constants.ICMPV6?.FILTER !== undefined) names.set("ICMP6_FILTER", constants.ICMPV6.FILTER);
  // macOS counts SO_LINGER in clock ticks.
  if (SO.LINGER_SEC !== undefined) names.set("SO_LINGER", SO.LINGER_SEC);
  // Windows asks by that name for what it tells with each message; there is no source to be set.
  if (IPV6.RECVPKTINFO === IPV6.PKTINFO) names.set("IPV6_PKTINFO", undefined);
  return names;
});

/** An option of this platform. */
export type Option = {
  readonly name: OptionName;
  readonly level: number;
  readonly number: number;
  readonly codec: Partial<Readable<unknown>> & Partial<Writable<unknown>>;
  readonly access: Line[1];
};

const found = new Map<string, Option>();

/** An option by name. TypeError: there is none of that name, or this platform lacks it. */
export function option(name: string): Option {
  return found.get(name) ?? find(name);
}

function find(name: string): Option {
  if (typeof name !== "string") throw wrongType("the option", "a kernel name", name);
  const owner = Object.values(levels()).find(({ prefix }) => name.startsWith(prefix));
  if (owner === undefined || !Object.hasOwn(owner.table, name)) {
    const accepted = owner === undefined ? optionNames() : Object.keys(owner.table);
    throw unknownKeyword("option", name, accepted);
  }
  const result = present(owner, name);
  if (result === undefined) throw new TypeError(`this platform has no ${name}`);
  found.set(name, result);
  return result;
}

function present(owner: Level, name: string): Option | undefined {
  const known = owner.further ? furtherConstants("families") : constants;
  const number = otherNames().get(name) ?? known[owner.group]?.[name.slice(owner.lost.length)];
  const line: Line | undefined = owner.table[name];
  if (number === undefined || owner.number === undefined || line === undefined) return undefined;
  const [codec, access] = line;
  return {
    name: name as OptionName,
    level: owner.number,
    number,
    codec: codec as Option["codec"],
    access,
  };
}

/** The options of a level, or of "all", that this platform has, sorted by name. */
export function optionsOf(levelName: string | number): Option[] {
  const chosen = levelName === "all" ? Object.values(levels()) : [levelOf(levelName)];
  return chosen.flatMap((owner) =>
    Object.keys(owner.table).flatMap((name) => {
      const known = found.get(name) ?? present(owner, name);
      if (known !== undefined) found.set(name, known);
      return known ?? [];
    }),
  );
}

function levelOf(name: string | number): Level {
  if (typeof name === "number") {
    const owner = Object.values(levels()).find(({ number }) => number === name);
    if (owner !== undefined) return owner;
    throw new RangeError(`no options of level ${name} are known`);
  }
  if (typeof name !== "string") throw wrongType("level", "a level", name);
  if (Object.hasOwn(levels(), name)) return levels()[name as OptionLevel];
  throw unknownKeyword("level", name, [...Object.keys(levels()), "all"]);
}

/** Every name there is, on whatever platform. */
export function optionNames(): string[] {
  return Object.values(levels()).flatMap(({ table }) => Object.keys(table));
}

const ACCESS = { read: "read", write: "set", take: "read by name" } as const;

/** The list of all options as a Markdown table, by level; `since` are versions of Linux. */
export function optionList(since: Readonly<Record<string, string>> = {}): string {
  const rows = ["| option | value | |", "|---|---|---|"];
  for (const [name, { table }] of Object.entries(levels()).sort()) {
    rows.push(`| **${name}** | | |`);
    for (const [key, [{ shape }, access]] of Object.entries(table)) {
      const notes = [
        ...(access === undefined ? [] : [`${ACCESS[access]} only`]),
        ...(since[key] === undefined ? [] : [`Linux ${since[key]}`]),
      ];
      rows.push(`| \`${key}\` | ${shape} | ${notes.join(", ")} |`);
    }
  }
  return `${rows.join("\n")}\n`;
}
