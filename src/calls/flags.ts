// The flags of send(2) and recv(2) as options.

import { MSG } from "../base/constants.ts";
import { boolean, integer, object, type Span, unknownKeyword } from "../base/validate.ts";
import type { ConstantTable } from "../native/library.ts";

export type SendOptions = Span & {
  readonly oob?: boolean;
  readonly eor?: boolean;
  readonly dontwait?: boolean;
  readonly dontroute?: boolean;
  readonly more?: boolean;
  readonly confirm?: boolean;
  /** Further MSG_* bits. */
  readonly flags?: number;
};

export type ReceiveOptions = Span & {
  readonly oob?: boolean;
  readonly peek?: boolean;
  readonly waitall?: boolean;
  readonly dontwait?: boolean;
  /** Return the datagram's own length, even where it is more than what was stored. */
  readonly trunc?: boolean;
  readonly errqueue?: boolean;
  /** Further MSG_* bits. */
  readonly flags?: number;
};

/** Options that are read elsewhere. */
const OTHERS: ReadonlySet<string> = new Set(["start", "end", "flags"]);

/** The accepted options of a direction, as MSG_* bits. */
export class FlagOptions {
  readonly #bits = new Map<string, number>();

  /** Names that this platform lacks are unknown options. */
  constructor(names: readonly string[]) {
    for (const name of names) {
      const bit = (MSG as ConstantTable)[name.toUpperCase()];
      if (bit !== undefined) this.#bits.set(name, bit);
    }
  }

  /** The bits; `further` names options that somebody else reads. */
  bits(options: object, further: ReadonlySet<string> = NONE): number {
    let bits = 0;
    object(options, "options");
    for (const name in options) {
      const value: unknown = options[name as keyof typeof options];
      const bit = this.#bits.get(name);
      if (bit !== undefined) {
        if (value !== undefined && boolean(value, name)) bits |= bit;
      } else if (name === "flags") {
        if (value !== undefined) bits |= integer(value, name, 0, 2 ** 31 - 1);
      } else if (!OTHERS.has(name) && !further.has(name)) {
        throw unknownKeyword("option", name, [...this.#bits.keys(), ...OTHERS, ...further]);
      }
    }
    return bits;
  }
}

const NONE: ReadonlySet<string> = new Set();

export const sendFlags = new FlagOptions([
  "oob",
  "eor",
  "dontwait",
  "dontroute",
  "more",
  "confirm",
]);
export const receiveFlags = new FlagOptions([
  "oob",
  "peek",
  "waitall",
  "dontwait",
  "trunc",
  "errqueue",
]);
