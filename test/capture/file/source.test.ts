// Wherever the bytes come from, the packets are the same.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CaptureFileError,
  type PacketSource,
  readPackets,
} from "../../../src/capture/file/index.ts";
import { program, testWith } from "../../support/requirements.ts";
import { concat, Folder, frame, pcap, readAll, run, seen } from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const RECORDS = Array.from(
  { length: 3000 },
  (_, index) =>
    [1000 + index, index, 60 + (index % 1400), 1500, frame(index, 60 + (index % 1400))] as const,
);
const FILE = pcap({}, ...RECORDS);
const EXPECTED = (await readAll(FILE)).packets.map(seen);

async function same(source: PacketSource): Promise<void> {
  const { packets, reader } = await readAll(source);
  expect(packets.length).toBe(EXPECTED.length);
  expect(packets.map(seen)).toEqual(EXPECTED);
  expect([reader.format, reader.truncated]).toEqual(["pcap", false]);
}

/** A stream of chunks of `size` bytes. */
function stream(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

test("from memory of every kind", async () => {
  expect(EXPECTED.length).toBe(3000);
  const shared = new Uint8Array(new SharedArrayBuffer(FILE.length));
  shared.set(FILE);
  const shifted = concat(new Uint8Array(3), FILE).subarray(3);
  await same(FILE.buffer as ArrayBuffer);
  await same(new DataView(FILE.buffer));
  await same(Buffer.from(FILE));
  await same(shared);
  await same(shifted);
  await same(new Blob([FILE]));
});

test("from a path, a file of Bun's, and streams of any chunks", async () => {
  using folder = new Folder();
  const path = folder.write("file", FILE);
  await same(path);
  await same(Bun.file(path));
  await same(Bun.file(path).stream());
  await same(new Response(FILE).body as ReadableStream);
  for (const size of [97, 1000, 65_537, FILE.length]) await same(stream(FILE, size));
});

test("from standard input, which may stay open", async () => {
  const index = join(import.meta.dir, "../../../src/capture/file/index.ts");
  const script = `
    import { readPackets } from ${JSON.stringify(index)};
    let count = 0;
    for await (const packet of readPackets("-")) {
      if (++count === 3) console.log(packet.data.length);
    }
    console.log(count);
  `;
  await using child = Bun.spawn([process.execPath, "-e", script], { stdin: "pipe" });
  const output = child.stdout.getReader();
  child.stdin.write(FILE.subarray(0, 24 + 16 + 60 + 16 + 61 + 16 + 62));
  child.stdin.flush();
  // The third packet is there before the fourth was sent.
  expect(String(Buffer.from((await output.read()).value ?? []))).toBe("62\n");
  child.stdin.write(FILE.subarray(24 + 16 + 60 + 16 + 61 + 16 + 62));
  child.stdin.end();
  expect(String(Buffer.from((await output.read()).value ?? []))).toBe("3000\n");
});

testWith(program("mkfifo", "coreutils"))("from a fifo, whose writer comes later", async () => {
  using folder = new Folder();
  run("mkfifo", folder.at("fifo"));
  const reading = same(folder.at("fifo"));
  const other = folder.write("file", FILE);
  await using _writer = Bun.spawn(["sh", "-c", `cat "${other}" > "${folder.at("fifo")}"`]);
  await reading;
});

test("packed, known by content, in several members, packed again", async () => {
  using folder = new Folder();
  const half = FILE.length >> 1;
  const halves = [FILE.subarray(0, half), FILE.subarray(half)] as const;
  const [zeros, skipped] = [new Uint8Array(600), Buffer.from("502a4d180400000061626364", "hex")];
  const files = {
    gz: gzipSync(FILE),
    members: concat(gzipSync(halves[0]), gzipSync(halves[1])),
    padded: concat(gzipSync(FILE), zeros),
    zst: zstdCompressSync(FILE),
    frames: concat(skipped, zstdCompressSync(halves[0]), zstdCompressSync(halves[1])),
    twice: gzipSync(zstdCompressSync(FILE)),
    thrice: zstdCompressSync(gzipSync(gzipSync(FILE))),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const path = folder.write(name, bytes);
    await same(path);
    await same(new Uint8Array(bytes));
    await same(stream(new Uint8Array(bytes), 5000));
  }
  let bottomless: Uint8Array = FILE;
  for (let depth = 0; depth < 6; depth++) bottomless = gzipSync(bottomless);
  await expect(readAll(bottomless)).rejects.toThrow("a file packed too many times");
});

testWith(program("gzip"), program("zstd"))("as gzip and zstd pack it", async () => {
  using folder = new Folder();
  const path = folder.write("file", FILE);
  run("gzip", "-k", path);
  run("zstd", "-q", "-k", "-19", path);
  await same(`${path}.gz`);
  await same(`${path}.zst`);
});

test("what cannot be unpacked says what to do", async () => {
  for (const [name, magic] of [
    ["lz4", "04224d18"],
    ["xz", "fd377a585a00"],
    ["bzip2", "425a6839"],
  ] as const) {
    await expect(readAll(Buffer.from(magic, "hex"))).rejects.toThrow(
      `packed with ${name}, which Bun cannot unpack: pipe it through \`${name} -dc\``,
    );
  }
});

test("packed files that are cut off, or broken", async () => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    const packed = new Uint8Array(pack(FILE));
    const { packets, reader } = await readAll(packed.subarray(0, packed.length - 100));
    expect(reader.truncated).toBe(true);
    expect(packets.map(seen)).toEqual(EXPECTED.slice(0, packets.length));
    expect((await readAll(packed.subarray(0, 6))).reader.truncated).toBe(true);
    const broken = packed.slice();
    broken.fill(0xff, 20, 60);
    const error = await readAll(broken).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(CaptureFileError);
    expect((error as Error).message).toMatch(/^(gzip|zstd): .* at byte \d+$/);
  }
  // Between two members it is the packets that are cut off.
  const [whole, half] = [gzipSync(FILE.subarray(0, 24 + 76)), gzipSync(FILE.subarray(100))];
  const cut = concat(whole, half.subarray(0, 12));
  expect((await readAll(cut)).reader.truncated).toBe(true);
  expect((await readAll(whole)).reader.truncated).toBe(false);
});

