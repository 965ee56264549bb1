import { describe, expect, test } from "bun:test";
import { build, dissect, type LayerInit, type Packet, Reassembler } from "../../src/wire/index.ts";
import { Random } from "../support/frame.ts";
import { program, testWith } from "../support/requirements.ts";
import { Folder, pcap } from "./support/pcap.ts";

const ethernet: LayerInit = {
  kind: "ethernet",
  destination: "02:00:00:00:00:02",
  source: "02:00:00:00:00:01",
};
const udp: LayerInit = { kind: "udp", sourcePort: 20_000, destinationPort: 30_000 };
const random = new Random(1);
const data = random.bytes(4000);

type Family = {
  readonly ip: LayerInit;
  /** The headers of a fragment. */
  fragment(offset: number, more: boolean, identification?: number): LayerInit[];
  readonly header: number;
};

const ipv4: LayerInit & { kind: "ipv4" } = {
  kind: "ipv4",
  source: "192.0.2.1",
  destination: "198.51.100.7",
  ttl: 9,
  identification: 7,
};
const ipv6: LayerInit & { kind: "ipv6" } = {
  kind: "ipv6",
  source: "2001:db8::1",
  destination: "2001:db8::2",
  hopLimit: 9,
};

const families: Readonly<Record<string, Family>> = {
  IPv4: {
    ip: ipv4,
    fragment: (fragmentOffset, moreFragments, identification = 7) => [
      { ...ipv4, protocol: 17, fragmentOffset, moreFragments, identification },
    ],
    header: 34,
  },
  IPv6: {
    ip: ipv6,
    fragment: (fragmentOffset, moreFragments, identification = 7) => [
      ipv6,
      { kind: "fragment", nextHeader: 17, fragmentOffset, moreFragments, identification },
    ],
    header: 54,
  },
};

