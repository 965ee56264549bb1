// What each option is set to in the tests, and on which kind of socket.

import { IP } from "../../src/base/constants.ts";
import type { OptionInput, OptionName, OptionValue } from "../../src/index.ts";
import type { Capability } from "../support/requirements.ts";
import type { SocketKind } from "../support/sockets.ts";

export type Row = {
  readonly kind: SocketKind;
  readonly name: OptionName;
  readonly value: unknown;
  /** What is read then, where it is not `value` itself. */
  readonly stored: unknown;
};

function row<Name extends OptionName>(
  kind: SocketKind,
  name: Name,
  value: OptionInput<Name>,
  stored?: OptionValue<Name>,
): Row {
  return { kind, name, value, stored: stored ?? value };
}

/** Flags that are set on a socket of this kind without any privilege. */
function on(kind: SocketKind, ...names: OptionName[]): Row[] {
  return names.map((name) => ({ kind, name, value: true, stored: true }));
}

function off(kind: SocketKind, ...names: OptionName[]): Row[] {
  return names.map((name) => ({ kind, name, value: false, stored: false }));
}

const DO = IP.PMTUDISC_DO ?? 2;

export const rows: Row[] = [
  ...on("tcp", "SO_KEEPALIVE", "SO_OOBINLINE", "SO_ZEROCOPY"),
  ...on("udp", "SO_BROADCAST", "SO_DONTROUTE", "SO_LOCK_FILTER", "SO_NOFCS", "SO_NO_CHECK"),
  ...on("udp", "SO_RCVPRIORITY", "SO_REUSEADDR", "SO_REUSEPORT", "SO_RXQ_OVFL"),
  ...on("udp", "SO_SELECT_ERR_QUEUE", "SO_TIMESTAMP", "SO_TIMESTAMPNS", "SO_TIMESTAMPNS_NEW"),
  ...on("udp", "SO_TIMESTAMP_NEW", "SO_WIFI_STATUS"),
  ...on("unix", "SO_PASSCRED", "SO_PASSPIDFD", "SO_PASSSEC"),
  ...off("unix", "SO_PASSRIGHTS"),
  row("udp", "SO_BINDTODEVICE", "lo"),
  row("udp", "SO_BINDTOIFINDEX", "lo", 1),
  row("udp", "SO_BUF_LOCK", 3),
  row("udp", "SO_INCOMING_CPU", 0),
  row("tcp", "SO_LINGER", 5),
  row("udp", "SO_MAX_PACING_RATE", 2 ** 40),
  row("udp", "SO_PEEK_OFF", 5),
  row("udp", "SO_PRIORITY", 3),
  // socket(7): the kernel doubles them.
  row("udp", "SO_RCVBUF", 5000, 10_000),
  row("udp", "SO_SNDBUF", 5000, 10_000),
  row("tcp", "SO_RCVLOWAT", 10),
  row("udp", "SO_RCVTIMEO", 3200),
  row("udp", "SO_RCVTIMEO_NEW", 3200),
  row("udp", "SO_SNDTIMEO", 3200),
  row("udp", "SO_SNDTIMEO_NEW", 3200),
  row("udp", "SO_TIMESTAMPING", ["rx-software", "software"]),
  row("udp", "SO_TIMESTAMPING_NEW", ["rx-software", "software"]),
  row("tcp", "SO_TXREHASH", 0),
  row("udp", "SO_TXTIME", { clockid: "monotonic", flags: ["report-errors"] }),

  ...on("udp", "IP_BIND_ADDRESS_NO_PORT", "IP_CHECKSUM", "IP_FREEBIND", "IP_PASSSEC"),
  ...on("udp", "IP_PKTINFO", "IP_RECVERR", "IP_RECVERR_RFC4884", "IP_RECVFRAGSIZE"),
  ...on("udp", "IP_RECVOPTS", "IP_RECVORIGDSTADDR", "IP_RECVTOS", "IP_RECVTTL", "IP_RETOPTS"),
  ...off("udp", "IP_MULTICAST_ALL", "IP_MULTICAST_LOOP"),
  row("udp", "IP_LOCAL_PORT_RANGE", { low: 40_000, high: 41_000 }),
  row("udp", "IP_MINTTL", 5),
  row("udp", "IP_MTU_DISCOVER", "do"),
  row("udp", "IP_MULTICAST_IF", "127.0.0.1"),
  row("udp", "IP_MULTICAST_TTL", 7),
  row("udp", "IP_OPTIONS", new Uint8Array([1, 1, 1, 1])),
  row("udp", "IP_TOS", 16),
  row("udp", "IP_TTL", 9),
  row("udp", "IP_UNICAST_IF", "lo", 1),

  ...on("udp6", "IPV6_2292DSTOPTS", "IPV6_2292HOPLIMIT", "IPV6_2292HOPOPTS"),
  ...on("udp6", "IPV6_2292PKTINFO", "IPV6_2292RTHDR", "IPV6_DONTFRAG", "IPV6_FLOWINFO"),
  ...on("udp6", "IPV6_FLOWINFO_SEND", "IPV6_FREEBIND", "IPV6_RECVDSTOPTS", "IPV6_RECVERR"),
  ...on("udp6", "IPV6_RECVERR_RFC4884", "IPV6_RECVFRAGSIZE", "IPV6_RECVHOPLIMIT"),
  ...on("udp6", "IPV6_RECVHOPOPTS", "IPV6_RECVORIGDSTADDR", "IPV6_RECVPATHMTU"),
  ...on("udp6", "IPV6_RECVPKTINFO", "IPV6_RECVRTHDR", "IPV6_RECVTCLASS", "IPV6_V6ONLY"),
  ...on("udp6", "IPV6_ROUTER_ALERT_ISOLATE"),
  ...off("udp6", "IPV6_AUTOFLOWLABEL", "IPV6_MULTICAST_ALL", "IPV6_MULTICAST_LOOP"),
  // RFC 5014: IPV6_PREFER_SRC_CGA and the defaults of the other two questions.
  row("udp6", "IPV6_ADDR_PREFERENCES", 0x0001, 0x0401),
  row("udp6", "IPV6_MINHOPCOUNT", 5),
  row("udp6", "IPV6_MTU_DISCOVER", DO, "do"),
  row("udp6", "IPV6_MULTICAST_HOPS", 7),
  row("udp6", "IPV6_MULTICAST_IF", "lo", 1),
  row("udp6", "IPV6_TCLASS", 8),
  row("udp6", "IPV6_UNICAST_HOPS", 9),
  row("udp6", "IPV6_UNICAST_IF", "lo", 1),

  ...on("tcp", "TCP_CORK", "TCP_FASTOPEN_CONNECT", "TCP_FASTOPEN_NO_COOKIE", "TCP_INQ"),
  ...on("tcp", "TCP_NODELAY", "TCP_THIN_LINEAR_TIMEOUTS"),
  ...off("tcp", "TCP_QUICKACK"),
  row("tcp", "TCP_CONGESTION", "reno"),
  row("tcp", "TCP_DEFER_ACCEPT", 3),
  row("tcp", "TCP_DELACK_MAX_US", 100_000),
  row("tcp", "TCP_FASTOPEN", 5),
  row("tcp", "TCP_FASTOPEN_KEY", new Uint8Array(16).fill(7)),
  row("tcp", "TCP_KEEPCNT", 4),
  row("tcp", "TCP_KEEPIDLE", 30),
  row("tcp", "TCP_KEEPINTVL", 5),
  row("tcp", "TCP_LINGER2", 10),
  row("tcp", "TCP_MAXSEG", 1000),
  row("tcp", "TCP_NOTSENT_LOWAT", 4096),
  row("tcp", "TCP_RTO_MAX_MS", 5000),
  row("tcp", "TCP_RTO_MIN_US", 100_000),
  row("tcp", "TCP_SAVE_SYN", 1),
  row("tcp", "TCP_SYNCNT", 3),
  row("tcp", "TCP_TX_DELAY", 1000),
  row("tcp", "TCP_USER_TIMEOUT", 3000),
  row("tcp", "TCP_WINDOW_CLAMP", 5000),

  ...on("udp", "UDP_CORK", "UDP_GRO"),
  ...on("udp6", "UDP_NO_CHECK6_RX", "UDP_NO_CHECK6_TX"),
  row("udp", "UDP_ENCAP", 2),
  row("udp", "UDP_SEGMENT", 1000),

  ...on("netlink", "NETLINK_BROADCAST_ERROR", "NETLINK_CAP_ACK", "NETLINK_EXT_ACK"),
  ...on("netlink", "NETLINK_GET_STRICT_CHK", "NETLINK_NO_ENOBUFS", "NETLINK_PKTINFO"),

  row("vsock", "SO_VM_SOCKETS_BUFFER_MAX_SIZE", 300_000),
  row("vsock", "SO_VM_SOCKETS_BUFFER_MIN_SIZE", 256),
  row("vsock", "SO_VM_SOCKETS_BUFFER_SIZE", 100_000),
  row("vsock", "SO_VM_SOCKETS_CONNECT_TIMEOUT", 1000),
  row("vsock", "SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW", 1000),

  ...on("canRaw", "CAN_RAW_FD_FRAMES", "CAN_RAW_JOIN_FILTERS", "CAN_RAW_RECV_OWN_MSGS"),
  ...on("canRaw", "CAN_RAW_XL_FRAMES"),
  ...off("canRaw", "CAN_RAW_LOOPBACK"),
  row("canRaw", "CAN_RAW_ERR_FILTER", ["tx-timeout", "busoff"]),
  row("canRaw", "CAN_RAW_FILTER", [
    { id: 0x123, mask: 0x7ff },
    { id: 0xa000_0000, mask: 0xdfff_ffff },
  ]),
  row("canRaw", "CAN_RAW_XL_VCID_OPTS", new Uint8Array([1, 5, 0, 0])),
  row("canIsotp", "CAN_ISOTP_LL_OPTS", { mtu: 72, txDl: 64, txFlags: 0 }),
  row("canIsotp", "CAN_ISOTP_OPTS", {
    flags: 4,
    frameTxtime: 1000,
    extAddress: 0,
    txpadContent: 0x55,
    rxpadContent: 0xcc,
    rxExtAddress: 0,
  }),
  row("canIsotp", "CAN_ISOTP_RECV_FC", { bs: 4, stmin: 5, wftmax: 1 }),
  row("canIsotp", "CAN_ISOTP_RX_STMIN", 6000),
  row("canIsotp", "CAN_ISOTP_TX_STMIN", 5000),
  ...on("j1939", "SO_J1939_ERRQUEUE", "SO_J1939_PROMISC"),
  row("j1939", "SO_J1939_SEND_PRIO", 3),

  ...on("sctp", "SCTP_DISABLE_FRAGMENTS", "SCTP_NODELAY", "SCTP_RECVNXTINFO", "SCTP_RECVRCVINFO"),
  ...on("sctpStream", "SCTP_REUSE_PORT"),
  ...off("sctp", "SCTP_I_WANT_MAPPED_V4_ADDR"),
  row("sctp", "SCTP_ADAPTATION_LAYER", 7),
  row("sctp", "SCTP_ASCONF_SUPPORTED", { association: 0, value: 1 }),
  row("sctp", "SCTP_ASSOCINFO", {
    association: 0,
    maxRetransmissions: 5,
    peerDestinations: 0,
    peerWindow: 0,
    localWindow: 0,
    cookieLife: 30_000,
  }),
  row("sctp", "SCTP_AUTH_SUPPORTED", { association: 0, value: 1 }),
  row("sctp", "SCTP_AUTOCLOSE", 5),
  row("sctp", "SCTP_CONTEXT", { association: 0, value: 9 }),
  row("sctp", "SCTP_DEFAULT_SNDINFO", {
    stream: 3,
    flags: 0,
    ppid: 0x0102_0304,
    context: 5,
    association: 0,
  }),
  row("sctp", "SCTP_DELAYED_SACK", { association: 0, delay: 300, frequency: 4 }),
  row("sctp", "SCTP_ECN_SUPPORTED", { association: 0, value: 0 }),
  row("sctp", "SCTP_EVENTS", ["data-io", "association"]),
  row("sctp", "SCTP_FRAGMENT_INTERLEAVE", 1),
  row("sctp", "SCTP_INITMSG", {
    outStreams: 20,
    maxInStreams: 30,
    maxAttempts: 4,
    maxInitTimeout: 1000,
  }),
  row("sctp", "SCTP_MAXSEG", { association: 0, value: 800 }),
  row("sctp", "SCTP_MAX_BURST", { association: 0, value: 8 }),
  row("sctp", "SCTP_PARTIAL_DELIVERY_POINT", 1000),
  row("sctp", "SCTP_PR_SUPPORTED", { association: 0, value: 0 }),
  row("sctp", "SCTP_RECONFIG_SUPPORTED", { association: 0, value: 1 }),
  row("sctp", "SCTP_RTOINFO", { association: 0, initial: 2000, max: 40_000, min: 500 }),
  row("sctp", "SCTP_STREAM_SCHEDULER", { association: 0, value: 2 }),

  row("dccp", "DCCP_SOCKOPT_QPOLICY_ID", 1),
  row("dccp", "DCCP_SOCKOPT_QPOLICY_TXQLEN", 20),
  row("dccp", "DCCP_SOCKOPT_SERVICE", [42, 0x5343_5344]),

  ...on("smc", "SMC_LIMIT_HS"),

  ...on("tipc", "TIPC_SRC_DROPPABLE"),
  ...off("tipc", "TIPC_DEST_DROPPABLE"),
  row("tipc", "TIPC_CONN_TIMEOUT", 5000),
  row("tipc", "TIPC_IMPORTANCE", 2),
];

