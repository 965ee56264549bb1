// The tables of docs/reference: the kinds of control messages, and the keywords that stand for
// numbers. Keywords are those of this system, so that they are written on Linux alone.

import * as words from "../src/base/constants.ts";
import { Flags, Keywords } from "../src/base/keyword.ts";
import { CONSTANTS } from "../src/bpf/compiler/words.ts";
import { errorCodecs, origins } from "../src/control/error.ts";
import { furtherCodecs } from "../src/control/further.ts";
import { internetCodecs } from "../src/control/internet.ts";
import { packetCodecs } from "../src/control/packet.ts";
import { socketCodecs } from "../src/control/socket.ts";
import { interfaceFlags } from "../src/interface/list.ts";
import { messageFlags } from "../src/message/flags.ts";
import { addressFlags } from "../src/names/resolve.ts";
import { constants, furtherConstants } from "../src/native/library.ts";
import { fanoutFlags, fanoutModes } from "../src/option/fanout.ts";
import { icmp6Types, icmpTypes } from "../src/option/icmp.ts";
import { filterModes, packetTypes } from "../src/option/membership.ts";
import { clocks, pathMtuModes, timestampingFlags, txtimeFlags } from "../src/option/structure.ts";
import { CONGESTION_STATES, tcpOptions, tcpStates } from "../src/option/tcp_info.ts";
import { LINKS } from "../src/wire/linktypes.ts";
import type { Declarations, Member } from "./declarations.ts";
import { icmpPage } from "./icmp.ts";

/** What is to be known of a kind besides its fields. */
type ControlLine = {
  /** cmsg_level and cmsg_type by their C names, the first for sending. */
  readonly places: readonly (readonly [level: string, type: string])[];
  /** What has to be done for it to be received; "" where nothing has. */
  readonly receive: string;
  /** What it does when it is sent; "" where that makes no sense. */
  readonly send: string;
  readonly systems: "all" | "Linux" | "Linux, FreeBSD" | "Linux, macOS" | "Windows";
};

const LINUX = "Linux";

