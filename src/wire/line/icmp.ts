// Lines of ICMP.

import type { Layers } from "../layers.ts";
import type { Place } from "./line.ts";

type Icmp = Layers["icmp"];

export function icmp(layer: Icmp, place: Place): string {
  return `ICMP ${message(layer, place)}, length ${place.limit - place.start}`;
}

function message(layer: Icmp, place: Place): string {
  const { type, code, identifier, sequence } = layer;
  const query = `id ${identifier}, seq ${sequence}`;
  switch (type) {
    case 0:
      return `echo reply, ${query}`;
    case 3:
      return unreachable(layer, place);
    case 4:
      return "source quench";
    case 5:
      return redirect(layer, place);
    case 8:
      return `echo request, ${query}`;
    case 9:
      return "router advertisement";
    case 10:
      return "router solicitation";
    case 11:
      return code === 1 ? "ip reassembly time exceeded" : "time exceeded in-transit";
    case 12:
      return `parameter problem - octet ${layer.pointer}`;
    case 13:
      return `time stamp query id ${identifier} seq ${sequence}`;
    case 14: {
      const { originate, receive, transmit } = layer;
      const times = `org ${originate}, recv ${receive}, xmit ${transmit}`;
      return `time stamp reply id ${identifier} seq ${sequence}: ${times}`;
    }
    case 15:
      return "information request";
    case 16:
      return "information reply";
    case 17:
      return "address mask request";
    case 18:
      return "address mask reply";
    default:
      return `type-#${type}, code ${code}`;
  }
}

/** The packet that is quoted, where its header is there. */
function quoted(place: Place) {
  const { above } = place;
  return above?.kind === "ipv4" ? above : undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  5: "source route failed",
  9: "net prohibited",
  10: "host prohibited",
  11: "net tos prohibited",
  12: "host tos prohibited",
  13: "admin prohibited filter",
  14: "host precedence violation",
  15: "precedence cutoff",
};

function unreachable({ code, mtu }: Icmp, place: Place): string {
  const packet = quoted(place);
  const host = packet === undefined ? "" : place.address(packet.destination);
  switch (code) {
    case 0:
      return `net ${host} unreachable`;
    case 1:
      return `host ${host} unreachable`;
    case 2:
      return `${host} protocol ${packet?.protocol ?? ""} unreachable`;
    case 3: {
      const upper = place.packet.layers[place.index + 2];
      if (upper?.kind !== "tcp" && upper?.kind !== "udp") return `${host} port unreachable`;
      return `${host} ${upper.kind} port ${upper.destinationPort} unreachable`;
    }
    case 4:
      return `${host} unreachable - need to frag (mtu ${mtu})`;
    default:
      return `host ${host} unreachable - ${REASONS[code] ?? `#${code}`}`;
  }
}

const REDIRECTED = ["net", "host", "net", "host"] as const;

function redirect({ code, gateway = "" }: Icmp, place: Place): string {
  const host = quoted(place)?.destination ?? "";
  const what = REDIRECTED[code] ?? `type-#${code}`;
  return `redirect ${place.address(host)} to ${what} ${place.address(gateway)}`;
}
