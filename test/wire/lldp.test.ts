import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, type Layers, type LldpTlv, lldp } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, ipv4Address, ipv6Address, mac, u8, u16, u32 } from "./support/arbitrary.ts";
import { ether, made } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { address, number, type Row, rows } from "./support/judge.ts";

const words = fc.stringMatching(/^[A-Za-z0-9 äß€-]{1,40}$/);
const constant = <T extends string>(value: T) => fc.constant(value);
const capabilities = fc.subarray([
  "other",
  "repeater",
  "bridge",
  "access-point",
  "router",
  "telephone",
  "docsis",
  "station",
] as const);

const anyTlv: fc.Arbitrary<LldpTlv> = fc.oneof(
  fc.record({ type: constant("chassis-id"), subtype: constant("mac-address"), id: mac }),
  fc.record({
    type: constant("chassis-id"),
    subtype: constant("network-address"),
    id: fc.oneof(ipv4Address, ipv6Address),
  }),
  fc.record({ type: constant("chassis-id"), subtype: constant("interface-name"), id: words }),
  fc.record({ type: constant("port-id"), subtype: constant("mac-address"), id: mac }),
  fc.record({ type: constant("port-id"), subtype: constant("agent-circuit-id"), id: words }),
  fc.record({ type: constant("ttl"), seconds: u16 }),
  fc.record({ type: constant("port-description"), text: words }),
  fc.record({ type: constant("system-name"), text: words }),
  fc.record({ type: constant("system-description"), text: words }),
  fc.record({ type: constant("system-capabilities"), capabilities, enabled: capabilities }),
  fc.record({
    type: constant("management-address"),
    address: fc.oneof(ipv4Address, ipv6Address, mac),
    numbering: fc.constantFrom("unknown", "interface-index", "port-number"),
    interface: u32,
    object: bytes(5),
  }),
  fc.record({
    type: constant("organization"),
    // None that tshark looks into.
    oui: fc.constant(0x020304),
    subtype: u8,
    data: bytes(10),
  }),
  fc.record({ type: fc.integer({ min: 9, max: 126 }), data: bytes(10) }),
);
const anyLldp = fc.record({
  kind: constant("lldp"),
  tlvs: fc
    .array(anyTlv, { minLength: 1, maxLength: 8 })
    .map((tlvs): LldpTlv[] => [...tlvs, { type: "end" }]),
});

describe("lldp", () => {
  conforms(lldp, anyLldp, {
    least: 1,
    payload: false,
    beginnings: [
      "020704020000000001",
      "02060501c0000201",
      "0403056574",
      "060200780000",
      "0e0400140004",
      "100c0501c0000201",
      "100c05",
      "fe06",
    ],
  });

  test("all of it, by scapy; what is behind the end is Ethernet's padding", () => {
    const packet = dissect(made("lldp, all of it"));
    expect(packet.problem).toBeNull();
    expect(packet.get("lldp")?.tlvs).toEqual([
      { type: "chassis-id", subtype: "network-address", id: "192.0.2.1" },
      { type: "port-id", subtype: "local", id: "local" },
      { type: "ttl", seconds: 0xffff },
      { type: "system-name", text: "Zürich" },
      {
        type: "system-capabilities",
        capabilities: ["bridge", "router"],
        enabled: ["router"],
      },
      {
        type: "management-address",
        address: "2001:db8::1",
        numbering: "interface-index",
        interface: 7,
        object: Uint8Array.of(0x2b, 6),
      },
      { type: "organization", oui: 0x0080c2, subtype: 1, data: Uint8Array.of(0, 7) },
      { type: "end" },
    ]);
    expect(packet.payload).toHaveLength(0);
    expect(packet.trailer).toEqual(new Uint8Array(20));
  });

  test("what a TLV may not be, it is as data", () => {
    for (const hex of [
      "0200",
      "020104",
      "02060402000000ff",
      "020308c328",
      "0203ff6162",
      "02050501c00002",
      "0403040661",
      "060100",
      "0a02c328",
      "0e0480000000",
      "0e0400000800",
      "100a0501c00002010200000000",
      "10080501c000020102",
      "fe020080",
      "000101",
    ]) {
      const bytes = Uint8Array.fromHex(hex);
      const size = bytes[1] as number;
      const whole = Uint8Array.of(
        ...bytes,
        ...new Uint8Array(Math.max(0, size - bytes.length + 2)),
      );
      const { layer } = lldp.decode(whole.subarray(0, 2 + size));
      const type = (bytes[0] as number) >> 1;
      expect(layer.tlvs).toEqual([{ type, data: whole.slice(2, 2 + size) }]);
      expect(lldp.encode(layer)).toEqual(whole.slice(0, 2 + size));
    }
  });

  test("without an end it is read, and a TLV that is cut off is not", () => {
    const ttl = { type: "ttl", seconds: 9 } as const;
    const encoded = lldp.encode({ kind: "lldp", tlvs: [ttl] });
    expect(lldp.decode(encoded).layer.tlvs).toEqual([ttl]);
    const { problem, layers } = dissect(build([ether, { kind: "lldp", tlvs: [ttl] }]).slice(0, -1));
    expect(layers.at(-1)?.kind).toBe("ethernet");
    expect(problem).toMatchObject({ kind: "truncated", layer: "lldp", offset: 14 });
  });

  test("TLVs that fit nowhere are refused by name", () => {
    const encode = (tlv: unknown) => () => lldp.encode({ kind: "lldp", tlvs: [tlv as LldpTlv] });
    expect(encode({ type: "ttl", seconds: 65536 })).toThrow(/lldp\.tlvs: seconds/);
    expect(encode({ type: "nothing" })).toThrow(/lldp\.tlvs/);
    expect(encode({ type: 128, data: new Uint8Array(0) })).toThrow(/lldp\.tlvs: type/);
    expect(encode({ type: 9, data: new Uint8Array(512) })).toThrow(/at most 511/);
    expect(encode({ type: "system-name", text: "\ud800" })).toThrow(/lldp\.tlvs: text/);
    expect(encode({ type: "chassis-id", subtype: "no", id: "" })).toThrow(/lldp\.tlvs: subtype/);
    expect(encode({ type: "chassis-id", subtype: "mac-address", id: "x" })).toThrow(/MAC/);
    expect(encode({ type: "chassis-id", subtype: "network-address", id: "x" })).toThrow(/lldp/);
    const capable = { type: "system-capabilities", capabilities: ["fly"], enabled: [] };
    expect(encode(capable)).toThrow(/lldp\.tlvs: capabilities/);
  });

  testWith(program("tshark"))("tshark reads lldp as we do", () => {
    const frames = fc
      .sample(fc.array(anyTlv, { maxLength: 8 }), { numRuns: 400, seed: 15 })
      .map((tlvs) => {
        const first: LldpTlv[] = [
          { type: "chassis-id", subtype: "mac-address", id: "02:00:00:00:00:01" },
          { type: "port-id", subtype: "interface-name", id: "eth0" },
          { type: "ttl", seconds: 120 },
        ];
        // tshark wants the first three once.
        const rest = tlvs.filter(
          ({ type }) => !["chassis-id", "port-id", "ttl"].includes(`${type}`),
        );
        return build([ether, { kind: "lldp", tlvs: [...first, ...rest, { type: "end" }] }]);
      });
    judged(frames, table);
  });
});