/** Every kind. Other systems are named where the constants and their meaning are the same there. */
export const CONTROL: Readonly<Record<string, ControlLine>> = {
  rights: {
    places: [["SOL_SOCKET", "SCM_RIGHTS"]],
    receive: "always; unix(7)",
    send: "passes descriptors",
    systems: "all",
  },
  credentials: {
    places: [["SOL_SOCKET", "SCM_CREDENTIALS"]],
    receive: "`SO_PASSCRED`",
    send: "as another than this process only with privileges",
    systems: LINUX,
  },
  pidfd: {
    places: [["SOL_SOCKET", "SCM_PIDFD"]],
    receive: "`SO_PASSPIDFD`, Linux 6.5",
    send: "",
    systems: LINUX,
  },
  timestamp: {
    places: [
      ["SOL_SOCKET", "SO_TIMESTAMPNS_OLD"],
      ["SOL_SOCKET", "SO_TIMESTAMPNS_NEW"],
      ["SOL_SOCKET", "SO_TIMESTAMP_OLD"],
      ["SOL_SOCKET", "SO_TIMESTAMP_NEW"],
      ["SOL_SOCKET", "SCM_TIMESTAMP"],
    ],
    receive: "`SO_TIMESTAMPNS`, or `SO_TIMESTAMP` in microseconds",
    send: "",
    systems: "all",
  },
  timestamping: {
    places: [
      ["SOL_SOCKET", "SO_TIMESTAMPING_OLD"],
      ["SOL_SOCKET", "SO_TIMESTAMPING_NEW"],
    ],
    receive: "`SO_TIMESTAMPING`; of what was sent, on the error queue",
    send: "with `flags`: asks for stamps of this message",
    systems: LINUX,
  },
  txtime: {
    places: [["SOL_SOCKET", "SCM_TXTIME"]],
    receive: "",
    send: "when to send it, with `SO_TXTIME`",
    systems: LINUX,
  },
  overflow: {
    places: [["SOL_SOCKET", "SO_RXQ_OVFL"]],
    receive: "`SO_RXQ_OVFL`",
    send: "",
    systems: LINUX,
  },
  mark: {
    places: [["SOL_SOCKET", "SO_MARK"]],
    receive: "`SO_RCVMARK`, Linux 5.19",
    send: "the packet's mark, with CAP_NET_ADMIN or CAP_NET_RAW",
    systems: LINUX,
  },
  priority: {
    places: [["SOL_SOCKET", "SO_PRIORITY"]],
    receive: "`SO_RCVPRIORITY`, Linux 6.14",
    send: "the packet's priority, Linux 6.14",
    systems: LINUX,
  },
  pktinfo: {
    places: [
      ["IPPROTO_IP", "IP_PKTINFO"],
      ["IPPROTO_IPV6", "IPV6_PKTINFO"],
    ],
    receive: "`IP_PKTINFO`, `IPV6_RECVPKTINFO`",
    send: "from which address and interface",
    systems: "Linux, macOS",
  },
  ttl: {
    places: [["IPPROTO_IP", "IP_TTL"]],
    receive: "`IP_RECVTTL`",
    send: "instead of `IP_TTL`",
    systems: LINUX,
  },
  hoplimit: {
    places: [["IPPROTO_IPV6", "IPV6_HOPLIMIT"]],
    receive: "`IPV6_RECVHOPLIMIT`",
    send: "instead of `IPV6_UNICAST_HOPS`; -1 is the default",
    systems: "all",
  },
  tos: {
    places: [["IPPROTO_IP", "IP_TOS"]],
    receive: "`IP_RECVTOS`",
    send: "instead of `IP_TOS`",
    systems: LINUX,
  },
  ecn: {
    places: [
      ["IPPROTO_IP", "IP_ECN"],
      ["IPPROTO_IPV6", "IPV6_ECN"],
    ],
    receive: "`IP_RECVECN`, `IPV6_RECVECN`",
    send: "instead of the class's two bits",
    systems: "Windows",
  },
  tclass: {
    places: [["IPPROTO_IPV6", "IPV6_TCLASS"]],
    receive: "`IPV6_RECVTCLASS`",
    send: "instead of `IPV6_TCLASS`; -1 is the default",
    systems: "all",
  },
  flowinfo: {
    places: [["IPPROTO_IPV6", "IPV6_FLOWINFO"]],
    receive: "`IPV6_FLOWINFO`",
    send: "the flow label, with `IPV6_FLOWINFO_SEND`",
    systems: LINUX,
  },
  origdstaddr: {
    places: [
      ["IPPROTO_IP", "IP_ORIGDSTADDR"],
      ["IPPROTO_IPV6", "IPV6_ORIGDSTADDR"],
    ],
    receive: "`IP_RECVORIGDSTADDR`, `IPV6_RECVORIGDSTADDR`",
    send: "",
    systems: LINUX,
  },
  fragsize: {
    places: [["IPPROTO_IP", "IP_RECVFRAGSIZE"]],
    receive: "`IP_RECVFRAGSIZE`",
    send: "",
    systems: LINUX,
  },
  segment: {
    places: [["IPPROTO_UDP", "UDP_SEGMENT"]],
    receive: "",
    send: "cuts the data into datagrams of that size; `UDP_SEGMENT` does so for all",
    systems: LINUX,
  },
  gro: {
    places: [["IPPROTO_UDP", "UDP_GRO"]],
    receive: "`UDP_GRO`: the size of the datagrams that were put together",
    send: "",
    systems: LINUX,
  },
  auxdata: {
    places: [["SOL_PACKET", "PACKET_AUXDATA"]],
    receive: "`PACKET_AUXDATA`",
    send: "",
    systems: LINUX,
  },
  error: {
    places: [
      ["IPPROTO_IP", "IP_RECVERR"],
      ["IPPROTO_IPV6", "IPV6_RECVERR"],
      ["SOL_PACKET", "PACKET_TX_TIMESTAMP"],
    ],
    receive: "`IP_RECVERR`, `IPV6_RECVERR`; then `recvmsg` with `errqueue`",
    send: "",
    systems: LINUX,
  },
  "alg-operation": {
    places: [["SOL_ALG", "ALG_SET_OP"]],
    receive: "",
    send: "encrypt or decrypt",
    systems: LINUX,
  },
  "alg-iv": {
    places: [["SOL_ALG", "ALG_SET_IV"]],
    receive: "",
    send: "the initialisation vector",
    systems: LINUX,
  },
  "alg-associated": {
    places: [["SOL_ALG", "ALG_SET_AEAD_ASSOCLEN"]],
    receive: "",
    send: "how many of the bytes are associated data",
    systems: LINUX,
  },
  "tls-record": {
    places: [
      ["SOL_TLS", "TLS_SET_RECORD_TYPE"],
      ["SOL_TLS", "TLS_GET_RECORD_TYPE"],
    ],
    receive: 'with `TCP_ULP` "tls": of all records but application data',
    send: "a record of that type",
    systems: LINUX,
  },
  "sctp-send": {
    places: [["IPPROTO_SCTP", "SCTP_SNDINFO"]],
    receive: "",
    send: "stream and flags of the message; RFC 6458",
    systems: LINUX,
  },
  "sctp-receive": {
    places: [["IPPROTO_SCTP", "SCTP_RCVINFO"]],
    receive: "`SCTP_RECVRCVINFO`",
    send: "",
    systems: LINUX,
  },
  "sctp-next": {
    places: [["IPPROTO_SCTP", "SCTP_NXTINFO"]],
    receive: "`SCTP_RECVNXTINFO`",
    send: "",
    systems: LINUX,
  },
  "sctp-partial": {
    places: [["IPPROTO_SCTP", "SCTP_PRINFO"]],
    receive: "",
    send: "how reliably; RFC 7496",
    systems: LINUX,
  },
  "sctp-init": {
    places: [["IPPROTO_SCTP", "SCTP_INIT"]],
    receive: "",
    send: "instead of `SCTP_INITMSG`, with the first message of an association",
    systems: LINUX,
  },
  "dccp-priority": {
    places: [["SOL_DCCP", "DCCP_SCM_PRIORITY"]],
    receive: "",
    send: "which goes first, with `DCCP_SOCKOPT_QPOLICY_ID` 1",
    systems: LINUX,
  },
};

