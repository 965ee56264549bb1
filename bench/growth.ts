// How the cost of Socket grows: with the sockets that wait, with the size of a batch, and how much
// memory a waiting socket takes. Nothing stands beside it but the smallest size of the same work.
// (How the cost of checksums grows with the frame, and that of the list of interfaces with their
// number, is in their own suites.)

import { readFileSync } from "node:fs";
import { Message, Sockaddr, Socket } from "../src/index.ts";
import { type Case, DATA, type Suite, type Timer } from "./harness.ts";
import { memoryPerWait } from "./memory.ts";

const WAITING = [10, 100, 1000, 10_000] as const;
const BATCHES = [1, 4, 16, 64] as const;
const ignore = () => {};

/** How many descriptors the process may open. */
function descriptorLimit(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}

function open(): Socket {
  return Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
}

/** The counts that the limit of descriptors has room for. */
function waitingCounts(): number[] {
  const room = descriptorLimit() - 100;
  return WAITING.filter((count) => {
    if (count > room) console.log(`${count} waiting: left out, raise "ulimit -n"`);
    return count <= room;
  });
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
    for (const count of waitingCounts()) {
      pair(`round trip beside ${count} waiting`, "1 waiting", () => tripsBeside(count), few);
    }
    const [single, endSingle] = batchesOf(1);
    shared.defer(endSingle);
    for (const size of BATCHES) {
      pair(`receive one of ${size}, unix datagram`, "batches of 1", () => batchesOf(size), single);
    }
    return cases;
  },
  figures: () =>
    waitingCounts()
      // What fewer take drowns in what a process takes and gives back meanwhile.
      .filter((count) => count >= 1000)
      .map((count) => ({
        name: `memory of each of ${count} waiting`,
        value: memoryPerWait(count) / 1024,
        unit: "KiB",
      })),
};
