import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, type Init, icmpv6, type Layers } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { ipv6Address, u8, u16, u32 } from "./support/arbitrary.ts";
import { ether, made, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { address, boolean, number, rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

type Icmpv6 = Init<Layers["icmpv6"]>;

const kind = fc.constant("icmpv6" as const);
const of = (...types: number[]) => ({ kind, type: fc.constantFrom(...types), code: u8 });

const echo = fc.record({ ...of(128, 129), identifier: u16, sequence: u16 });
const tooBig = fc.record({ ...of(2), mtu: u32 });
const parameterProblem = fc.record({ ...of(4), pointer: u32 });
const message = fc.record({ ...of(131, 132), delay: u16, group: ipv6Address });
const queryFields = { ...of(130), delay: u16, group: ipv6Address };
const query1 = fc.record(queryFields);
const query2 = fc.record({
  ...queryFields,
  sources: fc.array(ipv6Address, { maxLength: 3 }),
  robustness: fc.integer({ min: 1, max: 7 }),
  queryInterval: fc.integer({ min: 1, max: 255 }),
});
const report = fc.record({
  ...of(143),
  records: fc.array(
    fc.record({
      type: fc.integer({ min: 1, max: 6 }),
      group: ipv6Address,
      sources: fc.array(ipv6Address, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

const UDP = { kind: "udp", sourcePort: 40_000, destinationPort: 40_001 } as const;

describe("icmpv6, echo", () => {
  conforms(icmpv6, echo, { least: 8, beginnings: ["80000000", "8100000000010002"] });
});

describe("icmpv6, errors", () => {
  conforms(icmpv6, fc.oneof<fc.Arbitrary<Icmpv6>[]>(tooBig, parameterProblem), {
    least: 8,
    payload: false,
    beginnings: ["01040000", "02000000", "03000000", "04000000"],
  });

  test("the packet that is quoted is dissected; that it is cut off is no problem", () => {
    const quoted = build([six, UDP], new Uint8Array(100)).subarray(0, 60);
    for (const [type, fields] of [
      [1, {}],
      [2, { mtu: 1280 }],
      [3, {}],
      [4, { pointer: 40 }],
    ] as const) {
      const frame = build([six, { kind: "icmpv6", type, code: 1, ...fields }], quoted);
      const packet = dissect(frame, { link: "raw" });
      expect(packet.problem).toBeNull();
      const layer = { kind: "icmpv6", type, code: 1, checksum: expect.any(Number), ...fields };
      expect(packet.layers[1]).toEqual(layer as never);
      expect(packet.get("ipv6", 1)).toMatchObject(six);
      expect(packet.get("udp")).toMatchObject(UDP);
      expect(packet.payload).toHaveLength(12);
      expect(build([...packet.layers, packet.payload])).toEqual(frame);
    }
  });

  test("bits that must be zero are there where they are not", () => {
    const bytes = Uint8Array.fromHex("0100000005000001");
    expect(icmpv6.decode(bytes).layer.reserved).toBe(0x05000001);
    expect(icmpv6.encode(icmpv6.decode(bytes).layer)).toEqual(bytes);
  });
});

describe("icmpv6, listener discovery", () => {
  const any = fc.oneof<fc.Arbitrary<Icmpv6>[]>(message, query1, query2, report);
  conforms(icmpv6, any, {
    least: 8,
    payload: false,
    beginnings: [
      "83000000",
      `82000000${"00".repeat(20)}027d0001`,
      "8f00000000000001",
      `8f0000000000000204010001${"00".repeat(16)}`,
    ],
  });

  test("the fields of a query of version 2 are there only where they are not 0", () => {
    const group = "ff02::5";
    const encoded = icmpv6.encode({ kind: "icmpv6", type: 130, group, sources: [] });
    expect(encoded).toHaveLength(28);
    expect(icmpv6.decode(encoded).layer).toEqual({
      kind: "icmpv6",
      type: 130,
      code: 0,
      checksum: 0,
      delay: 0,
      group,
      sources: [],
    });
    const first = icmpv6.encode({ kind: "icmpv6", type: 130, group });
    expect(first).toHaveLength(24);
    expect(icmpv6.decode(first).layer).not.toHaveProperty("sources");
    expect(dissect(made("icmpv6, done")).get("icmpv6")).toMatchObject({ type: 132, group });
  });

  test("a report of 65536 records is refused, and one without any is not", () => {
    expect(icmpv6.encode({ kind: "icmpv6", type: 143 })).toHaveLength(8);
    const records = new Array(0x1_0000).fill({ type: 1, group: "ff02::5", sources: [] });
    expect(() => icmpv6.encode({ kind: "icmpv6", type: 143, records })).toThrow(/icmpv6\.records/);
  });
});

describe("icmpv6", () => {
  test("of a type that has no fields here, all behind the checksum is payload", () => {
    const packet = dissect(made("icmpv6, node information"));
    expect(packet.get("icmpv6")).toEqual({ kind: "icmpv6", type: 139, code: 1, checksum: 27417 });
    expect(packet.payload.toHex()).toStartWith("000200000001020304050607");
    expect(build([...packet.layers, packet.payload])).toEqual(made("icmpv6, node information"));
  });

  test("the checksums of scapy are computed", () => {
    for (const name of ["router advertisement", "redirect", "done", "node information"]) {
      const packet = dissect(made(`icmpv6, ${name}`));
      const layers = packet.layers.map((layer) =>
        layer.kind === "icmpv6" ? { ...layer, checksum: undefined } : layer,
      );
      expect(build(layers, packet.payload)).toEqual(made(`icmpv6, ${name}`));
    }
  });

  test("without the header below, the checksum is 0, and with it that of the whole", () => {
    const init = { kind: "icmpv6", type: 128, identifier: 1 } as const;
    expect(icmpv6.decode(icmpv6.encode(init)).layer.checksum).toBe(0);
    const whole = build([six, init], Uint8Array.of(1, 2, 3));
    expect(icmpv6.encode(init, Uint8Array.of(1, 2, 3), six)).toEqual(whole.subarray(40));
  });

  testWith(program("tshark"))("tshark reads icmpv6 as we do, its checksums right", () => {
    const any = fc.oneof<fc.Arbitrary<Icmpv6>[]>(echo, message, query1, query2, report);
    const frames = fc
      .sample(any, { numRuns: 600, seed: 12 })
      .map((init) => build([ether, six, { ...init, code: 0 }]));
    const errors = fc
      .sample(fc.oneof<fc.Arbitrary<Icmpv6>[]>(tooBig, parameterProblem), {
        numRuns: 100,
        seed: 13,
      })
      .map((init) => build([ether, six, init, six, UDP]));
    const all = [...frames, ...errors];
    const isQuery2 = (layer: Layers["icmpv6"]) => layer.sources !== undefined;
    judged(
      all,
      rows("icmpv6", {
        "icmpv6.type": "type",
        "icmpv6.code": "code",
        "icmpv6.checksum": "checksum",
        "icmpv6.echo.identifier": "identifier",
        "icmpv6.echo.sequence_number": "sequence",
        "icmpv6.mtu": "mtu",
        "icmpv6.pointer": "pointer",
        "icmpv6.mld.maximum_response_delay": [
          "delay",
          number,
          (layer) => (isQuery2(layer) ? undefined : layer.delay),
        ],
        "icmpv6.mld.maximum_response_code": [
          "delay",
          number,
          (layer) => (isQuery2(layer) ? floating(layer.delay ?? 0, 16) : undefined),
        ],
        "icmpv6.mld.multicast_address": ["group", address],
        "icmpv6.mld.flag.qrv": "robustness",
        "icmpv6.mld.qqi": [
          "queryInterval",
          number,
          ({ queryInterval }) => queryInterval && floating(queryInterval, 8),
        ],
        "icmpv6.mld.source_address": ["sources", address, ({ sources }) => sources],
        "icmpv6.mldr.mar.record_type": [
          "records: type",
          number,
          ({ records }) => records?.map(({ type }) => type),
        ],
        "icmpv6.mldr.mar.multicast_address": [
          "records: group",
          address,
          ({ records }) => records?.map(({ group }) => group),
        ],
        "icmpv6.mldr.mar.source_address": [
          "records: sources",
          address,
          ({ records }) => records?.flatMap(({ sources }) => sources),
        ],
        "icmpv6.mld.flag.s": [
          "suppress",
          boolean,
          (layer) => (isQuery2(layer) ? layer.suppress === true : undefined),
        ],
      }),
    );
    const found = tshark(all, ["icmpv6.checksum.status"]);
    expect(found.map((fields) => fields.get("icmpv6.checksum.status"))).toEqual(
      all.map(() => [GOOD]),
    );
  });
});

/** What a code of so many bits stands for: RFC 3810 sections 5.1.3 and 5.1.9. */
function floating(code: number, bits: 8 | 16): number {
  if (code < 2 ** (bits - 1)) return code;
  const mantissa = bits - 4;
  const exponent = (code >> mantissa) & 7;
  return ((code % 2 ** mantissa) + 2 ** mantissa) * 2 ** (exponent + 3);
}
