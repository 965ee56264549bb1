import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { build, dissect, udplite } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { bytes, port, u16 } from "./support/arbitrary.ts";
import { ether, four, six } from "./support/carrier.ts";
import { conforms, GOOD, judged } from "./support/conform.ts";
import { rows } from "./support/judge.ts";
import { tshark } from "./support/tshark.ts";

const ports = { kind: "udplite", sourcePort: 40_000, destinationPort: 40_001 } as const;
const anyUdplite = fc.record({
  kind: fc.constant("udplite" as const),
  sourcePort: port,
  destinationPort: port,
  coverage: fc.constantFrom(0, 8),
  checksum: u16,
});

/** The checksum, word by word. */
function checksum(words: readonly number[]): number {
  let sum = words.reduce((total, word) => total + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum ^ 0xffff;
}

describe("udplite", () => {
  conforms(udplite, anyUdplite, { least: 8, beginnings: ["9c409c410008", "9c409c410000"] });

  test("the coverage is all of it, unless less is set", () => {
    const payload = new Uint8Array(5);
    expect(udplite.decode(udplite.encode(ports, payload)).layer.coverage).toBe(13);
    const header = udplite.encode({ ...ports, coverage: 8 }, payload, four);
    const other = udplite.encode({ ...ports, coverage: 8 }, payload.fill(1), four);
    expect(header.subarray(0, 8)).toEqual(other.subarray(0, 8));
  });

  test("the checksum covers the pseudo-header with the whole length, and what is covered", () => {
    const encoded = udplite.encode({ ...ports, coverage: 10 }, Uint8Array.of(1, 2, 3, 4), four);
    const addresses = [0xc000, 0x0201, 0xc633, 0x6407];
    const expected = checksum([...addresses, 136, 12, 40_000, 40_001, 10, 0x0102]);
    expect(udplite.decode(encoded).layer.checksum).toBe(expected);
  });

  test("a coverage that does not cover the header is malformed", () => {
    for (let coverage = 1; coverage < 8; coverage++) {
      expect(() => udplite.decode(udplite.encode({ ...ports, coverage }))).toThrow(/coverage/);
    }
  });

  test("a coverage of more than there is says that the payload is cut off", () => {
    const { problem, layers } = dissect(build([ether, four, { ...ports, coverage: 20 }]));
    expect(layers.at(-1)?.kind).toBe("udplite");
    expect(problem).toMatchObject({ kind: "truncated", layer: "udplite", offset: 42 });
  });

  testWith(program("tshark"))("tshark reads udplite as we do, its checksums right", () => {
    const frames = fc
      .sample(fc.tuple(fc.nat(12), bytes(20), fc.constantFrom(four, six)), {
        numRuns: 300,
        seed: 8,
      })
      .map(([more, payload, network]) => {
        const coverage = more > payload.length ? 0 : 8 + more;
        return build([ether, network, { ...ports, coverage }], payload);
      });
    judged(frames, rows("udplite", { "udp.srcport": "sourcePort", "udp.checksum": "checksum" }));
    const found = tshark(frames, ["udp.checksum.status"]);
    expect(found.map((fields) => fields.get("udp.checksum.status"))).toEqual(
      frames.map(() => [GOOD]),
    );
  });
});
