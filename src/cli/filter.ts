// `rawsock filter`: programs of classic BPF, made, explained and tried.

import {
  assemble,
  compile,
  compileAsync,
  disassemble,
  filter,
  type LinkName,
  type Program,
  parse,
  run as runProgram,
  validate,
} from "../bpf/index.ts";
import { resolve } from "../names/resolve.ts";
import { explain } from "./filter/explain.ts";
import { LINK_HEADERS } from "./filter/fields.ts";
import { numbered, Recorder } from "./shared/capture-file.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import type { Interruption } from "./shared/interruption.ts";
import { choice, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { hexBytes } from "./shared/transfer.ts";

const LINKS = [...(Object.keys(LINK_HEADERS) as LinkName[]), "ppp"] as const;
const FORMATS = ["d", "dd", "ddd"] as const;

type Settings = {
  readonly link: LinkName;
  readonly snaplen: number;
  readonly optimize: boolean;
};

/** An expression, or a program as `tcpdump -ddd` or `-d` writes it. */
async function programOf(
  expression: string,
  file: string | undefined,
  settings: Settings,
  names: boolean,
): Promise<Program> {
  if (file === undefined) {
    return names
      ? await compileAsync(expression, { ...settings, lookup: addressesOf })
      : compile(expression, settings);
  }
  if (expression !== "") throw new UsageError("give an expression or --program, not both");
  const text = await (file === "-" ? Bun.stdin : Bun.file(file)).text();
  const program = /^\s*\d+\s*(\n|$)/.test(text) ? parse(text) : assemble(text);
  validate(program);
  return program;
}

async function addressesOf(name: string): Promise<string[]> {
  const found = await resolve({ node: name, type: "stream" });
  return found.flatMap(({ address }) => address.address ?? []);
}

function print(program: Program, link: string, output: Output, json: boolean): void {
  const lines = disassemble(program).trimEnd().split("\n");
  const words = explain(program, link);
  const width = Math.max(...lines.map((line) => expanded(line).length));
  for (const [index, line] of lines.entries()) {
    const explanation = words[index] ?? "";
    if (json) output.json({ index, ...program[index], text: line, explanation });
    else output.line(`${expanded(line).padEnd(width)}  ${output.paint("dim", explanation)}`);
  }
}

function expanded(line: string): string {
  return line.replaceAll("\t", " ");
}

type Count = { packets: number; matched: number; bytes: number; matchedBytes: number };

/** Tries it on every packet of a file. */
async function tryOn(
  path: string,
  target: string | undefined,
  makes: (link: LinkName) => Program,
  interruption: Interruption,
): Promise<Count> {
  const count: Count = { packets: 0, matched: 0, bytes: 0, matchedBytes: 0 };
  const filters = new Map<unknown, ReturnType<typeof filter>>();
  const recorder = target === undefined ? undefined : new Recorder(target);
  for await (const [, packet] of numbered(path, interruption.signal)) {
    const { data, length, link } = packet;
    const matches = filters.get(link) ?? filter(makes(link as LinkName));
    filters.set(link, matches);
    count.packets++;
    count.bytes += length;
    if (matches(data, length) === 0) continue;
    count.matched++;
    count.matchedBytes += length;
    await recorder?.write(packet);
  }
  await recorder?.close();
  return count;
}

export default command({
  name: "filter",
  summary: "Compile a filter of pcap-filter(7), explain it, and try it on packets.",
  usage: ["[options] <expression>", "[options] --program <file>"],
  options: {
    disassemble: {
      type: "boolean",
      short: "d",
      multiple: true,
      help: "only the program: -d readable, -dd for C, -ddd as numbers, as tcpdump prints it",
    },
    link: {
      type: "string",
      short: "y",
      value: "link",
      help: `what packets begin with: ${LINKS.join(", ")}`,
    },
    snaplen: { type: "string", short: "s", value: "bytes", help: "to keep of a match, 262144" },
    unoptimized: { type: "boolean", short: "O", help: "as it was before the optimizer" },
    resolve: { type: "boolean", help: "host names are looked up" },
    program: {
      type: "string",
      short: "p",
      value: "file",
      help: "instead of an expression: -ddd or -d output, or assembly; - is standard input",
    },
    read: {
      type: "string",
      short: "r",
      value: "file",
      help: "count what matches in a capture file",
    },
    write: { type: "string", short: "w", value: "file", help: "with -r, write what matches" },
    hex: {
      type: "string",
      short: "x",
      value: "bytes",
      help: "try it on one packet in hexadecimal",
    },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `Without -d each line is explained. With -x status 1 says that the packet does not match.`,
  examples: [
    ["tcp port 443", "the program, explained"],
    ["-ddd 'udp and dst port 53'", "for SO_ATTACH_FILTER elsewhere"],
    ["-r dump.pcapng 'icmp or arp'", "how many of them are in a file?"],
    ["-r dump.pcapng -w web.pcapng tcp port 80", "a file of those alone"],
    ["-y raw -x '45 00 00 14 …' ip", "does this one match?"],
  ],
  async run({ values, positionals, output, interruption }) {
    const json = values.json === true;
    const expression = positionals.join(" ");
    const link = choice(values.link, "link", LINKS, "ethernet");
    const settings: Settings = {
      link,
      snaplen: whole(values.snaplen, "snaplen", 262_144, { least: 1 }),
      optimize: values.unoptimized !== true,
    };
    if (values.write !== undefined && values.read === undefined) {
      throw new UsageError("-w goes with -r");
    }
    const program = await programOf(expression, values.program, settings, values.resolve === true);
    const depth = values.disassemble?.length ?? 0;
    if (depth > FORMATS.length) throw new UsageError("-d is given three times at most");
    const format = FORMATS[depth - 1];
    if (format !== undefined) output.write(disassemble(program, { format }));
    if (values.hex !== undefined) {
      const kept = runProgram(program, hexBytes(values.hex));
      if (json) output.json({ matches: kept > 0, kept });
      else output.line(kept > 0 ? `a match: ${kept} bytes are kept` : "no match");
      return kept > 0 ? 0 : 1;
    }
    if (values.read !== undefined) {
      const fixed = values.program !== undefined || values.link !== undefined;
      const makes = (own: LinkName) =>
        fixed || own === link ? program : compile(expression, { ...settings, link: own });
      const count = await tryOn(values.read, values.write, makes, interruption);
      const { packets, matched, bytes, matchedBytes } = count;
      if (json) output.json(count);
      else output.line(`${matched} of ${packets} packets match, ${matchedBytes} of ${bytes} bytes`);
      return 0;
    }
    if (format === undefined) print(program, link, output, json);
    return 0;
  },
});
