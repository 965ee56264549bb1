// What has no port: packet, netlink, vsock and raw sockets. packet(7), netlink(7), vsock(7),
// raw(7); linux/if_packet.h, linux/netlink.h, linux/vm_sockets.h.

import { count, flag, groups, raw, size64, unsigned } from "../codec.ts";
import { fanout } from "../fanout.ts";
import { fanoutData } from "../filter.ts";
import { icmp6Filter, icmpFilter } from "../icmp.ts";
import { packetMembership } from "../membership.ts";
import { packetStatistics, rolloverStatistics, socketAddress, timeout } from "../structure.ts";
import type { Table } from "./line.ts";

/** PACKET_HDRLEN is that of TPACKET_V1; getsockopt takes another version as its input. */
export const packetTable = () =>
  ({
    PACKET_ADD_MEMBERSHIP: [packetMembership, "write"],
    PACKET_AUXDATA: [flag],
    PACKET_COPY_THRESH: [count],
    PACKET_DROP_MEMBERSHIP: [packetMembership, "write"],
    PACKET_FANOUT: [fanout],
    PACKET_FANOUT_DATA: [fanoutData, "write"],
    PACKET_HDRLEN: [count, "take"],
    PACKET_IGNORE_OUTGOING: [flag],
    PACKET_LOSS: [flag],
    PACKET_ORIGDEV: [flag],
    PACKET_QDISC_BYPASS: [flag],
    PACKET_RESERVE: [unsigned],
    PACKET_ROLLOVER_STATS: [rolloverStatistics, "read"],
    PACKET_RX_RING: [raw, "write"],
    PACKET_STATISTICS: [packetStatistics, "take"],
    PACKET_TIMESTAMP: [count],
    PACKET_TX_HAS_OFF: [flag],
    PACKET_TX_RING: [raw, "write"],
    PACKET_VERSION: [count],
    PACKET_VNET_HDR: [flag],
    PACKET_VNET_HDR_SZ: [count],
  }) as const satisfies Table;

export const netlinkTable = () =>
  ({
    NETLINK_ADD_MEMBERSHIP: [unsigned, "write"],
    NETLINK_BROADCAST_ERROR: [flag],
    NETLINK_CAP_ACK: [flag],
    NETLINK_DROP_MEMBERSHIP: [unsigned, "write"],
    NETLINK_EXT_ACK: [flag],
    NETLINK_GET_STRICT_CHK: [flag],
    NETLINK_LISTEN_ALL_NSID: [flag],
    NETLINK_LIST_MEMBERSHIPS: [groups, "read"],
    NETLINK_NO_ENOBUFS: [flag],
    NETLINK_PKTINFO: [flag],
  }) as const satisfies Table;

export const vsockTable = () =>
  ({
    SO_VM_SOCKETS_BUFFER_MAX_SIZE: [size64],
    SO_VM_SOCKETS_BUFFER_MIN_SIZE: [size64],
    SO_VM_SOCKETS_BUFFER_SIZE: [size64],
    SO_VM_SOCKETS_CONNECT_TIMEOUT: [timeout],
    SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: [timeout],
    SO_VM_SOCKETS_NONBLOCK_TXRX: [flag],
    SO_VM_SOCKETS_PEER_HOST_VM_ID: [unsigned, "read"],
    SO_VM_SOCKETS_TRUSTED: [flag],
  }) as const satisfies Table;

export const rawTable = () => ({ ICMP_FILTER: [icmpFilter] }) as const satisfies Table;
export const icmpv6Table = () => ({ ICMP6_FILTER: [icmp6Filter] }) as const satisfies Table;

/** Where a connection went before it was redirected: linux/netfilter_ipv4.h, ip6_tables.h. */
export const netfilterTable = () =>
  ({ SO_ORIGINAL_DST: [socketAddress, "read"] }) as const satisfies Table;
export const netfilter6Table = () =>
  ({ IP6T_SO_ORIGINAL_DST: [socketAddress, "read"] }) as const satisfies Table;
