// What is known about the packet on the way to a test: how earlier tests ended, and how far the
// packet is known to reach, because loads beyond its end would have rejected it.

import { type Comparison, decide } from "./formula.ts";
import type { TestNode } from "./graph.ts";
import type { Value } from "./value.ts";

const NUMBERS: Readonly<Record<Comparison, number>> = { eq: 0, gt: 1, ge: 2, set: 3 };

/** What tests are the same: `jeq` of the same two values. There are fewer than 2^24 values. */
function keyOf(comparison: Comparison, left: Value, right: Value): number {
  return (left.id * 0x1000000 + right.id) * 4 + NUMBERS[comparison];
}

/** Extensions of the kernel, whose offsets are from here on, are there for every packet. */
const EXTENSIONS = 0xfff00000;

/** Calls back for each load within a value: what it is counted from and where it ends. */
function forEachLoad(value: Value, visit: (base: Value | undefined, end: number) => void): void {
  switch (value.kind) {
    case "load":
      if (value.base !== undefined) forEachLoad(value.base, visit);
      if (value.offset < EXTENSIONS) visit(value.base, value.offset + value.size);
      break;
    case "header":
      visit(undefined, value.offset + 1);
      break;
    case "operation":
      forEachLoad(value.left, visit);
      forEachLoad(value.right, visit);
      break;
    case "negation":
      forEachLoad(value.operand, visit);
      break;
    default:
  }
}

/** Facts that are added on the way down a tree and taken back on the way up. */
export class Facts {
  readonly #results = new Map<number, boolean>();
  readonly #equals = new Map<Value, Value>();
  readonly #ends = new Map<Value | undefined, number>();
  readonly #undo: (() => void)[] = [];

  /** A mark to come back to. */
  get mark(): number {
    return this.#undo.length;
  }

  /** Takes back what was added since the mark. */
  restore(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  #set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key);
    const before = map.get(key) as V;
    map.set(key, value);
    this.#undo.push(() => {
      if (had) map.set(key, before);
      else map.delete(key);
    });
  }

  /** The test was made: the packet reaches as far as it loads. */
  addLoads(value: Value): void {
    forEachLoad(value, (base, end) => {
      if ((this.#ends.get(base) ?? -1) < end) this.#set(this.#ends, base, end);
    });
  }

  /** The test ended like this. */
  addResult({ comparison, left, right }: TestNode, holds: boolean): void {
    this.#set(this.#results, keyOf(comparison, left, right), holds);
    if (comparison === "eq" && holds && right.kind === "constant") {
      this.#set(this.#equals, left, right);
    }
  }

  /** How the test must end, if that is known. */
  outcome({ comparison, left, right }: TestNode): boolean | undefined {
    const known = this.#results.get(keyOf(comparison, left, right));
    if (known !== undefined) return known;
    const equal = this.#equals.get(left);
    const differs = equal !== undefined && right.kind === "constant" && equal !== right;
    return comparison === "eq" && differs ? false : undefined;
  }

  /** Whether all loads within the value have been made, or others that reach as far. */
  hasLoads(value: Value): boolean {
    let all = true;
    forEachLoad(value, (base, end) => {
      if ((this.#ends.get(base) ?? -1) < end) all = false;
    });
    return all;
  }
}

/** How a test ends where its left value is the number; undefined where it tests something else. */
export function outcomeFor(node: TestNode, value: Value, number: number): boolean | undefined {
  const { comparison, left, right } = node;
  if (left !== value || right.kind !== "constant") return undefined;
  return decide(comparison, number, right.value);
}
