// Neighbor discovery: RFC 4861. Its options are in ndp-options.ts.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { bit, list, U8, U16, U32, uint } from "../field.ts";
import { putIpv6 } from "../parse.ts";
import type { Given } from "../protocol.ts";
import { ipv6Text } from "../text.ts";
import type { Body } from "./icmpv6-body.ts";
import {
  type NdpOption,
  optionsSize,
  readOptions,
  scanOptions,
  writeOptions,
} from "./ndp-options.ts";

export type NdpFields = {
  /** Of solicitations, advertisements of neighbors, and redirects. */
  target?: string;
  /** Of redirects: the address that `target` is the next hop for. */
  destination?: string;
  /** Of router advertisements: for packets that are sent, 0 for no advice. */
  hopLimit?: number;
  managed?: boolean;
  /** There is other configuration by DHCPv6. */
  other?: boolean;
  /** Seconds, as a default router. */
  lifetime?: number;
  /** Milliseconds. */
  reachable?: number;
  /** Milliseconds. */
  retransmit?: number;
  /** 1 high, 3 low (RFC 4191); only where it is not 0, medium. */
  preference?: number;
  /** Only where the router is a home agent (RFC 6275). */
  homeAgent?: true;
  /** Only where it is a proxy's advertisement (RFC 4389). */
  proxy?: true;
  /** Of neighbor advertisements: by a router, by request, in place of what is known. */
  router?: boolean;
  solicited?: boolean;
  override?: boolean;
  options?: NdpOption[];
  /** The bits that must be zero, only where they are not. */
  reserved?: number;
};

const ADDRESS = 16;
const WORD = 4;

const ADVERTISED_FLAGS = 1;
const LIFETIME = 2;
const REACHABLE = 4;
const RETRANSMIT = 8;
const ROUTER_ADVERTISEMENT = 12;
const NEIGHBOR_RESERVED = 0x1fff_ffff;

/** The body of a message with `fixed` bytes before its options. */
function body(
  fixed: number,
  read: (layer: NdpFields, bytes: Uint8Array, at: number) => void,
  write: (layer: Given<NdpFields>, bytes: Uint8Array, at: number) => void,
): Body<NdpFields> {
  return {
    end: (scan, at) => (at + fixed > scan.end ? at + fixed : scanOptions(scan, at + fixed)),
    read(layer, bytes, at, end) {
      read(layer, bytes, at);
      layer.options = readOptions(bytes, at + fixed, end);
    },
    size: (layer) => fixed + optionsSize(list(layer.options, "icmpv6.options")),
    write(layer, bytes, at) {
      write(layer, bytes, at);
      writeOptions(layer.options ?? [], bytes, at + fixed);
    },
  };
}

function readReserved(layer: NdpFields, bits: number): void {
  if (bits !== 0) layer.reserved = bits;
}

function writeReserved(layer: Given<NdpFields>, bytes: Uint8Array, at: number): void {
  put32(bytes, at, uint(layer.reserved, "icmpv6.reserved", U32));
}

export const routerSolicitation = body(
  WORD,
  (layer, bytes, at) => readReserved(layer, u32(bytes, at)),
  writeReserved,
);

export const routerAdvertisement = body(
  ROUTER_ADVERTISEMENT,
  (layer, bytes, at) => {
    const flags = u8(bytes, at + ADVERTISED_FLAGS);
    layer.hopLimit = u8(bytes, at);
    layer.managed = (flags & 0x80) !== 0;
    layer.other = (flags & 0x40) !== 0;
    layer.lifetime = u16(bytes, at + LIFETIME);
    layer.reachable = u32(bytes, at + REACHABLE);
    layer.retransmit = u32(bytes, at + RETRANSMIT);
    if ((flags & 0x20) !== 0) layer.homeAgent = true;
    const preference = (flags >> 3) & 3;
    if (preference !== 0) layer.preference = preference;
    if ((flags & 4) !== 0) layer.proxy = true;
    readReserved(layer, flags & 3);
  },
  (layer, bytes, at) => {
    bytes[at] = uint(layer.hopLimit, "icmpv6.hopLimit", U8);
    bytes[at + ADVERTISED_FLAGS] =
      (bit(layer.managed, "icmpv6.managed") << 7) |
      (bit(layer.other, "icmpv6.other") << 6) |
      (bit(layer.homeAgent, "icmpv6.homeAgent") << 5) |
      (uint(layer.preference, "icmpv6.preference", 3) << 3) |
      (bit(layer.proxy, "icmpv6.proxy") << 2) |
      uint(layer.reserved, "icmpv6.reserved", 3);
    put16(bytes, at + LIFETIME, uint(layer.lifetime, "icmpv6.lifetime", U16));
    put32(bytes, at + REACHABLE, uint(layer.reachable, "icmpv6.reachable", U32));
    put32(bytes, at + RETRANSMIT, uint(layer.retransmit, "icmpv6.retransmit", U32));
  },
);

export const neighborSolicitation = body(
  WORD + ADDRESS,
  (layer, bytes, at) => {
    layer.target = ipv6Text(bytes, at + WORD);
    readReserved(layer, u32(bytes, at));
  },
  (layer, bytes, at) => {
    writeReserved(layer, bytes, at);
    putIpv6(bytes, at + WORD, layer.target, "icmpv6.target");
  },
);

export const neighborAdvertisement = body(
  WORD + ADDRESS,
  (layer, bytes, at) => {
    const flags = u8(bytes, at);
    layer.target = ipv6Text(bytes, at + WORD);
    layer.router = (flags & 0x80) !== 0;
    layer.solicited = (flags & 0x40) !== 0;
    layer.override = (flags & 0x20) !== 0;
    readReserved(layer, u32(bytes, at) & NEIGHBOR_RESERVED);
  },
  (layer, bytes, at) => {
    put32(bytes, at, uint(layer.reserved, "icmpv6.reserved", NEIGHBOR_RESERVED));
    bytes[at] =
      u8(bytes, at) |
      (bit(layer.router, "icmpv6.router") << 7) |
      (bit(layer.solicited, "icmpv6.solicited") << 6) |
      (bit(layer.override, "icmpv6.override") << 5);
    putIpv6(bytes, at + WORD, layer.target, "icmpv6.target");
  },
);

export const redirect = body(
  WORD + 2 * ADDRESS,
  (layer, bytes, at) => {
    layer.target = ipv6Text(bytes, at + WORD);
    layer.destination = ipv6Text(bytes, at + WORD + ADDRESS);
    readReserved(layer, u32(bytes, at));
  },
  (layer, bytes, at) => {
    writeReserved(layer, bytes, at);
    putIpv6(bytes, at + WORD, layer.target, "icmpv6.target");
    putIpv6(bytes, at + WORD + ADDRESS, layer.destination, "icmpv6.destination");
  },
);
