// What the process holds while the load runs: it shall not grow.

import { readdirSync, readFileSync } from "node:fs";

const MEBIBYTE = 2 ** 20;
/**
 * Of each kind at the most, from the first third of the run to its end. The runtime keeps some 60 KiB
 * of each Worker that was terminated, hundreds of which come and go.
 */
const LIMITS = { rss: 80, heap: 6, descriptors: 60, mappings: 80 } as const;

/** So many tell whether something grows. */
const SAMPLES_LEAST = 20;

type Sample = Readonly<Record<keyof typeof LIMITS, number>>;

export function descriptors(): string[] {
  return readdirSync("/proc/self/fd");
}

function mappings(): number {
  return readFileSync("/proc/self/maps", "latin1").split("\n").length;
}

export class Resources {
  readonly #samples: Sample[] = [];

  /** Counts what there is now, after a collection. */
  sample(): string {
    Bun.gc(true);
    const { rss, heapUsed } = process.memoryUsage();
    const sample: Sample = {
      rss: rss / MEBIBYTE,
      heap: heapUsed / MEBIBYTE,
      descriptors: descriptors().length,
      mappings: mappings(),
    };
    this.#samples.push(sample);
    return Object.entries(sample)
      .map(([name, value]) => `${name} ${Math.round(value)}`)
      .join(", ");
  }

  /**
   * How much of each there was after a third of the run, and at its end; too much is a fault, unless
   * the run was too short to tell.
   */
  report(fault: (text: string) => void): string {
    const warm = this.#samples.slice(Math.floor(this.#samples.length / 3));
    const words = Object.entries(LIMITS).map(([name, limit]) => {
      const values = warm.map((sample) => sample[name as keyof Sample]);
      const [begin, end] = line(values);
      const text = `${name} ${begin.toFixed(1)} -> ${end.toFixed(1)}`;
      if (end - begin > limit && warm.length >= SAMPLES_LEAST) fault(`${text}: more than ${limit}`);
      return text;
    });
    return `${words.join(", ")} (${warm.length} samples; MiB)`;
  }
}

/** Where the straight line that fits best begins and ends. */
function line(values: readonly number[]): [number, number] {
  const count = values.length;
  const middle = (count - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let [product, square] = [0, 0];
  for (const [index, value] of values.entries()) {
    product += (index - middle) * (value - mean);
    square += (index - middle) ** 2;
  }
  const slope = square === 0 ? 0 : product / square;
  return [mean - slope * middle, mean + slope * middle];
}
