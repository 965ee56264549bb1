// Packets as lines, hexadecimal and objects.

import { interfaceLabel } from "../../address/interface.ts";
import {
  dissect,
  type FormatOptions,
  format,
  type LinkType,
  type Packet,
} from "../../wire/index.ts";
import { nameOfText } from "../shared/host.ts";
import { toJson } from "../shared/output.ts";
import { dnsWords } from "./dns.ts";
import { Stamps } from "./time.ts";

/** A packet, captured or read. */
export type Seen = {
  readonly data: Uint8Array;
  readonly length: number;
  readonly timestamp: bigint;
  readonly interface: number;
  readonly direction?: "in" | "out" | undefined;
};

export type PrintOptions = {
  /** How often -t, -x and -X were given. */
  readonly stamps: number;
  readonly hex: number;
  readonly ascii: number;
  readonly ethernet: boolean;
  readonly names: boolean;
  readonly json: boolean;
  /** Say which interface and direction a packet is of. */
  readonly interfaces: boolean;
};

const ROW = 16;

export class Printer {
  readonly #options: PrintOptions;
  readonly #format: FormatOptions;
  readonly #stamps: Stamps;
  readonly #interfaces = new Map<number, string>();

  constructor(options: PrintOptions) {
    this.#options = options;
    this.#stamps = new Stamps(options.stamps);
    const addresses = options.names ? (address: string) => nameOf(address) : options.ethernet;
    this.#format = { addresses, payload: dnsWords };
  }

  /** The text of a packet, with a newline at its end. `link` is what it begins with. */
  text(packet: Seen, link: LinkType): string {
    const dissected = dissect(packet.data, { link });
    const line = format(dissected, this.#format);
    if (this.#options.json) return `${this.#object(packet, dissected, line)}\n`;
    const time = this.#stamps.text(packet.timestamp);
    const place = this.#options.interfaces ? `${this.#place(packet)} ` : "";
    const { hex, ascii } = this.#options;
    const dumped = Math.max(hex, ascii);
    // Twice: the link header, too.
    const bytes = dumped > 1 ? packet.data : packet.data.subarray(networkStart(dissected));
    const dump = dumped === 0 ? "" : hexLines(bytes, ascii > 0);
    return `${time}${place}${line}\n${dump}`;
  }

  #place({ interface: index, direction }: Seen): string {
    const name = this.#interfaces.get(index) ?? interfaceLabel(index);
    this.#interfaces.set(index, name);
    return `${name} ${direction === "out" ? "Out" : "In"}`;
  }

  #object(packet: Seen, dissected: Packet, line: string): string {
    const { data, length, timestamp, interface: index, direction } = packet;
    const { layers, payload, problem } = dissected;
    const time = new Date(Number(timestamp / 1_000_000n)).toISOString();
    const about = { timestamp, time, interface: index, direction, length, captured: data.length };
    return toJson({ ...about, line, layers, payload, problem: problem ?? undefined });
  }
}

function nameOf(address: string): string {
  const isIp =
    /^\d+\.\d+\.\d+\.\d+$/.test(address) ||
    address.includes("::") ||
    address.split(":").length === 8;
  return (isIp ? nameOfText(address) : null) ?? address;
}

const NETWORK: readonly string[] = ["ipv4", "ipv6", "arp"];

/** Where the network header begins. */
function networkStart(packet: Packet): number {
  const first = packet.layers.find(({ kind }) => NETWORK.includes(kind));
  return first === undefined ? 0 : (packet.span(first.kind)?.start ?? 0);
}

/** As tcpdump -x and -X print bytes. */
function hexLines(bytes: Uint8Array, ascii: boolean): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW);
    const pairs: string[] = [];
    for (let index = 0; index < row.length; index += 2) {
      pairs.push(row.subarray(index, index + 2).toHex());
    }
    const hex = pairs.join(" ");
    const letters = ascii ? `${hex.padEnd(39)}  ${asciiOf(row)}` : hex;
    text += `\t0x${at.toString(16).padStart(4, "0")}:  ${letters}\n`;
  }
  return text;
}

function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
}
