// How long things took: a histogram whose memory does not grow, exact to 2 %.

const PER_OCTAVE = 64;
const OCTAVES = 34;

export class Latencies {
  readonly #counts = new Float64Array(PER_OCTAVE * OCTAVES);
  /** How many were counted. */
  count = 0;

  /** Counts one of so many milliseconds. */
  add(milliseconds: number): void {
    const microseconds = Math.max(1, milliseconds * 1000);
    const place = Math.floor(Math.log2(microseconds) * PER_OCTAVE);
    const last = this.#counts.length - 1;
    this.#counts[Math.min(place, last)] = (this.#counts[Math.min(place, last)] as number) + 1;
    this.count++;
  }

  /** Microseconds that so much of all, 0.99 say, took at the most; NaN where nothing was counted. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    if (left === 0) return Number.NaN;
    const place = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.round(2 ** ((place + 1) / PER_OCTAVE));
  }

  /** p50, p99 and p99.9. */
  toString(): string {
    return [0.5, 0.99, 0.999].map((share) => this.quantile(share)).join(" / ");
  }
}
