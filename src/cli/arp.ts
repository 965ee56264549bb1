// `rawsock arp`: who is in a subnet, as arping(8) and arp-scan(1) ask. RFC 826.

import { Sockaddr } from "../address/sockaddr.ts";
import { ERRNO } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { bind, close, socket } from "../calls/socket.ts";
import { recvfrom, sendto } from "../calls/transfer.ts";
import { arp, WireError } from "../wire/index.ts";
import { findLink, hosts, type Link, parseSubnet, type Subnet, textOf } from "./arp/subnet.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import { nameOfText } from "./shared/host.ts";
import type { Interruption } from "./shared/interruption.ts";
import { seconds, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { wait } from "./shared/wait.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const UNKNOWN = "00:00:00:00:00:00";
const PROGRESS_MS = 100;
const BURST = 256;

type Options = {
  readonly rounds: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly patience: number;
  readonly numeric: boolean;
  readonly json: boolean;
};

class Scan {
  readonly #fd: number;
  readonly #link: Link;
  readonly #output: Output;
  readonly #options: Options;
  readonly #source: string;
  readonly #addresses: readonly number[];
  readonly #asked: ReadonlySet<string>;
  /** The hardware addresses that have answered, by address. */
  readonly #answers = new Map<string, Set<string>>();
  readonly #started = performance.now();
  #sent = 0;
  #duplicates = 0;
  #shownAt = 0;

  constructor(link: Link, subnets: readonly Subnet[], output: Output, options: Options) {
    this.#link = link;
    this.#output = output;
    this.#options = options;
    const own = new Set(link.own.map(({ address }) => address));
    const all = subnets.flatMap((subnet) => [...hosts(subnet)]);
    this.#addresses = all.filter((address) => !own.has(address));
    this.#asked = new Set(this.#addresses.map(textOf));
    this.#source = textOf(sourceFor(link, this.#addresses[0] ?? 0));
    this.#fd = socket("packet", "dgram", "arp");
    bind(this.#fd, Sockaddr.packet({ ifindex: link.index, protocol: ARP }));
  }

  async run(interruption: Interruption): Promise<void> {
    const { rounds, interval, patience } = this.#options;
    let next = performance.now();
    for (let round = 0; round < rounds; round++) {
      for (const address of this.#addresses) {
        const text = textOf(address);
        if (interruption.happened) return;
        if (this.#answers.has(text)) continue;
        this.#ask(text);
        next = Math.max(next + interval, performance.now());
        await this.#receiveUntil(next, interruption);
      }
      await this.#receiveUntil(performance.now() + patience, interruption);
      if (this.#answers.size === this.#addresses.length) return;
    }
  }

  #ask(target: string): void {
    const bytes = arp.encode({
      kind: "arp",
      hardwareType: 1,
      protocolType: IPV4,
      operation: "request",
      senderHardware: this.#link.hardware,
      senderAddress: this.#source,
      targetHardware: UNKNOWN,
      targetAddress: target,
    });
    const to = { ifindex: this.#link.index, protocol: ARP, address: BROADCAST };
    try {
      sendto(this.#fd, bytes, Sockaddr.packet(to));
      this.#sent++;
    } catch (error) {
      // The queue of the card is full: it is asked again in the next round.
      if (!(error instanceof SocketError) || error.errno !== ERRNO.ENOBUFS) throw error;
    }
  }

  async #receiveUntil(end: number, interruption: Interruption): Promise<void> {
    do {
      await wait([this.#fd], end, interruption);
      this.#receive();
      this.#progress();
    } while (performance.now() < end && !interruption.happened);
  }

  #receive(): void {
    const buffer = new Uint8Array(256);
    for (let count = 0; count < BURST; count++) {
      try {
        const { length } = recvfrom(this.#fd, buffer, { dontwait: true });
        this.#look(buffer.subarray(0, length));
      } catch (error) {
        if (error instanceof WireError) continue;
        if (error instanceof SocketError && error.errno === ERRNO.EAGAIN) return;
        throw error;
      }
    }
  }

  #look(bytes: Uint8Array): void {
    const { operation, senderAddress: address, senderHardware: hardware } = arp.decode(bytes).layer;
    if (operation !== "reply" || !this.#asked.has(address)) return;
    const known = this.#answers.get(address) ?? new Set();
    if (known.has(hardware)) return;
    const duplicate = known.size > 0;
    if (duplicate) this.#duplicates++;
    known.add(hardware);
    this.#answers.set(address, known);
    const name = this.#options.numeric ? null : nameOfText(address);
    if (this.#options.json) {
      const about = { name: name ?? undefined, duplicate: duplicate || undefined };
      this.#output.json({ event: "answer", address, hardware, ...about });
      return;
    }
    const words = [address.padEnd(15), hardware];
    if (name !== null) words.push(name);
    if (duplicate) words.push(this.#output.paint("red", "(DUPLICATE)"));
    this.#output.line(words.join("  "));
  }

  #progress(): void {
    const now = performance.now();
    if (now - this.#shownAt < PROGRESS_MS) return;
    this.#shownAt = now;
    const all = this.#addresses.length * this.#options.rounds;
    const percent = Math.floor((this.#sent * 100) / Math.max(1, all));
    this.#output.progress(`${percent} %, ${this.#answers.size} answered`);
  }

  /** The status. */
  conclude(): number {
    close(this.#fd);
    const addresses = this.#addresses.length;
    const answered = this.#answers.size;
    const duplicates = this.#duplicates;
    const elapsed = Math.round(performance.now() - this.#started);
    if (this.#options.json) {
      const counts = { addresses, requests: this.#sent, answered, duplicates, elapsed };
      this.#output.json({ event: "summary", interface: this.#link.name, ...counts });
    } else {
      const twice = duplicates === 0 ? "" : `, ${duplicates} duplicates`;
      const time = `${(elapsed / 1000).toFixed(1)} s`;
      this.#output.line(
        `${this.#link.name}: ${addresses} addresses, ${answered} answered${twice}, ${time}`,
      );
    }
    return answered > 0 ? 0 : 1;
  }
}

/** Of ETH_P. */
const ARP = 0x0806;
const IPV4 = 0x0800;

/** Our address in the subnet of the target, or any; 0 where there is none, as RFC 5227 probes. */
function sourceFor({ own }: Link, target: number): number {
  const near = own.find(
    ({ subnet: { first, count } }) => target >= first && target < first + count,
  );
  return (near ?? own[0])?.address ?? 0;
}

export default command({
  name: "arp",
  summary: "Ask who is there in an IPv4 subnet, and find addresses that two hosts have.",
  usage: ["[options] [<subnet or address> ...]"],
  options: {
    interface: { type: "string", short: "I", value: "name", help: "the interface to ask by" },
    count: { type: "string", short: "c", value: "n", help: "how often to ask who is silent, 2" },
    interval: { type: "string", short: "i", value: "seconds", help: "between requests, 0.001" },
    wait: { type: "string", short: "w", value: "seconds", help: "for answers at the end, 0.5" },
    numeric: { type: "boolean", short: "n", help: "addresses, no names" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Without a subnet that of the interface. Needs CAP_NET_RAW. Ends with status 0 where somebody
answered, 1 where nobody did.`,
  examples: [
    ["", "everybody in the only subnet there is"],
    ["-I eth0 10.0.0.0/24", "everybody there, asked by eth0"],
    ["-c 1 10.0.0.7", "is that one there?"],
    ["--json 10.0.0.0/24", "an object for each answer, and one for the summary"],
  ],
  async run({ values, positionals, output, interruption }) {
    const given = positionals.map(parseSubnet);
    const link = findLink(values.interface, given[0]);
    const own = link.own.map(({ subnet }) => parseSubnet(subnet.text));
    const subnets = given.length > 0 ? given : own;
    if (subnets.length === 0)
      throw new UsageError(`${link.name} has no IPv4 address: which subnet?`);
    const options = {
      rounds: whole(values.count, "count", 2, { least: 1, most: 1000 }),
      interval: seconds(values.interval, "interval", 1),
      patience: seconds(values.wait, "wait", 500),
      numeric: values.numeric === true,
      json: values.json === true,
    };
    const scan = new Scan(link, subnets, output, options);
    await scan.run(interruption);
    return scan.conclude();
  },
});
