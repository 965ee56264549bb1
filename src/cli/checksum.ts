// `rawsock checksum`: are the checksums of packets right? RFC 1071.

import * as checksum from "../checksum/index.ts";
import { dissect, format, type LinkType } from "../wire/index.ts";
import { linkOf, numbered, Recorder } from "./shared/capture-file.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import type { Interruption } from "./shared/interruption.ts";
import { choice } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { hexBytes, wholeInput } from "./shared/transfer.ts";

const LINKS = ["ethernet", "raw", "null", "loop", "linux-sll", "linux-sll2", "ppp"] as const;
const IPV6_HEADER = 40;

type Verdict = ReturnType<typeof checksum.verify>[number];

type Judged = {
  readonly verdicts: readonly Verdict[];
  /** Why there are no more. */
  readonly unjudged: string | null;
};

/** Where the IP header is, however the packet begins. */
function place(data: Uint8Array, link: LinkType): checksum.FrameOptions | string {
  if (link === "ethernet") return { link: "ethernet" };
  const packet = dissect(data, { link });
  const span = packet.span("ipv4") ?? packet.span("ipv6");
  return span === undefined ? "has no IP header" : { start: span.start, link: "none" };
}

function judge(data: Uint8Array, link: LinkType): Judged {
  const where = place(data, link);
  if (typeof where === "string") return { verdicts: [], unjudged: where };
  try {
    const verdicts = checksum.verify(data, where);
    return { verdicts, unjudged: verdicts.unjudged };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { verdicts: [], unjudged: error.message.replace(/^checksum\.\w+: the frame /, "") };
  }
}

const STORES = {
  ip: checksum.ip,
  icmp: checksum.icmp,
  icmpv6: checksum.icmp,
  igmp: checksum.igmp,
  tcp: checksum.tcp,
  udp: checksum.udp,
  sctp: checksum.sctp,
} satisfies Record<Verdict["layer"], unknown>;

/** Corrects what is wrong, in place. */
function mend(data: Uint8Array, link: LinkType, { verdicts }: Judged): void {
  const where = place(data, link);
  if (typeof where === "string") return;
  for (const { layer, valid } of verdicts) {
    if (!valid) STORES[layer](data, where);
  }
}

function words({ layer, valid, expected, actual }: Verdict): string {
  const width = layer === "sctp" ? 8 : 4;
  const hex = (value: number) => `0x${value.toString(16).padStart(width, "0")}`;
  return valid
    ? `${layer} ${hex(actual)} is right`
    : `${layer} ${hex(actual)} should be ${hex(expected)}`;
}

type Counts = { packets: number; right: number; wrong: number; unjudged: number };

class Report {
  readonly counts: Counts = { packets: 0, right: 0, wrong: 0, unjudged: 0 };
  readonly #output: Output;
  readonly #all: boolean;
  readonly #json: boolean;

  constructor(output: Output, all: boolean, json: boolean) {
    this.#output = output;
    this.#all = all;
    this.#json = json;
  }

