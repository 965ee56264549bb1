// What a captured frame begins with.

import { U32, uint, wrongType } from "./field.ts";
import type { Kind } from "./layers.ts";
import { LINKS, OTHER_RAW } from "./linktypes.ts";
import type { Protocol } from "./protocol.ts";
import { links, protocolOf } from "./registry.ts";

/**
 * "raw" is IPv4 or IPv6 without a header before it; a number is one of LINKTYPE_. The kind of any
 * header is for bytes that begin with it: "icmpv6" for what a raw ICMPv6 socket receives, "dhcp"
 * for what comes to a UDP port.
 */
export type LinkType = keyof typeof LINKS | Kind | number;

const RAW: ReadonlySet<number> = new Set([LINKS.raw, ...OTHER_RAW]);

/** The outermost protocol of a frame; undefined where nobody knows that link type. */
export function linkProtocol(link: LinkType, frame: Uint8Array): Protocol | undefined {
  const number = typeof link === "string" ? named(link) : uint(link, "link", U32);
  if (typeof number !== "number") return number;
  if (!RAW.has(number)) return links.protocol(number);
  return protocolOf((frame[0] ?? 0) >> 4 === 6 ? "ipv6" : "ipv4");
}

/** The number of a link, or the protocol of that kind. */
function named(link: string): number | Protocol {
  if (Object.hasOwn(LINKS, link)) return LINKS[link as keyof typeof LINKS];
  const protocol = protocolOf(link);
  if (protocol !== undefined) return protocol;
  throw wrongType("link", `${Object.keys(LINKS).join(", ")} or the kind of a header`, link);
}
