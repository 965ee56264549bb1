// The numbers that lead to each protocol. The first of several is the one that is written.

import * as protocols from "./protocols.ts";
import { enroll } from "./registry.ts";

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
