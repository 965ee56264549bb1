// Preloaded by `npm run test:checked`: the garbage collector runs before and behind native calls, one
// in so many by chance, so that memory which somebody still needs and nobody holds is gone at once.

import { native } from "../../src/native/library.ts";
import { Random } from "./frame.ts";

/** One call in so many. */
const ONE_IN = Number(process.env.RAWSOCK_TEST_COLLECT ?? 50);
/** A collection takes milliseconds, and some tests make a million calls: the most of any time. */
const SHARE = 0.75;
const WINDOW_NS = 5e9;

const random = new Random(Number(process.env.RAWSOCK_TEST_SEED ?? 1));
let begin = Bun.nanoseconds();
let spent = 0;

type Call = (...words: unknown[]) => number;

function sometimes(): void {
  if (random.below(ONE_IN) !== 0) return;
  const now = Bun.nanoseconds();
  if (now - begin > WINDOW_NS) {
    begin = now;
    spent = 0;
  }
  if (spent > SHARE * (now - begin)) return;
  Bun.gc(true);
  spent += Bun.nanoseconds() - now;
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
