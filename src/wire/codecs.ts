// Every protocol by itself, for whoever has one header in hand.

import "./table.ts";
import { codec } from "./codec.ts";
import * as protocols from "./protocols.ts";

export const arp = codec(protocols.arp);
export const ethernet = codec(protocols.ethernet);
export const icmp = codec(protocols.icmp);
export const ipv4 = codec(protocols.ipv4);
export const ipv6 = codec(protocols.ipv6);
export const tcp = codec(protocols.tcp);
export const udp = codec(protocols.udp);
export const vlan = codec(protocols.vlan);
export const hopByHop = codec(protocols.hopByHop);
export const destinationOptions = codec(protocols.destinationOptions);
export const routing = codec(protocols.routing);
export const fragment = codec(protocols.fragment);
export const authentication = codec(protocols.authentication);
export const esp = codec(protocols.esp);
export const dhcp = codec(protocols.dhcp);
export const geneve = codec(protocols.geneve);
export const gre = codec(protocols.gre);
export const icmpv6 = codec(protocols.icmpv6);
export const igmp = codec(protocols.igmp);
export const linuxSll = codec(protocols.linuxSll);
export const linuxSll2 = codec(protocols.linuxSll2);
export const llc = codec(protocols.llc);
export const lldp = codec(protocols.lldp);
export const loop = codec(protocols.loop);
export const mpls = codec(protocols.mpls);
export const nullLink = codec(protocols.nullLink);
export const ppp = codec(protocols.ppp);
export const pppoe = codec(protocols.pppoe);
export const sctp = codec(protocols.sctp);
export const snap = codec(protocols.snap);
export const udplite = codec(protocols.udplite);
export const vrrp = codec(protocols.vrrp);
export const vxlan = codec(protocols.vxlan);