/** A field of the TLVs of one type. */
function pick<T extends LldpTlv["type"]>(
  type: T,
  value: (tlv: Extract<LldpTlv, { type: T }>) => string | number | undefined,
) {
  return ({ tlvs }: Layers["lldp"]) =>
    tlvs
      .filter((tlv): tlv is Extract<LldpTlv, { type: T }> => tlv.type === type)
      .map(value)
      .filter((found) => found !== undefined);
}

/** tshark reads these as ASCII. */
function ascii(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : "\ufffd")).join("");
}

const ADDRESSES = { 4: /^\d+\.\d+\.\d+\.\d+$/, 6: /:.*:.*|::/, mac: /^(..:){5}..$/ };

const table: Row[] = rows("lldp", {
  "lldp.chassis.id.mac": ["chassis-id", address, pick("chassis-id", ({ id }) => id)],
  "lldp.port.id": ["port-id", String, pick("port-id", ({ id }) => id)],
  "lldp.time_to_live": ["ttl", number, pick("ttl", ({ seconds }) => seconds)],
  "lldp.port.desc": [
    "port-description",
    String,
    pick("port-description", ({ text }) => ascii(text)),
  ],
  "lldp.tlv.system.name": ["system-name", String, pick("system-name", ({ text }) => ascii(text))],
  "lldp.tlv.system.desc": [
    "system-description",
    String,
    pick("system-description", ({ text }) => ascii(text)),
  ],
  "lldp.tlv.system_cap": [
    "system-capabilities",
    number,
    pick("system-capabilities", ({ capabilities }) => bits(capabilities)),
  ],
  "lldp.tlv.enable_system_cap": [
    "system-capabilities",
    number,
    pick("system-capabilities", ({ enabled }) => bits(enabled)),
  ],
  "lldp.mgn.addr.ip4": [
    "management-address",
    address,
    pick("management-address", ({ address }) => (ADDRESSES[4].test(address) ? address : undefined)),
  ],
  "lldp.mgn.addr.ip6": [
    "management-address",
    address,
    pick("management-address", ({ address }) =>
      ADDRESSES[6].test(address) && !ADDRESSES.mac.test(address) ? address : undefined,
    ),
  ],
  "lldp.mgn.interface.number": [
    "management-address",
    number,
    pick("management-address", (tlv) => tlv.interface),
  ],
  "lldp.orgtlv.oui": ["organization", number, pick("organization", ({ oui }) => oui)],
});

const BITS = "other repeater bridge access-point router telephone docsis station".split(" ");

function bits(list: readonly string[]): number {
  return list.reduce((sum, word) => sum + (1 << BITS.indexOf(word)), 0);
}
