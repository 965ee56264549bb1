// Expressions that name hosts, networks, ports, protocols and what links have.

import { lines } from "./lines.ts";

export const HOSTS = lines(`
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

export const NETS = lines(`
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

export const PORTS = lines(`
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

export const PROTO = lines(`
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
