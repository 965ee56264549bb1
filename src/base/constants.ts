// The platform's constants by C name without the prefix, and the keywords made from them. All
// values come from the library's manifest.

import { constants } from "../native/library.ts";
import { Keywords } from "./keyword.ts";

/**
 * Names that every supported platform has, and those of this one. Windows lacks three of the
 * former: MSG_EOR, EAI_SYSTEM and SCM_RIGHTS, which are about what it cannot do.
 */
type Constants<Common extends string> = { readonly [name in Common]: number } & {
  readonly [name: string]: number | undefined;
};

function group<Common extends string>(name: string): Constants<Common> {
  return Object.freeze(constants[name] ?? {}) as Constants<Common>;
}

/** Address families: `AF.INET`. */
export const AF = group<"UNSPEC" | "UNIX" | "LOCAL" | "INET" | "INET6">("AF");
/** Socket types: `SOCK.STREAM`. */
export const SOCK = group<"STREAM" | "DGRAM" | "RAW" | "RDM" | "SEQPACKET">("SOCK");
/** IP protocols: `IPPROTO.ICMP`. */
export const IPPROTO = group<
  "IP" | "ICMP" | "IGMP" | "TCP" | "UDP" | "IPV6" | "ICMPV6" | "RAW" | "NONE"
>("IPPROTO");
/** Ethernet protocols, host order: `ETH_P.ALL`. Linux. */
export const ETH_P = group<never>("ETH_P");
/** Netlink protocols and options: `NETLINK.ROUTE`. Linux. */
export const NETLINK = group<never>("NETLINK");
/** Option levels: `SOL.SOCKET`. */
export const SOL = group<"SOCKET">("SOL");
/** Socket-level options: `SO.REUSEADDR`. */
export const SO = group<"REUSEADDR" | "TYPE" | "ERROR" | "BROADCAST" | "SNDBUF" | "RCVBUF">("SO");
/** IPv4 options: `IP.TTL`. */
export const IP = group<"TTL" | "TOS" | "HDRINCL" | "OPTIONS">("IP");
/** IPv6 options: `IPV6.V6ONLY`. */
export const IPV6 = group<"V6ONLY" | "UNICAST_HOPS" | "CHECKSUM">("IPV6");
/** TCP options and states: `TCP.NODELAY`. */
export const TCP = group<"NODELAY" | "MAXSEG">("TCP");
/** UDP options: `UDP.SEGMENT`. Linux. */
export const UDP = group<never>("UDP");
/** Packet socket options and packet types: `PACKET.OUTGOING`. Linux. */
export const PACKET = group<never>("PACKET");
/** Message flags: `MSG.PEEK`. */
export const MSG = group<
  "OOB" | "PEEK" | "DONTROUTE" | "CTRUNC" | "TRUNC" | "DONTWAIT" | "EOR" | "WAITALL"
>("MSG");
/** Arguments of shutdown(2): `SHUT.RDWR`. */
export const SHUT = group<"RD" | "WR" | "RDWR">("SHUT");
/** Interface flags: `IFF.UP`. */
export const IFF = group<"UP" | "BROADCAST" | "LOOPBACK" | "RUNNING" | "PROMISC">("IFF");
/** getaddrinfo(3) flags: `AI.PASSIVE`. */
export const AI = group<"PASSIVE" | "CANONNAME" | "NUMERICHOST" | "NUMERICSERV">("AI");
/** getnameinfo(3) flags: `NI.NUMERICHOST`. */
export const NI = group<"NUMERICHOST" | "NUMERICSERV" | "NAMEREQD" | "NOFQDN" | "DGRAM">("NI");
/** getaddrinfo(3) errors: `EAI.NONAME`. */
export const EAI = group<"AGAIN" | "BADFLAGS" | "FAIL" | "FAMILY" | "NONAME" | "SYSTEM">("EAI");
/** Control message types: `SCM.RIGHTS`. */
export const SCM = group<"RIGHTS">("SCM");
/** Hardware types of interfaces: `ARPHRD.ETHER`. Linux. */
export const ARPHRD = group<never>("ARPHRD");
/** Context identifiers and ports of vsock(7): `VMADDR.CID_ANY`. Linux. */
export const VMADDR = group<never>("VMADDR");
/** States of a packet and of a ring's block: `TP_STATUS.LOSING`. packet(7). Linux. */
export const TP_STATUS = group<never>("TP_STATUS");
/** Requests of ioctl(2) about sockets and interfaces: `SIOC.GIFMTU`. */
export const SIOC = group<"ATMARK">("SIOC");
/** Requests of ioctl(2) about any file: `FIO.NREAD`. */
export const FIO = group<"NREAD" | "NBIO" | "ASYNC">("FIO");
/** Error numbers by whole name: `ERRNO.ECONNREFUSED`. */
export const ERRNO = group<
  | "EPERM"
  | "EINTR"
  | "EBADF"
  | "EAGAIN"
  | "EACCES"
  | "EINVAL"
  | "EMFILE"
  | "EPIPE"
  | "ENOTCONN"
  | "ENOENT"
  | "EEXIST"
  | "EINPROGRESS"
