// Lines of ICMPv6: errors, neighbor discovery, multicast listener discovery.

import type { Layers } from "../layers.ts";
import type { Place } from "./line.ts";

type Icmpv6 = Layers["icmpv6"];

export function icmpv6(layer: Icmpv6, place: Place): string {
  return `ICMP6, ${message(layer, place)}, length ${place.limit - place.start}`;
}

function message(layer: Icmpv6, place: Place): string {
  const { type, identifier, sequence, group = "", target = "", records = [] } = layer;
  const about = place.address(target);
  switch (type) {
    case 1:
      return `destination unreachable, ${unreachable(layer, place)}`;
    case 2:
      return `packet too big, mtu ${layer.mtu}`;
    case 3:
      return timeExceeded(layer, place);
    case 4:
      return `parameter problem, ${parameter(layer.code)} - octet ${layer.pointer}`;
    case 128:
      return `echo request, id ${identifier}, seq ${sequence}`;
    case 129:
      return `echo reply, id ${identifier}, seq ${sequence}`;
    case 130:
      return query(layer, place);
    case 131:
      return `multicast listener report, addr: ${place.address(group)}`;
    case 132:
      return `multicast listener done, addr: ${place.address(group)}`;
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return `neighbor solicitation, who has ${about}`;
    case 136:
      return `neighbor advertisement, tgt is ${about}`;
    case 137:
      return `redirect, ${place.address(layer.destination ?? "")} to ${about}`;
    case 143:
      return `multicast listener report v2, ${records.length} group record(s)`;
    default:
      return `type-#${type}, code ${layer.code}`;
  }
}

const PARAMETERS = ["erroneous", "next header", "option"] as const;

function parameter(code: number): string {
  return PARAMETERS[code] ?? `code-#${code}`;
}

/** The packet that is quoted, where its header is there. */
function quoted(place: Place) {
  const { above } = place;
  return above?.kind === "ipv6" ? above : undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  0: "unreachable route",
  1: "unreachable prohibited",
  2: "beyond scope",
  3: "unreachable address",
};

function unreachable({ code }: Icmpv6, place: Place): string {
  const host = place.address(quoted(place)?.destination ?? "");
  if (code !== 4) return `${REASONS[code] ?? `code-#${code}`} ${host}`.trimEnd();
  const upper = place.packet.layers[place.index + 2];
  if (upper?.kind !== "tcp" && upper?.kind !== "udp") return `unreachable port, ${host}`;
  return `unreachable port, ${host} ${upper.kind} port ${upper.destinationPort}`;
}

function timeExceeded({ code }: Icmpv6, place: Place): string {
  const host = place.address(quoted(place)?.destination ?? "");
  return code === 1 ? "time exceeded in-reassembly" : `time exceeded in-transit for ${host}`;
}

function query({ group = "", sources, delay }: Icmpv6, place: Place): string {
  const about = place.address(group);
  if (sources === undefined) {
    return `multicast listener query, max resp delay: ${delay}, addr: ${about}`;
  }
  return `multicast listener query v2 [gaddr ${about}, ${sources.length} source(s)]`;
}
