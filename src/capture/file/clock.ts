// Timestamps: nanoseconds since 1970 as bigints, made of the halves that files have, and back.

const TWO_32 = 2 ** 32;
/** From a DataView a bigint costs a few nanoseconds; arithmetic with bigints costs a hundred. */
const scratch = () => new DataView(new ArrayBuffer(8));
/** The largest product with 32 bits that a number holds exactly. */
const EXACT_FACTOR_MAX = 2 ** 21;
const NANOSECONDS_DIGITS = 9;

/** Reads seconds and a fraction of them, each of 32 bits, as pcap has them. */
export class SecondsClock {
  readonly #scratch = scratch();
  readonly #scale: number;
  /** The last seconds, and the halves of their nanoseconds: they seldom change. */
  #seconds = 0;
  #high = 0;
  #low = 0;

  /** `scale`: nanoseconds in a unit of the fraction. */
  constructor(scale: number) {
    this.#scale = scale;
  }

  time(seconds: number, fraction: number): bigint {
    if (seconds !== this.#seconds) {
      this.#seconds = seconds;
      this.#low = Math.imul(seconds, 1_000_000_000) >>> 0;
      // The product of 62 bits lacks its last ones; what is left after the lower half is rounded.
      this.#high = Math.round((seconds * 1e9 - this.#low) / TWO_32);
    }
    const sum = this.#low + fraction * this.#scale;
    const carry = sum < TWO_32 ? 0 : Math.floor(sum / TWO_32);
    this.#scratch.setUint32(0, this.#high + carry);
    this.#scratch.setUint32(4, sum - carry * TWO_32);
    return this.#scratch.getBigUint64(0);
  }
}

/** Reads ticks of 64 bits, as pcapng has them. */
export class TickClock {
  readonly #scratch = scratch();
  /** Nanoseconds in a tick, where that is a small integer; otherwise 0. */
  readonly #factor: number;
  readonly #resolution: number;
  readonly #offset: bigint;

  /** `resolution` and `offset` as if_tsresol and if_tsoffset have them. */
  constructor(resolution: number, offset: bigint) {
    this.#resolution = resolution;
    this.#offset = offset * 1_000_000_000n;
    const factor = 10 ** (NANOSECONDS_DIGITS - resolution);
    const fast = resolution <= NANOSECONDS_DIGITS && factor < EXACT_FACTOR_MAX && offset === 0n;
    this.#factor = fast ? factor : 0;
  }

  time(ticksHigh: number, ticksLow: number): bigint {
    let high = ticksHigh;
    let low = ticksLow;
    const factor = this.#factor;
    if (factor !== 1) {
      const product = low * factor;
      const carry = Math.floor(product / TWO_32);
      high = high * factor + carry;
      if (factor === 0 || high >= TWO_32) return this.#exact(ticksHigh, ticksLow);
      low = product - carry * TWO_32;
    }
    this.#scratch.setUint32(0, high);
    this.#scratch.setUint32(4, low);
    return this.#scratch.getBigUint64(0);
  }

  #exact(high: number, low: number): bigint {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    return this.#offset + nanoseconds(ticks, this.#resolution);
  }
}

/** A bit of if_tsresol that says that the rest is a power of 2, not of 10. */
export const BINARY = 0x80;

function nanoseconds(ticks: bigint, resolution: number): bigint {
  if ((resolution & BINARY) !== 0) {
    return (ticks * 1_000_000_000n) >> BigInt(resolution & ~BINARY);
  }
  const digits = NANOSECONDS_DIGITS - resolution;
  return digits >= 0 ? ticks * 10n ** BigInt(digits) : ticks / 10n ** BigInt(-digits);
}

/** Ticks in a second. */
export function ticksPerSecond(resolution: number): number {
  return (resolution & BINARY) !== 0 ? 2 ** (resolution & ~BINARY) : 10 ** resolution;
}

/** Takes timestamps apart: `high` and `low` are what the last one is made of. */
export class Splitter {
  readonly #scratch = scratch();
  high = 0;
  low = 0;

  /** Halves of the nanoseconds. */
  halves(timestamp: bigint): void {
    this.#scratch.setBigUint64(0, timestamp);
    this.high = this.#scratch.getUint32(0);
    this.low = this.#scratch.getUint32(4);
  }

  /** Halves of the microseconds; whether nothing is lost. */
  microseconds(timestamp: bigint): boolean {
    const seconds = this.#seconds(timestamp);
    const fraction = this.low / 1000;
    // 52 bits at the most.
    const ticks = seconds * 1_000_000 + fraction;
    this.high = Math.floor(ticks / TWO_32);
    this.low = ticks % TWO_32;
    return Number.isInteger(fraction);
  }

  /** Halves of the nanoseconds, or of the microseconds, of a time that is given in two. */
  join(seconds: number, fraction: number, unitsPerSecond: number): void {
    // The sum of 62 bits lacks its last ones; what is left after the lower half is rounded.
    const low = (Math.imul(seconds, unitsPerSecond) + fraction) >>> 0;
    this.high = Math.round((seconds * unitsPerSecond + fraction - low) / TWO_32);
    this.low = low;
  }

  /** Seconds and the nanoseconds beyond them. */
  seconds(timestamp: bigint): void {
    this.high = this.#seconds(timestamp);
  }

  /** The seconds; `low` are the nanoseconds beyond them. */
  #seconds(timestamp: bigint): number {
    this.#scratch.setBigUint64(0, timestamp);
    const low = this.#scratch.getUint32(4);
    // Off by one at the most, which the rest tells: it has less than 32 bits.
    const seconds = Math.floor((this.#scratch.getUint32(0) * TWO_32 + low) / 1e9);
    const rest = (low - Math.imul(seconds, 1_000_000_000)) | 0;
    if (rest < 0) {
      this.low = rest + 1_000_000_000;
      return seconds - 1;
    }
    const over = rest >= 1_000_000_000;
    this.low = over ? rest - 1_000_000_000 : rest;
    return over ? seconds + 1 : seconds;
  }
}
