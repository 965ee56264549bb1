// Which protocol a frame carries, by its EtherType or, up to 1500, its LLC service access point.

import { and, type Formula, not, or } from "./formula.ts";
import type { Layout, Part } from "./layout.ts";
import { mistake } from "./link.ts";

/** EtherTypes (IEEE 802). */
export const ETHERTYPE = {
  ip: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  ip6: 0x86dd,
  atalk: 0x809b,
  aarp: 0x80f3,
  decnet: 0x6003,
  lat: 0x6004,
  sca: 0x6007,
  mopdl: 0x6001,
  moprc: 0x6002,
  ipx: 0x8137,
  loopback: 0x9000,
  vlan: 0x8100,
  providerVlan: 0x88a8,
  doubleVlan: 0x9100,
  mpls: 0x8847,
  pppoed: 0x8863,
  pppoes: 0x8864,
  bridging: 0x6558,
} as const;

/** LLC service access points. */
export const SAP = {
  iso: 0xfe,
  ip: 0x06,
  stp: 0x42,
  ipx: 0xe0,
  netbeui: 0xf0,
  snap: 0xaa,
} as const;

/** The largest number in an Ethernet type field that is a length (IEEE 802.3). */
const LENGTH_MAX = 1500;
/** sll_protocol of frames with an 802.2 header and of Novell's without one. */
const COOKED_LLC = 4;
const COOKED_NOVELL = 1;

/** PPP's protocol numbers for EtherTypes and service access points; others are themselves. */
const PPP: ReadonlyMap<number, number> = new Map([
  [ETHERTYPE.ip, 0x21],
  [ETHERTYPE.ip6, 0x57],
  [ETHERTYPE.decnet, 0x27],
  [ETHERTYPE.atalk, 0x29],
  [0x0600, 0x25],
  [SAP.iso, 0x23],
  [SAP.stp, 0x31],
  [SAP.ipx, 0x2b],
]);

/** Address families as Linux numbers them. */
const FAMILY: ReadonlyMap<number, number> = new Map([
  [ETHERTYPE.ip, 2],
  [ETHERTYPE.ip6, 10],
]);

/** Whether bytes are what they should be: words from the end, then what is left. */
export function matchBytes(
  layout: Layout,
  part: Part,
  distance: number,
  bytes: readonly number[],
): Formula {
  const tests: Formula[] = [];
  let end = bytes.length;
  for (const size of [4, 2, 1] as const) {
    for (; end >= size; end -= size) {
      const value = bytes.slice(end - size, end).reduce((sum, byte) => sum * 256 + byte, 0);
      tests.push(layout.equals(part, distance + end - size, size, value));
    }
  }
  return and(...tests);
}

/** An 802.2 header of SNAP with an organisation and a protocol. */
function matchSnap(layout: Layout, organisation: readonly number[], protocol: number): Formula {
  const header = [SAP.snap, SAP.snap, 3, ...organisation, protocol >> 8, protocol & 0xff];
  return matchBytes(layout, "llc", 0, header);
}

function isLength(layout: Layout): Formula {
  return layout.atMost("type", 0, 2, LENGTH_MAX);
}

/** AppleTalk's two protocols are SNAP frames with an organisation each. */
function matchApple(layout: Layout, isLlc: Formula, type: number): Formula {
  const organisation = type === ETHERTYPE.atalk ? [0x08, 0x00, 0x07] : [0, 0, 0];
  const snap = and(isLlc, matchSnap(layout, organisation, type));
  return or(layout.equals("type", 0, 2, type), snap);
}

function matchEthernet(layout: Layout, type: number): Formula {
  switch (type) {
    case SAP.iso:
    case SAP.ip:
    case SAP.netbeui:
      return and(isLength(layout), layout.equals("llc", 0, 2, type * 0x101));
    case SAP.ipx:
      return or(
        layout.equals("type", 0, 2, ETHERTYPE.ipx),
        and(
          isLength(layout),
          or(
            matchSnap(layout, [0, 0, 0], ETHERTYPE.ipx),
            layout.equals("llc", 0, 1, SAP.ipx),
            layout.equals("llc", 0, 2, 0xffff),
          ),
        ),
      );
    case ETHERTYPE.atalk:
    case ETHERTYPE.aarp:
      return matchApple(layout, isLength(layout), type);
    default:
      if (type > LENGTH_MAX) return layout.equals("type", 0, 2, type);
      return and(isLength(layout), layout.equals("type", 2, 1, type));
  }
}

