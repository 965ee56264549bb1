// Capture files made by hand, and what other programs read in a file.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type PacketSource,
  type ReadOptions,
  readPackets,
} from "../../../src/capture/file/index.ts";
import type { FilePacket } from "../../../src/capture/packet.ts";
import { removeDirectory } from "../../support/directory.ts";
import { run } from "../../support/namespace.ts";
import { program } from "../../support/requirements.ts";

export const tshark = program("tshark");
export const tcpdump = program("tcpdump");
/** Of Wireshark, like capinfos, mergecap and text2pcap. */
export const editcap = program("editcap", "wireshark-common");

/** A directory that goes away. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rawsock-capture-"));

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: Uint8Array | string): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  [Symbol.dispose](): void {
    removeDirectory(this.path);
  }
}

/** An IPv4 datagram in an Ethernet frame of `size` bytes, each number another one. */
export function frame(number: number, size = 60): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + number) & 0xff);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, size - 14, 0, number & 0xff]);
  bytes.set([0, 0, 64, 253, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7], 20);
  return bytes;
}

type Order = { readonly little?: boolean };

/** Numbers of 32 bits, or bytes as they are, behind each other. */
export function bytesOf(little: boolean, ...parts: (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part !== "number") return [...part];
      const word = new Uint8Array(4);
      new DataView(word.buffer).setUint32(0, part >>> 0, little);
      return [...word];
    }),
  );
}

/** Two numbers of 16 bits as the one of 32 that `bytesOf` takes. */
export function pair(little: boolean, first: number, second: number): number {
  return little ? first | (second << 16) : (first << 16) | second;
}

export type PcapInit = Order & {
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snaplen?: number;
  readonly network?: number;
};

/** A pcap file's header, and of each record the four numbers and what follows. */
export function pcap(
  { little = true, magic = 0xa1b2c3d4, version = [2, 4], snaplen = 65_535, network = 1 }: PcapInit,
  ...records: (readonly [number, number, number, number, ...Uint8Array[]])[]
): Uint8Array {
  const header = [magic, pair(little, ...version), 0, 0, snaplen, network];
  return bytesOf(little, ...header, ...records.flat());
}

/** Zeros up to a whole word. */
function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

export function block(
  little: boolean,
  type: number,
  ...parts: (number | Uint8Array)[]
): Uint8Array {
  const body = bytesOf(little, ...parts);
  const padded = bytesOf(little, body, padding(body.length));
  const size = padded.length + 12;
  return bytesOf(little, type, size, padded, size);
}

export function option(little: boolean, code: number, value: Uint8Array): Uint8Array {
  return bytesOf(little, pair(little, code, value.length), value, padding(value.length));
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function section(little: boolean, ...options: Uint8Array[]): Uint8Array {
  return block(little, 0x0a0d0d0a, 0x1a2b3c4d, pair(little, 1, 0), -1, -1, ...options);
}

export function description(
  little: boolean,
  { link = 1, snaplen = 0 }: { link?: number; snaplen?: number } = {},
  ...options: Uint8Array[]
): Uint8Array {
  return block(little, 1, pair(little, link, 0), snaplen, ...options);
}

export function enhanced(
  little: boolean,
  data: Uint8Array,
  {
    id = 0,
    ticks = 0n,
    length = data.length,
  }: { id?: number; ticks?: bigint; length?: number } = {},
  ...options: Uint8Array[]
): Uint8Array {
  const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
  const words = [id, high, low, data.length, length];
  return block(little, 6, ...words, data, padding(data.length), ...options);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Everything that is read, and the reader. */
export async function readAll(source: PacketSource, options?: ReadOptions) {
  const reader = readPackets(source, options);
  const packets: FilePacket[] = [];
  for await (const packet of reader) packets.push(packet);
  return { reader, packets };
}

/** What programs agree upon. */
export type Seen = {
  readonly data: string;
  readonly length: number;
  readonly timestamp: bigint;
  readonly interface: number;
};

export function seen({ data, length, timestamp, interface: number }: FilePacket): Seen {
  return { data: Buffer.from(data).toString("hex"), length, timestamp, interface: number };
}

type Layers = { readonly frame_raw: [string]; readonly frame: Readonly<Record<string, string>> };

/** Seconds with a fraction of nine digits. */
function nanoseconds(time: string): bigint {
  const [seconds = "", fraction = ""] = time.split(".");
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** The packets of a file, as tshark reads them. */
export function tsharkPackets(file: string): Seen[] {
  const words = ["-n", "-r", file, "-T", "json", "-x", "-J", "frame", "--no-duplicate-keys"];
  const list = JSON.parse(run("tshark", ...words)) as { _source: { layers: Layers } }[];
  return list.map(({ _source: { layers } }) => ({
    data: layers.frame_raw[0],
    length: Number(layers.frame["frame.len"]),
    timestamp: nanoseconds(layers.frame["frame.time_epoch"] ?? ""),
    interface: Number(layers.frame["frame.interface_id"] ?? 0),
  }));
}

/** One line for each packet, with these fields. */
export function tsharkFields(file: string, ...fields: string[]): string[][] {
  const words = fields.flatMap((field) => ["-e", field]);
  const lines = run("tshark", "-n", "-r", file, "-T", "fields", ...words).split("\n");
  return lines.slice(0, -1).map((line) => line.split("\t"));
}

/** The packets of a file, as tcpdump reads them: their times and bytes. */
export function tcpdumpPackets(file: string): { data: string; timestamp: bigint }[] {
  const nano = ["--time-stamp-precision=nano", "-tt", "-n", "-xx", "-e"];
  const output = run("tcpdump", ...nano, "-r", file);
  return output
    .split(/\n(?=\d)/)
    .filter((lines) => lines !== "")
    .map((lines) => {
      const [head = "", ...rows] = lines.trimEnd().split("\n");
      const hex = rows.map((row) => row.replace(/^\s*0x[0-9a-f]+:\s*/, "").replaceAll(" ", ""));
      return { data: hex.join(""), timestamp: nanoseconds(head.split(" ")[0] ?? "") };
    });
}

export { run };
