import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, loop, nullLink } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { four, six } from "./support/carrier.ts";
import { conforms, judged } from "./support/conform.ts";
import { rows } from "./support/judge.ts";

const family = fc.integer({ min: 1, max: 0xffff });
const anyNull = fc.record({ kind: fc.constant("null" as const), family });
const anyLoop = fc.record({ kind: fc.constant("loop" as const), family: fc.nat(0xffff_ffff) });

describe("null", () => {
  conforms(nullLink, anyNull, { least: 4, beginnings: ["02000000", "00000002"] });

  test("the family is read in both orders, and written as it was", () => {
    const little = Uint8Array.of(2, 0, 0, 0);
    const big = Uint8Array.of(0, 0, 0, 2);
    expect(nullLink.decode(little).layer).toEqual({ kind: "null", family: 2 });
    expect(nullLink.decode(big).layer).toEqual({ kind: "null", family: 2, bigEndian: true });
    expect(nullLink.encode({ kind: "null", family: 2 })).toEqual(little);
    expect(nullLink.encode({ kind: "null", family: 2, bigEndian: true })).toEqual(big);
  });

  test("each system's number of IPv6 leads to it", () => {
    for (const family of [10, 23, 24, 28, 30]) {
      const packet = dissect(build([{ kind: "null", family }, six]), { link: "null" });
      expect(packet.get("ipv6")).toBeDefined();
    }
    const families = [four, six].map((layer) => {
      const packet = dissect(build([{ kind: "null" }, layer]), { link: "null" });
      expect(packet.layers[1]?.kind).toBe(layer.kind);
      return packet.get("null")?.family;
    });
    expect(families).toEqual([2, 30]);
  });
});

describe("loop", () => {
  conforms(loop, anyLoop, { least: 4, beginnings: ["00000002", "00000018"] });

  test("the family is in the order of the network", () => {
    expect(loop.decode(Uint8Array.of(0, 0, 0, 2)).layer).toEqual({ kind: "loop", family: 2 });
    for (const layer of [four, six]) {
      const packet = dissect(build([{ kind: "loop" }, layer]), { link: "loop" });
      expect(packet.get("loop")?.family).toBe(layer === four ? 2 : 24);
      expect(packet.layers[1]?.kind).toBe(layer.kind);
    }
  });
});

testWith(program("tshark"))("tshark reads null and loop as we do", () => {
  const networks = [four, six];
  judged(
    networks.map((layer) => build([{ kind: "null" }, layer])),
    [...rows("null", { "null.family": "family" }), ...rows("ipv4", { "ip.ttl": "ttl" })],
    "null",
    0,
  );
  judged(
    networks.map((layer) => build([{ kind: "loop" }, layer])),
    [...rows("loop", { "null.family": "family" }), ...rows("ipv6", { "ipv6.hlim": "hopLimit" })],
    "loop",
    108,
  );
});
