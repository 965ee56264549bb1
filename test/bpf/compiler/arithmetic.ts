// Expressions with arithmetic, and what links have.

import { lines } from "./lines.ts";

export const LINKS = lines(`
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

export const ARITHMETIC = lines(`
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
