// Frames that are cut off, lie or are of another kind: a RangeError, and no byte is changed.

import { describe, expect, test } from "bun:test";
import { checksum } from "../../src/index.ts";
import frames from "../fixtures/frames.json";
import { ipv4, ipv6, Random, segment, type Transport, word } from "../support/frame.ts";

const COMPUTE = ["ip", "icmp", "tcp", "udp"] as const;
type Compute = (typeof COMPUTE)[number];
const TRANSPORTS = ["icmp", "tcp", "udp"] as const;

const random = new Random(4242);
const content = (transport: Transport, size = 9) => segment(transport, random.bytes(size), random);
const set = (frame: Uint8Array, at: number, ...values: number[]) => {
  const copy = frame.slice();
  copy.set(values, at);
  return copy;
};

type Options = Parameters<typeof checksum.ip>[1];

/** Expects the refusal of that name, and the frame unchanged. */
/** As `refused`, or the IPv4 header judged alone: is that right, the reason is with the verdict. */
function unjudged(frame: Uint8Array, message: RegExp) {
  const before = frame.slice();
  let reason: string | null;
  try {
    const verdicts = checksum.verify(frame);
    expect(verdicts.map(({ layer }) => layer)).toEqual(["ip"]);
    reason = verdicts.unjudged;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    reason = (error as Error).message;
  }
  expect(reason).toMatch(message);
  expect(frame).toEqual(before);
}