  add(number: number, data: Uint8Array, link: LinkType, judged: Judged): void {
    const { verdicts, unjudged } = judged;
    const wrong = verdicts.filter(({ valid }) => !valid);
    this.counts.packets++;
    this.counts.wrong += wrong.length;
    this.counts.right += verdicts.length - wrong.length;
    if (unjudged !== null) this.counts.unjudged++;
    if (this.#json) {
      if (this.#all || wrong.length > 0) {
        this.#output.json({ event: "packet", number, verdicts, unjudged: unjudged ?? undefined });
      }
      return;
    }
    for (const verdict of this.#all ? verdicts : wrong) {
      const text = `${number}: ${words(verdict)}`;
      const shown = verdict.valid ? text : this.#output.paint("red", text);
      this.#output.line(`${shown}  ${format(data, { link })}`);
    }
    if (this.#all && unjudged !== null) this.#output.line(`${number}: not judged: ${unjudged}`);
  }

  conclude(mended: boolean): number {
    const { packets, right, wrong, unjudged } = this.counts;
    if (this.#json) this.#output.json({ event: "summary", ...this.counts, mended });
    else {
      const what = mended && wrong > 0 ? `${wrong} mended` : `${wrong} wrong`;
      this.#output.line(
        `${packets} packets: ${right} checksums right, ${what}, ${unjudged} packets not judged`,
      );
    }
    return wrong > 0 && !mended ? 1 : 0;
  }
}

async function overFile(
  path: string,
  target: string | undefined,
  report: Report,
  interruption: Interruption,
): Promise<void> {
  const recorder = target === undefined ? undefined : new Recorder(target);
  for await (const [number, packet] of numbered(path, interruption.signal)) {
    const link = linkOf(packet);
    const judged = judge(packet.data, link);
    report.add(number, packet.data, link, judged);
    if (recorder === undefined) continue;
    mend(packet.data, link, judged);
    await recorder.write(packet);
  }
  await recorder?.close();
}

/** An IP packet where its own length says so, else a frame. */
function guess(data: Uint8Array): LinkType {
  const [first = 0, , high = 0, low = 0, payloadHigh = 0, payloadLow = 0] = data;
  if (first >> 4 === 4 && high * 256 + low === data.length) return "raw";
  const whole = payloadHigh * 256 + payloadLow + IPV6_HEADER === data.length;
  return first >> 4 === 6 && whole ? "raw" : "ethernet";
}

export default command({
  name: "checksum",
  summary: "Check, or mend, the checksums of the packets of a capture file or in hexadecimal.",
  usage: ["[options] <file>", "[options] --hex [<bytes> ...]"],
  options: {
    hex: { type: "boolean", short: "x", help: "one packet in hexadecimal, or standard input" },
    mend: { type: "boolean", short: "m", help: "with --hex, print it with the right checksums" },
    write: {
      type: "string",
      short: "w",
      value: "file",
      help: "write the file with the right ones",
    },
    link: {
      type: "string",
      short: "y",
      value: "link",
      help: `with --hex, what it begins with: ${LINKS.join(", ")}`,
    },
    sum: { type: "boolean", help: "with --hex, the internet checksum of the bytes as they are" },
    all: { type: "boolean", short: "a", help: "tell of the right ones, too" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Packets that were captured where they were sent may have got their checksums from the network
card, later: they are wrong in the file. Without -y hexadecimal bytes are taken for an IP packet
where their length field says so, else for an Ethernet frame. Status 1: some are wrong.`,
  examples: [
    ["dump.pcapng", "which ones are wrong?"],
    ["-w mended.pcapng dump.pcapng", "a file where they are right"],
    [
      "--hex '45 00 00 1c 00 01 00 00 40 01 00 00 7f 00 00 01 7f 00 00 01 08 00 00 00 00 00 00 00'",
      "one packet",
    ],
    ["--mend --hex 4500…", "the same with the right checksums"],
    ["--sum --hex 'de ad be ef'", "only the sum"],
  ],
  async run({ values, positionals, output, interruption }) {
    const json = values.json === true;
    const report = new Report(output, values.all === true || values.hex === true, json);
    if (values.hex !== true) {
      const [path, ...rest] = positionals;
      if (path === undefined) throw new UsageError("which file?");
      if (rest.length > 0) throw new UsageError("one file at a time; --hex is for bytes");
      if (values.mend === true && values.write === undefined) {
        throw new UsageError("where to? Give -w <file>");
      }
      await overFile(path, values.write, report, interruption);
      return report.conclude(values.write !== undefined);
    }
    const text = positionals.length > 0 ? positionals.join(" ") : undefined;
    const data = hexBytes(text ?? new TextDecoder().decode(await wholeInput()));
    if (values.sum === true) {
      const sum = checksum.internet(data);
      if (json) output.json({ length: data.length, checksum: sum });
      else output.line(`0x${sum.toString(16).padStart(4, "0")}`);
      return 0;
    }
    const link = choice(values.link, "link", LINKS, undefined) ?? guess(data);
    const judged = judge(data, link);
    if (values.mend === true) {
      mend(data, link, judged);
      if (json) output.json({ data });
      else output.line(data.toHex());
      return 0;
    }
    report.add(1, data, link, judged);
    return report.conclude(false);
  },
});
