// A packet in one line.

import type { Layer } from "../layers.ts";
import { protocolOf } from "../registry.ts";
import { icmp } from "./icmp.ts";
import { type Lined, type LineOptions, Place, printable } from "./line.ts";
import * as network from "./network.ts";
import * as transport from "./transport.ts";

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
  return known(layer, place);
}

function known(layer: Layer, place: Place): string {
  switch (layer.kind) {
    case "ethernet":
      return network.ethernet(layer, place);
    case "vlan":
      return network.vlan(layer, place);
    case "arp":
      return network.arp(layer, place);
    case "ipv4":
      return network.ipv4(layer, place);
    case "ipv6":
      return network.ipv6(layer, place);
    case "hop-by-hop":
      return network.extension("HBH")(layer, place);
    case "destination-options":
      return network.extension("DSTOPT")(layer, place);
    case "routing":
      return network.routing(layer, place);
    case "fragment":
      return network.fragment(layer, place);
    case "authentication":
      return network.authentication(layer, place);
    case "esp":
      return network.esp(layer, place);
    case "icmp":
      return icmp(layer, place);
    case "tcp":
      return transport.tcp(layer, place);
    case "udp":
      return transport.udp(layer, place);
    default:
      return other(layer, place);
  }
}

/** A protocol of somebody else's that has no format of its own. */
function other({ kind }: { kind: string }, place: Place): string {
  return `${kind}, ${place.rest(`length ${place.packet.payload.length}`)}`;
}
