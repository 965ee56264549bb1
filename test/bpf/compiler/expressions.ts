// Expressions over the whole of pcap-filter(7), for comparing with libpcap on every link type. On
// some links many of them are refused; there they must be refused by both.

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const lines = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** Protocols by their words, and what may stand before a host, a network, a port, a number. */
const PROTOCOLS = words(`
  ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp
  atalk aarp decnet lat sca moprc mopdl stp ipx netbeui iso clnp esis isis es-is is-is
  l1 l2 iih lsp snp csnp psnp pppoed`);

const HOSTS = lines(`
  host 10.0.0.1
  src host 10.0.0.1
  dst host 10.0.0.1
  src or dst host 10.0.0.1
  dst or src host 10.0.0.1
  src and dst host 10.0.0.1
  dst and src host 10.0.0.1
  src 10.0.0.1
  dst 10.0.0.1
  src or dst 10.0.0.1
  ip host 10.0.0.1
  ip src host 10.0.0.1
  ip dst 10.0.0.1
  ip src and dst 10.0.0.1
  arp host 10.0.0.1
  arp src host 10.0.0.1
  arp dst host 10.0.0.2
  rarp host 10.0.0.1
  rarp src 10.0.0.2
  not host 10.0.0.1
  host 10.0.0.1 or 10.0.0.2
  host (10.0.0.1 or 10.0.0.2)
  host 10.0.0.1 and not 10.0.0.2
  not host 10.0.0.1 and 10.0.0.2
  not (host 10.0.0.1 and 10.0.0.2)
  host 10.0.0.1 and (10.0.0.2 or 10.0.0.3)
  src host 10.0.0.1 and dst host 10.0.0.2
  (src host 10.0.0.1 and dst host 10.0.0.2) or (src host 10.0.0.2 and dst host 10.0.0.1)
  src host (10.0.0.1 or 10.0.0.2) and dst host (10.0.0.3 or 10.0.0.4)
  host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3 or host 10.0.0.4 or host 10.0.0.5
  ip host 10.0.0.1 and ip host 10.0.0.2 and ip host 10.0.0.3
  host 10.0
  host 10.0.1
  host 167772161
  host 0xa000001
  ip6 host fe80::1
  host fe80::1
  src host fe80::1
  dst host 2001:db8::1
  ip6 src and dst host fe80::1
  host ::1 or ::2
  host 2001:db8:1:2:3:4:5:6
  host ::ffff:10.0.0.1
  host 10.0.0.1 or host fe80::1
  host fe80::1 and not host fe80::2
  ether host 02:00:00:00:00:01
  ether src 02:00:00:00:00:01
  ether dst 02-00-00-00-00-01
  ether src or dst 0200.0000.0001
  ether src and dst host 2:0:0:0:0:1
  ether host 020000000001
  ether host 02.00.00.00.00.01
  link src 02:00:00:00:00:02
  wlan host 02:00:00:00:00:01
  fddi dst 02:00:00:00:00:01
  ether host 02:00:00:00:00:01 or 02:00:00:00:00:02
  not ether dst ff:ff:ff:ff:ff:ff
  ether src 02:00:00:00:00:01 and not ether dst 02:00:00:00:00:02
  decnet host 10.15
  decnet src 10.15
  decnet dst host 1.2
  decnet src and dst 1.1023
  decnet host 5
  atalk host 10.0.0.1
  tcp host 10.0.0.1
  ip6 host 10.0.0.1
  ip host fe80::1
  ether host 10.0.0.1
  host 02:00:00:00:00:01
  host name.example
  gateway name
`);

