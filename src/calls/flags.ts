// The flags of send(2) and recv(2) as options.

import { MSG } from "../base/constants.ts";
import { FlagOptions } from "../base/keyword.ts";
import { I32_MAX, integer, type Span } from "../base/validate.ts";

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

/** The accepted options of a direction, as MSG_* bits. */
export class TransferFlags extends FlagOptions {
  constructor(names: readonly string[]) {
    super(MSG, names, ["start", "end", "flags"]);
  }

  override bits(options: { readonly flags?: number }, further?: ReadonlySet<string>): number {
    const bits = super.bits(options, further);
    const { flags } = options;
    return flags === undefined ? bits : bits | integer(flags, "flags", 0, I32_MAX);
  }
}

export const sendFlags = new TransferFlags([
  "oob",
  "eor",
  "dontwait",
  "dontroute",
  "more",
  "confirm",
]);
export const receiveFlags = new TransferFlags([
  "oob",
  "peek",
  "waitall",
  "dontwait",
  "trunc",
  "errqueue",
]);
