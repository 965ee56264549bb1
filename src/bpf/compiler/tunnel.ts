// What moves the headers that the rest of an expression looks at: VLAN tags, MPLS labels, PPPoE
// sessions and Geneve.

import { EXTENSION } from "../instruction.ts";
import { type Assignment, and, type Formula, or } from "./formula.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchType } from "./linktype.ts";
import { matchTunnel } from "./port.ts";
import type { Value } from "./value.ts";

const GENEVE_PORT = 6081;
/** PPP's number for MPLS (RFC 3032). */
const PPP_MPLS = 0x281;

function limit(value: number | undefined, maximum: number, what: string, position: number): void {
  if (value !== undefined && value > maximum) {
    throw mistake(`${value} is no ${what}: it is above ${maximum},`, position);
  }
}

/** A tag in the frame, of the customer's, the provider's or the older double tagging. */
function matchTag(layout: Layout, tag: number | undefined, position: number): Formula {
  const isTagged = or(
    matchType(layout, ETHERTYPE.vlan, position),
    matchType(layout, ETHERTYPE.providerVlan, position),
    matchType(layout, ETHERTYPE.doubleVlan, position),
  );
  if (tag === undefined) return isTagged;
  return and(isTagged, layout.equals("network", 0, 2, tag, 0xfff));
}

/**
 * The outermost tag of a frame that the kernel may have taken out of it. What stands behind the
 * tag is then 4 bytes further to the front; the frame decides when the filter runs.
 */
function matchTakenTag(layout: Layout, tag: number | undefined, position: number): Formula {
  const { values } = layout;
  const isTaken = layout.equals("frame", EXTENSION.VLAN_TAG_PRESENT, 1, 1);
  const inFrame = matchTag(layout, tag, position);
  const shift = values.variable();
  const base = values.read(shift);
  layout.payload = { ...layout.payload, base };
  layout.type = { constant: layout.type?.constant ?? 0, base };
  const moves: Formula = {
    kind: "effect",
    assignments: [{ variable: shift, value: values.constant(4) }],
  };
  const isTag =
    tag === undefined ? and() : layout.equals("frame", EXTENSION.VLAN_TAG, 1, tag, 0xfff);
  // A taken tag that is another one is no reason to look for one in the frame.
  return { kind: "choice", condition: isTaken, yes: isTag, no: and(moves, inFrame) };
}

/** `vlan`: a tag, and from here on what is behind it. */
export function matchVlan(layout: Layout, tag: number | undefined, position: number): Formula {
  if (layout.labels > 0) throw mistake("no VLAN tag is below mpls; the one", position);
  if (layout.link !== "ethernet") {
    throw mistake(`"vlan" needs Ethernet, not ${layout.link},`, position);
  }
  limit(tag, 0xfff, "VLAN tag", position);
  const { header } = layout;
  const isOutermost = layout.tags === 0 && header.base === undefined && header.constant === 0;
  layout.tags++;
  if (isOutermost && layout.settings.live) return matchTakenTag(layout, tag, position);
  const formula = matchTag(layout, tag, position);
  layout.payload = { ...layout.payload, constant: layout.payload.constant + 4 };
  if (layout.type !== undefined) {
    layout.type = { ...layout.type, constant: layout.type.constant + 4 };
  }
  return formula;
}

/** `mpls`: a label, and from here on what is below it. */
export function matchMpls(layout: Layout, label: number | undefined, position: number): Formula {
  if (layout.labels === 0 && layout.link !== "ethernet" && layout.link !== "ppp") {
    throw mistake(`"mpls" needs Ethernet or PPP, not ${layout.link},`, position);
  }
  limit(label, 0xfffff, "MPLS label", position);
  const type = layout.link === "ppp" ? PPP_MPLS : ETHERTYPE.mpls;
  // Above another label: the one before is not the last of its stack.
  const isMpls =
    layout.labels > 0 ? layout.equals("network", -2, 1, 0, 1) : matchType(layout, type, position);
  const formula =
    label === undefined
      ? isMpls
      : and(isMpls, layout.equals("network", 0, 4, label * 0x1000, 0xfffff000));
  layout.network += 4;
  layout.plain += 4;
  layout.labels++;
  return formula;
}

