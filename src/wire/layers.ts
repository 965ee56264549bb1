// The kinds of layers and their types.

import type { Arp } from "./protocol/arp.ts";
import type { Authentication } from "./protocol/authentication.ts";
import type { DestinationOptions } from "./protocol/destination-options.ts";
import type { Dhcp } from "./protocol/dhcp.ts";
import type { Esp } from "./protocol/esp.ts";
import type { Ethernet } from "./protocol/ethernet.ts";
import type { Fragment } from "./protocol/fragment.ts";
import type { Geneve } from "./protocol/geneve.ts";
import type { Gre } from "./protocol/gre.ts";
import type { HopByHop } from "./protocol/hop-by-hop.ts";
import type { Icmp } from "./protocol/icmp.ts";
import type { Icmpv6 } from "./protocol/icmpv6.ts";
import type { Igmp } from "./protocol/igmp.ts";
import type { Ipv4 } from "./protocol/ipv4.ts";
import type { Ipv6 } from "./protocol/ipv6.ts";
import type { LinuxSll } from "./protocol/linux-sll.ts";
import type { LinuxSll2 } from "./protocol/linux-sll2.ts";
import type { Llc } from "./protocol/llc.ts";
import type { Lldp } from "./protocol/lldp.ts";
import type { Mpls } from "./protocol/mpls.ts";
import type { Loop, Null } from "./protocol/null.ts";
import type { Ppp } from "./protocol/ppp.ts";
import type { Pppoe } from "./protocol/pppoe.ts";
import type { Routing } from "./protocol/routing.ts";
import type { Sctp } from "./protocol/sctp.ts";
import type { Snap } from "./protocol/snap.ts";
import type { Tcp } from "./protocol/tcp.ts";
import type { Udp } from "./protocol/udp.ts";
import type { Udplite } from "./protocol/udplite.ts";
import type { Vlan } from "./protocol/vlan.ts";
import type { Vrrp } from "./protocol/vrrp.ts";
import type { Vxlan } from "./protocol/vxlan.ts";
import type { Init } from "./protocol.ts";

/**
 * The type of every kind. A protocol of your own becomes known to the types by
 * `declare module "rawsock/wire" { interface Layers { mine: Mine } }`.
 */
export interface Layers {
  ethernet: Ethernet;
  vlan: Vlan;
  arp: Arp;
  ipv4: Ipv4;
  ipv6: Ipv6;
  icmp: Icmp;
  tcp: Tcp;
  "hop-by-hop": HopByHop;
  "destination-options": DestinationOptions;
  routing: Routing;
  fragment: Fragment;
  authentication: Authentication;
  esp: Esp;
  udp: Udp;
  dhcp: Dhcp;
  geneve: Geneve;
  gre: Gre;
  icmpv6: Icmpv6;
  igmp: Igmp;
  "linux-sll": LinuxSll;
  "linux-sll2": LinuxSll2;
  llc: Llc;
  lldp: Lldp;
  loop: Loop;
  mpls: Mpls;
  null: Null;
  ppp: Ppp;
  pppoe: Pppoe;
  sctp: Sctp;
  snap: Snap;
  udplite: Udplite;
  vrrp: Vrrp;
  vxlan: Vxlan;
}

/** The kinds of layers there are. */
export type Kind = keyof Layers;
/** A header as a plain object; `kind` says which. */
export type Layer = Layers[Kind];
/** A layer for `build`: all fields but the kind may be left out. */
export type LayerInit = { [K in Kind]: Init<Layers[K]> }[Kind];