function refused(what: Compute | "verify", frame: Uint8Array, message: RegExp, options?: Options) {
  const before = frame.slice();
  let error: unknown;
  try {
    checksum[what](frame, options);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(RangeError);
  expect((error as Error).message).toMatch(message);
  expect(frame).toEqual(before);
}

test("every prefix of a valid frame", () => {
  for (const { name, hex, layer } of frames) {
    const whole = Uint8Array.fromHex(hex);
    const compute = layer === "icmpv6" ? "icmp" : (layer as Transport);
    // The padding may go.
    const least = name.startsWith("padded") ? 54 : whole.length;
    for (let length = 0; length < least; length++) {
      const cut = whole.slice(0, length);
      refused(compute, cut, /too short|shorter|ends within/);
      unjudged(cut, /too short|shorter|ends within/);
      // The bytes behind `end` are not looked at either.
      refused(compute, whole, /too short|shorter|ends within/, { end: length });
    }
    expect(() => checksum.verify(whole)).not.toThrow();
  }
});

describe("IPv4", () => {
  test("header lengths 0 to 15", () => {
    const frame = ipv4("udp", content("udp", 60));
    for (let words = 0; words < 16; words++) {
      const changed = set(frame, 14, 0x40 | words);
      const space = frame.length - 14 - words * 4;
      if (words < 5) {
        for (const what of [...COMPUTE, "verify"] as const) refused(what, changed, /header length/);
        continue;
      }
      expect(checksum.ip(changed)).toBe(
        checksum.internet(zeroed(changed, 24), { start: 14, end: 14 + words * 4 }),
      );
      expect(space).toBeGreaterThan(8);
    }
  });

  test("every total length from 0 to 65535", () => {
    const frame = ipv4("icmp", content("icmp", 20));
    const actual = frame.length - 14;
    for (let total = 0; total <= 0xffff; total++) {
      frame.set(word(total), 16);
      if (total >= 28 && total <= actual) {
        const rest = checksum.internet(zeroed(frame, 36), { start: 34, end: 14 + total });
        expect(checksum.icmp(frame)).toBe(rest);
      } else if (total < 100 || total % 1111 === 0 || total > 65500) {
        const reason = total < 20 ? /less than its header/ : total > actual ? /shorter/ : /ICMP/;
        refused("icmp", frame, reason);
        unjudged(frame, reason);
      } else {
        expect(() => checksum.icmp(frame)).toThrow(RangeError);
      }
    }
  });

  test("the largest packet", () => {
    const frame = ipv4("udp", content("udp", 65_535 - 28));
    expect(frame.length).toBe(65_549);
    checksum.udp(frame);
    checksum.ip(frame);
    expect(checksum.verify(frame).map(({ valid }) => valid)).toEqual([true, true]);
  });

  test("fragments have the header's checksum alone", () => {
    for (const flags of [0x2000, 0x0001, 0x3fff, 0x2001]) {
      for (const transport of TRANSPORTS) {
        const frame = set(ipv4(transport, content(transport)), 20, ...word(flags));
        refused(transport, frame, /fragment/);
        checksum.ip(frame);
        expect(checksum.verify(frame)).toMatchObject([{ layer: "ip", valid: true }]);
      }
    }
    const whole = set(ipv4("udp", content("udp")), 20, 0xc0, 0x00);
    expect(checksum.udp(whole)).toBeGreaterThan(0);
  });

  test("other protocols", () => {
    const frame = ipv4("tcp", content("tcp"), { protocol: 89 });
    for (const transport of TRANSPORTS) refused(transport, frame, /another protocol/);
    expect(checksum.verify(frame)).toMatchObject([{ layer: "ip", valid: false }]);
    refused("icmp", ipv4("icmp", content("icmp"), { protocol: 58 }), /another protocol/);
  });

  test("malformed options concern no checksum", () => {
    for (const options of [
      [131, 0, 4, 0],
      [131, 200, 4, 0],
      [7, 1, 0, 0],
      [131, 4, 4, 0],
      [1, 1, 1, 131],
    ]) {
      const frame = ipv4("udp", content("udp"), { options: Uint8Array.from(options) });
      const plain = ipv4("udp", frame.slice(38));
      expect(checksum.udp(frame)).toBe(checksum.udp(plain));
    }
  });

  test("a source route used up ends at the header's destination", () => {
    const options = Uint8Array.of(131, 7, 8, 203, 0, 113, 1, 0);
    const body = content("udp");
    const open = set(ipv4("udp", body, { options }), 36, 4);
    expect(checksum.udp(ipv4("udp", body, { options }))).toBe(checksum.udp(ipv4("udp", body)));
    const final = ipv4("udp", body, { destination: [203, 0, 113, 1] });
    expect(checksum.udp(open)).toBe(checksum.udp(final));
  });
});

function zeroed(frame: Uint8Array, at: number): Uint8Array {
  return set(frame, at, 0, 0);
}

test("Ethernet: other types, tags that never end, versions that contradict", () => {
  const frame = ipv4("tcp", content("tcp"));
  const arp = set(frame, 12, 0x08, 0x06);
  for (const what of [...COMPUTE, "verify"] as const) refused(what, arp, /neither IPv4 nor IPv6/);
  refused("tcp", set(frame, 14, 0x65), /another IP version/);
  refused("ip", ipv6("tcp", content("tcp")), /IPv6, whose header has no checksum/);
  const tags = new Uint8Array(64).fill(0);
  for (let at = 12; at < 64; at += 4) tags.set([0x81, 0x00], at);
  refused("verify", tags, /VLAN tags/);
  refused("verify", Uint8Array.of(0x10, 0, 0), /neither/, { link: "none" });
  refused("verify", new Uint8Array(), /neither/, { link: "none" });
});

test("TCP: header lengths 0 to 15", () => {
  const frame = ipv4("tcp", segment("tcp", random.bytes(0), new Random(0)).slice(0, 20));
  const longer = ipv4("tcp", Uint8Array.of(...frame.slice(34), ...random.bytes(16)));
  for (let words = 0; words < 16; words++) {
    const changed = set(longer, 46, words << 4);
    if (words < 5) refused("tcp", changed, /TCP header length of less/);
    else if (words > 9) refused("tcp", changed, /shorter than its TCP header/);
    else expect(checksum.tcp(changed)).toBeNumber();
  }
});

test("UDP: its own length bounds what is summed", () => {
  const frame = ipv4("udp", content("udp", 20));
  for (const length of [0, 1, 7])
    refused("udp", set(frame, 38, ...word(length)), /UDP length of less/);
  for (const length of [29, 100, 0xffff]) {
    refused("udp", set(frame, 38, ...word(length)), /UDP length of more/);
  }
  const shorter = set(frame, 38, ...word(13));
  const value = checksum.udp(shorter);
  const sum = checksum.pseudoHeader("192.0.2.1", "198.51.100.7", "udp", 13);
  const part = zeroed(shorter, 40).subarray(34, 47);
  expect(value).toBe(checksum.partial(part, sum) ^ 0xffff);
});

test("UDP: a sum of zero is stored as 0xffff; a stored zero is absent in IPv4 alone", () => {
  for (const [build, at, valid] of [
    [ipv4, 14 + 20, true],
    [ipv6, 14 + 40, false],
  ] as const) {
    const frame = build("udp", content("udp", 4));
    // The payload that makes the sum zero.
    frame.set([0, 0], at + 8);
    frame.set(word(checksum.udp(frame)), at + 8);
    expect(checksum.udp(frame)).toBe(0xffff);
    expect([...frame.subarray(at + 6, at + 8)]).toEqual([0xff, 0xff]);
    const right = { layer: "udp", valid: true, expected: 0xffff, actual: 0xffff } as const;
    expect(checksum.verify(frame).at(-1)).toEqual(right);
    expect(checksum.verify(zeroed(frame, at + 6)).at(-1)).toEqual({ ...right, valid, actual: 0 });
    const other = build("udp", content("udp", 4));
    expect(checksum.verify(other).at(-1)).toMatchObject({ valid, actual: 0 });
  }
});

test("TCP: both zeros are valid, the one stored is 0x0000", () => {
  const frame = ipv4("tcp", content("tcp", 4));
  frame.set([0, 0], frame.length - 2 - (frame.length % 2));
  frame.set(word(checksum.tcp(frame)), frame.length - 2 - (frame.length % 2));
  expect(checksum.tcp(frame)).toBe(0);
  expect(checksum.verify(set(frame, 50, 0xff, 0xff)).at(-1)).toEqual({
    layer: "tcp",
    valid: true,
    expected: 0,
    actual: 0xffff,
  });
});

test("an ICMP message of nothing but zeros has the sum 0xffff", () => {
  const frame = ipv4("icmp", new Uint8Array(8));
  expect(checksum.icmp(frame)).toBe(0xffff);
  expect(checksum.icmp(frame)).toBe(0xffff);
});

test("options of the wrong kind", () => {
  const frame = ipv4("tcp", content("tcp"));
  expect(() => checksum.tcp(frame, { link: "token-ring" as never })).toThrow(/ethernet, none/);
  expect(() => checksum.tcp(frame, { link: 1 as never })).toThrow(TypeError);
  expect(() => checksum.tcp(frame, { offset: 1 } as never)).toThrow(/offset.*link/);
  expect(() => checksum.tcp(frame, { end: frame.length + 1 })).toThrow(RangeError);
  expect(() => checksum.verify("frame" as never)).toThrow(TypeError);
});

test("100,000 random frames change nothing but a checksum, or nothing at all", () => {
  const seed = (Math.random() * 2 ** 32) >>> 0;
  const dice = new Random(seed);
  const pool = dice.bytes(1 << 16);
  const seeds = frames.map(({ hex }) => Uint8Array.fromHex(hex));
  let accepted = 0;
  for (let count = 0; count < 100_000; count++) {
    const frame = count % 4 === 0 ? noise(dice, pool) : mutated(dice, seeds);
    const before = frame.slice();
    const what = dice.pick(COMPUTE);
    const options = dice.below(4) === 0 ? ({ link: "none" } as const) : undefined;
    let value: number;
    try {
      value = checksum[what](frame, options);
    } catch (error) {
      if (!(error instanceof RangeError) || Buffer.compare(frame, before) !== 0) {
        expect([seed, before.toHex(), error]).toEqual([]);
      }
      continue;
    }
    accepted++;
    const changed = [...frame.keys()].filter((at) => frame[at] !== before[at]);
    const spread = (changed.at(-1) ?? 0) - (changed[0] ?? 0);
    if (spread > 1 || !stored(frame, what, value, options)) {
      expect([seed, what, before.toHex()]).toEqual([]);
    }
  }
  expect(accepted).toBeGreaterThan(1000);
});

/** Whether verify finds that value; what an IPv4 header carries may lie all the same. */
function stored(frame: Uint8Array, what: Compute, value: number, options: Options): boolean {
  const layers = what === "icmp" ? ["icmp", "icmpv6"] : [what];
  try {
    const verdict = checksum.verify(frame, options).find(({ layer }) => layers.includes(layer));
    return verdict?.valid === true && verdict.actual === value;
  } catch (error) {
    return what === "ip" && error instanceof RangeError;
  }
}

/** Random bytes behind a few plausible ones. */
function noise(dice: Random, pool: Uint8Array): Uint8Array {
  const start = dice.below(pool.length - 200);
  const frame = pool.slice(start, start + dice.below(200));
  const type = dice.pick([[0x08, 0x00, 0x45], [0x86, 0xdd, 0x60], [0x81, 0x00], []]);
  if (frame.length > 16) frame.set(type, 12);
  return frame;
}

/** A good frame with a few bytes changed, or cut. */
function mutated(dice: Random, good: readonly Uint8Array[]): Uint8Array {
  const whole = dice.pick(good);
  const frame = whole.slice(0, dice.below(3) === 0 ? dice.below(whole.length + 1) : whole.length);
  for (let changes = dice.below(4); changes > 0 && frame.length > 0; changes--) {
    frame[12 + dice.below(Math.max(1, Math.min(60, frame.length - 12)))] = dice.below(256);
  }
  return frame;
}