test("a path that isn't there, a directory, what is no source", async () => {
  await expect(readAll("/nonexistent/file")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(readAll("/tmp")).rejects.toMatchObject({ code: "EISDIR" });
  expect(() => readPackets(7 as never)).toThrow("source must be a path, bytes, a Blob or a");
  expect(() => readPackets(null as never)).toThrow(TypeError);
  await expect(readAll(new ReadableStream({ start: (c) => c.enqueue("text") }))).rejects.toThrow(
    "a chunk of the stream must be bytes",
  );
  const failing = new ReadableStream({
    pull(controller) {
      controller.error(new Error("of the stream"));
    },
  });
  await expect(readAll(failing)).rejects.toThrow("of the stream");
});

test("what is no capture file", async () => {
  for (const bytes of ["hello, world", "\0\0\0\0", "x", "\n\r\rx"]) {
    await expect(readAll(new TextEncoder().encode(bytes))).rejects.toThrow(
      "no capture file at byte 0",
    );
  }
});

/** The paths of this process' descriptors. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The one of this listing.
    }
  });
}

test.skipIf(process.platform !== "linux")(
  "whoever leaves closes: the file, the stream",
  async () => {
    using folder = new Folder();
    const path = folder.write("file", FILE);
    const open = () => descriptors().filter((one) => one === path).length;
    for await (const _ of readPackets(path)) {
      expect(open()).toBe(1);
      break;
    }
    expect(open()).toBe(0);
    for await (const _ of readPackets(path).batches()) break;
    for await (const _ of readPackets(path));
    expect(open()).toBe(0);
    writeFileSync(path, FILE.subarray(0, 5000));
    await using unread = readPackets(path);
    await unread[Symbol.asyncIterator]().next();
    await unread.close();
    expect(open()).toBe(0);

    let cancelled = 0;
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(FILE),
      cancel: () => void cancelled++,
    });
    for await (const _ of readPackets(endless)) break;
    expect(cancelled).toBe(1);
  },
);

test("a step that waits for a stream is ended by leaving", async () => {
  const silent = new ReadableStream({
    start: (controller) => controller.enqueue(FILE.slice(0, 24)),
  });
  const packets = readPackets(silent)[Symbol.asyncIterator]();
  const next = packets.next();
  await Bun.sleep(5);
  await packets.return?.();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(await packets.next()).toEqual({ done: true, value: undefined });
});

test("steps that are not waited for come in their order", async () => {
  const packets = readPackets(stream(FILE, 3000))[Symbol.asyncIterator]();
  const steps = Array.from({ length: 3001 }, () => packets.next());
  const results = await Promise.all(steps);
  expect(results.slice(0, 3000).map(({ value }) => seen(value))).toEqual(EXPECTED);
  expect(results[3000]?.done).toBe(true);
});

test("it is read once", async () => {
  const reader = readPackets(FILE);
  for await (const _ of reader) break;
  expect(() => reader[Symbol.asyncIterator]()).toThrow("a capture file is read once");
  await expect(reader.batches().next()).rejects.toThrow("a capture file is read once");
});

test("before its first bytes were read nothing is known", () => {
  const reader = readPackets(FILE);
  expect([reader.format, reader.byteOrder, reader.interfaces, reader.truncated]).toEqual([
    null,
    null,
    [],
    false,
  ]);
});

test("packets own their bytes, those of batches are views until the next step", async () => {
  using folder = new Folder();
  const path = folder.write("file", FILE);
  const copies: Uint8Array[] = [];
  const { packets } = await readAll(path);
  for (const { data } of packets) expect(data.buffer.byteLength).toBe(data.length);
  for await (const batch of readPackets(path).batches()) {
    expect(batch[0]?.data.buffer.byteLength).toBeGreaterThan(100_000);
    for (const { data } of batch) copies.push(data.slice());
  }
  expect(copies).toEqual(packets.map(({ data }) => data));
  // Memory that was given is not written to.
  const before = FILE.slice();
  for await (const batch of readPackets(FILE).batches()) {
    expect(batch[0]?.data.buffer).toBe(FILE.buffer);
  }
  expect(FILE).toEqual(before);
});

test("timers run while a file is read", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  using folder = new Folder();
  const path = folder.write("file", FILE);
  for (let round = 0; round < 20; round++) for await (const _ of readPackets(path));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
});
