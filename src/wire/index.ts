// Packets as plain objects: `rawsock/wire`. Pure TypeScript: it runs anywhere.

export { type BuildOptions, build, type Payload } from "./build.ts";
export type { Bytes } from "./bytes.ts";
export * from "./codecs.ts";
export { type DissectOptions, dissect } from "./dissect.ts";
export { type Problem, WireError } from "./error.ts";
export { type FormatOptions, format } from "./format.ts";
export { hexdump } from "./hexdump.ts";
export type { Kind, Layer, LayerInit, Layers } from "./layers.ts";
export type { LinkType } from "./link.ts";
export { Packet } from "./packet.ts";
export type { Arp, ArpOperation } from "./protocol/arp.ts";
export type { Authentication } from "./protocol/authentication.ts";
export type { DestinationOptions } from "./protocol/destination-options.ts";
export type { Dhcp, DhcpMessage } from "./protocol/dhcp.ts";
export {
  type DhcpOptionName,
  type DhcpOptionValues,
  type DhcpRoute,
  type DhcpValue,
  dhcpOptions,
} from "./protocol/dhcp-options.ts";
export type { Esp } from "./protocol/esp.ts";
export type { Ethernet } from "./protocol/ethernet.ts";
export type { Fragment } from "./protocol/fragment.ts";
export type { Geneve, GeneveOption } from "./protocol/geneve.ts";
export type { Gre } from "./protocol/gre.ts";
export type { HopByHop } from "./protocol/hop-by-hop.ts";
export type { Icmp } from "./protocol/icmp.ts";
export type { Icmpv6 } from "./protocol/icmpv6.ts";
export type { Igmp } from "./protocol/igmp.ts";
export type { Ipv4 } from "./protocol/ipv4.ts";
export type { Ipv6 } from "./protocol/ipv6.ts";
export type { Ipv6Option } from "./protocol/ipv6-options.ts";
export type { LinuxSll } from "./protocol/linux-sll.ts";
export type { LinuxSll2 } from "./protocol/linux-sll2.ts";
export type { Llc } from "./protocol/llc.ts";
export type { Lldp } from "./protocol/lldp.ts";
export type {
  LldpCapability,
  LldpChassis,
  LldpNumbering,
  LldpPort,
  LldpTlv,
} from "./protocol/lldp-tlvs.ts";
export type { Mpls } from "./protocol/mpls.ts";
export type { GroupRecord } from "./protocol/multicast-records.ts";
export type { NdpOption } from "./protocol/ndp-options.ts";
export type { Loop, Null } from "./protocol/null.ts";
export type { Ppp } from "./protocol/ppp.ts";
export type { Pppoe } from "./protocol/pppoe.ts";
export type { Routing } from "./protocol/routing.ts";
export type { Sctp, SctpChunk } from "./protocol/sctp.ts";
export type { Snap } from "./protocol/snap.ts";
export type { Tcp, TcpFlag } from "./protocol/tcp.ts";
export type { TcpOption } from "./protocol/tcp-options.ts";
export type { Udp } from "./protocol/udp.ts";
export type { Udplite } from "./protocol/udplite.ts";
export type { Vlan } from "./protocol/vlan.ts";
export type { Vrrp } from "./protocol/vrrp.ts";
export type { Vxlan } from "./protocol/vxlan.ts";
export type { AnyLayer, Codec, Decoded, Init } from "./protocol.ts";
export { Reassembler, type ReassemblerOptions } from "./reassembler.ts";
export { type Registration, register } from "./register.ts";
