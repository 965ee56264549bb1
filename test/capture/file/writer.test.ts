// What is written, as other programs and we read it.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PcapngWriter, PcapWriter, readPackets } from "../../../src/capture/file/index.ts";
import type { CapturedPacket, FilePacket } from "../../../src/capture/packet.ts";
import { program, testWith } from "../../support/requirements.ts";
import {
  editcap,
  Folder,
  frame,
  readAll,
  run,
  seen,
  tcpdump,
  tcpdumpPackets,
  text,
  tshark,
  tsharkFields,
  tsharkPackets,
} from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const NOW = 1_700_000_000_123_456_789n;
const capinfos = program("capinfos", "wireshark-common");

function filePacket(number: number, more: Partial<FilePacket> = {}): FilePacket {
  const data = frame(number, 60 + (number % 5));
  const timestamp = NOW + BigInt(number) * 999_999_937n;
  return { data, length: 100, timestamp, interface: 0, link: "ethernet", ...more };
}

function livePacket(number: number, more: Partial<CapturedPacket> = {}): CapturedPacket {
  return {
    data: frame(number, 60 + (number % 5)),
    length: 100,
    timestamp: NOW + BigInt(number),
    interface: 3,
    direction: number % 2 === 0 ? "in" : "out",
    checksum: "unknown",
    ...more,
  };
}

const PACKETS = Array.from({ length: 50 }, (_, number) => filePacket(number));
const rounded = (packet: FilePacket) => ({
  ...packet,
  timestamp: packet.timestamp - (packet.timestamp % 1000n),
});

for (const [name, Writer] of [
  ["pcap", PcapWriter],
  ["pcapng", PcapngWriter],
] as const) {
  for (const resolution of ["nanoseconds", "microseconds"] as const) {
    testWith(
      tshark,
      tcpdump,
      capinfos,
    )(`${name} with ${resolution} is read alike by tshark, tcpdump, capinfos and us`, async () => {
      using folder = new Folder();
      const path = folder.at(`file.${name}`);
      const packets = resolution === "nanoseconds" ? PACKETS : PACKETS.map(rounded);
      const writer = Writer.create(path, { resolution });
      for (const packet of packets) await writer.write(packet);
      await writer.close();
      const { reader, packets: read } = await readAll(path);
      expect(read).toEqual(packets);
      expect([reader.format, reader.truncated]).toEqual([name, false]);
      expect(reader.interfaces[0]).toMatchObject({
        link: "ethernet",
        snaplen: 262_144,
        resolution: resolution === "nanoseconds" ? 1e9 : 1e6,
      });
      expect(tsharkPackets(path)).toEqual(packets.map(seen));
      expect(tcpdumpPackets(path)).toEqual(
        packets.map(seen).map(({ data, timestamp }) => ({ data, timestamp })),
      );
      const infos = run("capinfos", "-M", "-T", "-m", "-Q", "-c", "-s", "-d", path);
      expect(infos).toContain(',"50",');
      expect(infos).toContain(',"5000"');
    });
  }
}

