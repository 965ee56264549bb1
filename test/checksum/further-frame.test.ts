// What stands before and behind the IP header of less common frames, and what can be said of half.

import { expect, test } from "bun:test";
import { checksum } from "../../src/index.ts";
import { ipv4, ipv6, Random, segment, word } from "../support/frame.ts";

const random = new Random(77);
const udp = () => segment("udp", random.bytes(9), random);

/** The frame with both its checksums right. */
function right(frame: Uint8Array): Uint8Array {
  checksum.ip(frame);
  checksum.udp(frame);
  return frame;
}

/** What verify says, in short. */
const said = (frame: Uint8Array) =>
  checksum.verify(frame).map(({ layer, valid }) => `${layer} ${valid}`);

const BOTH = ["ip true", "udp true"];

test("tags and headers of carriers are skipped", () => {
  const mpls = (...labels: number[][]) => [0x88, 0x47, ...labels.flat()];
  const plain = right(ipv4("udp", udp()));
  const [macs, packet] = [plain.subarray(0, 12), plain.subarray(14)];
  const carried = (...header: number[]) => Uint8Array.of(...macs, ...header, ...packet);
  for (const frame of [
    carried(0x91, 0x00, 0, 5, 0x08, 0x00),
    carried(0x92, 0x00, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00),
    carried(0x88, 0xe7, 0, 0, 1, 2, ...macs, 0x08, 0x00),
    carried(0x88, 0xa8, 0, 3, 0x88, 0xe7, 0, 0, 1, 2, ...macs, 0x81, 0x00, 0, 4, 0x08, 0x00),
    carried(...mpls([0, 1, 0x01, 64])),
    carried(...mpls([0, 1, 0x00, 64], [0, 2, 0x00, 64], [0, 3, 0x01, 64])),
    carried(0x88, 0x64, 0x11, 0, 0, 7, ...word(packet.length + 2), 0x00, 0x21),
    carried(0x88, 0x64, 0x11, 0, 0, 7, ...word(packet.length + 1), 0x21),
    carried(...word(packet.length + 8), 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00),
  ]) {
    expect(said(frame)).toEqual(BOTH);
    const changed = frame.slice();
    checksum.udp(changed);
    expect(changed).toEqual(frame);
    // Cut off anywhere, nothing is read behind the end.
    for (let length = 0; length < frame.length - packet.length; length++) {
      expect(() => checksum.verify(frame.slice(0, length))).toThrow(RangeError);
    }
  }
  expect(() => checksum.verify(carried(...mpls([0, 1, 0x00, 64])))).toThrow(RangeError);
  expect(() => checksum.verify(carried(0x88, 0x63, 0x11, 9, 0, 0, 0, 0))).toThrow(/neither/);
});

test("an authentication header in IPv4 is skipped like one in IPv6", () => {
  const header = [17, 4, 0, 0, ...random.bytes(20)];
  const content = Uint8Array.of(...header, ...udp());
  const frame = right(ipv4("udp", content, { protocol: 51 }));
  expect(said(frame)).toEqual(BOTH);
  // The header's checksum is the header's alone.
  expect(checksum.internet(frame, { start: 14, end: 34 })).toBe(0);
  for (const length of [0, 255]) {
    frame[14 + 20 + 1] = length;
    const verdicts = checksum.verify(frame);
    expect(verdicts.map(({ layer }) => layer)).toEqual(["ip"]);
    expect(verdicts.unjudged).toMatch(/authentication header/);
  }
});

