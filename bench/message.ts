// Messages with control messages, singly and in batches, beside the same loops in C.

import { dlopen } from "bun:ffi";
import {
  type ControlMessage,
  Message,
  recvmmsg,
  recvmsg,
  sendmmsg,
  sendmsg,
  setSocketOption,
  setSocketOptions,
} from "../src/index.ts";
import { slotOf } from "../src/message/message.ts";
import { native } from "../src/native/library.ts";
import { BURST, type Case, compile, type Suite, timer } from "./harness.ts";
import { closing, pairs, udpPair } from "./transfer.ts";

/** The loops of message.c. */
export function nativeMessages() {
  return dlopen(compile("message.c"), {
    time_message: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_batch: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_control: { args: ["i32", "i32", "u32", "u32"], returns: "f64" },
    time_segments: {
      args: ["i32", "i32", "u32", "buffer", "u32", "buffer", "u32", "u32"],
      returns: "f64",
    },
    send_burst: { args: ["i32", "u32"], returns: "void" },
  }).symbols;
}

const buffers = (size: number) => ({ iovec: [new Uint8Array(size)] });
const batch = (size: number) => Array.from({ length: BURST }, () => new Message(buffers(size)));

export const message: Suite = {
  title: "Messages",
  cases() {
    const symbols = nativeMessages();
    const cases: Case[] = [];

    for (const [kind, open] of pairs) {
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

    for (const [kind, open] of pairs) {
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
      setSocketOptions(to, { IP_RECVTTL: true, IP_PKTINFO: true, SO_TIMESTAMPNS: true });
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
      setSocketOption(to, "UDP_GRO", true);
      const control: ControlMessage[] = [{ kind: "segment", size }];
      const [data, room] = [new Uint8Array(size * count), new Uint8Array(65_536)];
      const sent = new Message({ iovec: [data], control });
      const arrived = new Message({ iovec: [room] });
      let kept: ControlMessage[] = [];
      return {
        name: `GSO + GRO, ${count} segments of ${size} B`,
        // Two messages are prepared and a control message is made, some 100 ns each, whatever
        // the kernel takes.
        goal: { ratio: size === 64 ? 1.2 : 1.1 },
        floor: timer(() => {
          native.rawsock_sendmsg(from, slotOf(sent).words, 0);
          native.rawsock_recvmsg(null, to, slotOf(arrived).words, 0);
        }),
        ours: timer(() => {
          sendmsg(from, sent);
          recvmsg(to, arrived);
          kept = arrived.control;
          if (kept.length !== 1) throw new Error(`${kept.length} control messages came`);
        }),
        native: (calls) =>
          symbols.time_segments(from, to, size, data, data.length, room, room.length, calls),
        end: closing(pair),
      };
    }
  },
};
