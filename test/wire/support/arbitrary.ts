// Layers as fast-check makes them: every field set that is neither computed nor follows from the
// others. What is decoded from them must be the same.

import fc from "fast-check";
import type { Init, Layers, TcpFlag, TcpOption } from "../../../src/wire/index.ts";
import { formatIpv6 } from "./address.ts";

export const u8 = fc.nat(0xff);
export const u16 = fc.nat(0xffff);
export const u32 = fc.nat(0xffff_ffff);

/** Random bytes, and as likely few different ones. */
export function bytes(maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

export const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((address) => Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":"));

export const ipv4Address = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((address) => address.join("."));

/** With zeros as often as not. */
export const ipv6Address = fc
  .array(fc.oneof(fc.constant(0), u16), { minLength: 8, maxLength: 8 })
  .map(formatIpv6);

/** Ports that lead to no protocol. */
export const port = fc.integer({ min: 20_000, max: 60_000 });

const FLAGS: readonly TcpFlag[] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"];

const tcpFlags = fc.subarray([...FLAGS]);

const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.record({ kind: fc.constant("mss" as const), value: u16 }),
  fc.record({ kind: fc.constant("window-scale" as const), shift: u8 }),
  fc.record({ kind: fc.constant("sack-permitted" as const) }),
  fc.record({
    kind: fc.constant("sack" as const),
    blocks: fc.array(fc.tuple(u32, u32), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("timestamps" as const), value: u32, echo: u32 }),
  fc.record({ kind: fc.constant("fast-open" as const), cookie: bytes(16) }),
  fc.record({ kind: fc.constant("nop" as const) }),
  fc.record({
    kind: fc.constant("unknown" as const),
    type: fc.integer({ min: 35, max: 255 }),
    data: bytes(8),
  }),
);

function optionLength(option: TcpOption): number {
  switch (option.kind) {
    case "nop":
      return 1;
    case "mss":
      return 4;
    case "window-scale":
      return 3;
    case "timestamps":
      return 10;
    case "sack":
      return 2 + 8 * option.blocks.length;
    case "fast-open":
      return 2 + option.cookie.length;
    case "unknown":
      return 2 + option.data.length;
    default:
      return 2;
  }
}

/** Options that fill whole words, at most 40 bytes of them. */
const tcpOptions = fc.array(tcpOption, { maxLength: 8 }).map((options) => {
  const kept: TcpOption[] = [];
  let length = 0;
  for (const option of options) {
    if (length + optionLength(option) > 37) break;
    kept.push(option);
    length += optionLength(option);
  }
  while (length++ % 4 !== 0) kept.push({ kind: "nop" });
  return kept;
});

const ipv6Option = fc.oneof(
  fc.record({ type: fc.constant(0), data: fc.constant(new Uint8Array(0)) }),
  fc.record({ type: fc.constant(1), data: fc.nat(8).map((length) => new Uint8Array(length)) }),
  fc.record({ type: fc.integer({ min: 0x20, max: 0x25 }), data: bytes(12) }),
);

/** Options that fill eights with the two bytes before them. */
const ipv6Options = fc.array(ipv6Option, { maxLength: 4 }).map((options) => {
  const length = options.reduce(
    (sum, { type, data }) => sum + (type === 0 ? 1 : 2 + data.length),
    2,
  );
  const zero = { type: 0, data: new Uint8Array(0) };
  return [...options, ...new Array<typeof zero>((8 - (length % 8)) % 8).fill(zero)];
});

const query = { identifier: u16, sequence: u16 };

const icmp: fc.Arbitrary<Init<Layers["icmp"]>> = fc.oneof(
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constantFrom(0, 8, 15, 16, 17, 18),
    code: u8,
    ...query,
  }),
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constantFrom(13, 14),
    code: u8,
    ...query,
    originate: u32,
    receive: u32,
    transmit: u32,
  }),
);