test("a compressed source route leads to its last address", () => {
  const destination = [0xfd, 0x77, ...new Array<number>(13).fill(0), 2];
  const last = [...destination.slice(0, 8), 1, 2, 3, 4, 5, 6, 7, 8];
  // One address of 1 byte, the last of 8, 7 of padding: RFC 6554.
  const route = [
    17,
    2,
    3,
    1,
    0xf8,
    0x70,
    0,
    0,
    9,
    ...last.slice(8),
    ...new Array<number>(7).fill(0),
  ];
  const frame = ipv6("udp", udp(), { protocol: 43, options: Uint8Array.from(route) });
  checksum.udp(frame);
  expect(said(frame)).toEqual(["udp true"]);
  const start = 54 + route.length;
  const sum = checksum.pseudoHeader(
    frame.subarray(22, 38),
    Uint8Array.from(last),
    17,
    frame.length - start,
  );
  expect(checksum.partial(frame, sum, { start })).toBe(0xffff);
  for (const [at, value, reason] of [
    [57, 3, /more segments/],
    [58, 0xe8, /contradict/],
    [59, 0xf0, /contradict/],
  ] as const) {
    const wrong = frame.slice();
    wrong[at] = value;
    expect(() => checksum.verify(wrong)).toThrow(reason);
  }
});

test("ICMPv6 messages need four bytes", () => {
  for (const size of [4, 5, 7]) {
    const frame = ipv6("icmp", Uint8Array.of(200, 0, 0, 0, 1, 2, 3).slice(0, size));
    checksum.icmp(frame);
    expect(said(frame)).toEqual(["icmpv6 true"]);
  }
  const short = ipv6("icmp", Uint8Array.of(200, 0, 0));
  expect(() => checksum.icmp(short)).toThrow(/ICMP header/);
});

/** RFC 9260, appendix A, bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("SCTP packets have a CRC32c, its least byte first", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe306_9283);
  for (const make of [ipv4, ipv6]) {
    for (const size of [0, 4, 131, 1400]) {
      const content = Uint8Array.of(...random.bytes(8), 0, 0, 0, 0, ...random.bytes(size));
      const frame = make("udp", content, { protocol: 132 });
      const expected = new DataView(Uint32Array.of(crc32c(content)).buffer).getUint32(0);
      expect(checksum.sctp(frame)).toBe(expected);
      const verdict = checksum.verify(frame).at(-1);
      expect(verdict).toEqual({ layer: "sctp", valid: true, expected, actual: expected });
      frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 1;
      expect(checksum.verify(frame).at(-1)?.valid).toBe(false);
    }
  }
  const short = ipv4("udp", random.bytes(11), { protocol: 132 });
  expect(() => checksum.sctp(short)).toThrow(/^checksum.sctp: .*SCTP header/);
  expect(() => checksum.sctp(ipv4("udp", udp()))).toThrow(/another protocol/);
});

test("IGMP messages are judged", () => {
  const frame = ipv4("udp", Uint8Array.of(0x16, 0, 0, 0, 239, 1, 2, 3), { protocol: 2 });
  checksum.ip(frame);
  const stored = checksum.igmp(frame);
  expect(checksum.internet(frame, { start: 34 })).toBe(0);
  expect(checksum.verify(frame)[1]).toEqual({
    layer: "igmp",
    valid: true,
    expected: stored,
    actual: stored,
  });
});

test("a good IPv4 header is judged whatever lies behind it", () => {
  const whole = right(ipv4("udp", udp()));
  const udpLength = whole.slice();
  udpLength.set(word(500), 38);
  const fragment = whole.slice();
  fragment[20] = 0x20;
  checksum.ip(fragment);
  const other = whole.slice();
  other[23] = 99;
  checksum.ip(other);
  for (const [frame, reason] of [
    [whole.slice(0, 40), /^the frame is shorter than its IPv4 total length$/],
    [whole.slice(0, 34), /shorter/],
    [udpLength, /UDP length of more/],
    [fragment, /fragment/],
    [other, /another protocol/],
  ] as const) {
    const verdicts = checksum.verify(frame);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ layer: "ip", valid: true });
    expect(verdicts.unjudged).toMatch(reason);
  }
  expect(checksum.verify(whole).unjudged).toBeNull();
  // What a wrong header says is told too.
  const wrong = whole.slice(0, 36);
  wrong[24] = (wrong[24] ?? 0) ^ 1;
  expect(checksum.verify(wrong)[0]?.valid).toBe(false);
  expect(() => checksum.verify(whole.slice(0, 33))).toThrow(RangeError);
});
