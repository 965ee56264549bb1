import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readlinkSync, statSync, unlinkSync } from "node:fs";
import { PcapngWriter, PcapWriter } from "../../../src/capture/file/index.ts";
import type { FilePacket } from "../../../src/capture/packet.ts";
import { testWith } from "../../support/requirements.ts";
import {
  Folder,
  frame,
  readAll,
  tcpdump,
  tcpdumpPackets,
  tshark,
  tsharkPackets,
} from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const MS = 1_000_000n;

function packet(number: number, milliseconds = number): FilePacket {
  const timestamp = BigInt(milliseconds) * MS;
  const data = frame(number, 100);
  return { data, length: 100, timestamp, interface: 0, link: "ethernet" };
}

const MANY = Array.from({ length: 1000 }, (_, number) => packet(number));

/** How many files of a folder this process has open. */
function openFiles(folder: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false; // The one of this listing.
    }
  }).length;
}

for (const Writer of [PcapWriter, PcapngWriter]) {
  testWith(tshark, tcpdump)(`${Writer.name}: by size, each file whole by itself`, async () => {
    using folder = new Folder();
    const writer = Writer.create(folder.at("trace.x.cap"), { rotate: { size: 20_000 } });
    await writer.writeAll(MANY);
    await writer.close();
    const files = readdirSync(folder.path).sort();
    expect(files[0]).toBe("trace.x_00001.cap");
    expect(files.length).toBeGreaterThan(5);
    expect(writer.path).toBe(folder.at(files.at(-1) as string));
    const all: FilePacket[] = [];
    for (const [index, file] of files.entries()) {
      const { packets, reader } = await readAll(folder.at(file));
      expect(reader.truncated).toBe(false);
      const { size } = statSync(folder.at(file));
      expect(size).toBeLessThanOrEqual(20_000);
      if (index < files.length - 1) expect(size).toBeGreaterThan(19_800);
      all.push(...packets);
    }
    expect(all).toEqual(MANY);
    const last = folder.at(files[1] as string);
    expect(tsharkPackets(last).length).toBe(tcpdumpPackets(last).length);
  });

  test(`${Writer.name}: of more than \`count\` files the oldest go`, async () => {
    using folder = new Folder();
    const path = folder.at("trace");
    const writer = Writer.create(path, { rotate: { size: 20_000, count: 3 } });
    for (const [index, one] of MANY.entries()) {
      void writer.write(one);
      // Windows lists one that is removed until it is closed.
      if (process.platform === "win32") continue;
      expect(readdirSync(folder.path).length).toBeLessThanOrEqual(3);
      // What somebody else has taken away is not missed.
      if (index === 500) unlinkSync(folder.at(readdirSync(folder.path).sort()[0] as string));
    }
    await writer.close();
    const files = readdirSync(folder.path).sort();
    expect(files.length).toBe(3);
    const kept: FilePacket[] = [];
    for (const file of files) kept.push(...(await readAll(folder.at(file))).packets);
    expect(kept.length).toBeGreaterThan(250);
    expect(kept).toEqual(MANY.slice(-kept.length));
  });

  test(`${Writer.name}: by time, that of the packets`, async () => {
    using folder = new Folder();
    const writer = Writer.create(folder.at("trace.cap"), { rotate: { interval: 100 } });
    for (const milliseconds of [50, 60, 149, 150, 100, 249, 250, 1000, 1001]) {
      await writer.write(packet(1, milliseconds));
    }
    await writer.close();
    const times: bigint[][] = [];
    for (const file of readdirSync(folder.path).sort()) {
      const { packets } = await readAll(folder.at(file));
      times.push(packets.map(({ timestamp }) => timestamp / MS));
    }
    expect(times).toEqual([[50n, 60n, 149n], [150n, 100n, 249n], [250n], [1000n, 1001n]]);
  });

  test(`${Writer.name}: a packet that is larger than a file gets one`, async () => {
    using folder = new Folder();
    const writer = Writer.create(folder.at("trace"), { rotate: { size: 10 } });
    await writer.writeAll(MANY.slice(0, 3));
    await writer.close();
    const files = readdirSync(folder.path).sort();
    expect(files.length).toBe(3);
    for (const file of files) expect((await readAll(folder.at(file))).packets.length).toBe(1);
  });

  test(`${Writer.name}: who does not wait leaves few files open`, async () => {
    using folder = new Folder();
    const writer = Writer.create(folder.at("trace"), { rotate: { size: 1000, count: 1000 } });
    let most = 0;
    for (const one of MANY) {
      void writer.write(one);
      most = Math.max(most, openFiles(folder.path));
    }
    await writer.close();
    expect(most).toBeLessThan(10);
    expect(openFiles(folder.path)).toBe(0);
    const kept: FilePacket[] = [];
    for (const file of readdirSync(folder.path).sort()) {
      kept.push(...(await readAll(folder.at(file))).packets);
    }
    expect(kept).toEqual(MANY);
  });

  test(`${Writer.name}: only paths rotate`, () => {
    for (const target of ["-", new WritableStream(), { write: () => undefined }]) {
      const create = () => Writer.create(target, { rotate: { size: 1000 } });
      expect(create).toThrow("target must be a path where files rotate");
    }
    const path = "/nonexistent/trace";
    expect(() => Writer.create(path, { rotate: { size: 0 } })).toThrow("rotate.size");
    expect(() => Writer.create(path, { rotate: { count: 3 } })).toThrow("a size or an interval");
    expect(() => Writer.create(path, { rotate: { sise: 3 } as object })).toThrow("did you mean");
  });
}

test("interfaces that came up are described in every file", async () => {
  using folder = new Folder();
  const rotate = { size: 1000 };
  const writer = PcapngWriter.create(folder.at("trace"), { rotate, interfaces: [{ name: "a" }] });
  for (let number = 0; number < 30; number++) {
    const index = number % 3;
    void writer.write({
      ...packet(number),
      interface: index,
      link: index === 2 ? "raw" : "ethernet",
    });
    if (number === 20) writer.writeStatistics({ interface: 1, received: 5 });
  }
  await writer.close();
  const all: (readonly [number, unknown])[] = [];
  for (const file of readdirSync(folder.path).sort()) {
    const { packets, reader } = await readAll(folder.at(file));
    expect(reader.interfaces[0]?.name).toBe("a");
    for (const one of packets) all.push([one.interface, one.link] as const);
  }
  expect(all).toEqual(
    Array.from({ length: 30 }, (_, number) => {
      const index = number % 3;
      return [index, index === 2 ? "raw" : "ethernet"] as const;
    }),
  );
});
