// Every protocol by itself, for whoever has one header in hand.

import "./table.ts";
import { codec } from "./codec.ts";
import * as protocols from "./protocols.ts";

/** Address resolution: RFC 826. */
export const arp = codec(protocols.arp);
/** Ethernet: IEEE 802.3. */
export const ethernet = codec(protocols.ethernet);
/** ICMP: RFC 792. */
export const icmp = codec(protocols.icmp);
/** IPv4: RFC 791. */
export const ipv4 = codec(protocols.ipv4);
/** IPv6: RFC 8200. */
export const ipv6 = codec(protocols.ipv6);
/** TCP: RFC 9293. */
export const tcp = codec(protocols.tcp);
/** UDP: RFC 768. */
export const udp = codec(protocols.udp);
/** A VLAN tag: IEEE 802.1Q and 802.1ad. */
export const vlan = codec(protocols.vlan);
/** IPv6's options for every node on the way: RFC 8200, section 4.3. */
export const hopByHop = codec(protocols.hopByHop);
/** IPv6's options for the destination: RFC 8200, section 4.6. */
export const destinationOptions = codec(protocols.destinationOptions);
/** IPv6's routing header: RFC 8200, section 4.4. */
export const routing = codec(protocols.routing);
/** IPv6's fragment header: RFC 8200, section 4.5. */
export const fragment = codec(protocols.fragment);
/** IPsec's authentication header: RFC 4302. */
export const authentication = codec(protocols.authentication);
/** IPsec's encapsulating security payload: RFC 4303. */
export const esp = codec(protocols.esp);
/** DHCP: RFC 2131, its options by name: RFC 2132. */
export const dhcp = codec(protocols.dhcp);
/** Geneve: RFC 8926. */
export const geneve = codec(protocols.geneve);
/** Generic routing encapsulation: RFC 2784, RFC 2890. */
export const gre = codec(protocols.gre);
/** ICMPv6: RFC 4443, RFC 4861, RFC 2710, RFC 3810. */
export const icmpv6 = codec(protocols.icmpv6);
/** IGMP: RFC 1112, RFC 2236, RFC 3376. */
export const igmp = codec(protocols.igmp);
/** Linux's cooked captures: LINKTYPE_LINUX_SLL. */
export const linuxSll = codec(protocols.linuxSll);
/** Linux's cooked captures with the interface: LINKTYPE_LINUX_SLL2. */
export const linuxSll2 = codec(protocols.linuxSll2);
/** Logical link control: IEEE 802.2. */
export const llc = codec(protocols.llc);
/** LLDP: IEEE 802.1AB. */
export const lldp = codec(protocols.lldp);
/** The header of OpenBSD's loopback: LINKTYPE_LOOP. */
export const loop = codec(protocols.loop);
/** One label of MPLS: RFC 3032, RFC 5462. */
export const mpls = codec(protocols.mpls);
/** The header of BSD's loopback: LINKTYPE_NULL. */
export const nullLink = codec(protocols.nullLink);
/** The protocol field of PPP: RFC 1661. */
export const ppp = codec(protocols.ppp);
/** PPP over Ethernet: RFC 2516. */
export const pppoe = codec(protocols.pppoe);
/** SCTP: RFC 9260. */
export const sctp = codec(protocols.sctp);
/** The subnetwork access protocol: IEEE 802, RFC 1042. */
export const snap = codec(protocols.snap);
/** UDP-Lite: RFC 3828. */
export const udplite = codec(protocols.udplite);
/** VRRP: version 2 of RFC 3768, version 3 of RFC 5798. */
export const vrrp = codec(protocols.vrrp);
/** VXLAN: RFC 7348. */
export const vxlan = codec(protocols.vxlan);
