// The formula of an expression's tree. Reading it from the left matters: tunnels move the headers
// for what comes after them.

import { EXTENSION } from "../instruction.ts";
import { parseMac } from "./address.ts";
import { and, type Formula, not, or } from "./formula.ts";
import {
  matchAddress,
  matchIpv4,
  matchMac,
  matchMacGroup,
  matchNamedHost,
  requireEthernet,
} from "./host.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchLlc, matchType } from "./linktype.ts";
import { matchPort } from "./port.ts";
import { matchProtocol, matchProtocolNumber } from "./protocol.ts";
import { matchRelation } from "./relation.ts";
import type { Expression, Identifier, Primitive, Qualifiers } from "./syntax.ts";
import { matchGeneve, matchMpls, matchPppoe, matchVlan } from "./tunnel.ts";
import type { Protocol } from "./words.ts";

/** What the packet's direction is for the host that captures it: PACKET_OUTGOING. */
const OUTGOING = 4;

function hostAddresses(layout: Layout, name: string, position: number): readonly string[] {
  const { host } = layout.settings.names;
  if (host === undefined) {
    throw mistake(
      `host names are not looked up (compileAsync does, with your function): "${name}"`,
      position,
    );
  }
  const addresses = host(name);
  if (addresses === undefined) throw mistake(`"${name}" is no known host`, position);
  return addresses;
}

function etherAddress(layout: Layout, name: string, position: number): readonly number[] {
  const text = layout.settings.names.ethernet?.(name);
  const address = text === undefined ? undefined : parseMac(text);
  if (address === undefined) {
    throw mistake(`"${name}" is no host whose MAC address is known`, position);
  }
  return address;
}

/** `gateway name`: the frame is for or from the host, the packet is not. */
function matchGateway(
  layout: Layout,
  identifier: Identifier,
  { protocol }: Qualifiers,
  position: number,
): Formula {
  if (identifier.kind !== "name") throw mistake('"gateway" needs the name of a host', position);
  if (protocol !== undefined && !["ip", "arp", "rarp"].includes(protocol)) {
    throw mistake(`"${protocol}" cannot qualify a gateway`, position);
  }
  requireEthernet(layout, '"gateway"', position);
  const addresses = hostAddresses(layout, identifier.text, position);
  const mac = etherAddress(layout, identifier.text, position);
  const qualifiers = { protocol, subject: "host" } as const;
  return and(
    matchMac(layout, mac, "either"),
    not(matchNamedHost(layout, identifier.text, addresses, qualifiers, position)),
  );
}

/** A network by name, moved up to its first byte that is not 0. */
function matchNamedNetwork(
  layout: Layout,
  name: string,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  const number = layout.settings.names.network?.(name);
  if (number === undefined || number === 0) {
    throw mistake(`"${name}" is no known network`, position);
  }
  let [address, mask] = [number, 0xffffffff];
  for (; address < 0x1000000; address *= 256) mask = (mask << 8) >>> 0;
  return matchIpv4(layout, address, mask, qualifiers, position);
}

function matchHost(
  layout: Layout,
  name: string,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  if (qualifiers.protocol === "link") {
    requireEthernet(layout, "a MAC address", position);
    return matchMac(layout, etherAddress(layout, name, position), qualifiers.direction);
  }
  if (qualifiers.protocol === "decnet") {
    throw mistake(`names of DECnet are not looked up: "${name}"`, position);
  }
  const addresses = hostAddresses(layout, name, position);
  return matchNamedHost(layout, name, addresses, qualifiers, position);
}

function matchIdentifier(
  layout: Layout,
  identifier: Identifier,
  qualifiers: Qualifiers,
  position: number,
): Formula {
  switch (qualifiers.subject) {
    case "port":
    case "portrange":
      return matchPort(layout, identifier, qualifiers, position);
    case "protocol":
      return matchProtocolNumber(layout, identifier, qualifiers, position);
    case "gateway":
      return matchGateway(layout, identifier, qualifiers, position);
    case "net":
    case "host":
    case undefined:
      if (identifier.kind !== "name") return matchAddress(layout, identifier, qualifiers, position);
      return qualifiers.subject === "net"
        ? matchNamedNetwork(layout, identifier.text, qualifiers, position)
        : matchHost(layout, identifier.text, qualifiers, position);
  }
}

const EVERYONE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