describe.each(Object.entries(families))("%s", (_, { ip, fragment, header }: Family) => {
  const whole = build([ethernet, ip, udp, data]);
  const content = whole.subarray(header);

  const part = (start: number, end: number, identification?: number): Packet =>
    dissect(
      build(
        [
          ethernet,
          ...fragment(start, end < content.length, identification),
          content.subarray(start, end),
        ],
        { minimumLength: 60 },
      ),
    );

  const cut = (size: number): Packet[] => {
    const parts: Packet[] = [];
    for (let at = 0; at < content.length; at += size) {
      parts.push(part(at, Math.min(content.length, at + size)));
    }
    return parts;
  };

  test("fragments in any order are the packet that they were, link header included", () => {
    for (const size of [8, 400, 1480, 3992]) {
      const parts = cut(size);
      for (const order of [parts, parts.toReversed(), parts.toSorted(() => random.below(3) - 1)]) {
        const reassembler = new Reassembler();
        const results = order.map((packet) => reassembler.add(packet));
        expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
        const packet = results.at(-1);
        expect(packet?.bytes).toEqual(whole);
        expect(packet?.payload).toEqual(data);
        expect(packet?.problem).toBeNull();
        expect([reassembler.pending, reassembler.memory, reassembler.dropped]).toEqual([0, 0, 0]);
      }
    }
  });

  test("a packet that is no fragment comes back", () => {
    const packet = dissect(whole);
    const reassembler = new Reassembler();
    expect(reassembler.add(packet)).toBe(packet);
    expect(reassembler.pending).toBe(0);
  });

  test("packets that come at the same time are kept apart", () => {
    const reassembler = new Reassembler();
    const [first, second] = [1, 2].map((id) => [part(0, 2000, id), part(2000, content.length, id)]);
    expect(reassembler.add(first?.[1] as Packet)).toBeNull();
    expect(reassembler.add(second?.[0] as Packet)).toBeNull();
    expect(reassembler.pending).toBe(2);
    expect(reassembler.add(first?.[0] as Packet)?.payload).toEqual(data);
    expect(reassembler.add(second?.[1] as Packet)?.payload).toEqual(data);
  });

  test("the same fragment again changes nothing", () => {
    const reassembler = new Reassembler();
    const [first, second, ...rest] = cut(1480) as [Packet, Packet, ...Packet[]];
    for (const packet of [first, first, second, second]) {
      expect(reassembler.add(packet)).toBeNull();
    }
    expect(rest.map((packet) => reassembler.add(packet)).at(-1)?.bytes).toEqual(whole);
  });

  test("fragments that overlap drop the packet, and what still comes of it", () => {
    const reassembler = new Reassembler();
    expect(reassembler.add(part(0, 1480))).toBeNull();
    expect(reassembler.add(part(1472, 2960))).toBeNull();
    expect(reassembler.dropped).toBe(1);
    for (const packet of cut(1480)) expect(reassembler.add(packet)).toBeNull();
    expect(reassembler.dropped).toBe(1);
    expect(reassembler.memory).toBeLessThan(1000);
  });

  test("a second end, or anything behind the end, drops the packet", () => {
    for (const [first, second] of [
      [part(3000, content.length), dissect(build([ethernet, ...fragment(3992, false), data]))],
      [part(3000, content.length), dissect(build([ethernet, ...fragment(4800, true), content]))],
    ] as const) {
      const reassembler = new Reassembler();
      expect(reassembler.add(first)).toBeNull();
      expect(reassembler.add(second)).toBeNull();
      expect(reassembler.dropped).toBe(1);
    }
  });

  test("more than a packet can hold is dropped", () => {
    const reassembler = new Reassembler();
    const ping = dissect(build([ethernet, ...fragment(65_528, false), data.subarray(0, 100)]));
    expect(reassembler.add(ping)).toBeNull();
    expect(reassembler.dropped).toBe(1);
  });

  test("a fragment that is cut off, or has no multiple of 8 bytes, is dropped", () => {
    const reassembler = new Reassembler();
    const frame = part(0, 1480).bytes;
    expect(reassembler.add(dissect(frame.subarray(0, 1000)))).toBeNull();
    const odd = dissect(build([ethernet, ...fragment(0, true), data.subarray(0, 1001)]));
    expect(reassembler.add(odd)).toBeNull();
    expect([reassembler.dropped, reassembler.pending]).toEqual([2, 0]);
  });

  test("what waits longer than the timeout is dropped, by the packets' own time", () => {
    const reassembler = new Reassembler({ timeout: 30_000 });
    const [first, ...rest] = cut(1480) as [Packet, ...Packet[]];
    expect(reassembler.add(first, 1_000_000_000n)).toBeNull();
    const late = rest.map((packet) => reassembler.add(packet, 31_000_000_001n));
    expect(late.every((packet) => packet === null)).toBe(true);
    expect(reassembler.dropped).toBe(1);
    expect(reassembler.pending).toBe(1);
    expect(reassembler.add(first, 32_000_000_000n)?.bytes).toEqual(whole);
  });

  test("memory is bounded: the oldest packets go first", () => {
    const reassembler = new Reassembler({ memory: 100_000 });
    for (let identification = 0; identification < 1000; identification++) {
      reassembler.add(part(0, 1480, identification));
      expect(reassembler.memory).toBeLessThanOrEqual(100_000);
    }
    expect(reassembler.pending).toBeGreaterThan(40);
    expect(reassembler.add(part(1480, content.length, 999))?.payload).toEqual(data);
    expect(reassembler.add(part(1480, content.length, 0))).toBeNull();
    reassembler.clear();
    expect([reassembler.memory, reassembler.pending]).toEqual([0, 0]);
  });

  test("fragments in a tunnel, and below tags, are put together with what is below", () => {
    const outer: LayerInit[] = [
      ethernet,
      { kind: "vlan", id: 7 },
      { ...ipv4, identification: 1 },
      { kind: "gre" },
    ];
    const reassembler = new Reassembler();
    const results = [0, 2000].map((at) =>
      reassembler.add(
        dissect(
          build([
            ...outer,
            ...fragment(at, at === 0),
            content.subarray(at, at + 2000 * (at === 0 ? 1 : 9)),
          ]),
        ),
      ),
    );
    expect(results[0]).toBeNull();
    expect(results[1]?.bytes).toEqual(build([...outer, ip, udp, data]));
  });
});

test("a fragment that an ICMP error quotes is left as it is", () => {
  const quoted = build([{ ...ipv4, moreFragments: true }, udp, data.subarray(0, 24)]);
  const packet = dissect(build([ethernet, ipv4, { kind: "icmp", type: 11 }, quoted]));
  expect(new Reassembler().add(packet)).toBe(packet);
});

test("an atomic fragment is whole as it is", () => {
  const packet = dissect(build([ethernet, ipv6, { kind: "fragment" }, udp, data]));
  expect(new Reassembler().add(packet)).toBe(packet);
});

test("limits that are none are refused", () => {
  expect(() => new Reassembler({ memory: -1 })).toThrow(RangeError);
  expect(() => new Reassembler({ timeout: 1.5 })).toThrow("timeout must be an integer");
});

testWith(program("tshark"))("tshark puts the same packet together", () => {
  const content = build([ipv4, udp, data]).subarray(20);
  const frames = [0, 1480, 2960].map((at) =>
    build([
      ethernet,
      { ...ipv4, protocol: 17, fragmentOffset: at, moreFragments: at < 2960 },
      content.subarray(at, at + 1480),
    ]),
  );
  using folder = new Folder();
  const file = folder.write("fragments.pcap", pcap(frames));
  const fields = ["-T", "fields", "-e", "udp.payload"];
  const { stdout } = Bun.spawnSync(["tshark", "-n", "-r", file, ...fields]);
  const reassembler = new Reassembler();
  const ours = frames.map((frame) => reassembler.add(dissect(frame))).at(-1);
  expect(String(stdout).trim()).toBe(ours?.payload.toHex() as string);
});
