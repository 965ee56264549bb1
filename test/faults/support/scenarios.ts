// All calls that are to fail: those of test/support, and further ones.

import { calls } from "../../support/calls.ts";
import { captureCalls } from "../../support/capture-calls.ts";
import { netlinkCalls } from "../../support/netlink-calls.ts";
import { tunCalls } from "../../support/tun-calls.ts";
import type { Provider } from "./provider.ts";
import { furtherCapture, furtherNetlink, furtherTun } from "./scenarios-network.ts";
import { furtherSocket, plain } from "./scenarios-socket.ts";

export type Call = (api: never, given: Provider) => unknown;

/** Those that a thread with descriptors of its own helps. */
const HELPED = /waiting|all of a stream|three at once$|, two$|in batches$|accept, again$/;

/** Whether a call cannot be made where no descriptors or threads are left. */
export function needsHelp(name: string): boolean {
  return HELPED.test(name);
}

/** All calls of an entry point. */
export const tables: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  rawsock: { ...calls, ...plain, ...furtherSocket } as never,
  capture: { ...captureCalls, ...furtherCapture } as never,
  netlink: { ...netlinkCalls, ...furtherNetlink } as never,
  tun: { ...tunCalls, ...furtherTun } as never,
};
