// Much data by UDP through Socket, cut by the kernel (GSO) and put together again (GRO), and with
// MSG_ZEROCOPY, beside the same loops in C (bulk.c): what a gigabyte takes of the processor, both
// ends together.

import { dlopen } from "bun:ffi";
import { type ControlMessage, MSG, Message, Sockaddr, Socket } from "../src/index.ts";
import { VethPair } from "../test/support/namespace.ts";
import { namespaces } from "../test/support/requirements.ts";
import { type Case, compile, cpuNanoseconds, type Suite, type Timer } from "./harness.ts";

const SEGMENT = 1400;
const LENGTH = 45 * SEGMENT;
/** Messages under way at once, for which a receiver has room. */
const WINDOW = 16;
/** Windows in each of a round's calls. */
const WINDOWS = 8;
const GIGABYTE = 1e9;
const ZEROCOPY = MSG.ZEROCOPY ?? 0;

/** Whose message this is: one buffer, which arrives in such pieces as the kernel makes. */
const segmented = (data: Uint8Array) =>
  new Message({ iovec: [data], control: [{ kind: "segment", size: SEGMENT }] });

/** Two sockets on loopback, the first connected to the second, which gets segments as one. */
async function onLoopback(shared: DisposableStack): Promise<[Socket, Socket]> {
  const open = () => shared.use(Socket.open("inet", "dgram")).bind(Sockaddr.inet("127.0.0.1"));
  const [from, to] = [open(), open()];
  to.setOptions({ UDP_GRO: true, SO_RCVBUFFORCE: 16 << 20 });
  await from.connect(to.localAddress);
  return [from.setOptions({ SO_SNDBUFFORCE: 16 << 20, SO_ZEROCOPY: true }), to];
}

/**
 * A socket whose datagrams nobody gets: the other end of its link is down, where the kernel drops
 * them. What it can send without a copy it does; to a socket of the same machine it copies.
 */
async function intoNothing(shared: DisposableStack): Promise<Socket> {
  const pair = shared.use(new VethPair());
  const { a, b } = pair;
  a.ip("neigh", "replace", "10.77.0.2", "lladdr", "02:00:00:00:00:02", "dev", "veth0");
  b.ip("link", "set", "veth0", "down");
  const socket = shared.use(Socket.open("inet", "dgram", null, { namespace: a.name }));
  socket.setOptions({ SO_SNDBUFFORCE: 16 << 20, SO_ZEROCOPY: true });
  await socket.connect(Sockaddr.inet("10.77.0.2", 9));
  return socket;
}

/** What our calls take of the processor for a gigabyte. */
function ours(from: Socket, to: Socket | null, isZerocopy: boolean): Timer {
  const sent = segmented(new Uint8Array(LENGTH));
  const arrived = new Message({ iovec: [new Uint8Array(65_536)] });
  const done = new Message();
  const flags = isZerocopy ? { flags: ZEROCOPY } : undefined;
  const errqueue = { errqueue: true };
  let pieces = 0;
  let total = 0;
  let kept: ControlMessage[] = [];

  /** Takes completions until that of the last send has come. */
  const complete = async () => {
    for (;;) {
      await from.recvmsg(done, errqueue);
      const [message] = done.control;
      if (message?.kind === "error" && message.origin === "zerocopy") {
        if (message.data === total - 1) return;
      }
    }
  };
  return async (calls) => {
    const begin = cpuNanoseconds();
    for (let window = 0; window < calls * WINDOWS; window++) {
      for (let index = 0; index < WINDOW; index++) await from.sendmsg(sent, flags);
      total += WINDOW;
      for (let left = to === null ? 0 : WINDOW * LENGTH; left > 0; ) {
        left -= await (to as Socket).recvmsg(arrived);
        kept = arrived.control;
        pieces += kept.length;
      }
      if (isZerocopy) await complete();
    }
    const spent = cpuNanoseconds() - begin;
    if (to !== null && pieces === 0) throw new Error("nothing was put together");
    return (spent / calls / WINDOWS / WINDOW / LENGTH) * GIGABYTE;
  };
}

export const bulk: Suite = {
  title: "UDP in bulk through Socket: processor time for a gigabyte",
  async cases(shared) {
    const words = ["i32", "i32", "buffer", "u32", "u32", "buffer", "u32", "u32", "u32"] as const;
    const { symbols } = dlopen(compile("bulk.c"), {
      time_bulk: { args: [...words], returns: "f64" },
      time_zerocopy: { args: [...words, "buffer"], returns: "f64" },
    });
    const data = new Uint8Array(LENGTH);
    const room = new Uint8Array(65_536);
    const native = (from: Socket, to: Socket | null, isZerocopy: boolean): Timer => {
      const sent = new Uint32Array(1);
      return (calls) => {
        const ends = [from.fd, to?.fd ?? -1] as const;
        const rest = [data, LENGTH, SEGMENT, room, room.length, WINDOW, calls * WINDOWS] as const;
        if (isZerocopy) return symbols.time_zerocopy(...ends, ...rest, sent);
        return symbols.time_bulk(...ends, ...rest);
      };
    };
    const pair = async (name: string, isZerocopy: boolean): Promise<Case> => ({
      name,
      goal: { ratio: 1.1 },
      ours: ours(...(await onLoopback(shared)), isZerocopy),
      native: native(...(await onLoopback(shared)), isZerocopy),
    });
    const sink = async (name: string, isZerocopy: boolean): Promise<Case> => ({
      name,
      goal: { ratio: 1.1 },
      ours: ours(await intoNothing(shared), null, isZerocopy),
      native: native(await intoNothing(shared), null, isZerocopy),
    });
    const cases = [
      await pair("GSO and GRO over loopback", false),
      await pair("the same, MSG_ZEROCOPY", true),
    ];
    if (!namespaces.met) {
      console.log(`left out: ${namespaces.remedy}`);
      return cases;
    }
    return [
      ...cases,
      await sink("GSO alone, to a link that is down", false),
      await sink("the same, MSG_ZEROCOPY", true),
    ];
  },
};
