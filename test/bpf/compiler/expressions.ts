// Expressions over the whole of pcap-filter(7), for comparing with libpcap on every link type. On
// some links many of them are refused; there they must be refused by both.

import { ARITHMETIC, LINKS } from "./arithmetic.ts";
import { HOSTS, NETS, PORTS, PROTO } from "./identifiers.ts";
import { lines } from "./lines.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Protocols by their words. */
const PROTOCOLS = words(`
  ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp
  atalk aarp decnet lat sca moprc mopdl stp ipx netbeui iso clnp esis isis es-is is-is
  l1 l2 iih lsp snp csnp psnp pppoed`);

const TUNNELS = lines(`
  vlan
  vlan 5
  vlan 0
  vlan 4095
  not vlan
  vlan and ip
  vlan and tcp port 80
  vlan 5 and host 10.0.0.1
  vlan 5 and tcp
  vlan and vlan
  vlan 5 and vlan 6
  vlan 5 and vlan 6 and ip
  vlan and vlan and vlan and tcp port 80
  vlan or vlan 5
  vlan 5 or vlan 6
  (vlan 5 or vlan 6) and ip
  ip or vlan
  ip or (vlan and ip)
  (vlan and ip) or ip
  tcp port 80 or (vlan and tcp port 80)
  not vlan and ip
  vlan and not ip
  vlan and arp
  vlan and ip6 and udp port 53
  vlan and ether proto 0x88cc
  vlan and ether src 02:00:00:00:00:01
  vlan and ip[8] = 64
  vlan and tcp[13] & 2 != 0
  vlan and ether[16:2] = 0x800
  ether[12:2] = 0x8100 and vlan
  vlan and len > 60
  vlan 4096
  vlan (5)
  vlan and stp
  vlan and iso
  mpls
  mpls 100000
  mpls 16 and ip
  mpls and ip6
  mpls and host 10.0.0.1
  mpls and host fe80::1
  mpls and tcp port 80
  mpls and mpls
  mpls 1024 and mpls 1025
  mpls 1024 and mpls 1025 and host 10.0.0.1
  mpls and mpls and mpls and tcp
  mpls and ip[8] = 64
  mpls and ip proto 6
  mpls and arp
  mpls and vlan
  mpls 1048576
  not mpls
  vlan and mpls
  vlan 5 and mpls 16 and tcp port 80
  pppoed
  pppoes
  pppoes 0x27
  pppoes and ip
  pppoes 0x27 and ip
  pppoes 7 and tcp port 80
  pppoes and ip6 and udp port 53
  pppoes and host 10.0.0.1
  pppoes and host fe80::1
  pppoes and not ip
  pppoes and ip[8] = 64
  pppoes and ether[0] = 0
  pppoes and arp
  pppoes and stp
  pppoes and iso
  pppoes and mpls
  pppoes and mpls and ip
  pppoes and vlan
  pppoes and llc
  pppoes and ether host 02:00:00:00:00:01
  pppoes 65536
  vlan and pppoes
  vlan 5 and pppoes 7 and tcp port 80
  pppoed or pppoes
  pppoes and tcp[13] & 2 != 0
  geneve
  geneve 0xb
  geneve and ip
  geneve 0xb and ip
  geneve and tcp port 80
  geneve and udp port 53
  geneve and host 10.0.0.1
  geneve and host fe80::1
  geneve and arp
  geneve and ether host 02:00:00:00:00:01
  geneve and ether broadcast
  geneve and ether multicast
  geneve and vlan
  geneve and vlan 5 and tcp
  geneve and ip[8] = 64
  geneve and tcp[13] & 2 != 0
  geneve and ether[12:2] = 0x800
  geneve and mpls
  geneve and pppoes and ip
  geneve and llc
  geneve and not ip
  geneve and geneve
  geneve and geneve and ip
  geneve 1 or geneve 2
  geneve or tcp
  not geneve
  tcp or geneve
  geneve 16777216
  vlan and geneve and ip
  vlan and geneve and tcp port 80
  mpls and geneve and ip
`);

const LOGIC = lines(`
  tcp or udp
  tcp and udp
  not tcp
  ! tcp
  !tcp && !udp
  not (tcp or udp)
  not not tcp
  not not not tcp
  tcp || udp || sctp
  ip or ip6 or arp
  ip and not tcp
  ip and tcp and port 80
  (ip)
  ((ip))
  ( ip or arp ) and ( host 10.0.0.1 )
  ip and ip
  ip or ip
  ip and not ip
  ip or not ip
  tcp or ip
  ip and ip6
  arp or rarp or ip
  tcp and (port 80 or port 443) and not host 10.0.0.1
  (tcp or udp) and (port 53 or port 80)
  (tcp and port 80) or (udp and port 53)
  tcp and udp or icmp
  icmp or tcp and udp
  icmp or icmp6
  (icmp or icmp6) and host 10.0.0.1
  not (host 10.0.0.1 or port 80) and tcp
  ip host 10.0.0.1 and not tcp port 80 and not udp port 53
  ip and (tcp or udp) and (ip[8] > 1)
  host 10.0.0.1 or port 80 or arp or icmp
  tcp port 80 or tcp port 443 or tcp port 8080 or udp port 443
  src host 10.0.0.1 or src host 10.0.0.2 or dst host 10.0.0.1 or dst host 10.0.0.2
  ip src 10.0.0.1 or ip dst 10.0.0.1 or ip src 10.0.0.2 or ip dst 10.0.0.2
  ip src 10.0.0.1 and tcp and ip dst 10.0.0.2 and tcp dst port 80
  not (ip and tcp) and not (ip and udp)
  (arp or icmp) and not (broadcast or multicast)
  ip proto 6 and tcp
  tcp and ip proto 6
  port 80 and port 443
  host 10.0.0.1 and host 10.0.0.1
  not arp and not rarp and not ip and not ip6
  udp and not port 53 and not port 123 and not port 161
  ah or esp
  tcp[13] & 2 != 0 or udp
  (tcp[13] & 2 != 0) and (tcp[13] & 16 = 0)
  tcp and
  and tcp
  tcp udp
  (tcp
  tcp)
  ()
  not
  host
  port
  src
  10.0.0.1
  80
  tcp and 80
  host 10.0.0.1 and ((10.0.0.2))
  foo
  host 10.0.0.1 and foo
  host tcp
  tcp or or udp
  lane
  type mgt
  vpi 5
  fisu
  on eth0
  ether host 02:00:00:00:00
  host 1:2:3
  $05
  host 08
`);

export const EXPRESSIONS: readonly string[] = [
  ...new Set([
    "",
    ...PROTOCOLS,
    ...HOSTS,
    ...NETS,
    ...PORTS,
    ...PROTO,
    ...LINKS,
    ...ARITHMETIC,
    ...TUNNELS,
    ...LOGIC,
  ]),
];

/** Expressions with tags, for programs that run in the kernel and see the tags it has taken out. */
export const LIVE_EXPRESSIONS: readonly string[] = EXPRESSIONS.filter((expression) =>
  /vlan|inbound|outbound|ifindex|geneve/.test(expression),
);
