// Much data by UDP through Socket, cut by the kernel (GSO) and put together again (GRO), and with
// MSG_ZEROCOPY, beside the same loops in C (bulk.c): what a gigabyte takes of the processor, both
// ends together.

import { dlopen } from "bun:ffi";
import { Message, MSG, Sockaddr, Socket } from "../src/index.ts";
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
const BUFFER = 16 << 20;

/** The same memory for all: where it lies changes what the kernel makes of it. */
const data = new Uint8Array(LENGTH);
const room = new Uint8Array(65_536);

type Ends = readonly [from: Socket, to: Socket | null];
type Way = {
  /** A window of messages in one call, by sendmmsg and recvmmsg. */
  readonly batch: boolean;
  readonly zerocopy: boolean;
};

/** Two sockets on loopback, the first connected to the second, which gets segments as one. */
async function onLoopback(shared: DisposableStack): Promise<Ends> {
  const open = () => shared.use(Socket.open("inet", "dgram")).bind(Sockaddr.inet("127.0.0.1"));
  const [from, to] = [open(), open()];
  to.setOptions({ UDP_GRO: true, SO_RCVBUFFORCE: BUFFER });
  await from.connect(to.localAddress);
  return [from.setOptions({ SO_SNDBUFFORCE: BUFFER, SO_ZEROCOPY: true }), to];
}

/**
 * A socket whose datagrams nobody gets: the other end of its link is down, where the kernel drops
 * them. What it can send without a copy it does; what comes to a socket of this machine it copies.
 */
async function toNobody(shared: DisposableStack): Promise<Ends> {
  const { a, b } = shared.use(new VethPair());
  a.ip("neigh", "replace", "10.77.0.2", "lladdr", "02:00:00:00:00:02", "dev", "veth0");
  b.ip("link", "set", "veth0", "down");
  const socket = shared.use(Socket.open("inet", "dgram", null, { namespace: a.name }));
  socket.setOptions({ SO_SNDBUFFORCE: BUFFER, SO_ZEROCOPY: true });
  await socket.connect(Sockaddr.inet("10.77.0.2", 9));
  return [socket, null];
}

function ours([from, to]: Ends, { batch, zerocopy }: Way): Timer {
  const messages = <T>(make: () => T): T[] => Array.from({ length: WINDOW }, make);
  const control = [{ kind: "segment" as const, size: SEGMENT }];
  const out = messages(() => new Message({ iovec: [data], control }));
  const arrived = messages(() => new Message({ iovec: [room] }));
  const [sent, came] = [out[0] as Message, arrived[0] as Message];
  const options = zerocopy ? { flags: MSG.ZEROCOPY ?? 0 } : undefined;
  let total = 0;
  let pieces = 0;

  const send = async () => {
    if (batch) await from.sendmmsg(out, options);
    else for (let index = 0; index < WINDOW; index++) await from.sendmsg(sent, options);
    total += WINDOW;
  };
  const receive = async (socket: Socket) => {
    for (let left = WINDOW * LENGTH; left > 0; ) {
      const count = batch ? await socket.recvmmsg(arrived) : 1;
      if (!batch) await socket.recvmsg(came);
      for (let index = 0; index < count; index++) {
        const { length, control } = arrived[index] as Message;
        left -= length;
        pieces += control.length;
      }
    }
  };
  const done = new Message();
  const fromQueue = { errqueue: true };
  /** Takes completions until that of the last send has come. */
  const complete = async () => {
    for (;;) {
      await from.recvmsg(done, fromQueue);
      const [message] = done.control;
      if (message?.kind !== "error" || message.origin !== "zerocopy") continue;
      if (message.data === total - 1) return;
    }
  };

  return async (calls) => {
    const begin = cpuNanoseconds();
    for (let window = 0; window < calls * WINDOWS; window++) {
      await send();
      if (to !== null) await receive(to);
      if (zerocopy) await complete();
    }
    const spent = cpuNanoseconds() - begin;
    if (to !== null && pieces === 0) throw new Error("nothing was put together");
    return (spent / calls / WINDOWS / WINDOW / LENGTH) * GIGABYTE;
  };
}

export const bulk: Suite = {
  title: "UDP in bulk through Socket: processor time for a gigabyte",
  async cases(shared) {
    const { symbols } = dlopen(compile("bulk.c"), {
      time_bulk: {
        args: [
          ...(["i32", "i32", "buffer", "u32", "u32", "buffer", "u32"] as const),
          ...(["u32", "u32", "u32", "buffer"] as const),
        ],
        returns: "f64",
      },
    });
    const native = ([from, to]: Ends, { batch, zerocopy }: Way): Timer => {
      const sent = new Uint32Array(1);
      const flags = zerocopy ? (MSG.ZEROCOPY ?? 0) : 0;
      return (calls) => {
        const buffers = [data, LENGTH, SEGMENT, room, room.length] as const;
        const how = [Number(batch), flags, calls * WINDOWS] as const;
        return symbols.time_bulk(from.fd, to?.fd ?? -1, ...buffers, ...how, sent);
      };
    };
    const cases: Case[] = [];
    const add = async (name: string, open: typeof onLoopback, zerocopy: boolean) => {
      for (const batch of [false, true]) {
        const way = { batch, zerocopy };
        cases.push({
          name: `${name}, ${batch ? `${WINDOW} a call` : "one a call"}`,
          // A promise that is awaited costs some 300 ns, be it of one message or of 16.
          goal: { ratio: batch ? 1.15 : 1.4 },
          ours: ours(await open(shared), way),
          native: native(await open(shared), way),
        });
      }
    };
    await add("GSO, GRO", onLoopback, false);
    await add("the same, ZEROCOPY", onLoopback, true);
    if (namespaces.met) {
      await add("GSO to nobody", toNobody, false);
      await add("the same, ZEROCOPY", toNobody, true);
    } else console.log(`left out: ${namespaces.remedy}`);
    return cases;
  },
};
