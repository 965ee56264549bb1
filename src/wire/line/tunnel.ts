// Lines of what is between a link and the network, and of tunnels.

import type { Layers } from "../layers.ts";
import { hex, type Place } from "./line.ts";

export function llc({ dsap, ssap, control }: Layers["llc"], place: Place): string {
  const { length } = place.packet.payload;
  const head = `LLC, dsap ${hex(dsap, 2)}, ssap ${hex(ssap, 2)}, ctrl ${hex(control, 2)}`;
  return place.above?.kind === "snap"
    ? place.rest("")
    : `${head}, ${place.rest(`length ${length}`)}`;
}

export function snap({ oui, protocol }: Layers["snap"], place: Place): string {
  const { length } = place.packet.payload;
  return place.rest(`SNAP, oui ${hex(oui, 6)}, pid ${hex(protocol, 4)}, length ${length}`);
}

export function mpls(layer: Layers["mpls"], place: Place): string {
  const { label, trafficClass, bottom, ttl } = layer;
  const first = place.packet.layers[place.index - 1]?.kind !== "mpls";
  const words = `(label ${label}, tc ${trafficClass}${bottom ? ", [S]" : ""}, ttl ${ttl})`;
  const rest = place.rest(`length ${place.packet.payload.length}`);
  return `${first ? "MPLS " : ""}${words} ${rest}`;
}

const DISCOVERY: Readonly<Record<number, string>> = {
  7: "PADO",
  9: "PADI",
  25: "PADR",
  101: "PADS",
  167: "PADT",
};

export function pppoe({ code, session, length }: Layers["pppoe"], place: Place): string {
  const id = `[ses ${hex(session)}]`;
  if (code === 0) return `PPPoE ${id} ${place.rest(`length ${length}`)}`;
  const name = DISCOVERY[code] ?? `code ${hex(code, 2)}`;
  return `PPPoE ${name}${session === 0 ? "" : ` ${id}`}, length ${length}`;
}

export function ppp({ protocol }: Layers["ppp"], place: Place): string {
  return place.rest(`PPP, protocol ${hex(protocol, 4)}, length ${place.packet.payload.length}`);
}

export function loopback({ family }: { family: number }, place: Place): string {
  return place.rest(`AF ${family}, length ${place.packet.payload.length}`);
}

const DIRECTIONS = ["In", "B", "M", "P", "Out"] as const;

export function cooked(layer: Layers["linux-sll"] | Layers["linux-sll2"], place: Place): string {
  const { packetType, address, protocol } = layer;
  const rest = place.rest(`ethertype ${hex(protocol, 4)}, length ${place.packet.payload.length}`);
  if (place.options.addresses !== true) return rest;
  return `${DIRECTIONS[packetType] ?? "?"} ${address}: ${rest}`;
}

export function gre(layer: Layers["gre"], place: Place): string {
  const { version = 0, key, sequence, acknowledgment, protocol } = layer;
  const words = [`GREv${version}`];
  if (key !== undefined) words.push(`key=${hex(key)}`);
  if (sequence !== undefined) words.push(`seq ${sequence}`);
  if (acknowledgment !== undefined) words.push(`ack ${acknowledgment}`);
  words.push(`length ${place.limit - place.start}`);
  return `${words.join(", ")}: ${place.rest(`gre-proto-${hex(protocol)}`)}`;
}

export function vxlan({ vni }: Layers["vxlan"], place: Place): string {
  return `VXLAN, vni ${vni}: ${place.rest(`length ${place.packet.payload.length}`)}`;
}

export function geneve({ vni, protocol }: Layers["geneve"], place: Place): string {
  return `Geneve, vni ${hex(vni)}: ${place.rest(`geneve-proto-${hex(protocol)}`)}`;
}
