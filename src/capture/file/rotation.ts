// A capture in several files, each readable by itself.

import { parse } from "node:path";
import { integer, knownKeys, U32_MAX, wrongType } from "../../base/validate.ts";
import type { Form } from "../place.ts";
import { fs } from "./builtin.ts";

/** When a new file is begun, whichever comes first: `size` or `interval` must be given. */
export type RotateOptions = {
  /** Bytes of a file: the packet that would make it larger begins the next one. */
  readonly size?: number;
  /** Milliseconds, by the packets' own time, after which a packet begins the next file. */
  readonly interval?: number;
  /** How many files are kept: the oldest ones are removed. All of them unless told. */
  readonly count?: number;
};

const KEYS: ReadonlySet<string> = new Set(["size", "interval", "count"]);
const NANOSECONDS = 1_000_000n;
const SECOND = 1_000_000_000n;
const DIGITS = 5;

export class Rotation {
  readonly size: number;
  readonly #interval: bigint | undefined;
  readonly #count: number;
  readonly #path: string;
  #number = 0;
  #begin: bigint | undefined;
  readonly #files: string[] = [];

  constructor(target: unknown, options: RotateOptions) {
    if (typeof target !== "string" || target === "-") {
      throw wrongType("target", "a path where files rotate", target);
    }
    knownKeys(options, KEYS);
    const { size, interval, count } = options;
    if (size === undefined && interval === undefined) {
      throw new TypeError("rotate must have a size or an interval");
    }
    const most = Number.MAX_SAFE_INTEGER;
    this.size = size === undefined ? most : integer(size, "rotate.size", 1, most);
    this.#interval =
      interval === undefined
        ? undefined
        : BigInt(integer(interval, "rotate.interval", 1, most)) * NANOSECONDS;
    this.#count = count === undefined ? most : integer(count, "rotate.count", 1, most);
    this.#path = target;
  }

  /** The path of the next file: "trace.pcapng" becomes "trace_00001.pcapng" and so on. */
  next(): string {
    const { name, ext } = parse(this.#path);
    const number = String(++this.#number).padStart(DIGITS, "0");
    const file = `${name}_${number}${ext}`;
    this.#begin = undefined;
    return this.#path.slice(0, this.#path.length - name.length - ext.length) + file;
  }

  /** Counts a file that was made; removes the oldest of too many. */
  made(path: string): void {
    this.#files.push(path);
    while (this.#files.length > this.#count) {
      const oldest = this.#files.shift() as string;
      try {
        fs().unlinkSync(oldest);
      } catch (error) {
        // Somebody else has removed it, or moved it away.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }

  /** Before when packets belong into this file. */
  limit(form: Form): void {
    form.untilSeconds = U32_MAX;
    form.untilNanoseconds = U32_MAX;
    if (this.#interval === undefined || this.#begin === undefined) return;
    const end = this.#begin + this.#interval;
    const seconds = end / SECOND;
    if (seconds > U32_MAX) return;
    form.untilSeconds = Number(seconds);
    form.untilNanoseconds = Number(end % SECOND);
  }

  /** Whether a packet of that time belongs into the next file. */
  due(timestamp: bigint): boolean {
    if (this.#interval === undefined) return false;
    this.#begin ??= timestamp;
    return timestamp - this.#begin >= this.#interval;
  }
}
