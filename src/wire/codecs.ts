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
