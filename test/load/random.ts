// Numbers by chance, the same for the same seed.

export class Random {
  #state: number;

  constructor(seed: number, name = "") {
    let hash = seed >>> 0;
    for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** 0 <= x < 1. Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** Sleeps `mean` milliseconds on the average. */
  pause(mean: number): Promise<void> {
    return Bun.sleep(this.next() * 2 * mean);
  }
}
