import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, gre, type Init, type Layers } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { u16, u32 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

type Gre = Init<Layers["gre"]>;

/** A protocol that leads nowhere. */
const protocol = 0x88b5;
const version0 = fc.record(
  {
    kind: fc.constant("gre" as const),
    protocol: fc.constant(protocol),
    key: u32,
    sequence: u32,
    checksum: u16,
  },
  { requiredKeys: ["kind", "protocol"] },
);
const version1 = fc.record(
  {
    kind: fc.constant("gre" as const),
    version: fc.constant(1),
    protocol: fc.constant(protocol),
    key: u16,
    sequence: u32,
    acknowledgment: u32,
  },
  { requiredKeys: ["kind", "version", "protocol", "key"] },
);

describe("gre, version 0", () => {
  conforms(gre, version0, { least: 4, beginnings: ["00000800", "b0000800", "2000"] });
});

describe("gre, version 1", () => {
  conforms(gre, version1, { least: 8, payload: false, beginnings: ["3081880b", "2001880b"] });

  test("the key says how long the payload is; one that is not set is computed", () => {
    const packet = dissect(made("gre, pptp"));
    expect(packet.get("gre")).toEqual({
      kind: "gre",
      version: 1,
      protocol: 0x880b,
      key: 33 * 0x1_0000 + 77,
      sequence: 9,
      acknowledgment: 8,
    });
    expect(packet.get("ppp")).toBeDefined();
    const built = gre.encode({ kind: "gre", version: 1 }, new Uint8Array(5));
    expect(gre.decode(built).layer.key).toBe(5 * 0x1_0000);
    const longer = gre.encode({ kind: "gre", version: 1, key: 0 }, new Uint8Array(5));
    expect(gre.decode(longer).payload).toHaveLength(0);
  });
});

describe("gre", () => {
  test("the optional fields are there only where the flags say so", () => {
    const packet = dissect(made("gre, all fields"));
    expect(packet.get("gre")).toEqual({
      kind: "gre",
      protocol: 0x86dd,
      checksum: 47693,
      key: 0xdeadbeef,
      sequence: 7,
    });
    expect(packet.get("ipv6")).toBeDefined();
    expect(gre.decode(gre.encode({ kind: "gre" })).layer).toEqual({ kind: "gre", protocol: 0 });
  });

  test("the checksum of scapy is computed where one is asked for", () => {
    const frame = made("gre, all fields");
    const layers = dissect(frame).layers.map((layer) =>
      layer.kind === "gre" ? { ...layer, checksum: undefined, checksummed: true as const } : layer,
    );
    expect(build(layers, dissect(frame).payload)).toEqual(frame);
  });

  test("source routes, other versions, and version 1 without a key are malformed", () => {
    for (const [hex, message] of [
      ["4000080000000000", /source routes/],
      ["00020800", /version 2/],
      ["0001880b", /without a key/],
    ] as const) {
      expect(() => gre.decode(Uint8Array.fromHex(hex))).toThrow(message);
    }
    expect(() => gre.encode({ kind: "gre", acknowledgment: 1 })).toThrow(/gre\.version/);
    expect(() => gre.encode({ kind: "gre", version: 2 })).toThrow(/gre\.version/);
  });

  test("what it carries leads to its protocol's number", () => {
    for (const [layer, number] of [
      [four, 0x0800],
      [six, 0x86dd],
      [ether, 0x6558],
      [{ kind: "ppp" }, 0x880b],
    ] as const) {
      const packet = dissect(build([four, { kind: "gre" }, layer]), { link: "raw" });
      expect(packet.get("gre")?.protocol).toBe(number);
      expect(packet.layers[2]?.kind).toBe(layer.kind);
    }
  });

  testWith(program("tshark"))("tshark reads gre as we do, and finds the checksums right", () => {
    const control = { kind: "ppp", protocol: 0xc021 } as const;
    // Of another protocol than PPP, tshark reads no call.
    const pptp = version1.map((layer) => ({ ...layer, protocol: 0x880b }));
    const sample = fc.sample<Gre>(fc.oneof(version0, pptp), { numRuns: 600, seed: 4 });
    const frames = sample.map((layer) =>
      layer.version === 1
        ? build([ether, four, { ...layer, key: 0x2_0000 + (layer.key ?? 0) }, control])
        : build([ether, four, layer]),
    );
    judged(
      frames,
      rows("gre", {
        "gre.proto": "protocol",
        "gre.checksum": "checksum",
        "gre.key": ["key", Number, ({ key, version }) => (version === 1 ? undefined : key)],
        "gre.key.call_id": [
          "key",
          Number,
          ({ key = 0, version }) => (version === 1 ? key % 0x1_0000 : undefined),
        ],
        "gre.sequence_number": "sequence",
        "gre.ack_number": "acknowledgment",
      }),
    );
    const summed = fc
      .sample(u32, { numRuns: 50, seed: 5 })
      .map((key) => build([ether, four, { kind: "gre", checksummed: true, key }, four]));
    const found = tshark(summed, ["gre.checksum.status"]);
    expect(found.map((fields) => fields.get("gre.checksum.status"))).toEqual(
      summed.map(() => [GOOD]),
    );
  });
});
