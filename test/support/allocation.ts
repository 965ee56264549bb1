// How much the JavaScript heap grows, between collections, while a call is made over and over.

import { heapStats } from "bun:jsc";

const WARM_UP = 20_000;
const CALLS = 20_000;

/** Bytes of new heap blocks that 20,000 calls need, when the compiler has warmed up. */
export function heapGrowth(call: () => void): number {
  repeat(WARM_UP, call);
  Bun.gc(true);
  const before = heapStats().heapCapacity;
  repeat(CALLS, call);
  return heapStats().heapCapacity - before;
}

function repeat(count: number, call: () => void): void {
  for (let index = 0; index < count; index++) call();
}
