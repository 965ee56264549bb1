import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Block, CaptureFileError, readPackets } from "../../../src/capture/file/index.ts";
import {
  block,
  bytesOf,
  concat,
  description,
  enhanced,
  frame,
  option,
  pair,
  readAll,
  section,
  text,
} from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const one = frame(1);
const SECOND = 1_700_000_000n;
const NS = 1_000_000_000n;

/** A word of 64 bits. */
function long(little: boolean, value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, little);
  return bytes;
}

async function refusal(file: Uint8Array): Promise<[number, string]> {
  let count = 0;
  try {
    for await (const _ of readPackets(file)) count++;
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    expect(error.message).toEndWith(` at byte ${error.offset}`);
    return [count, error.message];
  }
  return [count, ""];
}

for (const little of [true, false]) {
  describe(`pcapng in ${little ? "little" : "big"} endian`, () => {
    const begin = section(little);

    test("packets, with what their options tell", async () => {
      const file = concat(
        begin,
        description(little),
        enhanced(little, one, { ticks: SECOND * 1_000_000n + 7n, length: 90 }),
        enhanced(
          little,
          frame(2, 61),
          { ticks: (SECOND + 1n) * 1_000_000n },
          option(little, 1, text("first")),
          option(little, 77, text("nobody knows")),
          option(little, 2, bytesOf(little, 0x0002)),
          option(little, 4, long(little, 5n)),
          option(little, 1, text("zweitens: ß")),
          option(little, 0, new Uint8Array(0)),
        ),
        enhanced(little, new Uint8Array(0), {}, option(little, 2, bytesOf(little, 0x1d))),
      );
      const { reader, packets } = await readAll(file);
      expect(packets).toEqual([
        {
          data: one,
          length: 90,
          timestamp: SECOND * NS + 7000n,
          interface: 0,
          link: "ethernet",
        },
        {
          data: frame(2, 61),
          length: 61,
          timestamp: (SECOND + 1n) * NS,
          interface: 0,
          link: "ethernet",
          comment: "first\nzweitens: ß",
          comments: ["first", "zweitens: ß"],
          direction: "out",
          dropped: 5,
        },
        {
          data: new Uint8Array(0),
          length: 0,
          timestamp: 0n,
          interface: 0,
          link: "ethernet",
          direction: "in",
        },
      ]);
      expect([reader.format, reader.byteOrder]).toEqual(["pcapng", little ? "little" : "big"]);
      expect(reader.truncated).toBe(false);
    });

    test("time is counted as the interface says", async () => {
      const rows: [resolution: number, offset: bigint | undefined, ticks: bigint, time: bigint][] =
        [
          [0, undefined, SECOND, SECOND * NS],
          [3, undefined, SECOND * 1000n + 1n, SECOND * NS + 1_000_000n],
          [6, undefined, SECOND * 1_000_000n + 1n, SECOND * NS + 1000n],
          [9, undefined, SECOND * NS + 1n, SECOND * NS + 1n],
          [9, undefined, 2n ** 64n - 1n, 2n ** 64n - 1n],
          [6, undefined, 2n ** 64n - 1n, (2n ** 64n - 1n) * 1000n],
          [12, undefined, 123_456_789_012_345n, 123_456_789_012n],
          [127, undefined, 2n ** 64n - 1n, 0n],
          [0x80 | 20, undefined, (SECOND << 20n) + 2n ** 19n, SECOND * NS + 500_000_000n],
          [0x80 | 30, undefined, (SECOND << 30n) + 1n, SECOND * NS],
          [0xff, undefined, 2n ** 64n - 1n, 0n],
          [6, 100n, 5n, 100n * NS + 5000n],
          [9, -100n, 200n * NS, 100n * NS],
        ];
      for (const [resolution, offset, ticks, time] of rows) {
        const file = concat(
          begin,
          description(
            little,
            {},
            option(little, 9, Uint8Array.of(resolution)),
            ...(offset === undefined ? [] : [option(little, 14, long(little, offset))]),
          ),
          enhanced(little, one, { ticks }),
        );
        const { packets } = await readAll(file);
        expect([resolution, offset, packets[0]?.timestamp]).toEqual([resolution, offset, time]);
      }
    });

    test("what is told of an interface and a section", async () => {
      const file = concat(
        section(
          little,
          option(little, 1, text("a comment")),
          option(little, 1, text("another one")),
          option(little, 2, text("a machine")),
          option(little, 3, text("a system")),
          option(little, 4, text("a program")),
        ),
        description(
          little,
          { link: 276, snaplen: 96 },
          option(little, 2, text("eth0\0\0")),
          option(little, 3, text("the first")),
          option(little, 4, Uint8Array.of(192, 0, 2, 1, 255, 255, 255, 0)),
          option(little, 5, Uint8Array.of(0x20, 1, 13, 0xb8, ...new Uint8Array(11), 1, 64)),
          option(little, 6, Uint8Array.of(2, 0, 0, 0, 0, 1)),
          option(little, 8, long(little, 1_000_000_000n)),
          option(little, 9, Uint8Array.of(9)),
          option(little, 11, text("\0icmp or arp")),
          option(little, 12, text("Linux")),
          option(little, 13, Uint8Array.of(4)),
          option(little, 15, text("a card")),
          option(little, 1, text("of an interface")),
        ),
        description(little, { link: 147 }, option(little, 11, Uint8Array.of(1, 2, 3))),
      );
      const { reader } = await readAll(file);
      expect(reader.section).toEqual({
        comment: "a comment\nanother one",
        hardware: "a machine",
        os: "a system",
        application: "a program",
      });
      expect(reader.interfaces).toEqual([
        {
          link: "linux-sll2",
          snaplen: 96,
          resolution: 1e9,
          name: "eth0",
          description: "the first",
          comment: "of an interface",
          filter: "icmp or arp",
          os: "Linux",
          hardware: "a card",
          mac: "02:00:00:00:00:01",
          addresses: ["192.0.2.1/24", "2001:db8::1/64"],
          speed: 1_000_000_000,
          fcsLength: 4,
        },
        { link: 147, snaplen: 0, resolution: 1e6 },
      ]);
    });

    test("simple packets, and the obsolete ones with their count of lost ones", async () => {
      const obsolete = (dropped: number, ...options: Uint8Array[]) =>
        block(little, 2, pair(little, 1, dropped), 0, 1_000_000, 60, 80, one, ...options);
      const file = concat(
        begin,
        description(little, { snaplen: 61 }),
        description(little, { link: 101 }),
        block(little, 3, 60, one),
        block(little, 3, 1500, frame(3, 61)),
        obsolete(9),
        obsolete(0xffff, option(little, 2, bytesOf(little, 1))),
      );
      const { packets } = await readAll(file);
      const simple = { timestamp: 0n, interface: 0, link: "ethernet" } as const;
      const old = { data: one, length: 80, timestamp: NS, interface: 1, link: "raw" } as const;
      expect(packets).toEqual([
        { data: one, length: 60, ...simple },
        { data: frame(3, 61), length: 1500, ...simple },
        { ...old, dropped: 9 },
        { ...old, direction: "in" },
      ]);
    });

    test("names, statistics, secrets and custom blocks are kept, unknown ones skipped", async () => {
      const record = (type: number, ...parts: Uint8Array[]) =>
        option(little, type, concat(...parts));
      const file = concat(
        begin,
        description(little),
        block(
          little,
          4,
          record(1, Uint8Array.of(192, 0, 2, 1), text("a.example\0b.example\0")),
          record(2, Uint8Array.of(0x20, 1, 13, 0xb8, ...new Uint8Array(11), 1), text("six\0")),
          record(3, Uint8Array.of(2, 0, 0, 0, 0, 1), text("card\0")),
          record(99, text("nobody knows")),
          record(0),
          option(little, 2, text("dns.example")),
        ),
        block(
          little,
          5,
          ...[0, 0, 2_000_000],
          option(little, 1, text("counted")),
          option(little, 2, long(little, 1_000_000n << 32n).slice(0, 8)),
          option(little, 4, long(little, 100n)),
          option(little, 5, long(little, 3n)),
          option(little, 6, long(little, 90n)),
          option(little, 7, long(little, 2n)),
          option(little, 8, long(little, 85n)),
        ),
        block(little, 10, 0x544c534b, 5, text("CLIENT_RANDOM").slice(0, 5)),
        block(little, 0x0bad, 32_473, text("mine")),
        block(little, 0x40000bad, 32_473, text("mine, too")),
        block(little, 0x1234_5678, text("unknown")),
        enhanced(little, one),
      );
      const blocks: Block[] = [];
      const { reader, packets } = await readAll(file, { blocks: (one) => blocks.push(one) });
      expect(packets.length).toBe(1);
      expect(reader.names).toEqual([
        { address: "192.0.2.1", names: ["a.example", "b.example"] },
        { address: "2001:db8::1", names: ["six"] },
        { address: "02:00:00:00:00:01", names: ["card"] },
      ]);
      expect(reader.statistics).toMatchObject([
        {
          interface: 0,
          timestamp: 2n * NS,
          received: 100,
          dropped: 3,
          accepted: 90,
          systemDropped: 2,
          delivered: 85,
          comment: "counted",
        },
      ]);
      expect(reader.secrets).toEqual([{ type: 0x544c534b, data: text("CLIEN") }]);
      expect(reader.custom).toEqual([
        { enterprise: 32_473, copyable: true, data: text("mine") },
        { enterprise: 32_473, copyable: false, data: text("mine, too\0\0\0") },
      ]);
      expect(reader.omitted).toBe(0);
      expect(blocks.map(({ kind }) => kind)).toEqual([
        "section",
        "interface",
        "names",
        "statistics",
        "secrets",
        "custom",
        "custom",
        "unknown",
      ]);
      expect(blocks[7]).toEqual({ kind: "unknown", type: 0x1234_5678, data: text("unknown\0") });
    });

    test("a length without its padding", async () => {
      const whole = enhanced(little, frame(1, 61));
      const view = new DataView(whole.buffer);
      for (const at of [4, whole.length - 4]) view.setUint32(at, whole.length - 3, little);
      const { packets } = await readAll(concat(begin, description(little), whole, whole));
      expect(packets.map(({ data }) => data)).toEqual([frame(1, 61), frame(1, 61)]);
    });

    test("what no file has is an error that says where", async () => {
      const start = concat(begin, description(little));
      const at = start.length;
      const short = bytesOf(little, 6, 8, 8);
      expect(await refusal(concat(start, enhanced(little, one), short))).toEqual([
        1,
        `a block of 8 bytes at byte ${at + 92 + 4}`,
      ]);
      expect(await refusal(concat(start, bytesOf(little, 6, 0xffff_ff00)))).toEqual([
        0,
        `a block of 4294967040 bytes, where \`maximum\` allows 16777216, at byte ${at + 4}`,
      ]);
      expect(await refusal(concat(start, bytesOf(little, 99, 16, 0, 20)))).toEqual([
        0,
        `a block of 16 bytes ends as if it had 20 at byte ${at + 12}`,
      ]);
      expect(await refusal(concat(start, enhanced(little, one, { id: 1 })))).toEqual([
        0,
        `no interface 1 was described at byte ${at + 8}`,
      ]);
      expect(await refusal(concat(start, block(little, 6, 0, 0, 0, 61, 61, one)))).toEqual([
        0,
        `a packet of 61 bytes is longer than its block of 92 at byte ${at}`,
      ]);
      expect(await refusal(concat(start, block(little, 6, 0, 0, 0, 0)))).toEqual([
        0,
        `a packet's block of 28 bytes at byte ${at}`,
      ]);
      const option61 = bytesOf(little, pair(little, 1, 61), 0);
      expect(await refusal(concat(start, block(little, 6, 0, 0, 0, 0, 0, option61)))).toEqual([
        0,
        `option 1 of 61 bytes is longer than its block at byte ${at + 28}`,
      ]);
      const other = block(little, 0x0a0d0d0a, 0x1a2b3c4d, pair(little, 2, 0), -1, -1);
      expect(await refusal(other)).toEqual([
        0,
        "a pcapng section of the unknown version 2.0 at byte 12",
      ]);
      expect(await refusal(bytesOf(little, 0x0a0d0d0a, 28, 0x1111_1111))).toEqual([
        0,
        "a section without a byte order at byte 8",
      ]);
      const many = new Array<Uint8Array>(65_537).fill(description(little));
      expect((await refusal(concat(begin, ...many)))[1]).toStartWith("more than 65536 interfaces");
    });
  });
}