testWith(tshark, tcpdump)("directions, drops, comments and interfaces reach tshark", async () => {
  using folder = new Folder();
  const path = folder.at("file.pcapng");
  const writer = PcapngWriter.create(path, {
    comment: "of the section",
    application: "rawsock",
    hardware: "a machine",
    os: "a system",
    interfaces: [
      {
        index: 3,
        name: "eth0",
        description: "the first",
        mac: "02:00:00:00:00:01",
        addresses: ["192.0.2.1/24", "2001:db8::1/64", "192.0.2.2"],
        speed: 1e9,
        filter: "icmp or arp",
        os: "Linux",
        hardware: "a card",
        comment: "of an interface",
      },
      { index: 7, name: "lo" },
    ],
  });
  writer.write(livePacket(0));
  writer.write(livePacket(1, { interface: 7 }));
  writer.write(livePacket(2, { interface: 9 }));
  writer.write(filePacket(3, { interface: 3, comment: "ein Kommentar: ß", dropped: 5 }));
  writer.write(filePacket(4, { interface: 7, comments: ["one", "two"], direction: "out" }));
  writer.writeStatistics({ interface: 7, received: 100, dropped: 3, freezes: 2 });
  writer.writeStatistics({ received: 7, accepted: 6, systemDropped: 1, delivered: 5 });
  writer.writeNames({ "192.0.2.1": "here.example", "2001:db8::7": ["six.example", "7.example"] });
  writer.writeNames(new Map([["198.51.100.7", "there.example"]]));
  writer.writeSecrets({ type: 0x544c534b, data: text("CLIENT_RANDOM 00 00\n") });
  writer.writeCustom({ enterprise: 32_473, copyable: true, data: text("mine") });
  await writer.close();

  const fields = ["frame.interface_name", "frame.packet_flags_direction", "frame.comment"];
  // The custom block is a frame as well for tshark.
  expect(tsharkFields(path, ...fields).slice(0, 5)).toEqual([
    ["eth0", "0x00000001", ""],
    ["lo", "0x00000002", ""],
    ["unknown", "0x00000001", ""],
    ["eth0", "", "ein Kommentar: ß"],
    ["lo", "0x00000002", "one,two"],
  ]);
  expect(tcpdumpPackets(path).length).toBe(5);
  // Names that stand behind their packets want two passes.
  expect(run("tshark", "-2", "-r", path, "-N", "n")).toContain("here.example");

  const { reader, packets } = await readAll(path);
  expect(packets.map(({ interface: number }) => number)).toEqual([0, 1, 2, 0, 1]);
  expect(packets.map(({ direction }) => direction)).toEqual(["in", "out", "in", undefined, "out"]);
  expect(packets[3]).toMatchObject({ comment: "ein Kommentar: ß", dropped: 5 });
  expect(packets[4]?.comments).toEqual(["one", "two"]);
  expect(reader.section).toEqual({
    comment: "of the section",
    hardware: "a machine",
    os: "a system",
    application: "rawsock",
  });
  expect(reader.interfaces).toEqual([
    {
      link: "ethernet",
      snaplen: 262_144,
      resolution: 1e9,
      name: "eth0",
      description: "the first",
      comment: "of an interface",
      filter: "icmp or arp",
      os: "Linux",
      hardware: "a card",
      mac: "02:00:00:00:00:01",
      addresses: ["192.0.2.1/24", "192.0.2.2/32", "2001:db8::1/64"],
      speed: 1e9,
    },
    { link: "ethernet", snaplen: 262_144, resolution: 1e9, name: "lo" },
    { link: "ethernet", snaplen: 262_144, resolution: 1e9 },
  ]);
  const timestamp = filePacket(4).timestamp;
  expect(reader.statistics).toEqual([
    { interface: 1, timestamp, received: 100, dropped: 3, comment: "freezes: 2" },
    { interface: 0, timestamp, received: 7, accepted: 6, systemDropped: 1, delivered: 5 },
  ]);
  expect(reader.names).toEqual([
    { address: "192.0.2.1", names: ["here.example"] },
    { address: "2001:db8::7", names: ["six.example", "7.example"] },
    { address: "198.51.100.7", names: ["there.example"] },
  ]);
  expect(reader.secrets).toEqual([{ type: 0x544c534b, data: text("CLIENT_RANDOM 00 00\n") }]);
  expect(reader.custom).toEqual([{ enterprise: 32_473, copyable: true, data: text("mine") }]);
});

test("what was read can be written as it is, with its interfaces", async () => {
  using folder = new Folder();
  const [first, second] = [folder.at("first"), folder.at("second")];
  const interfaces = [
    { name: "a", snaplen: 0, fcsLength: 4 },
    { name: "b", link: "raw" },
  ] as const;
  await using writer = PcapngWriter.create(first, { interfaces });
  writer.write(filePacket(0, { interface: 1, link: "raw" }));
  writer.write(filePacket(1, { interface: 0, direction: "in" }));
  await writer.close();
  const { packets, reader } = await readAll(first);
  const copy = PcapngWriter.create(second, { interfaces: reader.interfaces });
  await copy.writeAll(packets);
  await copy.close();
  const again = await readAll(second);
  expect(again.packets).toEqual(packets);
  expect(again.reader.interfaces).toEqual(reader.interfaces);
  expect(await Bun.file(second).bytes()).toEqual(await Bun.file(first).bytes());
});

