// Whole frames as fast-check makes them: headers in an order that occurs, and a payload.

import fc from "fast-check";
import type { LayerInit } from "../../../src/wire/index.ts";
import { bytes, icmpError, layers } from "./arbitrary.ts";

export type Stack = { readonly layers: LayerInit[]; readonly payload: Uint8Array };

const payload = bytes(64);

const transport: fc.Arbitrary<Stack> = fc.oneof(
  { arbitrary: over(layers.tcp), weight: 4 },
  { arbitrary: over(layers.udp), weight: 4 },
  { arbitrary: over(layers.esp), weight: 1 },
  { arbitrary: over(layers.icmp), weight: 2 },
);

function over(layer: fc.Arbitrary<LayerInit>): fc.Arbitrary<Stack> {
  return fc.tuple(layer, payload).map(([header, data]) => ({ layers: [header], payload: data }));
}

/** `headers` before the headers of `stack`. */
function before(headers: fc.Arbitrary<LayerInit[]>, stack: fc.Arbitrary<Stack>) {
  return fc
    .tuple(headers, stack)
    .map(([first, rest]): Stack => ({ ...rest, layers: [...first, ...rest.layers] }));
}

const extensions = fc.array(
  fc.oneof(
    layers["destination-options"],
    layers.routing,
    layers.fragment,
    layers.authentication,
  ) as fc.Arbitrary<LayerInit>,
  { maxLength: 3 },
);

/** IPv4, or IPv6 with any extension headers. */
export const network: fc.Arbitrary<LayerInit[]> = fc.oneof(
  fc.tuple(layers.ipv4),
  fc.tuple(layers.ipv6),
  fc.tuple(layers.ipv6, extensions).map(([ip, more]) => [ip, ...more]),
  fc
    .tuple(layers.ipv6, layers["hop-by-hop"], extensions)
    .map(([ip, options, more]) => [ip, options, ...more]),
);

const plain = before(network, transport);
const quoting = before(
  fc.tuple(layers.ipv4, icmpError).map(([ip, error]) => [ip, error]),
  before(
    fc.tuple(layers.ipv4),
    fc.oneof(
      { arbitrary: over(layers.udp), weight: 20 },
      // Of which tshark shows less than there is.
      { arbitrary: over(layers.tcp), weight: 1 },
    ),
  ),
);

/** A packet: of a transport, an ICMP error with the packet that it quotes, a tunnel. */
export const packet: fc.Arbitrary<Stack> = fc.oneof(
  { arbitrary: plain, weight: 6 },
  { arbitrary: quoting, weight: 1 },
  { arbitrary: before(network, plain), weight: 1 },
);

const link = fc
  .tuple(layers.ethernet, fc.array(layers.vlan, { maxLength: 2 }))
  .map(([ethernet, tags]): LayerInit[] => [ethernet, ...tags]);

const arp = over(layers.arp).map((stack) => ({ ...stack, payload: new Uint8Array(0) }));

/** A frame of Ethernet. */
export const frame: fc.Arbitrary<Stack> = before(
  link,
  fc.oneof({ arbitrary: packet, weight: 8 }, { arbitrary: arp, weight: 1 }),
);