const NETS = lines(`
  net 10.0.0.0/8
  net 10.0.0.0/24
  net 10.0.0.0/31
  net 10.0.0.1/32
  net 0.0.0.0/0
  net 10
  net 10.0
  net 10.0.0
  net 10.0.0.1
  net 192.168
  net 172.16.0.0/12
  net 10.0.0.0 mask 255.0.0.0
  net 10.0.0.0 mask 255.255.255.254
  net 10.0 mask 255.255
  net 10.0.0.0 mask 255.0.255.0
  src net 10.0.0.0/24
  dst net 10.0.0/24
  src and dst net 10.0.0
  src or dst net 10.0.0.0/30
  ip net 10.0.0.0/8
  ip src net 10.0.0.0/8 and not ip dst net 10.0.0.0/8
  arp net 10.0.0
  arp src net 10.0.0.0/24
  rarp net 10
  net 10.0.0.0/8 or 192.168.0.0/16 or 172.16.0.0/12
  src net (10.0.0.0/8 or 192.168.0.0/16)
  not net 10.0.0.0/8
  net 3232235777
  net 0x0a000000
  net fe80::/10
  net fe80::/64
  net 2001:db8::/32
  net ::/0
  net fe80::1
  net fe80::1/128
  ip6 net fe80::/16
  ip6 src net 2001:db8::/33
  dst net fe80::/127
  src and dst net fe80::/10
  net fe80::/10 or 10.0.0.0/8
  net 10.0.0.1/8
  net 10.0.0.0/33
  net 10.0.0.1 mask 255.0.0.0
  net fe80::1/64
  net fe80::/129
  host fe80::/64
  host 10.0.0.0/8
  net 1.2.3.256
  ip6 net 10.0.0.0/8
  tcp net 10
`);

const PORTS = lines(`
  port 53
  src port 53
  dst port 53
  src or dst port 53
  src and dst port 53
  tcp port 80
  udp port 53
  sctp port 80
  tcp src port 80
  tcp dst port 80
  udp src or dst port 53
  tcp src and dst port 80
  port domain
  port http
  port ftp-data
  tcp port ssh
  udp port ntp
  port ntp
  port 80 or 443
  port (80 or 443 or 8080)
  tcp port 80 or 443
  tcp dst port (80 or 443)
  tcp src port 80 and dst port 443
  not port 53
  not tcp port 22
  port 53 and not port 80
  tcp port 80 and not udp
  port 0
  port 65535
  port 0x35
  port 065
  port 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8
  port 53 or port 80 or port 123
  udp port 53 or tcp port 53
  tcp port 80 and host 10.0.0.1
  host 10.0.0.1 and tcp port 80
  src host 10.0.0.1 and dst port 80
  tcp dst port 80 and src net 10.0.0.0/24
  host 10.0.0.1 and (port 80 or port 443)
  (tcp port 80 or tcp port 443) and (host 10.0.0.1 or host 10.0.0.2)
  ip and port 53
  ip6 and port 53
  ip and tcp port 80
  ip6 and tcp port 80
  udp port 67 or port 68
  udp and (port 67 or port 68)
  udp port 67 and port 68
  tcp port ftp or ftp-data or domain
  portrange 80-90
  portrange 53
  src portrange 1024-65535
  dst portrange 6000-6008
  src and dst portrange 1-1023
  tcp portrange 80-443
  udp portrange 53-53
  sctp portrange 1-100
  portrange 90-80
  portrange http-https
  portrange ssh-telnet
  portrange domain-80
  not portrange 1-1023
  portrange 0-65535
  tcp src portrange 1-1023 and dst portrange 1024-65535
  portrange 1-10 or 20-30
  port 65536
  portrange 1-70000
  port nosuchservice
  udp port ssh
  tcp port ntp
  ip port 80
  arp port 80
  port 10.0.0.1
  icmp port 5
  portrange http
`);

const PROTO = lines(`
  ip proto 6
  ip proto \\tcp
  ip proto \\udp
  ip proto 17 or 6
  ip proto ospf
  ip proto (1 or 2)
  ip6 proto 6
  ip6 proto 17
  ip6 proto \\tcp
  ip6 proto 44
  ip6 proto ipv6-icmp
  proto 6
  proto \\udp
  proto 89
  proto gre
  not proto 6
  ip proto 300
  ether proto 0x800
  ether proto \\ip
  ether proto \\ip6
  ether proto \\arp or \\rarp
  ether proto 0x86dd
  ether proto 2048
  ether proto 0x42
  ether proto 0x06
  ether proto 0xaa
  ether proto 1500
  ether proto 1501
  ether proto \\atalk
  ether proto \\aarp
  ether proto \\decnet
  ether proto \\lat
  ether proto \\sca
  ether proto \\mopdl
  ether proto \\moprc
  ether proto \\iso
  ether proto \\stp
  ether proto \\ipx
  ether proto \\netbeui
  ether proto loopback
  ether proto 0x8137
  not ether proto \\ip
  iso proto 0x83
  iso proto \\clnp
  iso proto \\esis
  iso proto isis
  isis proto 18
  iso proto \\isis or \\esis
  ip proto \\nosuch
  tcp proto 6
  arp proto 6
  ether proto \\nosuch
  ip proto tcp
  proto tcp
  clnp proto 5
  stp proto 1
`);

