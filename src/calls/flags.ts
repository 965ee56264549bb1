// The flags of send(2) and recv(2) as options.

import { MSG } from "../base/constants.ts";
import { FlagOptions } from "../base/keyword.ts";
import { I32_MAX, integer, type Span } from "../base/validate.ts";

/**
 * Flags of send(2). `start` and `end` bound the part of the buffer that is sent; of an array of
 * buffers, and of a Message, they count the buffers.
 */
export type SendOptions = Span & {
  /** MSG_OOB: send out-of-band data. */
  readonly oob?: boolean;
  /** MSG_EOR: a record ends here, on sockets of type "seqpacket". */
  readonly eor?: boolean;
  /** MSG_DONTWAIT: EAGAIN instead of waiting. */
  readonly dontwait?: boolean;
  /** MSG_DONTROUTE: to hosts on directly connected networks only. */
  readonly dontroute?: boolean;
  /** MSG_MORE: more comes; the kernel may wait for it and send both at once. */
  readonly more?: boolean;
  /** MSG_CONFIRM: the peer has answered, so that no ARP is needed. */
  readonly confirm?: boolean;
  /** Further MSG_* bits. */
  readonly flags?: number;
};

/**
 * Flags of recv(2). `start` and `end` bound the part of the buffer that is filled; of an array of
 * buffers, and of a Message, they count the buffers.
 */
export type ReceiveOptions = Span & {
  /** MSG_OOB: receive out-of-band data. */
  readonly oob?: boolean;
  /** MSG_PEEK: what is received stays in the queue. */
  readonly peek?: boolean;
  /** MSG_WAITALL: on a stream, wait until the buffer is full. */
  readonly waitall?: boolean;
  /** MSG_DONTWAIT: EAGAIN instead of waiting. */
  readonly dontwait?: boolean;
  /** Return the datagram's own length, even where it is more than what was stored. */
  readonly trunc?: boolean;
  /** MSG_ERRQUEUE: receive from the error queue; with a Message, whose control says what it was. */
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
