import { expect, test } from "bun:test";
import fc from "fast-check";
import * as wire from "../../src/wire/index.ts";
import { bytes, icmpError, layers } from "./support/arbitrary.ts";
import { frame } from "./support/stack.ts";

/** RAWSOCK_TEST_RUNS=n for more than a test run should take. */
const numRuns = Number(process.env.RAWSOCK_TEST_RUNS ?? 500);

type AnyCodec = wire.Codec<wire.AnyLayer>;

const codecs = new Map<string, AnyCodec>();
for (const value of Object.values<unknown>(wire)) {
  if (typeof value === "object" && value !== null && "decode" in value) {
    codecs.set((value as AnyCodec).kind, value as AnyCodec);
  }
}

/** A type that leads to no protocol. */
const type = 0x88b5;

for (const [kind, layer] of Object.entries<fc.Arbitrary<wire.AnyLayer>>({
  ...layers,
  ethernet: layers.ethernet.map((layer) => ({ ...layer, type })),
  vlan: layers.vlan.map((layer) => ({ ...layer, type })),
  "icmp error": icmpError,
})) {
  test(`what ${kind} encodes, it decodes to the same, and encodes to the same again`, () => {
    const codec = codecs.get(kind.split(" ")[0] as string) as AnyCodec;
    fc.assert(
      fc.property(layer, bytes(40), (init, payload) => {
        const data = kind === "arp" ? new Uint8Array(0) : payload;
        const encoded = codec.encode(init, data);
        const decoded = codec.decode(encoded);
        expect(decoded.layer).toMatchObject(init);
        expect(decoded.payload).toEqual(data);
        expect(decoded.length).toBe(encoded.length - data.length);
        expect(codec.encode(decoded.layer, decoded.payload)).toEqual(encoded);
      }),
      { numRuns },
    );
  });
}

test("what build puts together, dissect takes apart again", () => {
  fc.assert(
    fc.property(frame, (stack) => {
      const built = wire.build(stack.layers, stack.payload);
      const packet = wire.dissect(built);
      expect(packet.problem).toBeNull();
      expect(packet.layers).toMatchObject(stack.layers);
      expect(packet.layers).toHaveLength(stack.layers.length);
      expect(packet.payload).toEqual(stack.payload);
      expect(packet.trailer).toHaveLength(0);
      expect(wire.build([...packet.layers, packet.payload])).toEqual(built);
      // What was computed is computed to the same again.
      expect(wire.build(packet.layers.map(forgetComputed), packet.payload)).toEqual(built);
    }),
    { numRuns },
  );
});

const COMPUTED = ["checksum", "length", "totalLength", "payloadLength", "type", "protocol"];

function forgetComputed(layer: wire.Layer): wire.LayerInit {
  const fields = Object.entries(layer).filter(
    ([name]) => !COMPUTED.includes(name) || (name === "type" && layer.kind.startsWith("icmp")),
  );
  return Object.fromEntries(fields) as wire.LayerInit;
}

test("a frame that is padded gives its padding as trailer", () => {
  fc.assert(
    fc.property(frame, bytes(20, 1), (stack, padding) => {
      const built = wire.build(stack.layers, stack.payload);
      const packet = wire.dissect(Uint8Array.of(...built, ...padding));
      expect(packet.problem).toBeNull();
      expect(packet.payload).toEqual(stack.payload);
      expect(packet.trailer).toEqual(padding);
      expect(packet.layers).toEqual(wire.dissect(built).layers);
    }),
    { numRuns },
  );
});
