// What the packets of an interface begin with, by its hardware type: packet(7), ARPHRD_*.

import { ARPHRD } from "../base/constants.ts";
import { lazy } from "../base/lazy.ts";
import type { Link } from "./packet.ts";

/**
 * As libpcap maps them; numbers are LINKTYPE_ of https://www.tcpdump.org/linktypes.html. What is
 * not here, PPP among it, has headers that differ from driver to driver: it is captured without.
 */
const LINKS: Readonly<Record<string, Link>> = {
  ETHER: "ethernet",
  LOOPBACK: "ethernet",
  METRICOM: "ethernet",
  NONE: "raw",
  TUNNEL: "raw",
  SIT: "raw",
  SLIP: "raw",
  CSLIP: "raw",
  SLIP6: "raw",
  CSLIP6: "raw",
  ADAPT: "raw",
  RAWHDLC: "raw",
  DLCI: "raw",
  EETHER: 2,
  AX25: 202,
  PRONET: 4,
  CHAOS: 5,
  CAN: 227,
  IEEE802: 6,
  IEEE802_TR: 6,
  ARCNET: 129,
  FDDI: 10,
  CISCO: 104,
  FRAD: 107,
  LOCALTLK: 114,
  FCPP: 224,
  FCAL: 224,
  FCPL: 224,
  FCFABRIC: 224,
  IEEE80211: 105,
  IEEE80211_PRISM: 119,
  IEEE80211_RADIOTAP: 127,
  IEEE802154: 230,
  VSOCKMON: 271,
};

const links = lazy(() => {
  const numbers = Object.entries(LINKS).map(([name, link]) => [ARPHRD[name], link] as const);
  return new Map<number | undefined, Link>(numbers);
});

/** The link of a hardware type; undefined: packets are captured without what is below IP. */
export function hardwareLink(type: number): Link | undefined {
  return links().get(type);
}

/** What packets begin with whose own headers are left out. */
export const COOKED = "linux-sll2";
