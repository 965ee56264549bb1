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
import { BURST, type Case, compile, type Suite, timer } from "./harness.ts";

/** Two UDP sockets on loopback that are connected to each other. */
export function udpPair(): [number, number] {
  const pair: [number, number] = [socket("inet", "dgram"), socket("inet", "dgram")];
  for (const fd of pair) bind(fd, Sockaddr.inet("127.0.0.1"));
  connect(pair[0], getsockname(pair[1]));
  connect(pair[1], getsockname(pair[0]));
  return pair;
}

export const transfer: Suite = {
  title: "One datagram a call",
  cases() {
    const { symbols } = dlopen(compile("transfer.c"), {
      time_transfer: { args: ["i32", "i32", "buffer", "u32", "u32"], returns: "f64" },
    });
    const cases: Case[] = [];
    for (const [kind, open, ratio] of [
      ["unix datagram", () => socketpair("unix", "dgram"), 1.08],
      ["UDP", udpPair, 1.06],
    ] as const) {
      const [from, to] = open();
      const data = new Uint8Array(64);
      cases.push({
        name: `send + recv, 64 B, ${kind}`,
        goal: { ratio },
        ours: timer(() => {
          for (let index = 0; index < BURST; index++) send(from, data);
          for (let index = 0; index < BURST; index++) recv(to, data);
        }, BURST),
        native: (bursts) => symbols.time_transfer(from, to, data, data.length, bursts),
        end: () => [from, to].forEach((fd) => void close(fd)),
      });
    }
    return cases;
  },
};
