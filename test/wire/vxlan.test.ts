import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, vxlan } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { u8 } from "./support/arbitrary.ts";
import { ether, four, made } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { rows } from "./support/judge.ts";

const udp = { kind: "udp", sourcePort: 40_000 } as const;
const u24 = fc.nat(0xff_ffff);
const anyVxlan = fc.record(
  {
    kind: fc.constant("vxlan" as const),
    vni: u24,
    flags: u8.map((flags) => flags | 8).filter((flags) => flags !== 8),
    reserved: u24.filter((bits) => bits !== 0),
    reservedEnd: u8.filter((bits) => bits !== 0),
  },
  { requiredKeys: ["kind", "vni"] },
);

describe("vxlan", () => {
  conforms(vxlan, anyVxlan, { least: 8, beginnings: ["08000000", "88000001"] });

  test("a header as RFC 7348 draws it", () => {
    const bytes = Uint8Array.fromHex("0800000012345600");
    expect(vxlan.decode(bytes).layer).toEqual({ kind: "vxlan", vni: 0x123456 });
    expect(vxlan.encode({ kind: "vxlan", vni: 0x123456 })).toEqual(bytes);
  });

  test("the bits of extensions are kept", () => {
    const packet = dissect(made("vxlan, protocol extension"));
    expect(packet.get("vxlan")).toEqual({
      kind: "vxlan",
      vni: 0xabcdef,
      flags: 0x0c,
      reserved: 3,
    });
    expect(packet.get("ethernet", 1)).toBeDefined();
  });

  test("its port is computed, and the frame in it dissected", () => {
    const packet = dissect(build([ether, four, udp, { kind: "vxlan", vni: 5 }, ether, four]));
    expect(packet.problem).toBeNull();
    expect(packet.get("udp")?.destinationPort).toBe(4789);
    expect(packet.get("ipv4", 1)).toMatchObject(four);
  });

  test("without its flag, what the port suggested is payload, and no problem", () => {
    const init = { kind: "vxlan", flags: 0, vni: 5 } as const;
    const packet = dissect(build([ether, four, udp, init]));
    expect(packet.layers.at(-1)?.kind).toBe("udp");
    expect(packet.problem).toBeNull();
    expect(packet.payload).toEqual(vxlan.encode(init));
    expect(() => vxlan.decode(vxlan.encode(init))).toThrow(/no vxlan/);
  });

  testWith(program("tshark"))("tshark reads vxlan as we do", () => {
    const frames = fc
      .sample(u24, { numRuns: 300, seed: 6 })
      .map((vni) => build([ether, four, udp, { kind: "vxlan", vni }, ether, four]));
    judged(frames, rows("vxlan", { "vxlan.vni": "vni" }));
  });
});
