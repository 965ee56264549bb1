// The third argument of socket(2): what a protocol's name means depends on the family.

import { native } from "../native/library.ts";
import { cString } from "../native/memory.ts";
import {
  AF,
  ERRNO,
  ethernetProtocols,
  ipProtocols,
  netlinkProtocols,
  type Protocol,
} from "./constants.ts";
import { check } from "./error.ts";
import { htons } from "./order.ts";
import { I32_MAX, integer, text, unknownKeyword } from "./validate.ts";

/** The number the kernel wants; numbers pass as they are, null and undefined are 0. */
export function protocolNumber(family: number, protocol: Protocol | undefined): number {
  if (protocol === undefined || protocol === null) return 0;
  if (typeof protocol === "number") return integer(protocol, "protocol", -I32_MAX - 1, I32_MAX);
  // packet(7): the protocol is an Ethernet one, in network order.
  if (family === AF.PACKET) return htons(ethernetProtocols.number(protocol));
  if (family === AF.NETLINK) return netlinkProtocols.number(protocol);
  return ipProtocols.find(text(protocol, "protocol")) ?? namedProtocol(protocol);
}

/** getprotobyname(3). */
function namedProtocol(name: string): number {
  const number = native.rawsock_getprotobyname(cString(name));
  if (number === -ERRNO.ENOENT) throw unknownKeyword("protocol", name, ipProtocols.keywords());
  // Nobody could look: that says nothing about the name.
  return check(number, "getprotobyname");
}