const LINKS = lines(`
  broadcast
  multicast
  ether broadcast
  ether multicast
  ip broadcast
  ip multicast
  ip6 multicast
  not broadcast and not multicast
  broadcast or multicast
  ip multicast or ip6 multicast
  ether broadcast and not arp
  ether[0] & 1 = 0 and ip[16] >= 224
  arp broadcast
  tcp multicast
  ip6 broadcast
  inbound
  outbound
  not inbound
  inbound and tcp
  outbound and host 10.0.0.1
  ifindex 2
  ifindex 0
  ifindex 2 and inbound
  not ifindex 1
  less 64
  greater 64
  less 100 and greater 60
  len > 64
  len <= 1500
  length = 60
  not less 60
  len - 14 > 50
  len = 60 or len = 64
  greater 60 and tcp
  llc
  llc i
  llc s
  llc u
  llc rr
  llc rnr
  llc rej
  llc ui
  llc ua
  llc disc
  llc dm
  llc sabme
  llc test
  llc xid
  llc frmr
  llc UI
  not llc
  llc and not stp
  llc u and not llc xid
  llc nosuch
`);

const ARITHMETIC = lines(`
  ip[0] & 0xf != 5
  ip[0] & 0xf > 5
  ip[0] = 0x45
  ip[0] == 0x45
  ip[6:2] & 0x1fff = 0
  ip[6:2] & 0x1fff != 0
  ip[8] < 64
  ip[8] <= 64
  ip[8] > 64
  ip[8] >= 64
  ip[8] != 64
  ip[2:2] > 576
  ip[12:4] = 0x0a000001
  ip[12:4] & 0xff000000 = 0x0a000000
  ip[9] = 6 or ip[9] = 17
  ip6[6] = 58
  ip6[0] & 0xf0 = 0x60
  ip6[4:2] > 40
  ip6[7] != 64
  arp[6:2] = 1
  arp[7] = 2
  rarp[6:2] = 3
  ether[12:2] = 0x800
  ether[0] & 1 != 0
  ether[6:4] = 0x02000000
  link[0] = 0
  ether[12:2] > 1500
  tcp[13] & 2 != 0
  tcp[13] = 2
  tcp[tcpflags] & tcp-syn != 0
  tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
  tcp[tcpflags] & (tcp-rst|tcp-ack) == (tcp-rst|tcp-ack)
  tcp[tcpflags] == tcp-syn|tcp-ack
  tcp[tcpflags] = tcp-syn or tcp[tcpflags] = tcp-syn|tcp-ack
  tcp[tcpflags] & tcp-push != 0 and tcp[tcpflags] & tcp-urg = 0
  tcp[tcpflags] & (tcp-ece|tcp-cwr) != 0
  tcp[0:2] = 80
  tcp[0:2] > 1023 and tcp[2:2] < 1024
  tcp[12] >> 4 > 5
  tcp[12] & 0xf0 != 0x50
  tcp[4:4] > 0x80000000
  tcp[((tcp[12] & 0xf0) >> 2)] = 71
  tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420
  tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
  udp[4:2] > 100
  udp[8] = 1 and udp[9] = 2
  udp[0:2] = udp[2:2]
  udp[0:2] > udp[2:2]
  udp[0:2] >= udp[2:2]
  udp[0:2] < udp[2:2]
  udp[0:2] <= udp[2:2]
  udp[0:2] != udp[2:2]
  udp[8:2] & 0x8000 = 0 and udp dst port 53
  sctp[0:2] = 80
  sctp[12] = 0
  icmp[icmptype] = icmp-echo
  icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply
  icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 3
  icmp[0] = icmp-timxceed
  icmp[4:2] = 1
  icmp6[icmp6type] = icmp6-echo
  icmp6[icmp6type] != icmp6-echo and icmp6[icmp6type] != icmp6-echoreply
  icmp6[icmp6type] = icmp6-neighborsolicit or icmp6[icmp6type] = icmp6-neighboradvert
  icmp6[icmp6code] = 0
  icmp6[4:4] > 1
  igmp[0] = 0x16
  igrp[0] = 1
  pim[0] & 0xf = 3
  vrrp[1] = 5
  carp[1] = 5
  atalk[0] = 1
  decnet[2] = 6
  lat[0] = 1
  sca[0] = 1
  moprc[0] = 1
  mopdl[0] = 1
  ip[0] + 1 = 0x46
  ip[0] - 1 = 0x44
  ip[0] * 2 = 0x8a
  ip[8] / 2 = 32
  ip[8] % 2 = 1
  ip[8] ^ 0x40 = 0
  ip[8] | 1 = 65
  ip[8] << 2 > 128
  ip[8] >> 2 < 16
  - ip[8] < 0xfffffff0
  ip[8] * ip[9] > 100
  ip[8] + ip[9] = 70
  ip[8] - ip[9] > 0x80000000
  ip[9] - ip[8] < 100
  ip[8] & ip[9] = 0
  ip[8] | ip[9] != 0
  ip[8] ^ ip[9] > 64
  ip[2:2] / ip[8] > 1
  ip[2:2] % ip[8] = 0
  ip[8] << ip[0] > 1
  ip[2:2] >> ip[0] > 0
  ip[8] % 3 + 1 = 2
  ip[8] + 4 % 3 = 65
  ip[8] ^ 1 & 3 = 65
  2 * ip[8] + 1 = 129
  1 + ip[8] * 2 = 129
  (1 + ip[8]) * 2 = 130
  ip[8] - 1 - 1 = 62
  ip[8] - (1 - 1) = 64
  5 > ip[8]
  64 = ip[8]
  64 >= ip[8]
  5 < len
  5 = 5
  5 = 6
  5 > 4 and tcp
  ip[0] & 0 = 0
  ip[0] * 0 = 0
  ip[ip[8]] = 0
  ip[ip[0] & 0xf] > 10
  ip[(ip[0] & 0xf) * 4] = 0
  ip[(ip[0] & 0xf) << 2:2] = 80
  ip[ip[2:2] - 1] = 0
  ether[len - 1] = 0
  ether[14 + 9] = 6
  ether[ether[14] & 0xf:2] > 100
  ip[-1] != 0
  tcp[-2:2] != 0
  ip[0x10:4] = 0x0a000002
  ip[020] = 10
  ip[2:2] + ip[4:2] - ip[6:2] > 1000
  ip[2:2] - (ip[4:2] - ip[6:2]) > 1000
  (ip[2:2] & ip[4:2]) | (ip[6:2] & ip[10:2]) > 5
  ip[ip[8] + ip[9]] = 1
  (tcp[0:2] & 0xff) * (tcp[2:2] >> 8) - tcp[13] > 200
  ip[12:4] = ip[16:4]
  ip[2:2] = len - 14
  len - ip[2:2] > 14
  ip[8] = 64 and ip[8] = 65
  ip[8] = 64 or ip[8] != 64
  ip[0] = ip[0]
  byte 0 = 2
  byte 0 > 1
  byte 0 < 3
  ip[0:3] = 1
  ip[0:0] = 1
  ip[8] / 0 = 1
  ip[8] % 0 = 1
  ip[8] << 32 = 1
  ip[8]
  ip[8 = 1
  ip[] = 1
  ah[0] = 1
  esp[0] = 1
  stp[0] = 1
  isis[0] = 1
  radio[0] = 1
  l1[0] = 1
  5-3 = 2
  len-5 = 2
`);

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