const padding = new Uint8Array([0, 0, 1, 4, 0, 0, 0, 0]);

export type PrivilegedRow = Row & { readonly needs: Capability };

function needing(needs: Capability, ...list: Row[]): PrivilegedRow[] {
  return list.map((one) => ({ ...one, needs }));
}

/** These take a capability, the sockets themselves or the options. */
export const privilegedRows: PrivilegedRow[] = [
  ...needing(
    "net_admin",
    ...on("udp", "SO_DEBUG", "SO_PREFER_BUSY_POLL", "SO_RCVMARK", "IP_TRANSPARENT"),
    ...on("udp6", "IPV6_TRANSPARENT"),
    row("udp", "SO_BUSY_POLL", 50),
    row("udp", "SO_MARK", 0xffff_fff0),
    row("tcp", "TCP_REPAIR", 1),
  ),
  ...needing("net_broadcast", ...on("netlink", "NETLINK_LISTEN_ALL_NSID")),
  ...needing(
    "net_raw",
    ...on("raw", "IP_HDRINCL", "IP_NODEFRAG", "IP_ROUTER_ALERT"),
    ...on("rawOther6", "IPV6_HDRINCL"),
    ...on("packet", "PACKET_AUXDATA", "PACKET_IGNORE_OUTGOING", "PACKET_LOSS", "PACKET_ORIGDEV"),
    ...on("packet", "PACKET_QDISC_BYPASS", "PACKET_TX_HAS_OFF", "PACKET_VNET_HDR"),
    row("udp6", "IPV6_DSTOPTS", padding),
    row("udp6", "IPV6_HOPOPTS", padding),
    row("udp6", "IPV6_RTHDRDSTOPTS", padding),
    row("rawOther6", "IPV6_CHECKSUM", 4),
    row("packet", "PACKET_COPY_THRESH", 1),
    row("packet", "PACKET_RESERVE", 32),
    row("packet", "PACKET_TIMESTAMP", 16),
    row("packet", "PACKET_VERSION", 2),
    row("packet", "PACKET_VNET_HDR_SZ", 12),
    row("raw", "ICMP_FILTER", { pass: ["echoreply", "time-exceeded", 30] }),
    row(
      "raw6",
      "ICMP6_FILTER",
      { pass: ["time-exceed", "echo-reply", 136] },
      { pass: ["time-exceed", "echo-reply", "neighbour-advertisement"] },
    ),
  ),
];

