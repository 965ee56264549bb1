// How much the JavaScript heap grows, between collections, while a call is made over and over.

import { heapStats } from "bun:jsc";

const WARM_UP = 20_000;
const CALLS = 20_000;

/** Bytes of new heap blocks that 20,000 calls need, when the compiler has warmed up. */
export function heapGrowth(call: () => void): number {
  repeat(WARM_UP, call);
  Bun.gc(true);
  using _ = new Filling();
  // So that none is due in the middle.
  Bun.gc(true);
  const before = heapStats().heapCapacity;
  repeat(CALLS, call);
  return heapStats().heapCapacity - before;
}

function repeat(count: number, call: () => void): void {
  for (let index = 0; index < count; index++) call();
}

/** Objects have room for up to so many properties, each number in blocks of its own. */
const PROPERTIES_MAX = 16;
const FILLERS_MAX = 1_000_000;

/** Fills the holes that other tests left in the heap: what is allocated next needs new blocks. */
class Filling implements Disposable {
  readonly #fillers: object[] = [];

  constructor() {
    for (let count = 0; count <= PROPERTIES_MAX; count++) this.#fill(count);
  }

  #fill(count: number): void {
    const entries = Array.from({ length: count }, (_, number) => `p${number}: 0`);
    const make = new Function(`return { ${entries.join(", ")} };`) as () => object;
    const before = heapStats().heapCapacity;
    for (let made = 0; made < FILLERS_MAX; made += 100) {
      for (let index = 0; index < 100; index++) this.#fillers.push(make());
      if (heapStats().heapCapacity > before) return;
    }
  }

  [Symbol.dispose](): void {
    this.#fillers.length = 0;
  }
}
