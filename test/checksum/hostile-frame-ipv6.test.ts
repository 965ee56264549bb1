// IPv6 headers that lie or that hide the transport: a RangeError, and no byte is changed.

import { expect, test } from "bun:test";
import { checksum } from "../../src/index.ts";
import { ipv6, Random, segment, type Transport, word } from "../support/frame.ts";

const random = new Random(6);
const udp = () => segment("udp", random.bytes(9), random);

/** A UDP packet behind extension headers, the first of type `protocol`. */
const behind = (protocol: number, ...options: number[]) =>
  ipv6("udp", udp(), { protocol, options: Uint8Array.from(options) });

function refused(frame: Uint8Array, message: RegExp, what: Transport | "verify" = "udp") {
  const before = frame.slice();
  expect(() => checksum[what](frame)).toThrow(message);
  expect(() => checksum[what](frame)).toThrow(RangeError);
  expect(() => checksum.verify(frame)).toThrow(RangeError);
  expect(frame).toEqual(before);
}

const valid = (frame: Uint8Array) => {
  checksum.udp(frame);
  return checksum.verify(frame)[0]?.valid;
};

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const UDP = 17;
const padding = [1, 4, 0, 0, 0, 0];
const address = new Array<number>(16).fill(0x20);

test("fragments, the first too", () => {
  for (const [offset, more] of [
    [0, 1],
    [0x5d8, 0],
  ] as const) {
    refused(behind(FRAGMENT, UDP, 0, ...word(offset | more), 1, 2, 3, 4), /fragment/);
  }
});

test("an atomic fragment is the whole datagram", () => {
  // The two reserved bits are ignored.
  for (const bits of [0, 2, 4, 6]) {
    expect(valid(behind(FRAGMENT, UDP, 0, ...word(bits), 1, 2, 3, 4))).toBe(true);
  }
  expect(valid(behind(DESTINATION, FRAGMENT, 0, ...padding, UDP, 0, 0, 0, 1, 2, 3, 4))).toBe(true);
});

test("a payload length of zero without the option is no jumbogram", () => {
  const frame = behind(HOP_BY_HOP, UDP, 0, ...padding);
  frame.set([0, 0], 18);
  refused(frame, /ends within an IPv6 extension header/);
});

test("jumbograms", () => {
  const jumbo = behind(HOP_BY_HOP, UDP, 0, 0xc2, 4, 0, 1, 0, 0);
  refused(jumbo, /jumbogram/);
  jumbo.set([0, 0], 18);
  refused(jumbo, /jumbogram/);
});

test("payload lengths", () => {
  const frame = ipv6("udp", udp());
  for (const length of [0, 7]) {
    frame.set(word(length), 18);
    refused(frame, /UDP header/);
  }
  for (const length of [18, 0xffff]) {
    frame.set(word(length), 18);
    refused(frame, /IPv6 payload length/);
  }
});

test("extension headers that run out", () => {
  for (const type of [HOP_BY_HOP, ROUTING, DESTINATION, AUTHENTICATION]) {
    refused(behind(type, UDP, 255, ...padding), /ends within an IPv6 extension header/);
    refused(ipv6("udp", Uint8Array.of(UDP, 0, 0), { protocol: type }), /extension header/);
  }
});

test("options that run out, and padding of every length", () => {
  refused(behind(DESTINATION, UDP, 0, 1, 5, 0, 0, 0, 0), /option longer/);
  refused(behind(DESTINATION, UDP, 0, 0, 0, 0, 0, 0, 1), /option longer/);
  expect(valid(behind(DESTINATION, UDP, 0, 0, 0, 0, 0, 0, 0))).toBe(true);
  expect(valid(behind(DESTINATION, UDP, 0, 0, 1, 0, 1, 1, 0))).toBe(true);
});

test("hop-by-hop options come first", () => {
  expect(valid(behind(HOP_BY_HOP, UDP, 0, ...padding))).toBe(true);
  refused(behind(DESTINATION, HOP_BY_HOP, 0, ...padding, UDP, 0, ...padding), /come first/);
});

test("an authentication header counts in words of four bytes", () => {
  expect(valid(behind(AUTHENTICATION, UDP, 4, ...new Array<number>(22).fill(7)))).toBe(true);
});

test("routing headers whose segments do not fit, or of an unknown type", () => {
  const route = (type: number, left: number, ...rest: number[]) =>
    behind(ROUTING, UDP, (rest.length + 4) / 8 - 1, type, left, ...rest);
  const one = [0, 0, 0, 0, ...address];
  expect(valid(route(0, 1, ...one))).toBe(true);
  refused(route(0, 2, ...one), /more segments left/);
  refused(route(0, 1, 0, 0, 0, 0), /more segments left/);
  refused(route(2, 2, ...one), /more segments left/);
  expect(valid(route(4, 1, ...one))).toBe(true);
  refused(route(4, 2, ...one), /more segments left/);
  refused(route(4, 1, 1, 0, 0, 0, ...address), /more segments left/);
  refused(route(99, 1, ...one), /final destination is unknown/);
  expect(valid(route(99, 0, ...one))).toBe(true);
});

test("the final destination is the pseudo-header's", () => {
  const body = udp();
  const options = Uint8Array.of(UDP, 2, 0, 1, 0, 0, 0, 0, ...address);
  const routed = ipv6("udp", body, { protocol: ROUTING, options });
  expect(checksum.udp(routed)).toBe(checksum.udp(ipv6("udp", body, { destination: address })));
});

test("protocols without a checksum here, and ICMP of the other version", () => {
  const tcp = segment("tcp", random.bytes(3), random);
  refused(ipv6("tcp", tcp, { protocol: 59 }), /another protocol/, "tcp");
  refused(ipv6("tcp", tcp, { protocol: 1 }), /another protocol/, "icmp");
});