test("a single interface without an index is that of the first packet, live or not", async () => {
  using folder = new Folder();
  const path = folder.at("file");
  const options = { link: "raw", interfaces: [{ name: "eth0" }] } as const;
  for (const packet of [livePacket(1), filePacket(1, { interface: 3, link: "raw" })]) {
    const writer = PcapngWriter.create(path, options);
    await writer.flush();
    writer.write(packet);
    writer.write({ ...packet, interface: 4 });
    writer.write(packet);
    writer.writeStatistics({ interface: 3, received: 1 });
    await writer.close();
    const { packets, reader } = await readAll(path);
    expect(packets.map((one) => [one.interface, one.link])).toEqual([
      [0, "raw"],
      [1, "raw"],
      [0, "raw"],
    ]);
    expect(reader.interfaces.map(({ name }) => name)).toEqual(["eth0", undefined]);
    expect(reader.statistics[0]?.interface).toBe(0);
  }
});

test("packets of one number and several links get an interface each", async () => {
  using folder = new Folder();
  const path = folder.at("file");
  await using writer = PcapngWriter.create(path);
  for (const link of ["ethernet", "raw", "ethernet", 147, "raw"] as const) {
    writer.write(filePacket(0, { link }));
  }
  await writer.close();
  const { packets, reader } = await readAll(path);
  expect(packets.map((one) => [one.interface, one.link])).toEqual([
    [0, "ethernet"],
    [1, "raw"],
    [0, "ethernet"],
    [2, 147],
    [1, "raw"],
  ]);
  expect(reader.interfaces.map(({ link }) => link)).toEqual(["ethernet", "raw", 147]);
});

testWith(tcpdump, tshark)("a file without packets is read by all", async () => {
  using folder = new Folder();
  for (const Writer of [PcapWriter, PcapngWriter]) {
    const path = folder.at(Writer.name);
    const writer = Writer.create(path, { link: "raw" });
    await writer.close();
    await writer.close();
    expect(tsharkPackets(path)).toEqual([]);
    expect(tcpdumpPackets(path)).toEqual([]);
    expect((await readAll(path)).reader.interfaces[0]?.link).toBe("raw");
  }
});

