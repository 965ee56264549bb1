// `rawsock sniff`: tcpdump(8).

import { filter, type LinkName, type Program } from "../bpf/index.ts";
import { type FilePacket, linkOf, numbered, Recorder, writerOf } from "./shared/capture-file.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import type { Interruption } from "./shared/interruption.ts";
import { choice, seconds, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { defaultInterface, Live, listInterfaces } from "./sniff/live.ts";
import { Printer, type PrintOptions } from "./sniff/print.ts";

const MILLION = 1_000_000;
const BLOCK = 1 << 20;
const DIRECTIONS = ["in", "out", "inout", "both"] as const;
/** Lines that are written at once. */
const CHUNK = 64;

type Reading = {
  readonly path: string;
  readonly expression: string;
  readonly count: number;
  readonly target: string | undefined;
};

/** Packets of a file. */
async function read(
  { path, expression, count, target }: Reading,
  options: PrintOptions,
  output: Output,
  interruption: Interruption,
): Promise<void> {
  const filters = new Map<unknown, (data: Uint8Array, length: number) => number>();
  const printer = target === undefined ? new Printer(options) : undefined;
  const recorder = target === undefined ? undefined : new Recorder(target);
  let seen = 0;
  let chunk: string[] = [];
  for await (const [, packet] of numbered(path, interruption.signal)) {
    const { link, data, length } = packet;
    if (expression !== "") {
      const keeps = filters.get(link) ?? filter(expression, { link: link as LinkName });
      filters.set(link, keeps);
      if (keeps(data, length) === 0) continue;
    }
    if (printer !== undefined) chunk.push(printer.text(packet, linkOf(packet)));
    await recorder?.write(packet);
    if (chunk.length === CHUNK) {
      output.write(chunk.join(""));
      chunk = [];
    }
    if (++seen >= count) break;
  }
  output.write(chunk.join(""));
  await recorder?.close();
  if (options.json) output.json({ event: "summary", packets: seen });
}

/** -C, -G and -W; undefined: one file. */
function rotation(values: {
  readonly megabytes?: string;
  readonly seconds?: string;
  readonly files?: string;
}) {
  const size = whole(values.megabytes, "megabytes", undefined, { least: 1, most: 1_000_000 });
  const interval = seconds(values.seconds, "seconds", undefined, { least: 0.001 });
  const count = whole(values.files, "files", undefined, { least: 1 });
  if (size === undefined && interval === undefined) {
    if (count !== undefined) throw new UsageError("-W goes with -C or -G");
    return undefined;
  }
  return {
    ...(size === undefined ? {} : { size: size * MILLION }),
    ...(interval === undefined ? {} : { interval }),
    ...(count === undefined ? {} : { count }),
  };
}

export default command({
  name: "sniff",
  summary: "Show or record the packets that pass an interface, or those of a capture file.",
  usage: ["[options] [<expression>]"],
  options: {
    interface: { type: "string", short: "i", value: "name", help: "or any; the first that is up" },
    list: { type: "boolean", short: "D", help: "the interfaces that there are" },
    count: { type: "string", short: "c", value: "n", help: "end after so many packets" },
    snaplen: { type: "string", short: "s", value: "bytes", help: "to keep of a packet, 262144" },
    ethernet: { type: "boolean", short: "e", help: "hardware addresses, too" },
    numeric: { type: "boolean", short: "n", help: "addresses, no names, as it is without -N" },
    names: { type: "boolean", short: "N", help: "names of addresses, as far as the system knows" },
    hex: {
      type: "boolean",
      short: "x",
      multiple: true,
      help: "the bytes; -xx with the link header",
    },
    ascii: { type: "boolean", short: "X", multiple: true, help: "the bytes, also as text; -XX" },
    stamp: {
      type: "boolean",
      short: "t",
      multiple: true,
      help: "no time; -tt seconds, -ttt since the last, -tttt date, -ttttt since the first",
    },
    direction: { type: "string", short: "Q", value: "in|out|inout", help: "which way" },
    aloof: { type: "boolean", short: "p", help: "not what is addressed to others" },
    buffer: { type: "string", short: "B", value: "KiB", help: "of memory for packets, 32768" },
    read: { type: "string", short: "r", value: "file", help: "from a pcap or pcapng file; -" },
    write: { type: "string", short: "w", value: "file", help: "to a pcapng file, or .pcap; -" },
    megabytes: { type: "string", short: "C", value: "n", help: "a new file after n million bytes" },
    seconds: { type: "string", short: "G", value: "n", help: "a new file after n seconds" },
    files: { type: "string", short: "W", value: "n", help: "keep that many of them" },
    lines: { type: "boolean", short: "l", help: "as it is anyway: lines are written at once" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Expressions are those of pcap-filter(7). Needs CAP_NET_RAW, but not to read a file. Files that
rotate are named name_00001.pcapng and so on. How many packets the kernel had to drop is told while
it happens and at the end, on standard error.`,
  examples: [
    ["-i eth0 tcp port 443", "who talks HTTPS?"],
    ["-i any -c 10 icmp or arp", "ten packets of any interface"],
    ["-X udp port 53", "questions to name servers, and their bytes"],
    ["-i eth0 -w trace.pcapng -C 100 -W 5", "the last 500 MB, in five files"],
    ["-r trace.pcapng -tttt host 10.0.0.7", "from a file, with the date"],
  ],
  async run({ values, positionals, output, interruption }) {
    const json = values.json === true;
    if (values.list === true) {
      listInterfaces(output, json);
      return 0;
    }
    const expression = positionals.join(" ");
    const count = whole(values.count, "count", Number.POSITIVE_INFINITY, { least: 1 });
    const name = values.interface ?? "";
    const options = {
      stamps: values.stamp?.length ?? 0,
      hex: values.hex?.length ?? 0,
      ascii: values.ascii?.length ?? 0,
      ethernet: values.ethernet === true,
      names: values.names === true && values.numeric !== true,
      json,
      interfaces: name === "any",
    };
    const rotate = rotation(values);
    if (rotate !== undefined && values.write === undefined)
      throw new UsageError("-C and -G go with -w");
    if (values.read !== undefined) {
      if (values.interface !== undefined) throw new UsageError("give -r or -i, not both");
      const reading = { path: values.read, expression, count, target: values.write };
      await read(reading, options, output, interruption);
      return 0;
    }
    const snaplen = whole(values.snaplen, "snaplen", 262_144, { least: 1, most: 262_144 });
    const direction = choice(values.direction, "direction", DIRECTIONS, "both");
    const kilobytes = whole(values.buffer, "buffer", undefined, { least: 64, most: 2_000_000 });
    const where = name === "" ? defaultInterface() : name;
    const filtered: { filter?: string | Program } = expression === "" ? {} : { filter: expression };
    const live = new Live(
      {
        interface: /^\d+$/.test(where) ? Number(where) : where,
        ...filtered,
        snaplen,
        promiscuous: values.aloof !== true && where !== "any",
        direction: direction === "inout" ? "both" : direction,
        ...(kilobytes === undefined
          ? {}
          : { ring: { blocks: Math.max(2, Math.ceil((kilobytes * 1024) / BLOCK)) } }),
      },
      output,
      interruption,
    );
    const writer =
      values.write === undefined
        ? undefined
        : writerOf(values.write, {
            link: live.link as FilePacket["link"],
            snaplen,
            ...(rotate === undefined ? {} : { rotate }),
          });
    const printer = writer === undefined ? new Printer(options) : undefined;
    if (!json) output.note(`listening on ${live.interface}, link-type ${live.link}`);
    await live.run(count, printer, writer);
    await writer?.close();
    live.conclude(json && writer === undefined);
    return 0;
  },
});
