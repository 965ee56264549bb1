// How long a call may wait: `signal` and `timeout` of every call of a Socket.

import { I32_MAX, integer, knownKeys, wrongType } from "../base/validate.ts";
import type { TransferFlags } from "../calls/flags.ts";

/** How long a call of a Socket may wait. Neither loses data that later calls should get. */
export type Limits = {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call rejects with the code "ETIMEDOUT". */
  readonly timeout?: number | undefined;
};

/** The limits of a loop, each step of which waits for `timeout` at most. */
export type LoopLimits = Limits & {
  /** Ends the loop normally, after what has come. */
  readonly until?: AbortSignal | undefined;
};

/** What bounds a wait, be it of a call or of a step of a loop. */
export type Bounds = LoopLimits & {
  /** Milliseconds that are left of `timeout`. */
  readonly left?: number;
};

export const LIMIT_KEYS: ReadonlySet<string> = new Set(["signal", "timeout"]);
export const LOOP_KEYS: ReadonlySet<string> = new Set([...LIMIT_KEYS, "until"]);
export const NO_LIMITS: Limits = {};

/** What setTimeout takes. */
const TIMEOUT_MAX_MS = I32_MAX;

/** Checks the limits of a call's options; throws the reason of a signal that is aborted already. */
export function checkLimits({ signal, timeout, until }: Bounds): void {
  if (timeout !== undefined) integer(timeout, "timeout", 0, TIMEOUT_MAX_MS);
  if (until !== undefined && !(until instanceof AbortSignal)) {
    throw wrongType("until", "an AbortSignal", until);
  }
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  signal.throwIfAborted();
}

/** Checks the limits of a loop: a signal that is aborted already throws at the first step. */
export function checkLoopLimits(limits: LoopLimits): void {
  if (limits.signal?.aborted === true) checkLimits({ ...limits, signal: undefined });
  else checkLimits(limits);
}

/** The MSG_* bits of a call's options, whose limits are checked. */
export function checkedFlags(kind: TransferFlags, op: Limits & { flags?: number }): number {
  if (op === NO_LIMITS) return 0;
  const flags = kind.bits(op, LIMIT_KEYS);
  checkLimits(op);
  return flags;
}

/** The limits of a call that has no other options. */
export function onlyLimits(op: Limits): Limits {
  if (op !== NO_LIMITS) {
    if (typeof op !== "object" || op === null) throw wrongType("op", "an object", op);
    knownKeys(op, LIMIT_KEYS);
    checkLimits(op);
  }
  return op;
}
