// Calls that are given up at random: by time-out, by AbortSignal, or never.

import { SocketError } from "../../src/index.ts";
import type { Limits } from "../../src/socket/limits.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

/** What signals are aborted with. */
export const GIVEN_UP = new Error("given up by the test");
export const NOTHING = Symbol("given up");

/** Makes a call with random limits; GIVEN_UP where it ended by one of them. */
export async function impatient<T>(
  tally: Tally,
  random: Random,
  call: (op: Limits) => Promise<T>,
): Promise<T | typeof NOTHING> {
  const dice = random.next();
  if (dice < 0.6) return call({});
  if (dice < 0.8) {
    const timeout = random.integer(0, 40);
    try {
      return await call({ timeout });
    } catch (error) {
      if (!isLate(error, timeout)) throw error;
      tally.late++;
      return NOTHING;
    }
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(GIVEN_UP), random.integer(0, 40));
  try {
    return await call({ signal: controller.signal });
  } catch (error) {
    if (error !== GIVEN_UP) throw error;
    tally.aborted++;
    return NOTHING;
  } finally {
    clearTimeout(timer);
  }
}

function isLate(error: unknown, timeout: number): boolean {
  return error instanceof SocketError && error.code === "ETIMEDOUT" && error.timeout === timeout;
}

/** Whether it is a SocketError of one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is SocketError {
  return error instanceof SocketError && codes.includes(error.code);
}
