// How long a call may wait: `signal` and `timeout` of every call of a Socket.

import { I32_MAX, integer, knownKeys, wrongType } from "../base/validate.ts";

export type Limits = {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call rejects with the code "ETIMEDOUT". */
  readonly timeout?: number | undefined;
};

export const LIMIT_KEYS: ReadonlySet<string> = new Set(["signal", "timeout"]);
export const NO_LIMITS: Limits = {};

/** What setTimeout takes. */
const TIMEOUT_MAX_MS = I32_MAX;

/** Checks the limits of a call's options; throws the reason of a signal that is aborted already. */
export function checkLimits({ signal, timeout }: Limits): void {
  if (timeout !== undefined) integer(timeout, "timeout", 0, TIMEOUT_MAX_MS);
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw wrongType("signal", "an AbortSignal", signal);
  signal.throwIfAborted();
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
