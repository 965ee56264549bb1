// Bytes that nobody would write: packets or a CaptureFileError, in bounded memory, to the end.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { CaptureFileError, readPackets } from "../../../src/capture/file/index.ts";
import { mutated } from "../../fuzz/mutation.ts";
import { Random } from "../../support/frame.ts";
import {
  block,
  bytesOf,
  concat,
  description,
  enhanced,
  frame,
  option,
  pair,
  pcap,
  readAll,
  section,
  seen,
  text,
} from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

/** Of each kind of file; the long runs are made by setting RAWSOCK_TEST_MUTATIONS. */
const MUTATIONS = Number(process.env.RAWSOCK_TEST_MUTATIONS ?? 500);

function pcaps(init: Parameters<typeof pcap>[0], more: Uint8Array[] = []): Uint8Array {
  const records = [0, 1, 2, 3].map(
    (index) => [1000, index, 40 + index, 40 + index, ...more, frame(index, 40 + index)] as const,
  );
  return pcap(init, ...records);
}

function pcapngs(little: boolean): Uint8Array {
  const obsolete = [pair(little, 0, 1), 0, 9, 40, 40, frame(7, 40)] as const;
  return concat(
    section(little, option(little, 1, text("comment")), option(little, 4, text("program"))),
    description(little, {}, option(little, 9, Uint8Array.of(9)), option(little, 2, text("eth0"))),
    description(little, { link: 101, snaplen: 64 }, option(little, 14, new Uint8Array(8).fill(1))),
    enhanced(little, frame(1, 41), { ticks: 1n << 40n }, option(little, 1, text("of a packet"))),
    enhanced(little, frame(2, 40), { id: 1 }, option(little, 2, bytesOf(little, 1))),
    block(little, 3, 40, frame(3, 40)),
    block(little, 2, ...obsolete),
    block(little, 4, option(little, 1, concat(Uint8Array.of(10, 0, 0, 1), text("name\0")))),
    block(little, 5, 0, 0, 5, option(little, 4, new Uint8Array(8))),
    block(little, 10, 0x544c534b, 4, text("keys")),
    block(little, 0x0bad, 32_473, text("mine")),
    block(little, 77, text("unknown")),
    section(!little),
    description(!little),
    enhanced(!little, frame(4, 40)),
  );
}

const KINDS: Record<string, Uint8Array> = {
  "pcap, little endian": pcaps({}),
  "pcap, big endian": pcaps({ little: false }),
  "pcap, nanoseconds": pcaps({ magic: 0xa1b23c4d }),
  "pcap, modified": pcaps({ magic: 0xa1b2cd34 }, [new Uint8Array(8)]),
  "pcap, modified, longer": pcaps({ magic: 0xa1b2cd34 }, [new Uint8Array(12)]),
  "pcap, Nokia's": pcaps({}, [new Uint8Array(4)]),
  "pcap, version 2.2": pcaps({ version: [2, 2] }),
  "pcapng, little endian": pcapngs(true),
  "pcapng, big endian": pcapngs(false),
};

function pieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 29) controller.enqueue(bytes.slice(at, at + 29));
      controller.close();
    },
  });
}

/** How many packets came, and whether an error ended it. */
async function survived(bytes: Uint8Array): Promise<[packets: number, error: boolean]> {
  let count = 0;
  // Now and then in small pieces.
  const reader = readPackets(bytes.length % 8 === 0 ? pieces(bytes) : bytes);
  try {
    for await (const { data, length, timestamp } of reader) {
      if (data.length > bytes.length) throw new Error("bytes that are not in the file");
      if (typeof timestamp !== "bigint" || !Number.isInteger(length)) throw new Error("no packet");
      count++;
    }
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    if (!Number.isInteger(error.offset) || error.offset > bytes.length) throw error;
    return [count, true];
  }
  return [count, false];
}

describe(`${MUTATIONS} mutations give packets or an error`, () => {
  for (const [kind, file] of Object.entries(KINDS)) {
    const timeout = 10_000 + MUTATIONS * 10;
    test(
      kind,
      async () => {
        const random = new Random(17);
        let [packets, errors] = [0, 0];
        for (let round = 0; round < MUTATIONS; round++) {
          const [count, error] = await survived(mutated(file, random));
          packets += count;
          errors += Number(error);
        }
        expect(packets).toBeGreaterThan(MUTATIONS / 2);
        expect(errors).toBeGreaterThan(MUTATIONS / 20);
      },
      timeout,
    );
  }

  for (const [name, pack] of [
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ] as const) {
    const timeout = 10_000 + MUTATIONS * 10;
    test(
      `pcapng packed with ${name}`,
      async () => {
        const random = new Random(18);
        const file = new Uint8Array(pack(KINDS["pcapng, little endian"] as Uint8Array));
        for (let round = 0; round < MUTATIONS; round++) {
          const bytes = mutated(file, random);
          try {
            for await (const { data } of readPackets(bytes)) expect(data.length).toBeLessThan(1e6);
          } catch (error) {
            if (!(error instanceof CaptureFileError)) throw error;
          }
        }
      },
      timeout,
    );
  }
});

describe("cut off at every byte, what is whole comes, and it is told", () => {
  for (const [kind, file] of Object.entries(KINDS)) {
    // Of that one, a single record looks like another one's.
    if (kind === "pcap, modified, longer") continue;
    test(kind, async () => {
      const whole = (await readAll(file)).packets.map(seen);
      let [before, told] = [0, 0];
      for (let length = 0; length < file.length; length++) {
        const { packets, reader } = await readAll(file.subarray(0, length));
        expect(packets.map(seen)).toEqual(whole.slice(0, packets.length));
        expect(packets.length).toBeGreaterThanOrEqual(before);
        before = packets.length;
        told += Number(reader.truncated);
      }
      expect(before).toBeGreaterThanOrEqual(whole.length - 1);
      // Only where a packet or a block has just ended, nothing shows that more was meant to come.
      const ends = kind.startsWith("pcapng") ? 14 : 4;
      expect(told).toBe(file.length - ends);
    });
  }
});

test("lengths that claim a lot allocate little", async () => {
  const claims = [
    pcap({}, [1, 0, 16_000_000, 16_000_000, frame(1)]),
    concat(section(true), description(true), bytesOf(true, 6, 16_000_000, 0, 0, 0, 15_000_000, 1)),
    concat(bytesOf(true, 0x0a0d0d0a, 16_000_000, 0x1a2b3c4d), new Uint8Array(50)),
  ];
  for (const bytes of claims) {
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 20; round++) {
      // A stream is read into a window, which might grow at once to what is claimed.
      const { packets, reader } = await readAll(new Blob([new Uint8Array(bytes)]));
      expect([packets.length, reader.truncated]).toEqual([0, true]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000);
    }
  }
});
