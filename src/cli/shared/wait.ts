// Waiting for descriptors by poll(2): commands that measure times do so on their own, since that is
// sooner there than the event loop, which gets a turn for signals now and then.

import { ERRNO } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { type PollResult, poll } from "../../calls/poll.ts";
import type { Interruption } from "./interruption.ts";

/** A signal that arrived just before poll(2) is seen so late. */
const SLICE_MS = 100;

/** A turn of the event loop, in which signals are told. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits until one of the descriptors has something to receive, `until` (of performance.now()) is
 * over, or the command is interrupted: those that are ready.
 */
export async function wait<F extends number>(
  fds: readonly F[],
  until: number,
  interruption: Interruption,
  event: "in" | "out" = "in",
): Promise<PollResult<{ fd: F; events: ("in" | "out")[] }>[]> {
  const requests = fds.map((fd) => ({ fd, events: [event] }));
  for (;;) {
    const left = until - performance.now();
    const ready = pollFor(requests, Math.min(Math.max(0, left), SLICE_MS));
    if (ready.length > 0 || left <= 0) return ready;
    await turn();
    if (interruption.happened) return [];
  }
}

/** Rounded up to a millisecond, but for what is so near that it is asked for again and again. */
function pollFor<F extends number>(
  requests: readonly { fd: F; events: ("in" | "out")[] }[],
  milliseconds: number,
) {
  try {
    return poll(requests, milliseconds < 0.1 ? 0 : Math.ceil(milliseconds));
  } catch (error) {
    if (error instanceof SocketError && error.errno === ERRNO.EINTR) return [];
    throw error;
  }
}
