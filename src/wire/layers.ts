// The kinds of layers and their types.

import type { Arp } from "./protocol/arp.ts";
import type { Authentication } from "./protocol/authentication.ts";
import type { DestinationOptions } from "./protocol/destination-options.ts";
import type { Esp } from "./protocol/esp.ts";
import type { Ethernet } from "./protocol/ethernet.ts";
import type { Fragment } from "./protocol/fragment.ts";
import type { HopByHop } from "./protocol/hop-by-hop.ts";
import type { Icmp } from "./protocol/icmp.ts";
import type { Ipv4 } from "./protocol/ipv4.ts";
import type { Ipv6 } from "./protocol/ipv6.ts";
import type { Routing } from "./protocol/routing.ts";
import type { Tcp } from "./protocol/tcp.ts";
import type { Udp } from "./protocol/udp.ts";
import type { Vlan } from "./protocol/vlan.ts";
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
}

export type Kind = keyof Layers;
/** A header as a plain object; `kind` says which. */
export type Layer = Layers[Kind];
/** A layer for `build`: all fields but the kind may be left out. */
export type LayerInit = { [K in Kind]: Init<Layers[K]> }[Kind];
