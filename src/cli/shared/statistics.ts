// Round-trip times: least, mean, most and standard deviation, in constant memory.

const BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";

export class Statistics {
  count = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #mean = 0;
  /** Of the squared distances from the mean: Welford's method. */
  #squares = 0;
  readonly #latest: number[] = [];
  readonly #latestMax: number;

  /** `latestMax`: how many of the last ones are kept for the picture. */
  constructor(latestMax = 0) {
    this.#latestMax = latestMax;
  }

  add(milliseconds: number): void {
    this.count++;
    this.#least = Math.min(this.#least, milliseconds);
    this.#most = Math.max(this.#most, milliseconds);
    const distance = milliseconds - this.#mean;
    this.#mean += distance / this.count;
    this.#squares += distance * (milliseconds - this.#mean);
    if (this.#latestMax === 0) return;
    this.#latest.push(milliseconds);
    if (this.#latest.length > this.#latestMax) this.#latest.shift();
  }

  get most(): number {
    return this.#most;
  }

  /** In milliseconds; null where there is none. */
  get summary(): { min: number; avg: number; max: number; mdev: number } | null {
    if (this.count === 0) return null;
    const mdev = Math.sqrt(this.#squares / this.count);
    const [min, avg, max] = [this.#least, this.#mean, this.#most];
    return { min: rounded(min), avg: rounded(avg), max: rounded(max), mdev: rounded(mdev) };
  }

  /** The last ones as bars, the lowest for the least of them. */
  get picture(): string {
    const least = Math.min(...this.#latest);
    const range = Math.max(...this.#latest) - least;
    const last = BARS.length - 1;
    return this.#latest
      .map((time) => BARS[range === 0 ? 0 : Math.round(((time - least) / range) * last)])
      .join("");
  }
}

/** To microseconds. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** Milliseconds as ping(8) writes them: three digits and what comes before them. */
export function milliseconds(time: number): string {
  if (time >= 100) return time.toFixed(0);
  if (time >= 10) return time.toFixed(1);
  return time.toFixed(time >= 1 ? 2 : 3);
}
