// Preloaded by `npm run test:checked`: the garbage collector runs before and behind native calls, one
// in so many by chance, so that memory which somebody still needs and nobody holds is gone at once.

import { native } from "../../src/native/library.ts";
import { Random } from "./frame.ts";

/** One call in so many. A collection takes milliseconds, and there are a million calls. */
const ONE_IN = Number(process.env.RAWSOCK_TEST_COLLECT ?? 50);
const random = new Random(Number(process.env.RAWSOCK_TEST_SEED ?? 1));

type Call = (...words: unknown[]) => number;

function sometimes(): void {
  if (random.below(ONE_IN) === 0) Bun.gc(true);
}

const calls = native as unknown as Record<string, Call>;
for (const [name, call] of Object.entries(calls)) {
  calls[name] = (...words) => {
    sometimes();
    const result = call(...words);
    sometimes();
    return result;
  };
}
