// A packet in one line.

import type { Kind, Layer, Layers } from "../layers.ts";
import { protocolOf } from "../registry.ts";
import * as application from "./application.ts";
import { icmp } from "./icmp.ts";
import { icmpv6 } from "./icmpv6.ts";
import { type Lined, type LineOptions, Place, printable } from "./line.ts";
import * as network from "./network.ts";
import * as transport from "./transport.ts";
import * as tunnel from "./tunnel.ts";

/** Not of all kinds: a caller may have added some to the types. */
const table: { readonly [K in Kind]?: (layer: Layers[K], place: Place) => string } = {
  ethernet: network.ethernet,
  llc: tunnel.llc,
  snap: tunnel.snap,
  vlan: network.vlan,
  mpls: tunnel.mpls,
  pppoe: tunnel.pppoe,
  ppp: tunnel.ppp,
  null: tunnel.loopback,
  loop: tunnel.loopback,
  "linux-sll": tunnel.cooked,
  "linux-sll2": tunnel.cooked,
  arp: network.arp,
  ipv4: network.ipv4,
  ipv6: network.ipv6,
  "hop-by-hop": network.extension("HBH"),
  "destination-options": network.extension("DSTOPT"),
  routing: network.routing,
  fragment: network.fragment,
  authentication: network.authentication,
  esp: network.esp,
  icmp,
  icmpv6,
  igmp: application.igmp,
  tcp: transport.tcp,
  udp: transport.udp,
  udplite: transport.udplite,
  sctp: transport.sctp,
  gre: tunnel.gre,
  vxlan: tunnel.vxlan,
  geneve: tunnel.geneve,
  vrrp: application.vrrp,
  lldp: application.lldp,
  dhcp: application.dhcp,
};

const lines: ReadonlyMap<string, (layer: never, place: Place) => string> = new Map(
  Object.entries(table),
);

/** One line about a packet. */
export function line(packet: Lined, options: LineOptions = {}): string {
  const { layers, problem } = packet;
  const first = new Place(packet, options, words, 0);
  const said = layers.length === 0 ? `length ${packet.bytes.length}` : words(first);
  return printable(problem === null ? said : `${said} ${problemText(problem)}`);
}

function problemText({ kind, layer, message }: NonNullable<Lined["problem"]>): string {
  return kind === "truncated" ? `[|${layer}]` : `[${message}]`;
}

function words(place: Place): string {
  const layer = place.packet.layers[place.index] as Layer;
  const { format } = protocolOf(layer.kind) ?? {};
  if (format !== undefined) return [format(layer), place.rest("")].filter(Boolean).join(": ");
  const known = lines.get(layer.kind) ?? other;
  return known(layer as never, place);
}

/** A protocol of somebody else's that has no format of its own. */
function other({ kind }: { kind: string }, place: Place): string {
  return `${kind}, ${place.rest(`length ${place.packet.payload.length}`)}`;
}
