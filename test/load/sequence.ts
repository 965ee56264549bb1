// What has arrived of a flow: once, and in order where that is promised.

import type { Frame } from "./content.ts";
import { readFrame } from "./content.ts";
import type { Tally } from "./tally.ts";

/** So far behind the latest a message may still come where order is not promised. */
const WINDOW = 4096;

export class Sequence {
  readonly #tally: Tally;
  readonly flow: number;
  readonly #isReliable: boolean;
  /** Does how long it took count? Not where the receiver is slow on purpose. */
  isTimed = true;
  /** The number that comes next where all come in order. */
  next = 0;
  /** Of the numbers before `next`, those that have come: a ring. */
  readonly #seen: Uint8Array;
  received = 0;

  constructor(tally: Tally, flow: number, isReliable: boolean) {
    this.#tally = tally;
    this.flow = flow;
    this.#isReliable = isReliable;
    this.#seen = new Uint8Array(isReliable ? 0 : WINDOW);
  }

  /** Takes a whole message; undefined where it is none of this flow's. */
  take(data: Uint8Array): Frame | undefined {
    const frame = this.read(data);
    return frame === undefined ? undefined : this.add(frame);
  }

  /** Reads a whole message, and counts nothing. */
  read(data: Uint8Array): Frame | undefined {
    const frame = readFrame(data);
    if (typeof frame === "string") return this.#fault(frame);
    if (frame.length !== data.length) return this.#fault(`${data.length} bytes of ${frame.length}`);
    return frame;
  }

  add(frame: Frame): Frame | undefined {
    if (frame.flow !== this.flow) return this.#fault(`one of flow ${frame.flow}`);
    if (!this.#note(frame.sequence)) return undefined;
    this.received++;
    this.#tally.received++;
    if (this.isTimed) this.#tally.latencies.add(performance.now() - frame.time);
    return frame;
  }

  #note(sequence: number): boolean {
    if (this.#isReliable) {
      if (sequence !== this.next) this.#fault(`${sequence} came instead of ${this.next}`);
      this.next = sequence + 1;
      return true;
    }
    if (sequence < this.next - WINDOW) {
      this.#fault(`${sequence} came when ${this.next} was expected`);
      return false;
    }
    for (; this.next <= sequence; this.next++) this.#seen[this.next % WINDOW] = 0;
    const place = sequence % WINDOW;
    if (this.#seen[place] === 1) {
      this.#fault(`${sequence} came twice`);
      return false;
    }
    this.#seen[place] = 1;
    return true;
  }

  #fault(text: string): undefined {
    this.#tally.fault(`flow ${this.flow}: ${text}`);
    return undefined;
  }
}
