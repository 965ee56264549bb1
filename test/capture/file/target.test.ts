// Where files are written to: paths, pipes, streams; what is behind, full, closed.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, createWriteStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PcapngWriter, PcapWriter } from "../../../src/capture/file/index.ts";
import type { FilePacket } from "../../../src/capture/packet.ts";
import { capability, program, testWith } from "../../support/requirements.ts";
import { Folder, frame, readAll, tshark, tsharkPackets } from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

function packet(number: number, size = 1000): FilePacket {
  return {
    data: frame(number, size),
    length: size,
    timestamp: BigInt(number),
    interface: 0,
    link: "ethernet",
  };
}

/** As many as take several portions. */
const MANY = Array.from({ length: 3000 }, (_, number) => packet(number));
const WRITERS = [PcapWriter, PcapngWriter] as const;

/** What a stream was given, in order. */
class Collected {
  readonly chunks: Uint8Array[] = [];

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.chunks));
  }
}

for (const Writer of WRITERS) {
  describe(Writer.name, () => {
    test("to a WritableStream, which is closed, and is waited for", async () => {
      const collected = new Collected();
      let closed = 0;
      let waits = 0;
      const stream = new WritableStream<Uint8Array>({
        async write(chunk) {
          await Bun.sleep(2);
          collected.chunks.push(chunk);
        },
        close: () => void closed++,
      });
      const writer = Writer.create(stream);
      for (const one of MANY) {
        const behind = writer.write(one);
        if (behind === undefined) continue;
        waits++;
        await behind;
      }
      await writer.close();
      expect(closed).toBe(1);
      expect(waits).toBeGreaterThan(0);
      expect((await readAll(collected.bytes)).packets).toEqual(MANY);
    });

    test("through a CompressionStream", async () => {
      const packing = new CompressionStream("gzip");
      const packed = new Response(packing.readable).bytes();
      const writer = Writer.create(packing.writable);
      await writer.writeAll(MANY);
      await writer.close();
      expect((await readAll(await packed)).packets).toEqual(MANY);
    });

    test("to whatever has write(): its promises and node's way of being full count", async () => {
      const collected = new Collected();
      const slow = {
        async write(bytes: Uint8Array) {
          await Bun.sleep(1);
          collected.chunks.push(bytes);
        },
      };
      const writer = Writer.create(slow);
      await writer.writeAll(MANY);
      await writer.close();
      expect((await readAll(collected.bytes)).packets).toEqual(MANY);

      using folder = new Folder();
      const node = createWriteStream(folder.at("node"));
      const second = Writer.create(node);
      await second.writeAll(MANY);
      await second.close();
      await new Promise<void>((resolve) => node.end(resolve));
      expect((await readAll(folder.at("node"))).packets).toEqual(MANY);

      const sink = Bun.file(folder.at("bun")).writer();
      const third = Writer.create(sink);
      await third.writeAll(MANY);
      await third.close();
      await sink.end();
      expect((await readAll(folder.at("bun"))).packets).toEqual(MANY);
    });

    test("who does not wait loses nothing in a file", async () => {
      using folder = new Folder();
      const path = folder.at("file");
      const writer = Writer.create(path);
      for (const one of MANY) void writer.write(one);
      const large = packet(7, 262_144);
      for (let count = 0; count < 20; count++) void writer.write(large);
      await writer.close();
      expect((await readAll(path)).packets).toEqual([...MANY, ...new Array(20).fill(large)]);
    });

    test("packets that are larger than all buffers", async () => {
      using folder = new Folder();
      const path = folder.at("file");
      const collected = new Collected();
      const node = { write: (bytes: Uint8Array) => void collected.chunks.push(bytes) };
      const large = [packet(1, 5_000_000), packet(2), packet(3, 7_000_001), packet(4)];
      for (const target of [path, node]) {
        const writer = Writer.create(target, { snaplen: 0 });
        for (const one of large) void writer.write(one);
        await writer.close();
      }
      expect((await readAll(path)).packets).toEqual(large);
      expect((await readAll(collected.bytes)).packets).toEqual(large);
    });

    test("who does not wait for a stream is told so, before memory is full", () => {
      const stuck = new WritableStream({ write: () => new Promise(() => undefined) });
      const writer = Writer.create(stuck);
      const one = packet(1, 200_000);
      let count = 0;
      expect(() => {
        for (; count < 1000; count++) void writer.write(one);
      }).toThrow("wait for the promises that write() returns");
      expect(count).toBeWithin(70, 100);
    });

    test("flush() makes all readable, at every moment", async () => {
      using folder = new Folder();
      const path = folder.at("file");
      await using writer = Writer.create(path);
      await writer.flush();
      expect((await readAll(path)).reader.truncated).toBe(false);
      for (let count = 0; count < 20; count++) {
        writer.write(packet(count));
        await writer.flush();
        const { packets, reader } = await readAll(path);
        expect([packets.length, reader.truncated]).toEqual([count + 1, false]);
      }
      // What is written between flushes ends with whole packets.
      for (const one of MANY) await writer.write(one);
      expect(statSync(path).size).toBeGreaterThan(1_000_000);
      expect((await readAll(path)).reader.truncated).toBe(false);
    });

    test("`using` closes, also while a portion is being written", async () => {
      using folder = new Folder();
      const path = folder.at("file");
      {
        using writer = Writer.create(path);
        for (const one of MANY) void writer.write(one);
      }
      expect((await readAll(path)).packets).toEqual(MANY);
      {
        await using writer = Writer.create(path, { sync: true });
        await writer.writeAll(MANY.slice(0, 10));
        await writer.flush();
      }
      expect((await readAll(path)).packets.length).toBe(10);
      await Bun.sleep(10);
      const open = readdirSync("/proc/self/fd").map((fd) => join("/proc/self/fd", fd));
      expect(open.filter((fd) => existsAs(fd, path))).toEqual([]);
    });

    test("a closed writer, a directory that isn't there", async () => {
      using folder = new Folder();
      const writer = Writer.create(folder.at("file"));
      expect(writer.closed).toBe(false);
      expect(writer.path).toBe(folder.at("file"));
      await writer.close();
      expect(writer.closed).toBe(true);
      expect(() => writer.write(packet(1))).toThrow("the writer is closed");
      await expect(writer.flush()).rejects.toThrow("the writer is closed");
      const missing = folder.at("missing/file");
      expect(() => Writer.create(missing)).toThrow(expect.objectContaining({ code: "ENOENT" }));
    });

    test("a full disk is an error of that write or the next, and of close", async () => {
      const writer = Writer.create("/dev/full");
      const failed = (async () => {
        for (let round = 0; round < 100; round++) await writer.writeAll(MANY);
      })();
      await expect(failed).rejects.toMatchObject({ code: "ENOSPC" });
      expect(() => writer.write(packet(1))).toThrow(expect.objectContaining({ code: "ENOSPC" }));
      await expect(writer.flush()).rejects.toMatchObject({ code: "ENOSPC" });
      await expect(writer.close()).rejects.toMatchObject({ code: "ENOSPC" });
      const small = Writer.create("/dev/full");
      small.write(packet(1));
      await expect(small.close()).rejects.toMatchObject({ code: "ENOSPC" });
    });

    test("a stream that fails", async () => {
      const failing = new WritableStream({
        write() {
          throw new Error("of the stream");
        },
      });
      const writer = Writer.create(failing);
      writer.write(packet(1));
      await expect(writer.flush()).rejects.toThrow("of the stream");
      await expect(writer.close()).rejects.toThrow("of the stream");
    });
  });
}

