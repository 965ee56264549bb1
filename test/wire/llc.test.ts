import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, llc, snap } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { u8, u16 } from "./support/arbitrary.ts";
import { ether, four, made } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { number, rows } from "./support/judge.ts";

const point = fc.integer({ min: 0, max: 0xfe });
const unnumbered = u8.map((control) => control | 3);
const numbered = u16.map((control) => ((control & 3) === 3 ? control & ~1 : control));
const anyLlc = fc.record({
  kind: fc.constant("llc" as const),
  dsap: point,
  ssap: point,
  control: fc.oneof(unnumbered, numbered),
});
const anySnap = fc.record({
  kind: fc.constant("snap" as const),
  oui: fc.nat(0xff_ffff),
  protocol: u16,
});

describe("llc", () => {
  conforms(llc, anyLlc, { least: 3, beginnings: ["aaaa03", "424203", "0404"] });

  test("the control of an unnumbered frame has one byte, of others two", () => {
    expect(llc.encode({ kind: "llc", control: 0x03 })).toEqual(Uint8Array.of(0, 0, 3));
    expect(llc.encode({ kind: "llc", control: 0x0201 })).toEqual(Uint8Array.of(0, 0, 1, 2));
    expect(() => llc.encode({ kind: "llc", control: 0x0103 })).toThrow(/llc\.control/);
    const { layers } = dissect(made("llc, supervisory"));
    expect(layers[0]).toMatchObject({ kind: "ethernet", length: 4 });
    expect(layers[1]).toEqual({ kind: "llc", dsap: 4, ssap: 5, control: 0x0201 });
  });

  test("frames of IEEE 802.3 get their length, and llc the numbers that lead to snap", () => {
    const udp = { kind: "udp", sourcePort: 40_000, destinationPort: 40_001 } as const;
    const built = build([ether, { kind: "llc" }, { kind: "snap" }, four, udp]);
    const packet = dissect(built);
    expect(packet.layers.map(({ kind }): string => kind)).toEqual([
      "ethernet",
      "llc",
      "snap",
      "ipv4",
      "udp",
    ]);
    expect(packet.get("ethernet")).toMatchObject({ length: built.length - 14 });
    expect(packet.get("llc")).toEqual({ kind: "llc", dsap: 0xaa, ssap: 0xaa, control: 3 });
    expect(packet.get("snap")).toEqual({ kind: "snap", oui: 0, protocol: 0x0800 });
  });

  test("NetWare's frames without a header stay payload", () => {
    const frame = build([{ ...ether, length: 4 }], Uint8Array.of(0xff, 0xff, 0, 4));
    const { layers, payload, problem } = dissect(frame);
    expect(layers.map(({ kind }): string => kind)).toEqual(["ethernet"]);
    expect(payload).toEqual(Uint8Array.of(0xff, 0xff, 0, 4));
    expect(problem).toBeNull();
  });
});

describe("snap", () => {
  conforms(snap, anySnap, { least: 5, beginnings: ["000000", "00000c"] });

  test("the protocol is an EtherType where the organization is none", () => {
    const arp = { kind: "arp", operation: "request" } as const;
    const llcs = { kind: "llc" } as const;
    const bridged = dissect(build([ether, llcs, { kind: "snap", oui: 0xf8 }, arp]));
    expect(bridged.get("arp")).toBeDefined();
    const foreign = dissect(build([ether, llcs, { kind: "snap", oui: 0x0c }, arp]));
    expect(foreign.get("snap")).toMatchObject({ oui: 0x0c, protocol: 0x0806 });
    expect(foreign.get("arp")).toBeUndefined();
  });
});

testWith(program("tshark"))("tshark reads llc and snap as we do", () => {
  const frames = [
    ...fc.sample(anyLlc, { numRuns: 300, seed: 1 }).map((layer) => build([ether, layer])),
    ...fc
      .sample(fc.tuple(anySnap, fc.constantFrom(0, 0x0c, 0x0080c2)), { numRuns: 300, seed: 2 })
      .map(([layer, oui]) => build([ether, { kind: "llc" }, { ...layer, oui }])),
  ].filter((frame) => dissect(frame).problem === null);
  judged(frames, [
    ...rows("llc", {
      "llc.dsap": "dsap",
      "llc.ssap": "ssap",
      "llc.control": "control",
    }),
    ...rows("snap", {
      "llc.oui": "oui",
      "llc.type": ["protocol", number, ({ oui, protocol }) => (oui === 0 ? protocol : undefined)],
    }),
  ]);
});
