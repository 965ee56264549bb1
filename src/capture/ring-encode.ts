// Writes packets of a ring as capture files have them, many in one native call: what they are is
// not asked for one by one.

import { lazy } from "../base/lazy.ts";
import { native } from "../native/library.ts";
import { Structure } from "../native/record.ts";
import type { Form } from "./place.ts";
import type { RingMemory } from "./ring-memory.ts";

/** Where in the words of the structure everything is. */
const layout = lazy(() => {
  const form = new Structure("ring_form");
  const word = (name: string): number => form.offset(name) >>> 2;
  return {
    /** Used anew for each run. */
    words: new Uint32Array(form.size >>> 2),
    blocks: word("blocks"),
    nanoseconds: word("nanoseconds"),
    snaplen: word("snaplen"),
    interface: word("interface"),
    number: word("number"),
    untilSeconds: word("until_seconds"),
    untilNanoseconds: word("until_nanoseconds"),
    size: word("size"),
    lastSeconds: word("last_seconds"),
    lastNanoseconds: word("last_nanoseconds"),
  };
});

/** Writes the packets at the first `count` of `places`, as many as are simple: how many. */
export function encodeRun(
  { bytes }: RingMemory,
  places: Uint32Array,
  count: number,
  form: Form,
): number {
  const at = layout();
  const { words } = at;
  words[at.blocks] = Number(form.blocks);
  words[at.nanoseconds] = Number(form.nanoseconds);
  words[at.snaplen] = form.snaplen;
  words[at.interface] = form.interface;
  words[at.number] = form.number;
  words[at.untilSeconds] = form.untilSeconds;
  words[at.untilNanoseconds] = form.untilNanoseconds;
  const { bytes: output, at: begin, end } = form;
  const written = native.rawsock_ring_encode(bytes, places, count, output, begin, end, words);
  form.size = words[at.size] as number;
  form.seconds = words[at.lastSeconds] as number;
  form.nanosecond = words[at.lastNanoseconds] as number;
  return Math.max(0, written);
}
