// Capture files: bytes of any kind give packets or a CaptureFileError; what is read is written, and
// read again as it was.

import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CaptureFileError,
  PcapngWriter,
  PcapWriter,
  readPackets,
} from "../../../src/capture/file/index.ts";
import type { FilePacket } from "../../../src/capture/packet.ts";
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
  section,
  text,
} from "../../capture/file/support.ts";
import { Choices, check, type Harness, same } from "../choices.ts";

/** All packets, and whether an error ended them. */
async function read(
  bytes: Uint8Array,
  pieces: number,
): Promise<{ packets: FilePacket[]; failed: boolean }> {
  const packets: FilePacket[] = [];
  const source = pieces === 0 ? bytes : stream(bytes, pieces);
  let blocks = 0;
  try {
    const reader = readPackets(source, { maximum: 65_536, blocks: () => void blocks++ });
    for await (const packet of reader) {
      check(packet.data.length <= 65_536, () => "more than the most");
      check(typeof packet.timestamp === "bigint", () => "no time");
      check(Number.isInteger(packet.length), () => `a length of ${packet.length}`);
      packets.push({ ...packet, data: packet.data.slice() });
      check(packets.length <= 100_000, () => "packets without an end");
    }
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    const { offset } = error;
    check(Number.isInteger(offset) && offset >= 0, () => `an error at ${offset}`);
    return { packets, failed: true };
  }
  check(blocks <= bytes.length, () => "blocks without an end");
  return { packets, failed: false };
}

function stream(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size)
        controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
}

/** However the bytes come, they are the same packets. */
async function examined(bytes: Uint8Array, pieces: number, writes: boolean): Promise<void> {
  const whole = await read(bytes, 0);
  if (pieces > 0) {
    const parts = await read(bytes, pieces);
    compare(whole.packets, parts.packets);
    check(whole.failed === parts.failed, () => "an error, or none, in pieces");
  }
  // A writer's memory takes longer than what is written.
  if (!writes || whole.failed || whole.packets.length > 200) return;
  compareWritten(whole.packets, await rewritten(whole.packets, PcapngWriter), true);
  compareWritten(whole.packets, await rewritten(whole.packets, PcapWriter), false);
}