test("sections of differing byte order, each with its own interfaces, one with its length", async () => {
  const body = (little: boolean, link: number) =>
    concat(description(little, { link }), enhanced(little, frame(link), { ticks: 1n }));
  const size = body(true, 108).length;
  const measured = block(true, 0x0a0d0d0a, 0x1a2b3c4d, pair(true, 1, 0), size, 0);
  const file = concat(
    section(true),
    body(true, 1),
    section(false),
    body(false, 101),
    measured,
    body(true, 108),
  );
  const reader = readPackets(file);
  const shown: unknown[] = [];
  for await (const { link, interface: number } of reader) {
    shown.push([link, number, reader.byteOrder, reader.interfaces.map((one) => one.link)]);
  }
  expect(shown).toEqual([
    ["ethernet", 0, "little", ["ethernet"]],
    ["raw", 0, "big", ["raw"]],
    ["loop", 0, "little", ["loop"]],
  ]);
  expect(reader.truncated).toBe(false);
  // A section that says how long it is tells where its last blocks are missing.
  const cut = file.length - enhanced(true, one).length;
  expect((await readAll(file.subarray(0, cut))).reader.truncated).toBe(true);
});

test("of very many names, what is too much is counted, not kept", async () => {
  const names = option(true, 1, concat(Uint8Array.of(10, 0, 0, 1), text("x".repeat(60_000))));
  const blocks = new Array<Uint8Array>(400).fill(block(true, 4, names));
  let told = 0;
  const { reader } = await readAll(concat(section(true), ...blocks), { blocks: () => told++ });
  expect(told).toBe(401);
  expect(reader.omitted).toBeGreaterThan(100);
  expect(reader.names.length + reader.omitted).toBe(400);
});
