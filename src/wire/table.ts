// The numbers that lead to each protocol. The first of several is the one that is written.

import { dhcpPort } from "./protocol/dhcp.ts";
import { pppoeEtherType } from "./protocol/pppoe.ts";
import * as protocols from "./protocols.ts";
import { enroll, etherTypes, udpPorts } from "./registry.ts";

enroll(protocols.ethernet, { link: 1, etherType: 0x6558 });
enroll(protocols.vlan, { etherType: [0x8100, 0x88a8, 0x9100, 0x9200] });
enroll(protocols.arp, { etherType: 0x0806 });
enroll(protocols.ipv4, { etherType: 0x0800, ipProtocol: 4, pppProtocol: 0x0021, link: 228 });
enroll(protocols.ipv6, { etherType: 0x86dd, ipProtocol: 41, pppProtocol: 0x0057, link: 229 });
enroll(protocols.icmp, { ipProtocol: 1 });
enroll(protocols.tcp, { ipProtocol: 6 });
enroll(protocols.udp, { ipProtocol: 17 });
enroll(protocols.hopByHop, { extensionHeader: 0 });
enroll(protocols.destinationOptions, { extensionHeader: 60 });
enroll(protocols.routing, { extensionHeader: 43 });
enroll(protocols.fragment, { extensionHeader: 44 });
enroll(protocols.authentication, { ipProtocol: 51 });
enroll(protocols.esp, { ipProtocol: 50 });
enroll(protocols.dhcp, { udpPort: [67, 68] });
enroll(protocols.geneve, { udpPort: 6081 });
enroll(protocols.gre, { ipProtocol: 47 });
enroll(protocols.icmpv6, { ipProtocol: 58 });
enroll(protocols.igmp, { ipProtocol: 2 });
enroll(protocols.linuxSll, { link: 113 });
enroll(protocols.linuxSll2, { link: 276 });
enroll(protocols.llc, {});
enroll(protocols.lldp, { etherType: 0x88cc });
enroll(protocols.loop, { link: 108 });
enroll(protocols.mpls, {
  etherType: [0x8847, 0x8848],
  ipProtocol: 137,
  pppProtocol: [0x0281, 0x0283],
});
enroll(protocols.nullLink, { link: 0 });
enroll(protocols.ppp, { etherType: 0x880b, link: [9, 50] });
enroll(protocols.pppoe, { etherType: [0x8864, 0x8863], link: 51 });
enroll(protocols.sctp, { ipProtocol: 132, link: 248 });
enroll(protocols.snap, {});
enroll(protocols.udplite, { ipProtocol: 136 });
enroll(protocols.vrrp, { ipProtocol: 112 });
enroll(protocols.vxlan, { udpPort: 4789 });

// What two numbers say of these, a field of theirs says, too.
etherTypes.prefer(pppoeEtherType, "pppoe");
udpPorts.prefer(dhcpPort, "dhcp");
