// Choices that the bytes of an input make, so that whoever changes the bytes changes what is chosen.

import type { Arbitrary } from "fast-check";
import fc from "fast-check";

/** What test/fuzz/harness holds. */
export type Harness = {
  /** The most bytes of an input. */
  readonly largest: number;
  /** Inputs to begin with, besides those of the corpus. */
  readonly seeds?: readonly Uint8Array[];
  /** Throws where something is wrong. */
  run(input: Uint8Array): void | Promise<void>;
};

/** Reads an input from its beginning; zeros when it is used up. */
export class Choices {
  #rest: Uint8Array;

  constructor(input: Uint8Array) {
    this.#rest = input;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  byte(): number {
    const [first = 0] = this.#rest;
    this.#rest = this.#rest.subarray(1);
    return first;
  }

  /** An integer of as many bytes, the least one first. */
  integer(bytes: number): number {
    let value = 0;
    for (let place = 0; place < bytes; place++) value += this.byte() * 256 ** place;
    return value;
  }

  pick<T>(list: readonly T[]): T {
    return list[(list.length > 256 ? this.integer(2) : this.byte()) % list.length] as T;
  }

  /** A copy of at most so many bytes, in memory of their own. */
  take(count: number): Uint8Array {
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  rest(): Uint8Array {
    return this.take(this.#rest.length);
  }

  /** What fast-check makes of a seed of two bytes. */
  value<T>(arbitrary: Arbitrary<T>): T {
    return fc.sample(arbitrary, { numRuns: 1, seed: this.integer(2) })[0] as T;
  }
}

export function check(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(`fuzz: ${what()}`);
}

/** Whether two lists of bytes are the same. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

type ErrorClass = abstract new (...words: never[]) => Error;

/** What the call gives; undefined where it throws one of the documented errors. */
export function documented<T>(classes: readonly ErrorClass[], call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (!classes.some((kind) => error instanceof kind)) throw error;
    return undefined;
  }
}
