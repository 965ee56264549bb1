// Bytes of any kind: cut off, changed, made to nest.

import { describe, expect, test } from "bun:test";
import * as wire from "../../src/wire/index.ts";
import { mutated } from "../fuzz/mutation.ts";
import { Random } from "../support/frame.ts";
import { type Golden, golden } from "./support/golden.ts";

/** How many mutations of each frame: RAWSOCK_TEST_MUTATIONS=100000 takes minutes. */
const MUTATIONS = Number(process.env.RAWSOCK_TEST_MUTATIONS ?? 300);

const codecs = Object.values<unknown>(wire).filter(
  (value): value is wire.Codec<wire.AnyLayer> =>
    typeof value === "object" && value !== null && "decode" in value,
);

/** Takes a frame apart in every way there is, and looks at what holds for all bytes. */
function check(bytes: Uint8Array, link: number): wire.Packet {
  const packet = wire.dissect(bytes, { link });
  const { layers, payload, trailer, problem } = packet;
  expect(packet.toString()).not.toMatch(/\p{Cc}/u);
  if (problem !== null) {
    expect(problem.offset).toBeWithin(0, bytes.length + 1);
    return packet;
  }
  const rebuilt = wire.build([...layers, payload]);
  const whole = trailer.length === 0 ? rebuilt : Uint8Array.of(...rebuilt, ...trailer);
  if (Buffer.compare(whole, bytes) !== 0) {
    expect(whole.toHex(), `${layers.map(({ kind }) => kind)}`).toBe(bytes.toHex());
  }
  return packet;
}

/** Every codec reads the bytes, or throws a WireError. */
function decodeAll(bytes: Uint8Array): void {
  for (const { kind, decode } of codecs) {
    try {
      const { layer, length, payload } = decode(bytes);
      expect(layer.kind).toBe(kind);
      expect(length + payload.length).toBeLessThanOrEqual(bytes.length);
    } catch (error) {
      if (!(error instanceof wire.WireError)) throw error;
      expect(error.layer).toBe(kind);
      expect(error.offset).toBeWithin(0, bytes.length + 1);
    }
  }
}

test("the frames hold every protocol", () => {
  const found = new Set(
    golden.flatMap(({ bytes, link }) =>
      wire.dissect(bytes, { link }).layers.map(({ kind }) => kind),
    ),
  );
  expect(codecs.map(({ kind }) => kind).filter((kind) => !found.has(kind as wire.Kind))).toEqual(
    [],
  );
});

describe.each(golden.map((frame) => [frame.name, frame] as const))("%s", (_, frame: Golden) => {
  const { bytes, link } = frame;

  test("is read to its end, and built again byte by byte", () => {
    expect(check(bytes, link).problem).toBeNull();
  });

  test("cut off anywhere, it gives the layers before, and names the one that is cut off", () => {
    const whole = wire.dissect(bytes, { link });
    // Of a raw packet without any byte nobody knows whether it is IPv4 or IPv6.
    for (let length = 1; length < bytes.length; length++) {
      const packet = check(bytes.slice(0, length), link);
      const count = packet.layers.length;
      const expected = whole.layers.slice(0, count);
      // The last one may be a list that was cut off between two of its elements.
      expect(packet.layers.slice(0, -1)).toEqual(expected.slice(0, -1));
      expect(packet.layers.at(-1)?.kind).toBe(expected.at(-1)?.kind);
      const next = whole.layers[count]?.kind;
      if (packet.problem !== null && next !== undefined) {
        expect(packet.problem.kind).toBe("truncated");
        const names = packet.layers.map(({ kind }): string => kind);
        expect([...names, next]).toContain(packet.problem.layer);
      }
      decodeAll(bytes.slice(0, length));
    }
  });

  test("mutated, it throws nothing but WireError, and what has no problem is built again", () => {
    const random = new Random(bytes.length);
    for (let count = 0; count < MUTATIONS; count++) {
      const changed = mutated(bytes, random);
      check(changed, link);
      if (count % 10 === 0) decodeAll(changed.subarray(random.below(changed.length + 1)));
    }
  }, 3_600_000);
});