>("ERRNO");
/** The longest queue of connections that listen(2) takes. */
export const SOMAXCONN = single("SOMAXCONN");

/** A constant that belongs to no group. */
export function single(name: string): number {
  const value = constants.single?.[name];
  if (value === undefined) throw new Error(`rawsock: this platform has no ${name}`);
  return value;
}

// Autocompletion for the usual keywords, while every other string is let through to the check.
type Open<Usual extends string> = Usual | (string & {});

/** The keyword of an address family; every AF_* name in lower case is one. */
export type FamilyName = Open<
  "unspec" | "unix" | "local" | "inet" | "inet6" | "packet" | "netlink" | "vsock" | "route"
>;
/** The keyword of a socket type. */
export type TypeName = Open<"stream" | "dgram" | "raw" | "rdm" | "seqpacket" | "packet">;
/** The keyword of a protocol: by the family, an IPPROTO_*, ETH_P_* or NETLINK_* name. */
export type ProtocolName = Open<
  "ip" | "icmp" | "igmp" | "tcp" | "udp" | "ipv6" | "icmpv6" | "raw" | "all" | "arp" | "route"
>;

/** Limits, which the headers define beside the things they count. */
const LIMITS = /^MAX(ID)?$|^DONE$/;

export const families = new Keywords("family", () => AF, {
  preferred: ["unspec", "unix", "netlink", "inet", "inet6", "packet"],
  except: LIMITS,
});
/** SOCK_ is also the prefix of flags, of values of options and of netlink's diagnosis. */
export const types = new Keywords("type", () => SOCK, {
  except: /^(?!(STREAM|DGRAM|RAW|RDM|SEQPACKET|DCCP|PACKET)$)/,
});
export const ipProtocols = new Keywords("protocol", () => IPPROTO, { except: LIMITS });
/** ETH_P_802_3_MIN is the least of the numbers that are protocols. */
export const ethernetProtocols = new Keywords("protocol", () => ETH_P, {
  preferred: ["ip", "all"],
  except: /_MIN$/,
});
/** NETLINK_ is also the prefix of options and of states of a connection. */
export const netlinkProtocols = new Keywords("protocol", () => NETLINK, {
  preferred: ["route"],
  except: new RegExp(
    "_MEMBERSHIPS?$|_RING$|^(UN)?CONNECTED$|_ACK$|_CHK$|_NSID$|" +
      "^(PKTINFO|BROADCAST_ERROR|NO_ENOBUFS|UNUSED)$",
  ),
});
export const levels = new Keywords("level", () => ({ ...IPPROTO, ...SOL }), {
  preferred: ["ip"],
  except: LIMITS,
});
export const shutdownDirections = new Keywords("how", () => SHUT);

/** An address family: a keyword, any number, or null for AF_UNSPEC. */
export type Family = FamilyName | number | null;
/** A socket type: a keyword, any number, or null for 0. */
export type SocketType = TypeName | number | null;
/**
 * A protocol: a keyword, a name of protocols(5), null for 0, or a number, which is passed to the
 * kernel as it is.
 */
export type Protocol = ProtocolName | number | null;
