// Packets as plain objects: `rawsock/wire`. Pure TypeScript: it runs anywhere.

export { type BuildOptions, build, type Payload } from "./build.ts";
export type { Bytes } from "./bytes.ts";
export * from "./codecs.ts";
export { type DissectOptions, dissect } from "./dissect.ts";
export { type Problem, WireError } from "./error.ts";
export type { Kind, Layer, LayerInit, Layers } from "./layers.ts";
export type { LinkType } from "./link.ts";
export { Packet } from "./packet.ts";
export type { Arp, ArpOperation } from "./protocol/arp.ts";
export type { Authentication } from "./protocol/authentication.ts";
export type { DestinationOptions } from "./protocol/destination-options.ts";
export type { Esp } from "./protocol/esp.ts";
export type { Ethernet } from "./protocol/ethernet.ts";
export type { Fragment } from "./protocol/fragment.ts";
export type { HopByHop } from "./protocol/hop-by-hop.ts";
export type { Icmp } from "./protocol/icmp.ts";
export type { Ipv4 } from "./protocol/ipv4.ts";
export type { Ipv6 } from "./protocol/ipv6.ts";
export type { Ipv6Option } from "./protocol/ipv6-options.ts";
export type { Routing } from "./protocol/routing.ts";
export type { Tcp, TcpFlag } from "./protocol/tcp.ts";
export type { TcpOption } from "./protocol/tcp-options.ts";
export type { Udp } from "./protocol/udp.ts";
export type { Vlan } from "./protocol/vlan.ts";
export type { AnyLayer, Codec, Decoded, Init } from "./protocol.ts";