test("random bytes behind every link, and behind every port that is known", () => {
  const random = new Random(3);
  const ports = [67, 68, 4789, 6081];
  for (let count = 0; count < Math.min(10 * MUTATIONS, 100_000); count++) {
    const bytes = random.bytes(random.below(100));
    for (const link of [0, 1, 9, 50, 51, 101, 108, 113, 228, 229, 276]) check(bytes, link);
    const udp = { kind: "udp", sourcePort: 1, destinationPort: random.pick(ports) } as const;
    const ip = { kind: "ipv4", protocol: random.below(256) } as const;
    check(wire.build([ip, bytes]), 101);
    check(wire.build([{ kind: "ipv6", nextHeader: random.below(256) }, bytes]), 101);
    check(wire.build([{ kind: "ipv4" }, udp, bytes]), 101);
    check(wire.build([{ kind: "ethernet", type: 0x8800 + random.below(0x100) }, bytes]), 1);
  }
}, 3_600_000);

test("no bytes at all are a header that is cut off", () => {
  const packet = wire.dissect(new Uint8Array(0));
  expect(packet.layers).toEqual([]);
  expect(packet.problem).toMatchObject({ kind: "truncated", layer: "ethernet", offset: 0 });
  expect(packet.payload).toHaveLength(0);
  expect(packet.trailer).toHaveLength(0);
});

/** A frame of 64 KiB that repeats `unit` behind `head`. */
function repeated(head: string, unit: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const first = Uint8Array.fromHex(head);
  const pattern = Uint8Array.fromHex(unit);
  for (let at = 0; at < length; at++) bytes[at] = pattern[at % pattern.length] as number;
  bytes.set(first);
  return bytes;
}

const MACS = "020000000002020000000001";
const IPV4 = "4500000000000000400000000a0000010a000002";
const IPV6 = `60000000ffff0040${"00".repeat(15)}01${"00".repeat(15)}02`;
/** Protocol or next header, and flags, are patched in. */
const ip4 = (protocol: string) => `${MACS}0800${IPV4.slice(0, 18)}${protocol}${IPV4.slice(20)}`;
const ip6 = (next: string) => `${MACS}86dd${IPV6.slice(0, 12)}${next}${IPV6.slice(14)}`;

const endless: Readonly<Record<string, [head: string, unit: string]>> = {
  "VLAN tags": [`${MACS}`, "81000007"],
  "MPLS labels": [`${MACS}8847`, "00010040"],
  "IPv4 in IPv4": [`${MACS}0800`, IPV4.replace("40000000", "40040000")],
  "hop-by-hop options of one byte": [`${ip6("00")}11ff`, "00"],
  "hop-by-hop headers": [ip6("00"), "0000000000000000"],
  "destination options": [ip6("3c"), "3c00010400000000"],
  "options of two bytes": [`${ip6("3c")}11ff`, "1e00"],
  AH: [ip4("33"), "330100000000000000000000"],
  "sctp chunks": [`${ip4("84")}138813890000000000000000`, "03000004"],
  "GRE in GRE": [ip4("2f"), "00006558"],
  "NDP options": [`${ip6("3a")}87000000${"00".repeat(20)}`, "fd01000000000000"],
  "MLD records": [`${ip6("3a")}8f0000000000ffff`, `01000000${"00".repeat(16)}`],
  "IGMP records": [`${ip4("02")}220000000000ffff`, "01000000e0000001"],
  "DHCP options": [`${ip4("11")}004400430000000001010600${"00".repeat(232)}63825363`, "0c0141"],
  "LLDP TLVs": [`${MACS}88cc`, "0c0141"],
  "Geneve options": [`${ip4("11")}9c4017c1000000003f006558`, "0102030000"],
};

describe("64 KiB of", () => {
  test.each(Object.entries(endless))(
    "%s are read in time that grows with the length",
    (_, parts) => {
      const cost = (length: number): number => {
        const bytes = repeated(...parts, length);
        let best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < 7; round++) {
          const begin = Bun.nanoseconds();
          for (let call = 0; call < 4; call++) wire.dissect(bytes).layers.length;
          best = Math.min(best, (Bun.nanoseconds() - begin) / 4);
        }
        return best;
      };
      cost(16_384);
      // Four times the bytes may take four times as long, and twice that on a busy machine.
      expect(cost(65_536) / Math.max(5000, cost(16_384))).toBeLessThan(9);
      expect(cost(65_536)).toBeLessThan(100e6);
      check(repeated(...parts, 65_536), 1);
    },
  );
});
