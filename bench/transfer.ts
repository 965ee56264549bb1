// send and recv of one datagram after the other, in bursts of 64, beside the same loop in C.

import { dlopen } from "bun:ffi";
import {
  bind,
  close,
  connect,
  getsockname,
  recv,
  Sockaddr,
  send,
  socket,
  socketpair,
} from "../src/index.ts";
import { BURST, compile, DATA, type Suite, type Timer, timer } from "./harness.ts";

type Pair = readonly [from: number, to: number];

/** Two UDP sockets on loopback that are connected to each other. */
export function udpPair(): [number, number] {
  const pair: [number, number] = [socket("inet", "dgram"), socket("inet", "dgram")];
  for (const fd of pair) bind(fd, Sockaddr.inet("127.0.0.1"));
  connect(pair[0], getsockname(pair[1]));
  connect(pair[1], getsockname(pair[0]));
  return pair;
}

/** Kinds of pairs, with the names that the programs in peers/ know them by. */
export const pairs: readonly (readonly [kind: string, open: () => Pair, work: "unix" | "udp"])[] = [
  ["unix datagram", () => socketpair("unix", "dgram"), "unix"],
  ["UDP", udpPair, "udp"],
];

export const closing = (pair: Pair) => () => pair.forEach((fd) => void close(fd));

/** Our loop; the pair is closed with `shared`. */
export function transferTimer(shared: DisposableStack, pair: Pair): Timer {
  const [from, to] = pair;
  const data = DATA.slice();
  shared.defer(closing(pair));
  return timer(() => {
    for (let index = 0; index < BURST; index++) send(from, data);
    for (let index = 0; index < BURST; index++) recv(to, data);
  }, BURST);
}

export const transfer: Suite = {
  title: "One datagram a call",
  cases(shared) {
    const { symbols } = dlopen(compile("transfer.c"), {
      time_transfer: { args: ["i32", "i32", "buffer", "u32", "u32"], returns: "f64" },
    });
    return pairs.map(([kind, open, work]) => {
      const pair = open();
      const data = DATA.slice();
      return {
        name: `send + recv, 64 B, ${kind}`,
        goal: { ratio: work === "unix" ? 1.08 : 1.06 },
        ours: transferTimer(shared, pair),
        native: (bursts) => symbols.time_transfer(...pair, data, data.length, bursts),
      };
    });
  },
};
