// How the cost of Socket grows with the size of a batch, and that of a round trip with the sockets
// that wait. Nothing stands beside it but the smallest size of the same work. (How the cost of many
// busy sockets grows, that of checksums with the frame, and that of the list of interfaces with
// their number, is in their own suites.)

import { Message, Sockaddr, Socket } from "../src/index.ts";
import { descriptorLimit } from "./epoll.ts";
import { type Case, DATA, type Suite, type Timer } from "./harness.ts";

const WAITING = 10_000;
const BATCHES = [1, 4, 16, 64] as const;
const ignore = () => {};

function open(): Socket {
  return Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
}

type Ends = [timer: Timer, end: () => void];

/** Round trips of one pair while `count` other sockets wait. */
function tripsBeside(count: number): Ends {
  const waiting: Socket[] = [];
  const [a, b] = [open(), open()];
  const ready = Promise.all([a.connect(b.localAddress), b.connect(a.localAddress)]);
  const buffer = new Uint8Array(64);
  const timer: Timer = async (trips) => {
    await ready;
    while (waiting.length < count) {
      const socket = open();
      socket.recv(new Uint8Array(1)).catch(ignore);
      waiting.push(socket);
    }
    const echo = async () => {
      for (let trip = 0; trip < trips; trip++) {
        await b.recv(buffer);
        await b.send(buffer);
      }
    };
    const begin = Bun.nanoseconds();
    const echoed = echo();
    for (let trip = 0; trip < trips; trip++) {
      await a.send(DATA);
      await a.recv(buffer);
    }
    await echoed;
    return (Bun.nanoseconds() - begin) / trips;
  };
  return [timer, () => [a, b, ...waiting].forEach((socket) => void socket.close())];
}

/** Nanoseconds per message where `size` at a time are sent and received. */
function batchesOf(size: number): Ends {
  const [from, to] = Socket.pair("unix", "dgram");
  const messages = Array.from({ length: size }, () => new Message({ iovec: [DATA] }));
  const timer: Timer = async (calls) => {
    const batches = to.messages({ batch: size, size: 2048 });
    let sum = 0;
    for (let call = 0; call < calls; call++) {
      await from.sendmmsg(messages);
      const begin = Bun.nanoseconds();
      for (let left = size; left > 0; ) left -= ((await batches.next()).value ?? []).length;
      sum += Bun.nanoseconds() - begin;
    }
    return sum / calls / size;
  };
  return [timer, () => [from, to].forEach((socket) => void socket.close())];
}

export const growth: Suite = {
  title: "Growth of Socket",
  cases(shared) {
    const cases: Case[] = [];
    const pair = (name: string, against: string, make: () => Ends, native: Timer) => {
      const [ours, end] = make();
      cases.push({ name, against, ours, native, end });
    };
    const [few, endFew] = tripsBeside(1);
    shared.defer(endFew);
    const most = Math.min(WAITING, descriptorLimit() - 100);
    pair(`round trip beside ${most} waiting`, "1 waiting", () => tripsBeside(most), few);
    const [single, endSingle] = batchesOf(1);
    shared.defer(endSingle);
    for (const size of BATCHES) {
      pair(`receive one of ${size}, unix datagram`, "batches of 1", () => batchesOf(size), single);
    }
    return cases;
  },
};
