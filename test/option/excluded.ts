// Names with an option's prefix that are no options of the tables, and why. A name of newer headers
// is in neither and makes the test fail.

const reasons: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^SO_SECURITY_/, "reserved; no kernel has code for it"],
  [/^SO_\w+_OLD$|^SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD$/, "the name without _OLD, on 64 bits"],
  [/^SO_EE_/, "fields of struct sock_extended_err"],
  [/^SO_DEVMEM_(LINEAR|DMABUF)$/, "control message types"],
  [/^SO_PEERNAME$/, "needs the address's length beforehand; getpeername does the same"],

  [/^IP(V6)?_PMTUDISC_/, "values of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER"],
  [/^IP_DEFAULT_|^IP_MAX_MEMBERSHIPS$/, "values"],
  [/^IP_PMTUDISC$/, "IP_MTU_DISCOVER"],
  [/^IP_RECVRETOPTS$/, "IP_RETOPTS"],
  [/^IP(V6)?_ORIGDSTADDR$/, "the control message of IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR"],

  [/^IPV6_(RXHOPOPTS|RXDSTOPTS)$/, "IPV6_HOPOPTS, IPV6_DSTOPTS"],
  [/^IPV6_(NEXTHOP|AUTHHDR)$/, "no kernel has code for it"],
  [/^IPV6_HOPLIMIT$/, "a control message only"],
  [/^IPV6_(FL|FLOWINFO_FLOWLABEL|FLOWINFO_PRIORITY|PRIORITY|TLV|PREFER_SRC)(_|$)/, "values"],
  [/^IPV6_RTHDR_(LOOSE|STRICT|TYPE_0)$/, "values"],

  [/^TCP_(FLAG|CA|NLA|RESERVED|DATA|MSS)_/, "header fields, states and attributes"],
  [/^TCP_(NO_QUEUE|RECV_QUEUE|SEND_QUEUE|QUEUES_NR)$/, "values of TCP_REPAIR_QUEUE"],
  [/^TCP_REPAIR_O(N|FF|FF_NO_WP)$/, "values of TCP_REPAIR"],
  [/^TCP_(MD5SIG|AO)_(MAXKEYLEN|FLAG_\w+|KEYF_\w+)$/, "values"],
  [/^TCP_RECEIVE_ZEROCOPY_FLAG_/, "values"],
  [/^TCP_BPF_/, "for BPF programs only"],
  [/^TCP_CM_INQ$/, "the control message of TCP_INQ"],
  [/^TCP_ENCAP_ESPINTCP$/, "a value"],

  [/^UDP_ENCAP_/, "values of UDP_ENCAP"],

  [
    /^PACKET_(HOST|BROADCAST|MULTICAST|OTHERHOST|OUTGOING|LOOPBACK|USER|KERNEL|FASTROUTE)$/,
    "types",
  ],
  [/^PACKET_(FANOUT_(?!DATA)|MR_)/, "values of PACKET_FANOUT and PACKET_ADD_MEMBERSHIP"],
  [/^PACKET_(RECV_OUTPUT|TX_TIMESTAMP)$/, "no kernel has code for it"],

  [/^NETLINK_(UN)?CONNECTED$/, "states"],
  [/^NETLINK_[RT]X_RING$/, "gone since Linux 4.6"],
  [
    /^NETLINK_(ROUTE|UNUSED|USERSOCK|FIREWALL|SOCK_DIAG|INET_DIAG|NFLOG|XFRM|SELINUX|ISCSI|AUDIT)$/,
    "protocols",
  ],
  [
    /^NETLINK_(FIB_LOOKUP|CONNECTOR|NETFILTER|IP6_FW|DNRTMSG|KOBJECT_UEVENT|GENERIC|SMC)$/,
    "protocols",
  ],
  [/^NETLINK_(SCSITRANSPORT|ECRYPTFS|RDMA|CRYPTO)$/, "protocols"],

  [/^MCAST_(IN|EX)CLUDE$/, "values of MCAST_MSFILTER"],
];

/** Why a name is no option, or undefined. */
export function excluded(name: string): string | undefined {
  return reasons.find(([names]) => names.test(name))?.[1];
}
