// Tests for ports and ranges of ports of TCP, UDP and SCTP over IPv4 and IPv6.

import { and, type Formula, not, or } from "./formula.ts";
import { bothWays } from "./host.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchType } from "./linktype.ts";
import { findPort } from "./names.ts";
import type { Identifier, Qualifiers } from "./syntax.ts";

/** Numbers of the IP protocols that have ports, in the order in which they are tested. */
const NUMBERS = { sctp: 132, tcp: 6, udp: 17 } as const;
type Carrier = keyof typeof NUMBERS;

/** Ports from the first to the last, of one protocol or of any. */
type Ports = {
  readonly first: number;
  readonly last: number;
  readonly carrier: Carrier | undefined;
};

/** The packet is not a later fragment, which has no ports. */
export function isFirstFragment(layout: Layout): Formula {
  return not(layout.hasBits("network", 6, 2, 0x1fff));
}

function matchField(layout: Layout, part: "ipv4" | "ipv6", distance: number, ports: Ports) {
  const { first, last } = ports;
  if (first === last) return layout.equals(part, distance, 2, first);
  return and(
    layout.test("ge", layout.load(part, distance, 2), first),
    layout.atMost(part, distance, 2, last),
  );
}

/** The ports in IPv4's or IPv6's payload. */
function matchCarried(
  layout: Layout,
  part: "ipv4" | "ipv6",
  ports: Ports,
  { direction }: Qualifiers,
  position: number,
): Formula {
  const isIpv4 = part === "ipv4";
  const carriers =
    ports.carrier === undefined ? (["sctp", "tcp", "udp"] as const) : [ports.carrier];
  const tests = carriers.map((carrier) =>
    and(
      layout.equals("network", isIpv4 ? 9 : 6, 1, NUMBERS[carrier]),
      isIpv4 ? isFirstFragment(layout) : and(),
      bothWays(direction, (way) => matchField(layout, part, way === "source" ? 0 : 2, ports)),
    ),
  );
  const type = isIpv4 ? ETHERTYPE.ip : ETHERTYPE.ip6;
  return and(matchType(layout, type, position), or(...tests));
}

export function matchPorts(
  layout: Layout,
  ports: Ports,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  return or(
    matchCarried(layout, "ipv6", ports, qualifiers, position),
    matchCarried(layout, "ipv4", ports, qualifiers, position),
  );
}

/** UDP to the port over IPv4 or IPv6, for tunnels. */
export function matchTunnel(
  layout: Layout,
  part: "ipv4" | "ipv6",
  port: number,
  position: number,
): Formula {
  const ports = { first: port, last: port, carrier: "udp" } as const;
  return matchCarried(layout, part, ports, { direction: "destination" }, position);
}

function carrierOf({ protocol, subject }: Qualifiers, position: number): Carrier | undefined {
  if (protocol === undefined || protocol === "tcp" || protocol === "udp" || protocol === "sctp") {
    return protocol;
  }
  throw mistake(`"${protocol}" cannot qualify a ${subject}`, position);
}

function checked(port: number, position: number): number {
  if (port > 65535) throw mistake(`${port} is no port: it is above 65535,`, position);
  return port;
}

/** A port by name, of the protocol that was asked for or that alone has the service. */
function namedPort(
  layout: Layout,
  name: string,
  carrier: Carrier | undefined,
  position: number,
): Ports {
  const found = findPort(name, layout.settings.names);
  if (found === undefined) throw mistake(`"${name}" is no known port`, position);
  if (carrier !== undefined && found.protocol !== undefined && found.protocol !== carrier) {
    throw mistake(`"${name}" is a port of ${found.protocol}, not ${carrier},`, position);
  }
  const port = checked(found.port, position);
  return { first: port, last: port, carrier: carrier ?? found.protocol };
}

/** `6000-6008`, or two names; where a name has a dash itself, any one that leaves two ports. */
function namedRange(
  layout: Layout,
  text: string,
  carrier: Carrier | undefined,
  position: number,
): Ports {
  for (let dash = text.indexOf("-"); dash >= 0; dash = text.indexOf("-", dash + 1)) {
    const first = findPort(text.slice(0, dash), layout.settings.names);
    const last = findPort(text.slice(dash + 1), layout.settings.names);
    if (first === undefined || last === undefined) continue;
    const protocol = first.protocol === last.protocol ? first.protocol : undefined;
    if (carrier !== undefined && protocol !== undefined && protocol !== carrier) {
      throw mistake(`"${text}" are ports of ${protocol}, not ${carrier},`, position);
    }
    const ports = [checked(first.port, position), checked(last.port, position)];
    return {
      first: Math.min(...ports),
      last: Math.max(...ports),
      carrier: carrier ?? protocol,
    };
  }
  throw mistake(`"${text}" is no range of known ports`, position);
}

export function matchPort(
  layout: Layout,
  identifier: Identifier,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const { subject } = qualifiers;
  if (identifier.kind === "number") {
    const carrier = carrierOf(qualifiers, position);
    const port = checked(identifier.value, position);
    return matchPorts(layout, { first: port, last: port, carrier }, qualifiers, position);
  }
  if (identifier.kind !== "name") throw mistake(`an address is no ${subject}`, position);
  const carrier = carrierOf(qualifiers, position);
  const find = subject === "port" ? namedPort : namedRange;
  return matchPorts(layout, find(layout, identifier.text, carrier, position), qualifiers, position);
}
