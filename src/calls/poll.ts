// poll(2).

import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { check } from "../base/error.ts";
import { lazy } from "../base/lazy.ts";
import { I32_MAX, integer, unknownKeyword, wrongType } from "../base/validate.ts";
import { constants, native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

/** "rdhup": the peer has ended its direction of a stream. Linux and FreeBSD. */
export type PollRequestEvent = "in" | "out" | "pri" | "rdhup";
/** What a descriptor can be ready for: of poll(2), POLLIN and so on in lower case. */
export type PollEvent = PollRequestEvent | "err" | "hup" | "nval";
/** A descriptor and what to wait for. */
export type PollRequest = {
  /** A number or a Socket. */
  readonly fd: Descriptor;
  /** "err", "hup" and "nval" are told without being asked for. */
  readonly events: readonly PollRequestEvent[];
};
/** A descriptor that is ready. */
export type PollResult<R extends PollRequest = PollRequest> = {
  /** As it was given. */
  fd: R["fd"];
  /** What it is ready for. */
  events: PollEvent[];
};

const REQUESTED = ["in", "out", "pri", "rdhup"] as const;

/** The bits of events that this platform has. */
function bits(events: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const event of events) {
    const bit = constants.single?.[`POLL${event.toUpperCase()}`];
    if (bit !== undefined) found.set(event, bit);
  }
  return found;
}

const requested = lazy(() => bits(REQUESTED));
const returned = lazy(() => bits([...REQUESTED, "err", "hup", "nval"]));

const pollfd = new Structure("pollfd");

/**
 * Waits up to `timeout` milliseconds, for ever where it is omitted, until one descriptor is ready;
 * returns the ready ones, each `fd` as it was given. A signal with a handler throws EINTR, but not
 * with a timeout of 0, which does not wait.
 */
export function poll<R extends PollRequest>(
  requests: readonly R[],
  timeout?: number,
): PollResult<R>[] {
  if (!Array.isArray(requests)) throw wrongType("requests", "an array", requests);
  const limit = timeout === undefined ? -1 : integer(timeout, "timeout", -1, I32_MAX);
  // A copy, since the reading of an element may change the array.
  const entries = [...requests];
  const bytes = allocate(Math.max(1, entries.length) * pollfd.size);
  const fdOffset = pollfd.offset("fd");
  const eventsOffset = pollfd.offset("events");
  const reventsOffset = pollfd.offset("revents");
  const table = new DataView(bytes.buffer);
  for (const [index, { fd, events }] of entries.entries()) {
    table.setInt32(index * pollfd.size + fdOffset, descriptor(fd, "poll"), true);
    table.setInt16(index * pollfd.size + eventsOffset, eventBits(events), true);
  }
  check(native.rawsock_poll(bytes, entries.length, limit), "poll");
  const ready: PollResult<R>[] = [];
  for (const [index, { fd }] of entries.entries()) {
    const bits = table.getInt16(index * pollfd.size + reventsOffset, true);
    if (bits !== 0) ready.push({ fd, events: eventNames(bits) });
  }
  return ready;
}

function eventBits(events: readonly string[]): number {
  if (!Array.isArray(events)) throw wrongType("events", "an array", events);
  const known = requested();
  let bits = 0;
  for (const event of events) {
    const bit = known.get(event);
    if (bit === undefined) throw unknownKeyword("event", event, known.keys());
    bits |= bit;
  }
  return bits;
}

function eventNames(bits: number): PollEvent[] {
  const names: PollEvent[] = [];
  for (const [name, bit] of returned()) {
    if ((bits & bit) !== 0) names.push(name as PollEvent);
  }
  return names;
}
