// IPPROTO_IP. ip(7); linux/in.h. Multicast groups: RFC 3678.

import { byte, byteOrDefault, count, flag, raw, unsigned } from "../codec.ts";
import { interfaceChoice, interfaceInNetworkOrder, multicastInterface } from "../interface.ts";
import { membership, sourceFilter } from "../membership.ts";
import { pathMtuDiscovery, portRange } from "../structure.ts";
import type { Table } from "./line.ts";

export const ipTable = () =>
  ({
    IP_ADD_MEMBERSHIP: [membership("JOIN", "inet"), "write"],
    IP_ADD_SOURCE_MEMBERSHIP: [membership("JOIN", "inet", "required"), "write"],
    IP_BIND_ADDRESS_NO_PORT: [flag],
    IP_BLOCK_SOURCE: [membership("BLOCK", "inet", "required"), "write"],
    IP_BOUND_IF: [interfaceChoice],
    IP_CHECKSUM: [flag],
    IP_DONTFRAG: [flag],
    IP_DONTFRAGMENT: [flag],
    IP_DROP_MEMBERSHIP: [membership("LEAVE", "inet"), "write"],
    IP_DROP_SOURCE_MEMBERSHIP: [membership("LEAVE", "inet", "required"), "write"],
    IP_FREEBIND: [flag],
    IP_HDRINCL: [flag],
    IP_IPSEC_POLICY: [raw, "write"],
    IP_LOCAL_PORT_RANGE: [portRange],
    IP_MINTTL: [byte],
    IP_MSFILTER: [sourceFilter("inet"), "write"],
    IP_MTU: [count, "read"],
    IP_MTU_DISCOVER: [pathMtuDiscovery("IP")],
    IP_MULTICAST_ALL: [flag],
    IP_MULTICAST_IF: [multicastInterface],
    IP_MULTICAST_IFINDEX: [interfaceChoice],
    IP_MULTICAST_LOOP: [flag],
    IP_MULTICAST_TTL: [byteOrDefault],
    IP_NODEFRAG: [flag],
    IP_OPTIONS: [raw],
    IP_PASSSEC: [flag],
    IP_PKTINFO: [flag],
    IP_PKTOPTIONS: [raw, "read"],
    IP_PORTRANGE: [count],
    IP_PROTOCOL: [count, "read"],
    IP_RECEIVE_BROADCAST: [flag],
    IP_RECVDSTADDR: [flag],
    IP_RECVECN: [flag],
    IP_RECVERR: [flag],
    IP_RECVERR_RFC4884: [flag],
    IP_RECVFRAGSIZE: [flag],
    IP_RECVIF: [flag],
    IP_RECVOPTS: [flag],
    IP_RECVORIGDSTADDR: [flag],
    IP_RECVTOS: [flag],
    IP_RECVTTL: [flag],
    IP_RETOPTS: [flag],
    IP_ROUTER_ALERT: [flag],
    IP_STRIPHDR: [flag],
    IP_TOS: [byte],
    IP_TRANSPARENT: [flag],
    IP_TTL: [byteOrDefault],
    IP_UNBLOCK_SOURCE: [membership("UNBLOCK", "inet", "required"), "write"],
    IP_UNICAST_IF: [interfaceInNetworkOrder],
    IP_USER_MTU: [unsigned],
    IP_XFRM_POLICY: [raw, "write"],
  }) as const satisfies Table;

/** The level is IPPROTO_IP or IPPROTO_IPV6, by the group's address. */
export const multicastTable = () =>
  ({
    MCAST_BLOCK_SOURCE: [membership("BLOCK", undefined, "required"), "write"],
    MCAST_JOIN_GROUP: [membership("JOIN"), "write"],
    MCAST_JOIN_SOURCE_GROUP: [membership("JOIN", undefined, "required"), "write"],
    MCAST_LEAVE_GROUP: [membership("LEAVE"), "write"],
    MCAST_LEAVE_SOURCE_GROUP: [membership("LEAVE", undefined, "required"), "write"],
    MCAST_MSFILTER: [sourceFilter(), "write"],
    MCAST_UNBLOCK_SOURCE: [membership("UNBLOCK", undefined, "required"), "write"],
  }) as const satisfies Table;
