import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, ppp, pppoe } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { u8, u16 } from "./support/arbitrary.ts";
import { ether, four, made, six } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { rows } from "./support/judge.ts";

/** Of two bytes the first is even; of one, it is odd. */
const wide = u16.map((protocol) => protocol & 0xfeff);
const narrow = fc.constantFrom(0x21, 0x57, 0x2b, 0xfd);
const anyPpp = fc.oneof(
  fc.record({ kind: fc.constant("ppp" as const), protocol: wide }),
  fc.record({
    kind: fc.constant("ppp" as const),
    protocol: wide,
    framed: fc.constant(true as const),
  }),
  fc.record({
    kind: fc.constant("ppp" as const),
    protocol: narrow,
    compressed: fc.constant(true as const),
  }),
);
const anyPppoe = fc.record({
  kind: fc.constant("pppoe" as const),
  version: fc.nat(15),
  code: u8,
  session: u16,
});

describe("ppp", () => {
  conforms(ppp, anyPpp, { least: 1, beginnings: ["ff03", "0021", "21", "ff0321"] });

  test("the protocol leads to IPv4, IPv6 and MPLS, and gets their number", () => {
    for (const [layer, protocol] of [
      [four, 0x0021],
      [six, 0x0057],
      [{ kind: "mpls" }, 0x0281],
    ] as const) {
      const packet = dissect(build([{ kind: "ppp" }, layer]), { link: "ppp" });
      expect(packet.layers[0]).toEqual({ kind: "ppp", protocol });
      expect(packet.layers[1]).toMatchObject(layer);
    }
  });

  test("framing, and a protocol of one byte, are seen and kept", () => {
    const framed = dissect(made("ppp, framed"), { link: "ppp" });
    expect(framed.layers[0]).toEqual({
      kind: "ppp",
      protocol: 0x57,
      framed: true,
      compressed: true,
    });
    expect(framed.layers[1]?.kind).toBe("ipv6");
    const compressed = dissect(made("ppp, compressed"), { link: "ppp" });
    expect(compressed.layers[0]).toEqual({ kind: "ppp", protocol: 0x21, compressed: true });
    const init = { kind: "ppp", compressed: true } as const;
    expect(() => ppp.encode({ ...init, protocol: 0x22 })).toThrow(/ppp\.protocol/);
    expect(() => ppp.encode({ ...init, protocol: 0x0121 })).toThrow(/ppp\.protocol/);
  });

  test("a protocol that nobody knows has a payload", () => {
    const { layers, payload } = dissect(made("ppp, link control"), { link: "ppp" });
    expect(layers).toEqual([{ kind: "ppp", protocol: 0xc021 }]);
    expect(payload.toHex()).toBe("01010004");
  });
});

describe("pppoe", () => {
  conforms(pppoe, anyPppoe, { least: 6, beginnings: ["1100", "1109"] });

  test("a session has PPP behind it, and its length without Ethernet's padding", () => {
    const layers = [{ kind: "pppoe", session: 0x1234 }, { kind: "ppp" }] as const;
    const frame = build([ether, ...layers, four], { minimumLength: 60 });
    const packet = dissect(frame);
    expect(packet.problem).toBeNull();
    expect(packet.get("ethernet")?.type).toBe(0x8864);
    expect(packet.get("pppoe")).toEqual({
      kind: "pppoe",
      version: 1,
      code: 0,
      session: 0x1234,
      length: 22,
    });
    expect(packet.get("ipv4")).toMatchObject(four);
    expect(packet.trailer).toHaveLength(60 - 14 - 6 - 22);
  });

  test("of the discovery, which has a type of its own, the tags are payload", () => {
    const packet = dissect(build([ether, { kind: "pppoe", code: 9 }], Uint8Array.of(1, 1, 0, 0)));
    expect(packet.get("ethernet")?.type).toBe(0x8863);
    expect(packet.get("pppoe")).toMatchObject({ code: 9, length: 4 });
    expect(packet.payload.toHex()).toBe("01010000");
  });

  test("a payload that is shorter than the length says is truncated", () => {
    const frame = build([ether, { kind: "pppoe", code: 9, length: 9 }], Uint8Array.of(1, 1, 0, 0));
    const { problem, layers } = dissect(frame);
    expect(layers.at(-1)?.kind).toBe("pppoe");
    expect(problem).toMatchObject({ kind: "truncated", layer: "pppoe", offset: 20 });
  });

  test("it is a link by itself, too", () => {
    const packet = dissect(made("pppoe, link type"), { link: 51 });
    expect(packet.get("pppoe")).toMatchObject({ session: 9 });
    expect(packet.get("udp")).toBeDefined();
  });
});

testWith(program("tshark"))("tshark reads pppoe and ppp as we do", () => {
  const session = fc.sample(u16, { numRuns: 300, seed: 3 });
  const frames = session.flatMap((session) => [
    build([ether, { kind: "pppoe", session }, { kind: "ppp" }, session % 2 === 0 ? four : six]),
    build([ether, { kind: "pppoe", session, code: 0x19 }]),
  ]);
  judged(frames, [
    ...rows("pppoe", {
      "pppoe.version": "version",
      "pppoe.code": "code",
      "pppoe.session_id": "session",
      "pppoe.payload_length": "length",
    }),
    ...rows("ppp", { "ppp.protocol": "protocol" }),
  ]);
  const framed = fc.sample(fc.constantFrom(true, undefined), 20);
  judged(
    framed.map((framed) => build([{ kind: "ppp", framed }, four])),
    [
      ...rows("ppp", { "ppp.protocol": "protocol" }),
      ...rows("ipv4", { "ip.len": "totalLength", "ip.ttl": "ttl" }),
    ],
    "ppp",
    9,
  );
});
