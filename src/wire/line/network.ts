// Lines of what carries packets: links, VLANs, IP and its extension headers, IPsec.

import type { Layers } from "../layers.ts";
import { hex, type Place } from "./line.ts";

export function ethernet(layer: Layers["ethernet"], place: Place): string {
  const source = place.address(layer.source);
  const destination = place.address(layer.destination);
  const { length } = place.packet.bytes.subarray(place.start);
  const type = layer.type === undefined ? "802.3" : `ethertype ${hex(layer.type, 4)}`;
  const head = `${source} > ${destination}, ${type}, length ${length}`;
  if (place.above === undefined) {
    const payload = place.payload();
    return payload === undefined ? head : `${head}: ${payload}`;
  }
  // A frame inside of another shows that it is one.
  const shown = place.options.addresses === true || place.index > 0;
  return shown ? `${head}: ${place.rest("")}` : place.rest("");
}

export function vlan({ id, priority, dropEligible, type }: Layers["vlan"], place: Place): string {
  const drop = dropEligible ? ", DEI" : "";
  const rest = `ethertype ${hex(type, 4)}, length ${place.packet.payload.length}`;
  return `vlan ${id}, p ${priority}${drop}, ${place.rest(rest)}`;
}

const OPERATIONS: Readonly<Record<number, string>> = {
  3: "Reverse Request",
  4: "Reverse Reply",
  8: "Inverse Request",
  9: "Inverse Reply",
  10: "NACK",
};

export function arp(layer: Layers["arp"], place: Place): string {
  const { operation, senderHardware, targetHardware } = layer;
  const sender = place.address(layer.senderAddress);
  const target = place.address(layer.targetAddress);
  const length = `length ${place.packet.bytes.length - place.start}`;
  if (operation === "request") {
    const known = /^(00:)*00$/.test(targetHardware) ? "" : ` (${place.address(targetHardware)})`;
    return `ARP, Request who-has ${target}${known} tell ${sender}, ${length}`;
  }
  if (operation === "reply") {
    return `ARP, Reply ${sender} is-at ${place.address(senderHardware)}, ${length}`;
  }
  const name = OPERATIONS[operation] ?? `operation ${operation}`;
  const from = `${place.address(senderHardware)} (${sender})`;
  return `ARP, ${name} from ${from} for ${place.address(targetHardware)} (${target}), ${length}`;
}

/** "192.0.2.1.80", with the port where the next header has ports. */
function endpoints(
  { source, destination }: { source: string; destination: string },
  place: Place,
): string {
  const from = place.address(source);
  const to = place.address(destination);
  const ports = portsAbove(place);
  return ports === undefined
    ? `${from} > ${to}`
    : `${from}.${ports.sourcePort} > ${to}.${ports.destinationPort}`;
}

function portsAbove({ packet, index }: Place) {
  for (const layer of packet.layers.slice(index + 1)) {
    if ("sourcePort" in layer) return layer;
    if (!EXTENSIONS.has(layer.kind)) return undefined;
  }
  return undefined;
}

const EXTENSIONS: ReadonlySet<string> = new Set([
  "hop-by-hop",
  "destination-options",
  "routing",
  "fragment",
  "authentication",
]);

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp" };

export function ipv4(layer: Layers["ipv4"], place: Place): string {
  const { protocol, fragmentOffset, moreFragments, identification } = layer;
  const length = place.limit - place.end;
  const name = PROTOCOLS[protocol] ?? `ip-proto-${protocol}`;
  const rest = place.rest(fragmentOffset > 0 ? name : `${name}, length ${length}`);
  const head = `IP ${endpoints(layer, place)}: ${rest}`;
  if (fragmentOffset === 0 && !moreFragments) return head;
  const more = moreFragments ? "+" : "";
  return `${head} (frag ${identification}:${length}@${fragmentOffset}${more})`;
}

export function ipv6(layer: Layers["ipv6"], place: Place): string {
  const length = place.limit - place.end;
  const rest = place.rest(`ip-proto-${layer.nextHeader}, length ${length}`);
  return `IP6 ${endpoints(layer, place)}: ${rest}`;
}

export function extension(name: string) {
  return ({ nextHeader }: { nextHeader: number }, place: Place): string =>
    `${name} ${place.rest(ending(nextHeader, place))}`;
}

export function routing(layer: Layers["routing"], place: Place): string {
  const { routingType, segmentsLeft, nextHeader } = layer;
  const units = (place.end - place.start) / 8 - 1;
  const rest = place.rest(ending(nextHeader, place));
  return `RT (len=${units}, type=${routingType}, segleft=${segmentsLeft}) ${rest}`;
}

export function fragment(layer: Layers["fragment"], place: Place): string {
  const { fragmentOffset, identification, moreFragments, nextHeader } = layer;
  const length = place.limit - place.end;
  const more = moreFragments ? "+" : "";
  const head = `frag (${hex(identification, 8)}:${fragmentOffset}|${length}${more})`;
  const rest = place.rest(fragmentOffset > 0 ? "" : ending(nextHeader, place));
  return rest === "" ? head : `${head} ${rest}`;
}

const NO_NEXT_HEADER = 59;

function ending(nextHeader: number, place: Place): string {
  return nextHeader === NO_NEXT_HEADER
    ? "no next header"
    : `ip-proto-${nextHeader}, length ${place.limit - place.end}`;
}

export function authentication(layer: Layers["authentication"], place: Place): string {
  const { spi, sequence, icv, nextHeader } = layer;
  const head = `AH(spi=${hex(spi, 8)},seq=${hex(sequence)},icv=${icv.length} bytes)`;
  return `${head}: ${place.rest(ending(nextHeader, place))}`;
}

export function esp({ spi, sequence }: Layers["esp"], place: Place): string {
  return `ESP(spi=${hex(spi, 8)},seq=${hex(sequence)}), length ${place.limit - place.start}`;
}
