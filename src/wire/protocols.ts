// The protocols, by the names of their codecs.

export { arp } from "./protocol/arp.ts";
export { ethernet } from "./protocol/ethernet.ts";
export { icmp } from "./protocol/icmp.ts";
export { ipv4 } from "./protocol/ipv4.ts";
export { ipv6 } from "./protocol/ipv6.ts";
export { tcp } from "./protocol/tcp.ts";
export { udp } from "./protocol/udp.ts";
export { vlan } from "./protocol/vlan.ts";