/** As a writer writes them; undefined where the format cannot hold them, which is an error. */
async function rewritten(
  packets: readonly FilePacket[],
  kind: typeof PcapngWriter | typeof PcapWriter,
): Promise<FilePacket[] | undefined> {
  const parts: Uint8Array[] = [];
  const target = { write: (bytes: Uint8Array) => void parts.push(bytes.slice()) };
  try {
    const writer =
      kind === PcapWriter
        ? await PcapWriter.create(target, {
            link: packets[0]?.link ?? "ethernet",
            resolution: "nanoseconds",
          })
        : await PcapngWriter.create(target, { snaplen: 0 });
    for (const packet of packets) await writer.write(packet);
    await writer.close();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
  const again = await read(concat(...parts), 0);
  check(!again.failed, () => "what was written is not read");
  return again.packets;
}

function compare(one: readonly FilePacket[], other: readonly FilePacket[]): void {
  check(one.length === other.length, () => `${one.length} and ${other.length} packets`);
  one.forEach((packet, index) => {
    check(Bun.deepEquals(packet, other[index]), () => `packet ${index} is another`);
  });
}

function compareWritten(
  one: readonly FilePacket[],
  other: readonly FilePacket[] | undefined,
  all: boolean,
): void {
  if (other === undefined) return;
  check(one.length === other.length, () => `${one.length} written, ${other.length} read`);
  one.forEach((packet, index) => {
    const again = other[index] as FilePacket;
    check(same(packet.data, again.data), () => `the bytes of ${index}`);
    check(packet.length === again.length, () => `the length of ${index}`);
    check(packet.timestamp === again.timestamp, () => `the time of ${index}`);
    check(packet.link === again.link, () => `the link of ${index}`);
    if (!all) return;
    check(packet.direction === again.direction, () => `the direction of ${index}`);
    check(packet.dropped === again.dropped, () => `what was lost before ${index}`);
    check(packet.comment === again.comment, () => `the comment of ${index}`);
  });
}

/** Blocks with right lengths around any content. */
function shaped(choices: Choices): Uint8Array {
  const little = (choices.byte() & 1) === 0;
  const parts = [block(little, 0x0a0d0d0a, 0x1a2b3c4d, pair(little, 1, 0), -1, -1)];
  while (!choices.isEmpty) {
    const type = choices.pick([1, 6, 3, 2, 4, 5, 10, 0x0bad, 6, 6, 77]);
    const fixed = choices.take(4 * (choices.byte() % 8));
    const options: Uint8Array[] = [];
    for (let count = choices.byte() & 3; count > 0; count--) {
      const code = choices.pick([1, 2, 4, 9, 14, 2, 3, 4, 5, 10, 11, 2988, 0]);
      options.push(option(little, code, choices.take(choices.byte() & 31)));
    }
    // Packets of which there is as much as they say.
    if (type === 6) {
      const data = choices.take(choices.byte());
      const sizes = [data.length, data.length + (choices.byte() & 1)];
      const time = [choices.integer(4), choices.integer(4)];
      const padding = new Uint8Array(-data.length & 3);
      parts.push(block(little, 6, 0, ...time, ...sizes, data, padding, ...options));
    } else if (type === 1) {
      parts.push(block(little, 1, pair(little, choices.byte(), 0), 0, ...options));
    } else parts.push(block(little, type, fixed, ...options));
  }
  return concat(...parts);
}

/** A pcap file whose records have right lengths. */
function records(choices: Choices): Uint8Array {
  const little = (choices.byte() & 1) === 0;
  const magic = choices.pick([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]);
  const parts = [bytesOf(little, magic, pair(little, 2, 4), 0, 0, 65_535, choices.byte())];
  while (!choices.isEmpty) {
    const data = choices.take(choices.byte());
    const extra = new Uint8Array(magic === 0xa1b2cd34 ? 8 : 0);
    const length = data.length + (choices.byte() & 1);
    const time = [choices.integer(4), choices.integer(4)];
    parts.push(bytesOf(little, ...time, data.length, length, extra, data));
  }
  return concat(...parts);
}

const MAGICS = [0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34];
const data = frame(1, 40);

/** A file of each kind, as it is. */
const files = [true, false].flatMap((little) => [
  ...MAGICS.map((magic) => {
    const extra = new Uint8Array(magic === 0xa1b2cd34 ? 8 : 0);
    return pcap({ little, magic }, [1000, 5, 40, 40, extra, data], [1001, 6, 40, 90, extra, data]);
  }),
  concat(
    section(little, option(little, 1, text("comment"))),
    description(little, { snaplen: 64 }, option(little, 9, Uint8Array.of(9))),
    enhanced(little, data, { ticks: 1n << 40n }, option(little, 1, text("of a packet"))),
    enhanced(little, data, {}, option(little, 2, bytesOf(little, 1))),
    block(little, 3, 40, data),
    block(little, 2, pair(little, 0, 1), 0, 9, 40, 40, data),
    block(little, 4, option(little, 1, concat(Uint8Array.of(10, 0, 0, 1), text("name\0")))),
    block(little, 5, 0, 0, 5, option(little, 4, new Uint8Array(8))),
    block(little, 10, 0x544c534b, 4, text("keys")),
    block(little, 0x0bad, 32_473, text("mine")),
  ),
]);

export const harness: Harness = {
  largest: 4096,
  seeds: files.map((file) => Uint8Array.of(0x20, ...file)),
  async run(input) {
    const choices = new Choices(input);
    const how = choices.byte();
    const writes = (how & 0x20) !== 0;
    const pieces = (how & 0x10) === 0 ? 0 : 1 + (choices.byte() & 63);
    switch (how & 7) {
      case 0:
      case 1:
        return examined(choices.rest(), pieces, writes);
      case 2:
        return examined(records(choices), pieces, writes);
      case 3: {
        const packed = new Uint8Array(gzipSync(shaped(choices)));
        return examined(packed, pieces, writes);
      }
      case 4: {
        const packed = new Uint8Array(zstdCompressSync(records(choices)));
        const at = choices.integer(2) % packed.length;
        packed[at] = (packed[at] as number) ^ (how >> 5);
        return examined(packed, pieces, writes);
      }
      default:
        return examined(shaped(choices), pieces, writes);
    }
  },
};
