// Which protocol a number means, and which number a protocol has.

import type { AnyLayer, Protocol } from "./protocol.ts";

const LOW = 256;

/** The numbers of one field, such as EtherTypes. Who comes last has the number, and the name. */
export class Numbers {
  /** Those below 256 by index, which takes less time than the Map that has the others. */
  readonly #low = new Array<Protocol | undefined>(LOW).fill(undefined);
  readonly #high = new Map<number, Protocol>();
  /** An object without a prototype: engines find a name in one faster than in a Map. */
  readonly #numbers: Record<string, number | ((layer: AnyLayer) => number)> = Object.create(null);

  add(number: number, protocol: Protocol): void {
    if (number < LOW) this.#low[number] = protocol;
    else this.#high.set(number, protocol);
  }

  /** The number to write before a layer of that kind, where it has several; its fields may say. */
  prefer(number: number | ((layer: AnyLayer) => number), kind: string): void {
    this.#numbers[kind] = number;
  }

  protocol(number: number): Protocol | undefined {
    if (number < LOW) return this.#low[number];
    return this.#high.size === 0 ? undefined : this.#high.get(number);
  }

  /** The number that says that `layer` follows. */
  of(layer: AnyLayer | undefined): number | undefined {
    if (layer === undefined) return undefined;
    const number = this.#numbers[layer.kind];
    return typeof number === "function" ? number(layer) : number;
  }
}

/** The type of Ethernet, VLAN tags, SNAP, GRE, Geneve and Linux's cooked captures. */
export const etherTypes = new Numbers();
/** The protocol of IPv4, and of IPv6 what is not one of its extension headers. */
export const ipProtocols = new Numbers();
/** The extension headers of IPv6, by the next header: no IPv4 packet has them. */
const extensionHeaders = new Numbers();
/** The protocol of PPP. */
export const pppProtocols = new Numbers();
export const udpPorts = new Numbers();
export const tcpPorts = new Numbers();
/** LINKTYPE_: what a captured frame begins with. */
export const links = new Numbers();

const kinds: Record<string, Protocol> = Object.create(null);

/** The fields that lead to a protocol, a number or several; the first is the one to be written. */
export type Numbering = {
  readonly etherType?: number | readonly number[];
  readonly ipProtocol?: number | readonly number[];
  readonly extensionHeader?: number | readonly number[];
  readonly pppProtocol?: number | readonly number[];
  readonly udpPort?: number | readonly number[];
  readonly tcpPort?: number | readonly number[];
  readonly link?: number | readonly number[];
};

const FIELDS = [
  ["etherType", etherTypes, 0xffff],
  ["ipProtocol", ipProtocols, 0xff],
  ["extensionHeader", extensionHeaders, 0xff],
  ["pppProtocol", pppProtocols, 0xffff],
  ["udpPort", udpPorts, 0xffff],
  ["tcpPort", tcpPorts, 0xffff],
  ["link", links, 0xffff_ffff],
] as const;

/** Lists a protocol under its kind and its numbers. RangeError for a number out of range. */
export function enroll(protocol: Protocol, numbering: Numbering): void {
  const found = FIELDS.map(([field]) => [numbering[field] ?? []].flat());
  FIELDS.forEach(([field, , most], index) => {
    for (const number of found[index] ?? []) {
      if (!Number.isInteger(number) || number < 0 || number > most) {
        throw new RangeError(`${field} must be an integer from 0 to ${most}, not ${number}`);
      }
    }
  });
  kinds[protocol.kind] = protocol;
  FIELDS.forEach(([, numbers], index) => {
    const own = found[index] ?? [];
    for (const number of own) numbers.add(number, protocol);
    if (own[0] !== undefined) numbers.prefer(own[0], protocol.kind);
  });
}

/** What IPv6's next header says. */
export function nextHeader(number: number): Protocol | undefined {
  return ipProtocols.protocol(number) ?? extensionHeaders.protocol(number);
}

const NO_NEXT_HEADER = 59;

/** The next header that says that `layer` follows, or that nothing does. */
export function nextHeaderOf(layer: AnyLayer | undefined): number {
  return ipProtocols.of(layer) ?? extensionHeaders.of(layer) ?? NO_NEXT_HEADER;
}

export function protocolOf(kind: string): Protocol | undefined {
  return kinds[kind];
}
