import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  build,
  dissect,
  type Init,
  icmpv6,
  type Layers,
  type NdpOption,
  WireError,
} from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, ipv6Address, mac, u8, u16, u32 } from "./support/arbitrary.ts";
import { ether, made, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { address, boolean, number, rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

type Icmpv6 = Init<Layers["icmpv6"]>;

const domain = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), { minLength: 1, maxLength: 3 })
  .map((labels) => labels.join("."));

const named: fc.Arbitrary<NdpOption> = fc.oneof(
  fc.record({ type: fc.constant("source-link-layer-address" as const), address: mac }),
  fc.record({ type: fc.constant("target-link-layer-address" as const), address: mac }),
  fc.record({
    type: fc.constant("prefix" as const),
    prefix: ipv6Address,
    prefixLength: fc.nat(128),
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    validLifetime: u32,
    preferredLifetime: u32,
  }),
  fc.record({ type: fc.constant("mtu" as const), mtu: u32 }),
  fc.record({
    type: fc.constant("rdnss" as const),
    lifetime: u32,
    addresses: fc.array(ipv6Address, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("dnssl" as const),
    lifetime: u32,
    domains: fc.array(domain, { minLength: 1, maxLength: 3 }),
  }),
);
const other: fc.Arbitrary<NdpOption> = fc.record({
  type: fc.constantFrom(0, 4, 24, 200, 255),
  data: fc.constantFrom(6, 14, 30).map((length) => new Uint8Array(length).fill(length)),
});
const kind = fc.constant("icmpv6" as const);
const options = fc.array(fc.oneof({ arbitrary: named, weight: 4 }, other), { maxLength: 5 });
const of = (type: number) => ({ kind, type: fc.constant(type), code: fc.constant(0), options });

const solicitation = fc.record(of(133));
const advertisement = fc.record({
  ...of(134),
  hopLimit: u8,
  managed: fc.boolean(),
  other: fc.boolean(),
  lifetime: u16,
  reachable: u32,
  retransmit: u32,
});
const neighborSolicitation = fc.record({ ...of(135), target: ipv6Address });
const neighborAdvertisement = fc.record({
  ...of(136),
  target: ipv6Address,
  router: fc.boolean(),
  solicited: fc.boolean(),
  override: fc.boolean(),
});
const redirect = fc.record({ ...of(137), target: ipv6Address, destination: ipv6Address });

const all = fc.oneof<fc.Arbitrary<Icmpv6>[]>(
  solicitation,
  advertisement,
  neighborSolicitation,
  neighborAdvertisement,
  redirect,
);

const zeros = (count: number) => "00".repeat(count);

describe("icmpv6, neighbor discovery", () => {
  conforms(icmpv6, all, {
    least: 8,
    payload: false,
    beginnings: [
      "8500000000000000",
      `86000000${zeros(12)}`,
      `87000000${zeros(20)}0101`,
      `88000000${zeros(20)}0201`,
      `89000000${zeros(36)}`,
      "85000000000000000304",
      "85000000000000001903",
      "85000000000000001f02",
      "85000000000000000501",
    ],
  });

  test("a router's advertisement, by scapy", () => {
    expect(dissect(made("icmpv6, router advertisement")).get("icmpv6")).toEqual({
      kind: "icmpv6",
      type: 134,
      code: 0,
      checksum: 43941,
      hopLimit: 64,
      managed: true,
      other: true,
      lifetime: 1800,
      reachable: 30_000,
      retransmit: 1000,
      homeAgent: true,
      preference: 1,
      options: [
        { type: "source-link-layer-address", address: "02:00:00:00:00:01" },
        { type: "mtu", mtu: 1492 },
        {
          type: "prefix",
          prefix: "2001:db8:1::",
          prefixLength: 64,
          onLink: true,
          autonomous: false,
          validLifetime: 0xffff_ffff,
          preferredLifetime: 600,
          routerAddress: true,
        },
        { type: "rdnss", lifetime: 300, addresses: ["2001:db8::53"] },
        { type: "dnssl", lifetime: 301, domains: ["example.org", "a.example.net"] },
        { type: 24, data: Uint8Array.fromHex(`30000000000920010db80002${zeros(10)}`) },
      ],
    });
  });

  test("a redirect, by scapy", () => {
    const packet = dissect(made("icmpv6, redirect"));
    expect(packet.get("icmpv6")).toMatchObject({
      target: "fe80::9",
      destination: "2001:db8::9",
      options: [{ type: "target-link-layer-address", address: "02:00:00:00:00:01" }, { type: 4 }],
    });
    expect(packet.payload).toHaveLength(0);
  });

  test("what an option may not be, it is as data", () => {
    for (const hex of [
      // A prefix that is too short, and with bits that must be zero.
      `0301${zeros(6)}`,
      `0304401f${zeros(28)}`,
      // An MTU with such bits, servers with half of an address, no domains, bad ones.
      "05010001000005dc",
      `1902${zeros(14)}`,
      "1f01000000000001",
      `1f020000${zeros(4)}0161ff${zeros(5)}`,
      // Compressed domains, and zeros that fill up more than a unit.
      `1f020000${zeros(4)}0161c000${zeros(4)}`,
      `1f030000${zeros(4)}016100${zeros(13)}`,
    ]) {
      const encoded = Uint8Array.fromHex(`8500000000000000${hex}`);
      const { layer } = icmpv6.decode(encoded);
      const option = { type: Number.parseInt(hex.slice(0, 2), 16), data: expect.any(Uint8Array) };
      expect(layer.options).toEqual([option as NdpOption]);
      expect(icmpv6.encode(layer)).toEqual(encoded);
    }
  });

  test("an address of a link that has longer ones fills its option", () => {
    const option = {
      type: "source-link-layer-address",
      address: "01:02:03:04:05:06:07:08",
    } as const;
    const encoded = icmpv6.encode({ kind: "icmpv6", type: 133, options: [option] });
    expect(encoded.toHex().slice(16)).toBe(`01020102030405060708${zeros(6)}`);
    const address = `${option.address}${":00".repeat(6)}`;
    expect(icmpv6.decode(encoded).layer.options).toEqual([{ ...option, address }]);
  });

  test("an option of length 0 is malformed, and one that is cut off is truncated", () => {
    const zero = Uint8Array.fromHex("85000000000000000100000000000000");
    expect(() => icmpv6.decode(zero)).toThrow(/length 0/);
    const cut = Uint8Array.fromHex("85000000000000000102000000000000");
    try {
      icmpv6.decode(cut);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      expect((error as WireError).message).toMatch(/too few/);
    }
  });

  test("options that fit nowhere are refused by name", () => {
    const encode = (option: unknown) => () =>
      icmpv6.encode({ kind: "icmpv6", type: 133, options: [option as NdpOption] });
    expect(encode({ type: "mtu", mtu: -1 })).toThrow(/icmpv6\.options: mtu/);
    expect(encode({ type: "nothing" })).toThrow(/icmpv6\.options/);
    expect(encode({ type: 256, data: new Uint8Array(6) })).toThrow(/icmpv6\.options: type/);
    expect(encode({ type: 9, data: bytes })).toThrow(/icmpv6\.options: data/);
    expect(encode({ type: 9, data: new Uint8Array(2039) })).toThrow(/at most 2040/);
    expect(encode({ type: "dnssl", lifetime: 1, domains: ["a..b"] })).toThrow(/domains/);
    expect(encode({ type: "dnssl", lifetime: 1, domains: ["x".repeat(64)] })).toThrow(/domains/);
    expect(encode({ type: "prefix", prefix: "192.0.2.1" })).toThrow(/icmpv6\.options: prefix/);
  });

  testWith(program("tshark"))("tshark reads neighbor discovery as we do", () => {
    const plain = fc.array(named, { maxLength: 5 });
    const frames = fc
      .sample(fc.tuple(all, plain), { numRuns: 600, seed: 14 })
      .map(([init, options]) => build([ether, six, { ...init, options }]));
    const pick =
      <T extends NdpOption["type"], V>(
        type: T,
        value: (option: Extract<NdpOption, { type: T }>) => V,
      ) =>
      ({ options = [] }: Layers["icmpv6"]) =>
        options
          .filter((option): option is Extract<NdpOption, { type: T }> => option.type === type)
          .flatMap(value) as (V extends readonly (infer E)[] ? E : V)[];
    const target = (type: number) => (layer: Layers["icmpv6"]) =>
      layer.type === type ? layer.target : undefined;
    judged(
      frames,
      rows("icmpv6", {
        "icmpv6.nd.ra.cur_hop_limit": "hopLimit",
        "icmpv6.nd.ra.flag.m": ["managed", boolean],
        "icmpv6.nd.ra.flag.o": ["other", boolean],
        "icmpv6.nd.ra.router_lifetime": "lifetime",
        "icmpv6.nd.ra.reachable_time": "reachable",
        "icmpv6.nd.ra.retrans_timer": "retransmit",
        "icmpv6.nd.ns.target_address": ["target", address, target(135)],
        "icmpv6.nd.na.target_address": ["target", address, target(136)],
        "icmpv6.nd.rd.target_address": ["target", address, target(137)],
        "icmpv6.rd.na.destination_address": ["destination", address],
        "icmpv6.nd.na.flag.r": ["router", boolean],
        "icmpv6.nd.na.flag.s": ["solicited", boolean],
        "icmpv6.nd.na.flag.o": ["override", boolean],
        "icmpv6.opt.src_linkaddr": [
          "options: source",
          address,
          pick("source-link-layer-address", ({ address }) => address),
        ],
        "icmpv6.opt.target_linkaddr": [
          "options: target",
          address,
          pick("target-link-layer-address", ({ address }) => address),
        ],
        "icmpv6.opt.prefix": ["options: prefix", address, pick("prefix", ({ prefix }) => prefix)],
        "icmpv6.opt.prefix.length": [
          "options: prefixLength",
          number,
          pick("prefix", ({ prefixLength }) => prefixLength),
        ],
        "icmpv6.opt.prefix.flag.l": [
          "options: onLink",
          boolean,
          pick("prefix", ({ onLink }) => onLink),
        ],
        "icmpv6.opt.prefix.flag.a": [
          "options: autonomous",
          boolean,
          pick("prefix", ({ autonomous }) => autonomous),
        ],
        "icmpv6.opt.prefix.valid_lifetime": [
          "options: validLifetime",
          number,
          pick("prefix", ({ validLifetime }) => validLifetime),
        ],
        "icmpv6.opt.prefix.preferred_lifetime": [
          "options: preferredLifetime",
          number,
          pick("prefix", ({ preferredLifetime }) => preferredLifetime),
        ],
        "icmpv6.opt.mtu": ["options: mtu", number, pick("mtu", ({ mtu }) => mtu)],
        "icmpv6.opt.rdnss": [
          "options: addresses",
          address,
          pick("rdnss", ({ addresses }) => addresses),
        ],
        "icmpv6.opt.rdnss.lifetime": [
          "options: lifetime",
          number,
          pick("rdnss", ({ lifetime }) => lifetime),
        ],
        "icmpv6.opt.dnssl": ["options: domains", String, pick("dnssl", ({ domains }) => domains)],
        "icmpv6.opt.dnssl.lifetime": [
          "options: lifetime",
          number,
          pick("dnssl", ({ lifetime }) => lifetime),
        ],
      }),
    );
    const found = tshark(frames, ["icmpv6.checksum.status"]);
    expect(found.map((fields) => fields.get("icmpv6.checksum.status"))).toEqual(
      frames.map(() => [GOOD]),
    );
  });
});