/** The number of a C name, where this system has it. */
export function numberOf(name: string): number | undefined {
  const single = constants.single?.[name];
  if (single !== undefined) return single;
  const [, group = "", rest = ""] = /^([A-Z0-9]+)_(.*)$/.exec(name) ?? [];
  return constants[group]?.[rest] ?? furtherConstants("families")[group]?.[rest];
}

/** The kinds that the package knows here, and where each stands. */
export function controlCodecs() {
  const usual = [...socketCodecs(), ...internetCodecs(), ...packetCodecs(), ...errorCodecs()];
  return [...usual, ...furtherCodecs()];
}

const UNIONS = [
  ["control/socket", "SocketControl"],
  ["control/internet", "InternetControl"],
  ["control/packet", "PacketControl"],
  ["control/error", "ErrorControl"],
  ["control/further", "FurtherControl"],
] as const;

/** A field with its type: "fds: number[]". */
function fieldText({ signatures: [signature = ""] }: Member): string {
  const text = signature.replace(/;$/, "").replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
  return text.includes("{") || text.includes("typeof") ? text.replace(/:.*/, "") : text;
}

function controlTable(declarations: Declarations): string {
  const rows: string[] = [];
  for (const [file, name] of UNIONS) {
    const union = declarations.find({ file, name });
    if (union === undefined || !("kind" in union)) throw new Error(`there is no ${name}`);
    for (const members of union.variants) {
      const kind = /"(.*)"/.exec(members[0]?.signatures[0] ?? "")?.[1] ?? "";
      const line = CONTROL[kind];
      if (line === undefined) throw new Error(`scripts/tables.ts says nothing of ${kind}`);
      const fields = members.slice(1).map((member) => `\`${fieldText(member)}\``);
      const { receive, send, systems } = line;
      const cells = [`\`${kind}\``, fields.join("<br>"), receive || "–", send || "–", systems];
      rows.push(`| ${cells.join(" | ")} |`);
    }
  }
  return `# Control messages

What \`sendmsg\` and \`recvmsg\` carry beside the data, by \`kind\`: cmsg(3). The options in the
third column are set to \`true\` by \`setSocketOption\`, or by \`setOption\` of a \`Socket\`. What
no kind fits is \`{ kind: "unknown", level, type, data }\`, which can be sent, too. Times are
nanoseconds. Where a system is not named, the kind is not known there; of those that are named
besides Linux, none has been tried. The types with their comments:
[control](rawsock/control.md). How to use them: [the guide](../ancillary.md).

| kind | fields | received | sent | systems |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

type Words =
  | Flags
  | Keywords
  | readonly string[]
  | ReadonlyMap<string, number>
  | Readonly<Record<string, number>>;

/** Where keywords are taken or given: a title, what takes them, the keywords. */
const KEYWORDS: readonly (readonly [title: string, where: string, words: Words])[] = [
  ["Families", "`socket(domain)`, `Sockaddr`, `getaddrinfo`: AF_*", words.families],
  ["Types", "`socket(…, type)`, `SO_TYPE`: SOCK_*", words.types],
  ["IP protocols", "`socket(…, protocol)`: IPPROTO_*", words.ipProtocols],
  [
    "Ethernet protocols",
    '`socket("packet", …, protocol)`, addresses of packet sockets: ETH_P_*',
    words.ethernetProtocols,
  ],
  ["Netlink protocols", '`socket("netlink", …, protocol)`: NETLINK_*', words.netlinkProtocols],
  ["shutdown", "`shutdown(fd, how)`: SHUT_*", words.shutdownDirections],
  ["Message flags", "`flags` of what was received: MSG_*", messageFlags],
  ["Interface flags", "`ifaddrs`: IFF_*", interfaceFlags],
  ["Address flags", "`flags` of `getaddrinfo`'s answers: AI_*", addressFlags],
  ["Path MTU discovery", "`IP_MTU_DISCOVER`: IP_PMTUDISC_*", pathMtuModes("IP")],
  ["Path MTU discovery, IPv6", "`IPV6_MTU_DISCOVER`: IPV6_PMTUDISC_*", pathMtuModes("IPV6")],
  ["Multicast sources", "`mode` of `MCAST_MSFILTER` and `IP_MSFILTER`: MCAST_*", filterModes],
  [
    "Packet memberships",
    "`type` of `PACKET_ADD_MEMBERSHIP` and `PACKET_DROP_MEMBERSHIP`: PACKET_MR_*",
    packetTypes,
  ],
  ["Fanout modes", "`mode` of `PACKET_FANOUT`: PACKET_FANOUT_*", fanoutModes],
  ["Fanout flags", "`flags` of `PACKET_FANOUT`: PACKET_FANOUT_FLAG_*", fanoutFlags],
  ["ICMP types", "`ICMP_FILTER`; [all messages](icmp.md)", icmpTypes],
  ["ICMPv6 types", "`ICMP6_FILTER`; [all messages](icmp.md#icmpv6)", icmp6Types],
  ["Time stamps", "`SO_TIMESTAMPING`: SOF_TIMESTAMPING_*", timestampingFlags],
  ["Clocks", "`clockid` of `SO_TXTIME`: CLOCK_*", clocks],
  ["Sending times", "`flags` of `SO_TXTIME`: SOF_TXTIME_*", txtimeFlags],
  ["Origins of errors", "`origin` of the control message `error`: SO_EE_ORIGIN_*", origins],
  ["States of TCP", "`state` of `TCP_INFO`", tcpStates],
  ["Options of TCP", "`options` of `TCP_INFO`: TCPI_OPT_*", tcpOptions],
  ["States of congestion", "`caState` of `TCP_INFO`: TCP_CA_*", CONGESTION_STATES],
  ["Filter expressions", "numbers with a name, as in `tcp[tcpflags] & tcp-syn != 0`", CONSTANTS],
  ["Links", "`link` of `rawsock/wire` and `rawsock/bpf`: LINKTYPE_*", LINKS],
];

function entriesOf(list: Words): (readonly [string, number | undefined])[] {
  if (list instanceof Keywords || list instanceof Flags) return [...list.entries()];
  if (list instanceof Map) return [...list];
  if (Array.isArray(list)) return list.map((word) => [word, undefined]);
  return Object.entries(list);
}

function keywordTable(): string {
  const sections = KEYWORDS.map(([title, where, list]) => {
    const entries = entriesOf(list).map(([keyword, number]) => {
      if (number === undefined) return `\`"${keyword}"\``;
      const value = list instanceof Flags ? `0x${(number >>> 0).toString(16)}` : number;
      return `\`"${keyword}"\` ${value}`;
    });
    return `## ${title}\n\n${where}\n\n${entries.join(" · ")}\n`;
  });
  return `# Keywords

Words that stand for numbers of C: the constant's name in lower case, without its prefix, with \`-\`
for \`_\`. Wherever one is taken, a number is, too; what is given out is a word where there is one.
A word that is not known throws a TypeError which names the nearest. Those below are Linux's.
The constants themselves: [base](rawsock/base.md). The options: [OPTIONS.md](../../OPTIONS.md).

${sections.join("\n")}`;
}

/** The pages, by path. */
export function tables(declarations: Declarations): Map<string, string> {
  return new Map([
    ["docs/reference/control.md", controlTable(declarations)],
    ["docs/reference/icmp.md", icmpPage()],
    ["docs/reference/keywords.md", keywordTable()],
  ]);
}