function existsAs(fd: string, path: string): boolean {
  try {
    return statSync(fd).ino === statSync(path).ino;
  } catch {
    return false; // The one of the listing.
  }
}

const INDEX = join(import.meta.dir, "../../../src/capture/file/index.ts");

/** A script that writes `count` packets to standard output. */
function toStdout(count: number): string[] {
  const script = `
    import { PcapngWriter } from ${JSON.stringify(INDEX)};
    const writer = PcapngWriter.create("-");
    const data = new Uint8Array(1000);
    for (let number = 0; number < ${count}; number++) {
      const timestamp = BigInt(number);
      await writer.write({ data, length: 1000, timestamp, interface: 0, link: "ethernet" });
    }
    await writer.close();
  `;
  return [process.execPath, "-e", script];
}

testWith(tshark)(
  "standard output is a file or a pipe, and a reader may be slow or go",
  async () => {
    using folder = new Folder();
    const whole = Bun.spawnSync(toStdout(2000), { stderr: "pipe" });
    expect(String(whole.stderr)).toBe("");
    expect((await readAll(new Uint8Array(whole.stdout))).packets.length).toBe(2000);

    const [path, errors] = [folder.at("file"), folder.at("errors")];
    const words = ["sh", "-c", `exec "$@" > "${path}"`, "sh", ...toStdout(2000)];
    expect(Bun.spawnSync(words).exitCode).toBe(0);
    expect(tsharkPackets(path).length).toBe(2000);

    const gone = [
      "sh",
      "-c",
      `"$@" 2> "${errors}" | head -c 1000 | wc -c`,
      "sh",
      ...toStdout(9000),
    ];
    expect(String(Bun.spawnSync(gone).stdout).trim()).toBe("1000");
    expect(readFileSync(errors, "utf8")).toContain("EPIPE");

    await using slow = Bun.spawn(toStdout(9000), { stdout: "pipe" });
    await Bun.sleep(300);
    const { packets, reader } = await readAll(slow.stdout);
    expect([packets.length, reader.truncated]).toEqual([9000, false]);
  },
);

/** Fills a file system of 1 MiB in a mount namespace of its own. */
const FULL = `
  import { pbkdf2 } from "node:crypto";
  import { PcapngWriter, readPackets } from ${JSON.stringify(INDEX)};
  const writer = PcapngWriter.create("/mnt/file");
  const data = new Uint8Array(1000);
  const packet = { data, length: 1000, timestamp: 0n, interface: 0, link: "ethernet" };
  // Then what is written by a thread comes last.
  if (process.argv.includes("late"))
    for (let count = 0; count < 16; count++) pbkdf2("", "", 200_000, 64, "sha512", () => {});
  const write = process.argv.includes("wait")
    ? async () => { for (;;) await writer.write(packet); }
    : async () => { for (;;) void writer.write(packet); };
  const error = await write().catch((error) => error);
  const last = await writer.close().catch((error) => error);
  let count = 0;
  const reader = readPackets("/mnt/file");
  for await (const _ of reader) count++;
  console.log(error.code, last.code, count > 900, reader.truncated);
`;

testWith(capability("sys_admin"), program("unshare", "util-linux"))(
  "a full file system: what fits is there, whether one waits or not",
  async () => {
    using folder = new Folder();
    const script = folder.write("full.ts", FULL);
    chmodSync(folder.path, 0o755);
    for (const how of ["wait", "hurry", "late"]) {
      const command = `mount -t tmpfs -o size=1m none /mnt && exec "$@" ${how}`;
      const words = ["unshare", "-m", "sh", "-c", command, "sh", process.execPath, script];
      const { stdout, stderr } = Bun.spawnSync(words);
      expect(String(stderr)).toBe("");
      expect(String(stdout)).toBe("ENOSPC ENOSPC true true\n");
    }
  },
);
