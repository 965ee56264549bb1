// A fragment's place in its packet, and the packet around all of them.

import { Frame, knownProtocol } from "./assemble.ts";
import { Packet } from "./packet.ts";
import type { AnyLayer } from "./protocol.ts";
import { protocolOf } from "./registry.ts";

/** A part of a packet's payload. */
export type Piece = { readonly start: number; readonly end: number; readonly data: Uint8Array };

export type Fragment = Piece & {
  /** What the fragments of one packet have in common. */
  readonly key: string;
  readonly more: boolean;
  /** How many bytes the packet's length counts before the payload. */
  readonly before: number;
  /** The layers below, as they are without fragments. */
  readonly headers: AnyLayer[];
};

const IPV6_HEADER = 40;

/**
 * The first fragment among a packet's layers; undefined where there is none, null where it is an
 * impossible one, or cut off. A packet that an ICMP error quotes is left as it is.
 */
export function fragmentOf(packet: Packet): Fragment | null | undefined {
  const quoted = Math.min(quotedFrom(packet, "icmp"), quotedFrom(packet, "icmpv6"));
  for (let nth = 0; ; nth++) {
    const span = packet.span("ipv4", nth);
    if (span === undefined || span.start >= quoted) break;
    const fragment = ofIpv4(packet, nth, span);
    if (fragment !== undefined) return fragment;
  }
  for (let nth = 0; ; nth++) {
    const span = packet.span("fragment", nth);
    if (span === undefined || span.start >= quoted) return undefined;
    const fragment = ofIpv6(packet, nth, span);
    if (fragment !== undefined) return fragment;
  }
}

function quotedFrom(packet: Packet, kind: "icmp" | "icmpv6"): number {
  return packet.span(kind)?.end ?? Number.POSITIVE_INFINITY;
}

type Span = { readonly start: number; readonly end: number };

function ofIpv4(packet: Packet, nth: number, span: Span): Fragment | null | undefined {
  const layer = packet.get("ipv4", nth);
  if (layer === undefined || (!layer.moreFragments && layer.fragmentOffset === 0)) return undefined;
  const { source, destination, protocol, identification, totalLength } = layer;
  const below = packet.layers.slice(0, packet.layers.indexOf(layer)).map(unmeasured);
  const whole = {
    ...unmeasured(layer),
    moreFragments: false,
    fragmentOffset: 0,
  };
  const end = totalLength === 0 ? packet.bytes.length : span.start + totalLength;
  return piece(packet, span.end, end, layer.fragmentOffset, {
    key: `4 ${source} ${destination} ${protocol} ${identification}`,
    more: layer.moreFragments,
    before: span.end - span.start,
    headers: [...below, whole],
  });
}

function ofIpv6(packet: Packet, nth: number, span: Span): Fragment | null | undefined {
  const layer = packet.get("fragment", nth);
  if (layer === undefined || (!layer.moreFragments && layer.fragmentOffset === 0)) return undefined;
  const { layers } = packet;
  const below = layers.slice(0, layers.indexOf(layer));
  const network = below.findLast(({ kind }) => kind === "ipv6");
  const last = below.pop();
  if (network?.kind !== "ipv6" || last === undefined) return undefined;
  const inner = below.filter(({ kind }) => kind === "ipv6").length - (last === network ? 0 : 1);
  const begin = packet.span("ipv6", inner)?.start ?? 0;
  const { source, destination, payloadLength } = network;
  const end = begin + IPV6_HEADER + payloadLength;
  return piece(packet, span.end, end, layer.fragmentOffset, {
    key: `6 ${source} ${destination} ${layer.identification}`,
    more: layer.moreFragments,
    before: span.start - begin - IPV6_HEADER,
    headers: [...below, { ...last, nextHeader: layer.nextHeader }].map(unmeasured),
  });
}

/** A layer whose lengths and checksums are to be computed again. */
function unmeasured(layer: AnyLayer): AnyLayer {
  const copy: Record<string, unknown> & AnyLayer = { ...layer };
  for (const field of ["length", "totalLength", "payloadLength", "checksum"]) {
    if (field in copy) copy[field] = undefined;
  }
  return copy;
}

function piece(
  packet: Packet,
  from: number,
  to: number,
  start: number,
  rest: Omit<Fragment, keyof Piece>,
): Fragment | null {
  const size = to - from;
  // All but the last are multiples of the unit of their offsets.
  if (to > packet.bytes.length || size <= 0 || (rest.more && size % 8 !== 0)) return null;
  return { ...rest, start, end: start + size, data: packet.bytes.slice(from, to) };
}

/** The packet; undefined where it is too large for the headers below. */
export function wholePacket(headers: readonly AnyLayer[], payload: Uint8Array): Packet | undefined {
  const frame = new Frame();
  try {
    for (const layer of headers) frame.add(layer, knownProtocol(layer, "layer"));
    const outermost = protocolOf(headers[0]?.kind ?? "");
    return new Packet(frame.assemble(payload), outermost);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
