import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, mpls } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { u8 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { boolean, rows } from "./support/judge.ts";

const label = {
  kind: fc.constant("mpls" as const),
  label: fc.nat(0xf_ffff),
  trafficClass: fc.nat(7),
  ttl: u8,
};
const anyMpls = fc.record({ ...label, bottom: fc.boolean() });

describe("mpls", () => {
  conforms(mpls, anyMpls, { least: 4, beginnings: ["00010140"] });

  test("a label as RFC 3032 draws it", () => {
    const bytes = Uint8Array.fromHex("1234571f");
    const layer = {
      kind: "mpls",
      label: 0x12345,
      trafficClass: 3,
      bottom: true,
      ttl: 0x1f,
    } as const;
    expect(mpls.decode(bytes).layer).toEqual(layer);
    expect(mpls.encode(layer)).toEqual(bytes);
  });

  test("only the last label of a stack is the bottom", () => {
    const frame = build([ether, { kind: "mpls", label: 1 }, { kind: "mpls", label: 2 }, four]);
    const packet = dissect(frame);
    expect(packet.get("ethernet")?.type).toBe(0x8847);
    expect(packet.get("mpls", 0)).toMatchObject({ label: 1, bottom: false });
    expect(packet.get("mpls", 1)).toMatchObject({ label: 2, bottom: true });
    expect(packet.get("ipv4")).toMatchObject({ source: "192.0.2.1" });
  });

  test("what is behind the bottom tells by its version what it is", () => {
    expect(dissect(build([ether, { kind: "mpls" }, six])).get("ipv6")).toBeDefined();
    const other = dissect(made("mpls, ethernet"));
    expect(other.problem).toBeNull();
    expect(other.layers.at(-1)?.kind).toBe("mpls");
    expect(dissect(build([ether, { kind: "mpls" }])).problem).toBeNull();
  });

  test("IP carries labels too", () => {
    const packet = dissect(made("mpls in ip"));
    expect(packet.layers.map(({ kind }): string => kind)).toEqual([
      "ethernet",
      "ipv4",
      "mpls",
      "ipv4",
      "udp",
    ]);
    expect(build([four, { kind: "mpls" }, four])[9]).toBe(137);
  });

  testWith(program("tshark"))("tshark reads labels as we do", () => {
    // Labels below 16 mean something to tshark.
    const plain = fc.record({ ...label, label: fc.integer({ min: 16, max: 0xf_ffff }) });
    const stacks = fc.sample(fc.array(plain, { minLength: 1, maxLength: 4 }), 500);
    judged(
      stacks.map((stack) => build([ether, ...stack, four])),
      rows("mpls", {
        "mpls.label": "label",
        "mpls.exp": "trafficClass",
        "mpls.bottom": ["bottom", boolean],
        "mpls.ttl": "ttl",
      }),
    );
  });
});
