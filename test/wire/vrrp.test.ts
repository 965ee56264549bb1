import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, vrrp } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, ipv4Address, ipv6Address, u8, u16 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { address, rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

const group = (version: 2 | 3, entry: fc.Arbitrary<string>) =>
  fc.record({
    kind: fc.constant("vrrp" as const),
    version: fc.constant(version),
    virtualRouter: u8,
    priority: u8,
    interval: version === 2 ? u8 : fc.nat(0xfff),
    addresses: fc.array(entry, { minLength: 1, maxLength: 5 }),
  });
const version2 = group(2, ipv4Address);
const version3 = group(3, ipv4Address);
const version3Ipv6 = group(3, ipv6Address);

describe("vrrp, version 2", () => {
  conforms(vrrp, version2, {
    least: 12,
    payload: true,
    beginnings: ["21016401", "2101640000010000"],
  });

  test("a password is kept, and no password not shown", () => {
    expect(dissect(made("vrrp, v2 with a password")).get("vrrp")).toEqual({
      kind: "vrrp",
      version: 2,
      virtualRouter: 1,
      priority: 255,
      interval: 3,
      checksum: 20204,
      addresses: ["192.0.2.100"],
      authenticationType: 1,
      authentication: new TextEncoder().encode("password"),
    });
    const short = vrrp.encode({ kind: "vrrp", version: 2, authentication: new Uint8Array(0) });
    expect(short).toHaveLength(8);
    expect(vrrp.decode(short).layer.authentication).toHaveLength(0);
    const usual = vrrp.encode({ kind: "vrrp", version: 2 });
    expect(usual).toHaveLength(16);
    expect(vrrp.decode(usual).layer).not.toHaveProperty("authentication");
  });
});

describe("vrrp, version 3, IPv4", () => {
  conforms(vrrp, version3, { least: 12, payload: false, beginnings: ["3101640100640000"] });
});

describe("vrrp, version 3, IPv6", () => {
  conforms(vrrp, version3Ipv6, { least: 8, payload: false, beginnings: ["3101640100640000"] });
});

describe("vrrp", () => {
  test("the checksums of scapy are computed", () => {
    for (const name of ["vrrp, v2 with a password", "vrrp, v3"]) {
      const layers = dissect(made(name)).layers.map((layer) =>
        layer.kind === "vrrp" ? { ...layer, checksum: undefined } : layer,
      );
      expect(build(layers)).toEqual(made(name));
    }
  });

  test("the interval of version 3 has twelve bits, and those before it are kept", () => {
    expect(dissect(made("vrrp, v3")).get("vrrp")).toMatchObject({ version: 3, interval: 0xabc });
    const { layer } = vrrp.decode(Uint8Array.fromHex("32010000f0640000"));
    expect(layer).toMatchObject({ type: 2, interval: 0x64, reserved: 15, addresses: [] });
    expect(() => vrrp.encode({ kind: "vrrp", interval: 0x1000 })).toThrow(/vrrp\.interval/);
    expect(() => vrrp.encode({ kind: "vrrp", version: 2, interval: 256 })).toThrow(/interval/);
  });

  test("other versions are malformed, and refused", () => {
    expect(() => vrrp.decode(Uint8Array.fromHex("4101640000640000"))).toThrow(/version 4/);
    expect(() => vrrp.encode({ kind: "vrrp", version: 4 })).toThrow(/vrrp\.version/);
  });

  test("addresses are of one family, which is IPv4 in version 2", () => {
    const addresses = ["192.0.2.1", "fe80::1"];
    expect(() => vrrp.encode({ kind: "vrrp", addresses })).toThrow(/vrrp\.addresses/);
    const encode = () => vrrp.encode({ kind: "vrrp", version: 2, addresses: ["fe80::1"] });
    expect(encode).toThrow(/vrrp\.addresses/);
    const many = new Array<string>(256).fill("192.0.2.1");
    expect(() => vrrp.encode({ kind: "vrrp", addresses: many })).toThrow(/at most 255/);
    const authentication = new Uint8Array(9);
    expect(() => vrrp.encode({ kind: "vrrp", version: 2, authentication })).toThrow(
      /vrrp\.authentication/,
    );
  });

  test("a message that is cut off by a snapshot length is no layer", () => {
    const addresses = ["fe80::1", "fe80::2"];
    const frame = build([ether, six, { kind: "vrrp", addresses }]);
    for (let length = 55; length < frame.length; length++) {
      const { layers, problem } = dissect(frame.subarray(0, length));
      expect(layers.at(-1)?.kind).toBe("ipv6");
      expect(problem).toMatchObject({ kind: "truncated", layer: "vrrp", offset: 54 });
    }
  });

  testWith(program("tshark"))("tshark reads vrrp as we do, its checksums right", () => {
    const frames = [
      ...fc.sample(version2, { numRuns: 200, seed: 1 }).map((one) => build([ether, four, one])),
      ...fc.sample(version3, { numRuns: 200, seed: 2 }).map((one) => build([ether, four, one])),
      ...fc.sample(version3Ipv6, { numRuns: 200, seed: 3 }).map((one) => build([ether, six, one])),
    ];
    judged(
      frames,
      rows("vrrp", {
        "vrrp.version": "version",
        "vrrp.virt_rtr_id": "virtualRouter",
        "vrrp.prio": "priority",
        "vrrp.checksum": "checksum",
        "vrrp.adver_int": [
          "interval",
          Number,
          ({ version, interval }) => (version === 2 ? interval : undefined),
        ],
        "vrrp.short_adver_int": [
          "interval",
          Number,
          ({ version, interval }) => (version === 3 ? interval : undefined),
        ],
        "vrrp.ip_addr": [
          "addresses",
          address,
          ({ addresses }) => addresses.filter((one) => !one.includes(":")),
        ],
        "vrrp.ipv6_addr": [
          "addresses",
          address,
          ({ addresses }) => addresses.filter((one) => one.includes(":")),
        ],
      }),
    );
    const found = tshark(frames, ["vrrp.checksum.status"]);
    expect(found.map((fields) => fields.get("vrrp.checksum.status"))).toEqual(
      frames.map(() => [GOOD]),
    );
  });

  test("whatever the checksum and the password, they are kept", () => {
    fc.assert(
      fc.property(version2, u16, bytes(8), (init, checksum, authentication) => {
        const encoded = vrrp.encode({ ...init, checksum, authentication });
        expect(vrrp.encode(vrrp.decode(encoded).layer)).toEqual(encoded);
        expect(vrrp.decode(encoded).layer.checksum).toBe(checksum);
      }),
    );
  });
});
