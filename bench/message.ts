// Messages with control messages, singly and in batches, beside the same loops in C.

import { dlopen } from "bun:ffi";
import {
  type ControlMessage,
  close,
  Message,
  recvmmsg,
  recvmsg,
  SO,
  sendmmsg,
  sendmsg,
  socketpair,
} from "../src/index.ts";
import { BURST, type Case, compile, type Suite, timer } from "./harness.ts";
import { udpPair } from "./transfer.ts";

const IPPROTO_IP = 0;
const IPPROTO_UDP = 17;
const SOL_SOCKET = 1;
const IP_PKTINFO = 8;
const IP_RECVTTL = 12;
const UDP_GRO = 104;

type Pair = readonly [from: number, to: number];

const kinds = [
  ["unix datagram", () => socketpair("unix", "dgram")],
  ["UDP", udpPair],
] as const;

/** The loops of message.c. */
export function nativeMessages() {
  return dlopen(compile("message.c"), {
    time_message: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_batch: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_control: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_segments: { args: ["i32", "i32", "u32", "u32", "u32"], returns: "f64" },
    send_burst: { args: ["i32", "u32"], returns: "void" },
    setsockopt: { args: ["i32", "i32", "i32", "buffer", "u32"], returns: "i32" },
  }).symbols;
}

const closing = (pair: Pair) => () => pair.forEach((fd) => void close(fd));
const buffers = (size: number) => ({ iovec: [new Uint8Array(size)] });
const batch = (size: number) => Array.from({ length: BURST }, () => new Message(buffers(size)));

export const message: Suite = {
  title: "Messages",
  cases() {
    const symbols = nativeMessages();
    const on = new Int32Array([1]);
    const switchOn = (fd: number, level: number, name: number) =>
      symbols.setsockopt(fd, level, name, on, 4);
    const cases: Case[] = [];

    for (const [kind, open] of kinds) {
      const pair = open();
      const [from, to] = pair;
      const [sent, arrived] = [new Message(buffers(64)), new Message(buffers(64))];
      cases.push({
        name: `sendmsg + recvmsg, 64 B, ${kind}`,
        goal: { ratio: 1.15 },
        ours: timer(() => {
          for (let index = 0; index < BURST; index++) sendmsg(from, sent);
          for (let index = 0; index < BURST; index++) recvmsg(to, arrived);
        }, BURST),
        native: (bursts) => symbols.time_message(from, to, 64, bursts),
        end: closing(pair),
      });
    }

    for (const [kind, open] of kinds) {
      for (const size of [64, 1400]) {
        const pair = open();
        const [from, to] = pair;
        const [sent, arrived] = [batch(size), batch(size)];
        cases.push({
          name: `sendmmsg + recvmmsg of 64, ${size} B, ${kind}`,
          goal: { ratio: kind === "UDP" ? 1.03 : 1.05 },
          ours: timer(() => {
            sendmmsg(from, sent);
            recvmmsg(to, arrived);
          }, BURST),
          native: (bursts) => symbols.time_batch(from, to, size, bursts),
          end: closing(pair),
        });
      }
    }

    cases.push(decoded(), segments(64), segments(1400));
    return cases;

    function decoded(): Case {
      const pair = udpPair();
      const [from, to] = pair;
      switchOn(to, IPPROTO_IP, IP_RECVTTL);
      switchOn(to, IPPROTO_IP, IP_PKTINFO);
      switchOn(to, SOL_SOCKET, SO.TIMESTAMPNS as number);
      const arrived = new Message(buffers(64));
      let kept: ControlMessage[] = [];
      return {
        name: "recvmsg, ttl + pktinfo + timestamp decoded",
        goal: { ratio: 1.35 },
        ours: (bursts) => {
          let spent = 0;
          for (let burst = 0; burst < bursts; burst++) {
            symbols.send_burst(from, 64);
            const begin = Bun.nanoseconds();
            for (let index = 0; index < BURST; index++) {
              recvmsg(to, arrived);
              kept = arrived.control;
            }
            spent += Bun.nanoseconds() - begin;
          }
          if (kept.length !== 3) throw new Error(`${kept.length} control messages came`);
          return spent / bursts / BURST;
        },
        native: (bursts) => symbols.time_control(from, to, 64, bursts),
        end: closing(pair),
      };
    }

    function segments(size: number): Case {
      const count = size === 64 ? 64 : 45;
      const pair = udpPair();
      const [from, to] = pair;
      switchOn(to, IPPROTO_UDP, UDP_GRO);
      const control: ControlMessage[] = [{ kind: "segment", size }];
      const sent = new Message({ ...buffers(size * count), control });
      const arrived = new Message(buffers(65_536));
      let kept: ControlMessage[] = [];
      return {
        name: `GSO + GRO, ${count} segments of ${size} B`,
        goal: { ratio: 1.05 },
        ours: timer(() => {
          sendmsg(from, sent);
          recvmsg(to, arrived);
          kept = arrived.control;
          if (kept.length !== 1) throw new Error(`${kept.length} control messages came`);
        }),
        native: (calls) => symbols.time_segments(from, to, size, count, calls),
        end: closing(pair),
      };
    }
  },
};