/** `pppoes`: a session, and from here on the PPP frame in it. */
export function matchPppoe(layout: Layout, session: number | undefined, position: number): Formula {
  limit(session, 0xffff, "PPPoE session", position);
  const isSession = matchType(layout, ETHERTYPE.pppoes, position);
  const formula =
    session === undefined
      ? isSession
      : and(isSession, layout.equals("network", 0, 4, session, 0xffff));
  const { payload } = layout;
  // The PPPoE header has 6 bytes; PPP begins with its protocol field of two.
  const header = { ...payload, constant: payload.constant + layout.network + 6 };
  layout.enter("ppp", header);
  layout.type = header;
  layout.payload = { ...payload, constant: header.constant + 2 };
  layout.network = 0;
  layout.plain = 0;
  return formula;
}

/** A Geneve header of version 0 in UDP. */
function matchHeader(
  layout: Layout,
  part: "ipv4" | "ipv6",
  network: number | undefined,
  position: number,
): Formula {
  const header = and(
    matchTunnel(layout, part, GENEVE_PORT, position),
    layout.equals(part, 8, 1, 0, 0xc0),
  );
  if (network === undefined) return header;
  return and(header, layout.equals(part, 12, 4, network * 0x100, 0xffffff00));
}

/**
 * `geneve`: the header in IPv4 or IPv6, and from here on what it carries. Its offset depends on
 * IPv4's options, what follows it on Geneve's, and the EtherType says whether that is a frame with
 * an Ethernet header or a packet without.
 */
export function matchGeneve(
  layout: Layout,
  network: number | undefined,
  position: number,
): Formula {
  limit(network, 0xffffff, "network of Geneve", position);
  const { values, payload } = layout;
  const number = (value: number): Value => values.constant(value);
  const plus = (value: Value, distance: number): Value =>
    values.operation("add", value, number(distance));
  const effect = (...assignments: readonly Assignment[]): Formula => ({
    kind: "effect",
    assignments,
  });

  const start = values.variable();
  const overIpv4 = matchHeader(layout, "ipv4", network, position);
  const overIpv6 = matchHeader(layout, "ipv6", network, position);
  const udp = payload.constant + layout.network + 8;
  const ipv6End = payload.base === undefined ? number(40 + udp) : plus(payload.base, 40 + udp);
  const isGeneve = or(
    and(overIpv4, effect({ variable: start, value: plus(layout.ipv4Length(), udp) })),
    and(overIpv6, effect({ variable: start, value: ipv6End })),
  );

  const [type, header, content] = [values.variable(), values.variable(), values.variable()];
  const begin = values.read(start);
  const words = values.operation("and", values.load(1, begin, 0), number(0x3f));
  const length = plus(values.operation("mul", words, number(4)), 8);
  const inner = values.read(header);
  const setOffsets = effect(
    { variable: header, value: values.operation("add", length, begin) },
    { variable: content, value: inner },
    { variable: type, value: plus(begin, 2) },
  );
  const isFrame: Formula = layout.test("eq", values.load(2, begin, 2), ETHERTYPE.bridging);
  const skipEthernet = effect(
    { variable: type, value: plus(inner, 12) },
    { variable: content, value: plus(inner, 14) },
  );
  layout.enter("ethernet", { constant: 0, base: inner });
  layout.type = { constant: 0, base: values.read(type) };
  layout.payload = { constant: 0, base: values.read(content) };
  layout.network = 0;
  layout.inGeneve = true;
  layout.usesGeneve = true;
  return and(isGeneve, setOffsets, {
    kind: "choice",
    condition: isFrame,
    yes: skipEthernet,
    no: and(),
  });
}
