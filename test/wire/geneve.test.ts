import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, geneve } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, u8, u16 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { boolean, octets, rows } from "./support/judge.ts";

const udp = { kind: "udp", sourcePort: 40_000 } as const;
const option = fc.record({
  class: u16,
  type: u8,
  data: bytes(5).map(({ length }) => new Uint8Array(4 * length).fill(length)),
});
const anyGeneve = fc.record({
  kind: fc.constant("geneve" as const),
  vni: fc.nat(0xff_ffff),
  protocol: fc.constant(0x88b5),
  options: fc.array(option, { maxLength: 8 }),
});

describe("geneve", () => {
  conforms(geneve, anyGeneve, { least: 8, beginnings: ["00006558", "02406558", "3f"] });

  test("options are read, and the critical ones counted on", () => {
    const packet = dissect(made("geneve, critical"));
    expect(packet.get("geneve")).toEqual({
      kind: "geneve",
      vni: 0x123456,
      protocol: 0x6558,
      options: [
        { class: 0x102, type: 0x83, data: new TextEncoder().encode("12345678") },
        { class: 0xffff, type: 1, data: new Uint8Array(0) },
      ],
    });
    expect(packet.get("ethernet", 1)).toBeDefined();
    expect(dissect(made("geneve, ipv6")).get("ipv6", 1)).toBeDefined();
  });

  test("bits that are not as they should be are kept", () => {
    const odd = Uint8Array.fromHex("01ff65580000050701028360");
    const { layer } = geneve.decode(odd);
    expect(layer).toEqual({
      kind: "geneve",
      vni: 5,
      protocol: 0x6558,
      options: [{ class: 0x102, type: 0x83, data: new Uint8Array(0), reserved: 3 }],
      control: true,
      reserved: 63,
      reservedEnd: 7,
    });
    expect(geneve.encode(layer)).toEqual(odd);
    const uncritical = geneve.decode(Uint8Array.fromHex("010065580000050001028300")).layer;
    expect(uncritical.critical).toBe(false);
  });

  test("its port and protocol are computed", () => {
    const packet = dissect(build([ether, four, udp, { kind: "geneve", vni: 5 }, six]));
    expect(packet.get("udp")?.destinationPort).toBe(6081);
    expect(packet.get("geneve")).toMatchObject({ protocol: 0x86dd, options: [] });
  });

  test("an option that is longer than the options is malformed; another version none", () => {
    const long = Uint8Array.fromHex("010065580000050001028301");
    expect(() => geneve.decode(long)).toThrow(/option is longer/);
    const frame = build([ether, four, udp, { kind: "geneve" }]);
    frame[42] = 0x40;
    const { layers, problem } = dissect(frame);
    expect(layers.at(-1)?.kind).toBe("udp");
    expect(problem).toBeNull();
  });

  test("options that fit nowhere are refused by name", () => {
    const encode = (options: Parameters<typeof geneve.encode>[0]["options"]) => () =>
      geneve.encode({ kind: "geneve", options });
    const data = new Uint8Array(124);
    expect(encode([{ class: 1, type: 1, data: data.subarray(1) }])).toThrow(/data/);
    expect(encode([{ class: 1, type: 1, data: new Uint8Array(128) }])).toThrow(/data/);
    expect(encode([1, 2].map((type) => ({ class: 1, type, data })))).toThrow(/252/);
    expect(encode([{ class: 0x1_0000, type: 1, data }])).toThrow(/class/);
  });

  testWith(program("tshark"))("tshark reads geneve as we do", () => {
    const frames = fc
      .sample(anyGeneve, { numRuns: 400, seed: 7 })
      .map((layer) => build([ether, four, udp, layer]));
    judged(
      frames,
      rows("geneve", {
        "geneve.vni": "vni",
        "geneve.proto_type": "protocol",
        "geneve.flags.critical": [
          "critical",
          boolean,
          ({ options }) => options.some(({ type }) => type >= 0x80),
        ],
        "geneve.option.type": [
          "options: type",
          Number,
          ({ options }) => options.map(({ type }) => type),
        ],
        "geneve.option.class": [
          "options: class",
          Number,
          ({ options }) => options.map((one) => one.class),
        ],
        "geneve.option.unknown.data": [
          "options: data",
          octets,
          ({ options }) =>
            options.map(({ data }) => (data.length === 0 ? "<MISSING>" : data.toHex())),
        ],
      }),
    );
  });
});