/** Errors, behind which a packet is quoted. */
export const icmpError: fc.Arbitrary<Init<Layers["icmp"]>> = fc.oneof(
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constant(3),
    code: fc.constant(4),
    mtu: u16,
  }),
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constantFrom(3, 11),
    code: fc.constantFrom(0, 1, 2, 3),
    rest: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constant(5),
    code: fc.nat(3),
    gateway: ipv4Address,
  }),
  fc.record({
    kind: fc.constant("icmp" as const),
    type: fc.constant(12),
    code: fc.nat(2),
    pointer: u8,
  }),
);

const ipv4 = {
  kind: fc.constant("ipv4" as const),
  dscp: fc.nat(63),
  ecn: fc.nat(3),
  identification: u16,
  dontFragment: fc.boolean(),
  moreFragments: fc.constant(false),
  fragmentOffset: fc.constant(0),
  ttl: u8,
  source: ipv4Address,
  destination: ipv4Address,
};

/** No operation, record route, timestamp, router alert: whole words. */
const ipv4Options = fc.constantFrom(
  "",
  "01010101",
  "9404000001010101",
  "0707040000000001",
  "440c0500000000000000000001010101",
);

/** One arbitrary for each kind. */
export const layers = {
  ethernet: fc.record({ kind: fc.constant("ethernet" as const), destination: mac, source: mac }),
  vlan: fc.record({
    kind: fc.constant("vlan" as const),
    priority: fc.nat(7),
    dropEligible: fc.boolean(),
    id: fc.nat(0xfff),
  }),
  arp: fc.record({
    kind: fc.constant("arp" as const),
    hardwareType: fc.constant(1),
    protocolType: fc.constant(0x0800),
    operation: fc.oneof(
      fc.constantFrom("request" as const, "reply" as const),
      fc.constantFrom(3, 4, 8, 9),
    ),
    senderHardware: mac,
    senderAddress: ipv4Address,
    targetHardware: mac,
    targetAddress: ipv4Address,
  }),
  ipv4: fc.record({ ...ipv4, options: ipv4Options.map((hex) => Uint8Array.fromHex(hex)) }),
  ipv6: fc.record({
    kind: fc.constant("ipv6" as const),
    dscp: fc.nat(63),
    ecn: fc.nat(3),
    flowLabel: fc.nat(0xf_ffff),
    hopLimit: u8,
    source: ipv6Address,
    destination: ipv6Address,
  }),
  "hop-by-hop": fc.record({ kind: fc.constant("hop-by-hop" as const), options: ipv6Options }),
  "destination-options": fc.record({
    kind: fc.constant("destination-options" as const),
    options: ipv6Options,
  }),
  routing: fc.record({
    kind: fc.constant("routing" as const),
    routingType: fc.constantFrom(0, 253),
    segmentsLeft: fc.nat(2),
    data: bytes(0).map(() => new Uint8Array(36)),
  }),
  /** An atomic one. */
  fragment: fc.record({
    kind: fc.constant("fragment" as const),
    fragmentOffset: fc.constant(0),
    moreFragments: fc.constant(false),
    identification: u32,
  }),
  authentication: fc.record({
    kind: fc.constant("authentication" as const),
    spi: u32,
    sequence: u32,
    icv: bytes(12, 12),
  }),
  esp: fc.record({ kind: fc.constant("esp" as const), spi: u32, sequence: u32 }),
  icmp,
  tcp: fc.record({
    kind: fc.constant("tcp" as const),
    sourcePort: port,
    destinationPort: port,
    sequence: u32,
    acknowledgment: u32,
    flags: tcpFlags,
    window: u16,
    urgent: u16,
    options: tcpOptions,
  }),
  udp: fc.record({ kind: fc.constant("udp" as const), sourcePort: port, destinationPort: port }),
} satisfies { readonly [K in keyof Layers]?: fc.Arbitrary<Init<Layers[K]>> };
