// Ethernet frames for tests, built by hand and with all checksums zero.

/** Reproducible random numbers: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

export type Transport = "icmp" | "tcp" | "udp";
const NUMBERS = { icmp: 1, tcp: 6, udp: 17 } as const;

export const word = (value: number): number[] => [value >> 8, value & 0xff];

/** A segment of that protocol around `payload`. */
export function segment(transport: Transport, payload: Uint8Array, random: Random): Uint8Array {
  const size = payload.length;
  switch (transport) {
    case "icmp":
      return Uint8Array.of(8, 0, 0, 0, ...random.bytes(4), ...payload);
    case "udp":
      return Uint8Array.of(...random.bytes(4), ...word(8 + size), 0, 0, ...payload);
    case "tcp": {
      const options = random.below(11) * 4;
      const header = [...random.bytes(12), (20 + options) << 2, 0x10, ...random.bytes(2)];
      return Uint8Array.of(...header, 0, 0, 0, 0, ...random.bytes(options), ...payload);
    }
  }
}

export type Parts = {
  /** Between the MAC addresses and the EtherType. */
  tags?: number[];
  source?: number[];
  destination?: number[];
  /** IPv4 options, or IPv6 extension headers. */
  options?: Uint8Array;
  /** The protocol the first header names: where there are extension headers, their type. */
  protocol?: number;
};

const MACS = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

export function ipv4(transport: Transport, content: Uint8Array, parts: Parts = {}): Uint8Array {
  const options = parts.options ?? new Uint8Array();
  const header = 20 + options.length;
  return Uint8Array.of(
    ...MACS,
    ...(parts.tags ?? []),
    ...[0x08, 0x00, 0x40 | (header / 4), 0, ...word(header + content.length)],
    ...[0x12, 0x34, 0x40, 0, 64, parts.protocol ?? NUMBERS[transport], 0, 0],
    ...(parts.source ?? [192, 0, 2, 1]),
    ...(parts.destination ?? [198, 51, 100, 7]),
    ...options,
    ...content,
  );
}

const address6 = (host: number) => [0xfd, 0x77, ...new Array<number>(13).fill(0), host];

export function ipv6(transport: Transport, content: Uint8Array, parts: Parts = {}): Uint8Array {
  const extensions = parts.options ?? new Uint8Array();
  const own = transport === "icmp" ? 58 : NUMBERS[transport];
  return Uint8Array.of(
    ...MACS,
    ...(parts.tags ?? []),
    ...[0x86, 0xdd, 0x60, 0, 0, 0, ...word(extensions.length + content.length)],
    ...[parts.protocol ?? own, 64],
    ...(parts.source ?? address6(1)),
    ...(parts.destination ?? address6(2)),
    ...extensions,
    ...content,
  );
}