function matchBroadcast(layout: Layout, protocol: Protocol | undefined, position: number): Formula {
  if (protocol === undefined || protocol === "link") {
    requireEthernet(layout, '"broadcast"', position);
    return matchMac(layout, EVERYONE, "destination");
  }
  if (protocol !== "ip") throw mistake(`"${protocol}" has no broadcast`, position);
  const { netmask } = layout.settings;
  if (netmask === 0xffffffff) {
    throw mistake('"ip broadcast" needs the netmask of the network; the one', position);
  }
  const host = ~netmask >>> 0;
  return and(
    matchType(layout, ETHERTYPE.ip, position),
    or(layout.equals("network", 16, 4, 0, host), layout.equals("network", 16, 4, host, host)),
  );
}

function matchMulticast(layout: Layout, protocol: Protocol | undefined, position: number): Formula {
  switch (protocol) {
    case undefined:
    case "link":
      requireEthernet(layout, '"multicast"', position);
      return matchMacGroup(layout);
    case "ip":
      return and(
        matchType(layout, ETHERTYPE.ip, position),
        layout.test("ge", layout.load("network", 16, 1), 224),
      );
    case "ip6":
      return and(matchType(layout, ETHERTYPE.ip6, position), layout.equals("network", 24, 1, 255));
    default:
      throw mistake(`"${protocol}" has no multicast`, position);
  }
}

/** Whether the host sent the packet: in cooked headers, else what the kernel knows. */
function matchOutbound(layout: Layout): Formula {
  if (layout.link === "linux-sll") return layout.equals("link", 0, 2, OUTGOING);
  if (layout.link === "linux-sll2") return layout.equals("link", 10, 1, OUTGOING);
  return layout.equals("frame", EXTENSION.PKTTYPE, 2, OUTGOING);
}

function matchInterface(layout: Layout, index: number): Formula {
  return layout.link === "linux-sll2"
    ? layout.equals("link", 4, 4, index)
    : layout.equals("frame", EXTENSION.IFINDEX, 4, index);
}

function matchByte(layout: Layout, primitive: Primitive & { kind: "byte" }): Formula {
  const { offset, operator, value } = primitive;
  const byte = layout.load("link", offset, 1);
  const { values } = layout;
  switch (operator) {
    case "<":
      return not(layout.test("ge", byte, value));
    case ">":
      return layout.test("gt", byte, value);
    case "&":
      return layout.test("set", byte, value);
    case "|":
      return not(layout.test("eq", values.operation("or", byte, values.constant(value)), 0));
    default:
      return layout.test("eq", byte, value);
  }
}

function matchPrimitive(layout: Layout, primitive: Primitive): Formula {
  const { position } = primitive;
  switch (primitive.kind) {
    case "identifier":
      return matchIdentifier(layout, primitive.identifier, primitive.qualifiers, position);
    case "protocol":
      return matchProtocol(layout, primitive.protocol, position);
    case "relation":
      return matchRelation(layout, primitive.relation, primitive.left, primitive.right);
    case "broadcast":
      return matchBroadcast(layout, primitive.protocol, position);
    case "multicast":
      return matchMulticast(layout, primitive.protocol, position);
    case "less":
      return not(layout.test("gt", layout.values.length(), primitive.value));
    case "greater":
      return layout.test("ge", layout.values.length(), primitive.value);
    case "ifindex":
      return matchInterface(layout, primitive.value);
    case "byte":
      return matchByte(layout, primitive);
    case "inbound":
      return not(matchOutbound(layout));
    case "outbound":
      return matchOutbound(layout);
    case "pppoed":
      return matchType(layout, ETHERTYPE.pppoed, position);
    case "vlan":
      return matchVlan(layout, primitive.value, position);
    case "mpls":
      return matchMpls(layout, primitive.value, position);
    case "pppoes":
      return matchPppoe(layout, primitive.value, position);
    case "geneve":
      return matchGeneve(layout, primitive.value, position);
    case "llc":
      return matchLlc(layout, primitive.type, position);
  }
}

/** The formula of an expression; moves the layout's headers as its tunnels do. */
export function generate(layout: Layout, expression: Expression): Formula {
  if (expression.kind === "not") return not(generate(layout, expression.operand));
  if (expression.kind !== "chain") return matchPrimitive(layout, expression);
  let formula = generate(layout, expression.first);
  let [operator, operands]: ["and" | "or", Formula[]] = ["and", [formula]];
  for (const { operator: next, operand } of expression.rest) {
    if (next !== operator) {
      [operator, operands] = [next, [formula]];
    }
    operands.push(generate(layout, operand));
    formula = { kind: operator, operands };
  }
  return formula;
}