function matchCooked(layout: Layout, type: number): Formula {
  const isLlc = layout.equals("type", 0, 2, COOKED_LLC);
  switch (type) {
    case SAP.iso:
    case SAP.ip:
    case SAP.netbeui:
      return and(isLlc, layout.equals("llc", 0, 2, type * 0x101));
    case SAP.ipx:
      return or(
        layout.equals("type", 0, 2, ETHERTYPE.ipx),
        layout.equals("type", 0, 2, COOKED_NOVELL),
        and(
          isLlc,
          or(layout.equals("llc", 0, 1, SAP.ipx), matchSnap(layout, [0, 0, 0], ETHERTYPE.ipx)),
        ),
      );
    case ETHERTYPE.atalk:
    case ETHERTYPE.aarp:
      return matchApple(layout, isLlc, type);
    default:
      if (type > LENGTH_MAX) return layout.equals("type", 0, 2, type);
      return and(isLlc, layout.equals("llc", 0, 1, type));
  }
}

/** The first half byte of an IP header. */
function matchVersion(layout: Layout, part: Part, type: number): Formula {
  if (type === ETHERTYPE.ip) return layout.equals(part, 0, 1, 0x40, 0xf0);
  if (type === ETHERTYPE.ip6) return layout.equals(part, 0, 1, 0x60, 0xf0);
  return layout.constant(false);
}

/** An address family in the order of the host that captured ("null") or the network's ("loop"). */
function matchFamily(layout: Layout, type: number): Formula {
  const family = FAMILY.get(type);
  if (family === undefined) return layout.constant(false);
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  const value = layout.link === "null" && littleEndian ? family * 0x1000000 : family;
  return layout.equals("link", 0, 4, value);
}

/** What is below a stack of MPLS labels says itself what it is. */
function matchBelowLabels(layout: Layout, type: number, position: number): Formula {
  if (type !== ETHERTYPE.ip && type !== ETHERTYPE.ip6) {
    throw mistake("only IPv4 and IPv6 are known below mpls, not what is", position);
  }
  return and(layout.equals("network", -2, 1, 1, 1), matchVersion(layout, "network", type));
}

/** Whether the frame carries the protocol. */
export function matchType(layout: Layout, type: number, position: number): Formula {
  if (layout.labels > 0) return matchBelowLabels(layout, type, position);
  switch (layout.link) {
    case "ethernet":
      return matchEthernet(layout, type);
    case "raw":
      return matchVersion(layout, "link", type);
    case "ipv4":
      return layout.constant(type === ETHERTYPE.ip);
    case "ipv6":
      return layout.constant(type === ETHERTYPE.ip6);
    case "null":
    case "loop":
      return matchFamily(layout, type);
    case "linux-sll":
      return matchCooked(layout, type);
    case "linux-sll2":
      return layout.equals("type", 0, 2, type);
    case "ppp":
      return layout.equals("type", 0, 2, PPP.get(type) ?? type);
  }
}

/** LLC frames by their control byte: the bits that count and what they are. */
const LLC_TYPES: Readonly<Record<string, readonly [mask: number, value: number]>> = {
  s: [0x03, 0x01],
  u: [0x03, 0x03],
  rr: [0x0f, 0x01],
  rnr: [0x0f, 0x05],
  rej: [0x0f, 0x09],
  ui: [0xef, 0x03],
  ua: [0xef, 0x63],
  disc: [0xef, 0x43],
  dm: [0xef, 0x0f],
  sabme: [0xef, 0x6f],
  test: [0xef, 0xe3],
  xid: [0xef, 0xaf],
  frmr: [0xef, 0x87],
};

/** Frames with an 802.2 header, which NetWare's own frames are without. */
export function matchLlc(layout: Layout, type: string | undefined, position: number): Formula {
  if (layout.link !== "ethernet") {
    throw mistake(`"llc" needs Ethernet, not ${layout.link},`, position);
  }
  const isLlc = and(isLength(layout), not(layout.equals("llc", 0, 2, 0xffff)));
  if (type === undefined) return isLlc;
  if (type === "i") return and(isLlc, not(layout.hasBits("llc", 2, 1, 1)));
  const bits = Object.hasOwn(LLC_TYPES, type) ? LLC_TYPES[type] : undefined;
  if (bits === undefined) throw mistake(`"${type}" is no type of LLC frames`, position);
  return and(isLlc, layout.equals("llc", 2, 1, bits[1], bits[0]));
}