describe("what cannot be written is refused before anything is", () => {
  const rows: [name: string, change: object, error: typeof Error, message: string][] = [
    ["data", { data: "text" }, TypeError, "data must be a Uint8Array"],
    ["length", { length: 3 }, RangeError, "length must be an integer from 61 to 4294967295, not 3"],
    ["length", { length: 2 ** 32 }, RangeError, "length must be an integer from 61"],
    ["length", { length: 61.5 }, RangeError, "length must be an integer from 61"],
    ["timestamp", { timestamp: 17 }, TypeError, "timestamp must be a bigint"],
    ["timestamp", { timestamp: -1n }, RangeError, "timestamp must be from 0"],
    ["timestamp", { timestamp: 2n ** 64n }, RangeError, "timestamp must be from 0"],
    ["link", { link: "ethernot" }, TypeError, 'unknown link "ethernot"; did you mean ethernet?'],
    ["link", { link: 65_536 }, RangeError, "link must be an integer from 0 to 65535"],
    [
      "data",
      { data: new Uint8Array(262_145), length: 262_145 },
      RangeError,
      "more than the snaplen",
    ],
  ];
  const ngRows: typeof rows = [
    ["interface", { interface: -1 }, RangeError, "interface must be an integer from 0"],
    ["direction", { direction: "up" }, TypeError, 'direction must be "in" or "out"'],
    ["comment", { comment: 7 }, TypeError, "comment must be a string"],
    [
      "comment",
      { comment: "x".repeat(65_536) },
      RangeError,
      "comment must have at most 65535 bytes",
    ],
    ["comment", { comment: "a\0b" }, TypeError, "comment must not contain a NUL"],
    ["dropped", { dropped: -1 }, RangeError, "dropped must be an integer from 0"],
  ];
  for (const Writer of [PcapWriter, PcapngWriter]) {
    test(Writer.name, async () => {
      using folder = new Folder();
      const path = folder.at("file");
      const writer = Writer.create(path);
      writer.write(filePacket(1));
      const all = Writer === PcapngWriter ? [...rows, ...ngRows] : rows;
      for (const [, change, error, message] of all) {
        const write = () => writer.write({ ...filePacket(1), ...change } as FilePacket);
        expect(write).toThrow(message);
        expect(write).toThrow(error);
      }
      writer.write(filePacket(2));
      await writer.close();
      expect((await readAll(path)).packets).toEqual([filePacket(1), filePacket(2)]);
    });
  }

  test("options", () => {
    using folder = new Folder();
    const path = folder.at("file");
    const options: [object, string][] = [
      [{ links: "raw" }, "did you mean link?"],
      [{ snaplen: -1 }, "snaplen must be an integer"],
      [{ link: "x" }, 'unknown link "x"'],
      [{ resolution: "hours" }, 'unknown resolution "hours"'],
      [{ interfaces: [{ nam: "x" }] }, 'unknown option "nam"; did you mean name?'],
      [{ rotate: {} }, "rotate must have a size or an interval"],
      [{ sync: 1 }, "sync must be a boolean"],
    ];
    for (const Writer of [PcapWriter, PcapngWriter]) {
      for (const [wrong, message] of options) {
        expect(() => Writer.create(path, wrong)).toThrow(message);
      }
      expect(() => Writer.create({} as never)).toThrow("target must be a path, a WritableStream");
    }
    const twice = [{ index: 1 }, { index: 1 }];
    expect(() => PcapngWriter.create(path, { interfaces: twice })).toThrow("given twice");
    const bad = [{ addresses: ["nonsense"] }];
    expect(() => PcapngWriter.create(path, { interfaces: bad })).toThrow("addresses");
    expect(() => PcapWriter.create(path, { interfaces: [{}, {}] })).toThrow("pcapng has several");
    expect(() => PcapWriter.create(path, { comment: "x" } as never)).toThrow('option "comment"');
  });

  test("nanoseconds where the resolution has none, times and links that pcap has not", () => {
    using folder = new Folder();
    for (const Writer of [PcapWriter, PcapngWriter]) {
      using writer = Writer.create(folder.at("file"), { resolution: "us" });
      expect(() => writer.write(filePacket(1))).toThrow("would lose nanoseconds");
    }
    using writer = PcapWriter.create(folder.at("file"));
    expect(() => writer.write(filePacket(1, { timestamp: 2n ** 63n }))).toThrow("later than pcap");
    writer.write(filePacket(1));
    expect(() => writer.write(filePacket(1, { link: "raw" }))).toThrow("pcapng has several");
    writer.write(livePacket(2));
  });

  test("statistics of no interface, names of no address", async () => {
    using folder = new Folder();
    await using writer = PcapngWriter.create(folder.at("file"));
    expect(() => writer.writeStatistics({ interface: 5 })).toThrow("interface 5 is none");
    expect(() => writer.writeStatistics({ receive: 5 } as object)).toThrow("did you mean received");
    expect(() => writer.writeStatistics({ start: 5 as never })).toThrow("must be a bigint");
    expect(() => writer.writeNames({ here: "there" })).toThrow("address");
    expect(() => writer.writeNames({ "10.0.0.1": 7 as never })).toThrow("one name or several");
    expect(() => writer.writeSecrets({ type: 1, data: "x" as never })).toThrow("data must be");
  });
});

test("timestamps of all sizes survive both units", async () => {
  const times = [0n, 1000n, 999_999_000n, 1_000_000_000n, NOW - (NOW % 1000n)];
  for (let bits = 0n; bits < 62n; bits++) {
    times.push(((1n << bits) / 1000n) * 1000n, (((1n << bits) + 999_999_999n) / 1000n) * 1000n);
  }
  using folder = new Folder();
  for (const Writer of [PcapWriter, PcapngWriter]) {
    for (const resolution of ["us", "ns"] as const) {
      const path = folder.at("file");
      const writer = Writer.create(path, { resolution });
      for (const timestamp of times) writer.write(filePacket(0, { timestamp }));
      await writer.close();
      expect((await readAll(path)).packets.map(({ timestamp }) => timestamp)).toEqual(times);
    }
  }
});

testWith(editcap, tshark)("what was converted there and back is the same", async () => {
  using folder = new Folder();
  const [mine, theirs] = [folder.at("mine"), folder.at("theirs")];
  await using writer = PcapngWriter.create(mine);
  await writer.writeAll(PACKETS);
  await writer.close();
  run("editcap", "-F", "nsecpcap", mine, theirs);
  expect((await readAll(theirs)).packets).toEqual(PACKETS);
  expect(tsharkPackets(mine)).toEqual(tsharkPackets(theirs));
  for await (const batch of readPackets(theirs).batches()) expect(batch).toEqual(PACKETS);
});
