// The protocols, by the names of their codecs.

export { arp } from "./protocol/arp.ts";
export { authentication } from "./protocol/authentication.ts";
export { destinationOptions } from "./protocol/destination-options.ts";
export { esp } from "./protocol/esp.ts";
export { ethernet } from "./protocol/ethernet.ts";
export { fragment } from "./protocol/fragment.ts";
export { hopByHop } from "./protocol/hop-by-hop.ts";
export { icmp } from "./protocol/icmp.ts";
export { ipv4 } from "./protocol/ipv4.ts";
export { ipv6 } from "./protocol/ipv6.ts";
export { routing } from "./protocol/routing.ts";
export { tcp } from "./protocol/tcp.ts";
export { udp } from "./protocol/udp.ts";
export { vlan } from "./protocol/vlan.ts";
