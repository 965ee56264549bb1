// Puts a packet's bytes to their place in a file.

import type { Place } from "../place.ts";

/** Up to that many, a loop takes less time than making a view of them. */
const FEW = 192;

/** Copies what lies at a place to `at` of the output; both are even. */
export function copyPlace(
  { bytes, halves, start, kept }: Place,
  output: Uint8Array,
  outputHalves: Uint16Array,
  at: number,
): void {
  if (kept > FEW || (start & 1) !== 0 || (at & 1) !== 0) {
    output.set(bytes.subarray(start, start + kept), at);
    return;
  }
  const from = start >> 1;
  const to = at >> 1;
  const whole = kept >> 1;
  for (let half = 0; half < whole; half++) outputHalves[to + half] = halves[from + half] as number;
  if ((kept & 1) !== 0) output[at + kept - 1] = bytes[start + kept - 1] as number;
}
