// A packet in one line, in the words of tcpdump -n: every layer says its own part, and calls for
// the next one.

import type { Problem } from "../error.ts";
import type { Layer } from "../layers.ts";

export type LineOptions = {
  /**
   * `true` begins with the hardware addresses, as tcpdump -e does; a function is given every
   * address and returns what stands for it, such as a name.
   */
  readonly addresses?: boolean | ((address: string) => string) | undefined;
  /** Says what the payload of a packet is, such as a question to DNS; undefined for no words. */
  readonly payload?: ((packet: Lined) => string | undefined) | undefined;
};

/** What a line is made of: a Packet. */
export type Lined = {
  readonly layers: Layer[];
  readonly payload: Uint8Array;
  readonly bytes: Uint8Array;
  readonly problem: Problem | null;
  span(kind: string, nth?: number): { start: number; end: number } | undefined;
};

/** One layer of a packet, and the way to the next. */
export class Place {
  readonly packet: Lined;
  readonly options: LineOptions;
  readonly index: number;
  readonly #words: Words;

  constructor(packet: Lined, options: LineOptions, words: Words, index: number) {
    this.packet = packet;
    this.options = options;
    this.index = index;
    this.#words = words;
  }

  /** The layer after this one. */
  get above(): Layer | undefined {
    return this.packet.layers[this.index + 1];
  }

  get start(): number {
    return this.#span.start;
  }

  get end(): number {
    return this.#span.end;
  }

  get #span(): { start: number; end: number } {
    const { layers } = this.packet;
    const kind = layers[this.index]?.kind ?? "";
    const nth = layers.slice(0, this.index).filter((layer) => layer.kind === kind).length;
    return this.packet.span(kind, nth) ?? { start: 0, end: 0 };
  }

  /** The nearest layer of that kind below. */
  below<K extends Layer["kind"]>(kind: K): Extract<Layer, { kind: K }> | undefined {
    const lower = this.packet.layers.slice(0, this.index);
    return lower.findLast((layer): layer is Extract<Layer, { kind: K }> => layer.kind === kind);
  }

  /** Where the packet ends by its network header, whether or not it is all there. */
  get limit(): number {
    const { layers, bytes } = this.packet;
    for (let index = this.index; index >= 0; index--) {
      const layer = layers[index];
      const { start, end } = this.at(index);
      if (layer?.kind === "ipv4" && layer.totalLength > 0) return start + layer.totalLength;
      if (layer?.kind === "ipv6" && layer.payloadLength > 0) return end + layer.payloadLength;
    }
    return bytes.length;
  }

  /** Another layer's place. */
  at(index: number): Place {
    return new Place(this.packet, this.options, this.#words, index);
  }

  /** What the layers above say; `otherwise` where there is none. */
  rest(otherwise: string): string {
    const { layers } = this.packet;
    if (this.index + 1 === layers.length) return this.payload() ?? otherwise;
    return this.#words(this.at(this.index + 1));
  }

  /** What the caller knows of the payload. */
  payload(): string | undefined {
    const { packet, options } = this;
    return packet.payload.length === 0 ? undefined : options.payload?.(packet);
  }

  address(address: string): string {
    const { addresses } = this.options;
    return typeof addresses === "function" ? addresses(address) : address;
  }
}

/** What a layer and those above it say. */
export type Words = (place: Place) => string;

/** A number in hexadecimal, of so many digits. */
export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** Text without what a terminal would obey: control characters are shown, not sent. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Controls, and the marks that turn the direction of writing or break lines. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