/** Options that can be set and read, but have no row: why. */
export const withoutRow: Partial<Record<OptionName, string>> = {
  SO_BSDCOMPAT: "has had no effect since Linux 2.6; always reads false",
  SO_INQ: "Linux 6.19 and later, unix stream sockets",
  SO_RESERVE_MEM: "needs a memory control group for sockets",
  SO_SNDLOWAT: "not changeable on Linux: socket(7)",
  IPV6_2292PKTOPTIONS: "what is set is not what is read: the last packet's",
  IPV6_ADDRFORM: "needs a connected IPv4-mapped socket; tested by itself",
  IPV6_MTU: "reads the connection's; tested by itself",
  IPV6_ROUTER_ALERT: "reading does not tell what was set: ipv6(7)",
  IPV6_RTHDR: "needs a routing header type this kernel lets be set",
  TCP_AO_INFO: "needs TCP-AO keys",
  TCP_AO_REPAIR: "needs TCP-AO keys",
  TCP_QUEUE_SEQ: "needs TCP_REPAIR; tested by itself",
  TCP_REPAIR_QUEUE: "needs TCP_REPAIR; tested by itself",
  TCP_REPAIR_WINDOW: "needs a connection under TCP_REPAIR; tested by itself",
  TCP_THIN_DUPACK: "has had no effect since Linux 4.14; always reads false",
  TCP_TIMESTAMP: "needs TCP_REPAIR; runs on",
  TCP_ULP: "needs a kernel module",
  PACKET_FANOUT: "needs a bound socket; tested by itself",
  SO_VM_SOCKETS_NONBLOCK_TXRX: "VMware's kernel module only",
  SO_VM_SOCKETS_TRUSTED: "VMware's kernel module only",
  DCCP_SOCKOPT_RECV_CSCOV: "read as it was negotiated; tested by itself",
  DCCP_SOCKOPT_SEND_CSCOV: "read as it was negotiated; tested by itself",
  DCCP_SOCKOPT_SERVER_TIMEWAIT: "of accepted sockets alone; tested by itself",
  SCTP_AUTH_ACTIVE_KEY: "needs keys of the socket",
  SCTP_AUTO_ASCONF: "needs a socket of all addresses",
  SCTP_DEFAULT_SEND_PARAM: "RFC 6458 replaces it by SCTP_DEFAULT_SNDINFO",
  SCTP_HMAC_IDENT: "needs SCTP_AUTH_SUPPORTED",
  SCTP_INTERLEAVING_SUPPORTED: "needs net.sctp.intl_enable",
  SCTP_PEER_ADDR_PARAMS: "what is set is not what is read: flags become times",
  TLS_RX_EXPECT_NO_PAD: "needs a connection with keys; tested by itself",
  TLS_TX_MAX_PAYLOAD_LEN: "Linux 6.19 and later",
  TLS_TX_ZEROCOPY_RO: "needs a network card that encrypts",
};
