// Socket in the event loop: round trips between two sockets of one process, and the reception of
// bursts, beside an epoll loop in C, Bun.udpSocket and node:dgram.

import { dlopen } from "bun:ffi";
import { createSocket, type Socket as DgramSocket } from "node:dgram";
import { close, connect, Sockaddr, Socket, send, socket } from "../src/index.ts";
import { BURST, type Case, compile, DATA, type Suite, type Timer } from "./harness.ts";
import { oneWay } from "./oneway.ts";
import { udpPair } from "./transfer.ts";

/** Trips between two of our sockets, connected to each other. */
function ourTrips(shared: DisposableStack): Timer {
  const [a, b] = udpPair().map((fd) => shared.use(Socket.adopt(fd))) as [Socket, Socket];
  return async (trips) => {
    const there = new Uint8Array(64);
    const back = new Uint8Array(64);
    const echo = async () => {
      for (let trip = 0; trip < trips; trip++) {
        await b.recv(there);
        await b.send(there);
      }
    };
    const begin = Bun.nanoseconds();
    const echoed = echo();
    for (let trip = 0; trip < trips; trip++) {
      await a.send(back);
      await a.recv(back);
    }
    await echoed;
    return (Bun.nanoseconds() - begin) / trips;
  };
}

type Handler = () => void;

/** Bun's own pair; `handlers` are called for each datagram. */
async function bunPair(handlers: [Handler, Handler]) {
  const open = (index: 0 | 1) =>
    Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: () => handlers[index]() } });
  return [await open(0), await open(1)] as const;
}

async function dgramPair(handlers: [Handler, Handler]): Promise<[DgramSocket, DgramSocket]> {
  const open = async (index: 0 | 1) => {
    const socket = createSocket("udp4", () => handlers[index]());
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return socket;
  };
  return [await open(0), await open(1)];
}

/** Round trips of sockets that call back: `sends` send from one to the other. */
function calledTrips(handlers: [Handler, Handler], sends: [Handler, Handler]): Timer {
  return (trips) =>
    new Promise((resolve) => {
      let left = trips;
      const begin = Bun.nanoseconds();
      handlers[0] = () => {
        if (--left > 0) sends[0]();
        else resolve((Bun.nanoseconds() - begin) / trips);
      };
      handlers[1] = sends[1];
      sends[0]();
    });
}

/** The time from the last of a burst's sends until all of it is there. */
function burstTimer(burst: () => void, expect: (count: number) => Promise<void>): Timer {
  return async (bursts) => {
    let sum = 0;
    for (let index = 0; index < bursts; index++) {
      const arrived = expect(BURST);
      burst();
      const begin = Bun.nanoseconds();
      await arrived;
      sum += Bun.nanoseconds() - begin;
    }
    return sum / bursts;
  };
}

function calledBursts(burst: () => void, handlers: [Handler, Handler]): Timer {
  return burstTimer(
    burst,
    (count) =>
      new Promise((resolve) => {
        let left = count;
        handlers[1] = () => {
          if (--left === 0) resolve();
        };
      }),
  );
}

/** Sends a burst to a port by system calls, so that only the receiver differs. */
function sender(shared: DisposableStack, port: number): () => void {
  const fd = socket("inet", "dgram");
  shared.defer(() => void close(fd));
  connect(fd, { family: "inet", address: "127.0.0.1", port });
  return () => {
    for (let index = 0; index < BURST; index++) send(fd, DATA);
  };
}

function batchTimer(shared: DisposableStack, batch: boolean): Timer {
  const receiver = shared.use(Socket.open("inet", "dgram")).bind(Sockaddr.inet("127.0.0.1"));
  const burst = sender(shared, receiver.localAddress.port ?? 0);
  const batches = receiver.messages({ batch: true, size: 2048 });
  const single = batch ? undefined : receiver.messages({ size: 2048 });
  const receive = async (count: number) => {
    for (let left = count; left > 0; ) {
      if (single === undefined) left -= ((await batches.next()).value ?? []).length;
      else left -= (await single.next()).done ? 0 : 1;
    }
  };
  return burstTimer(burst, receive);
}

export const eventLoop: Suite = {
  title: "Socket in the event loop, UDP, 64 B",
  async cases(shared) {
    const { symbols } = dlopen(compile("socket.c"), {
      time_ping_pong: { args: ["i32", "i32", "buffer", "u32", "u32"], returns: "f64" },
    });
    const [cA, cB] = udpPair();
    shared.defer(() => [cA, cB].forEach((fd) => void close(fd)));
    const nothing = () => {};
    const bunHandlers: [Handler, Handler] = [nothing, nothing];
    const [bunA, bunB] = await bunPair(bunHandlers);
    const bunTrips = calledTrips(bunHandlers, [
      () => bunA.send(DATA, bunB.port, "127.0.0.1"),
      () => bunB.send(DATA, bunA.port, "127.0.0.1"),
    ]);
    const nodeHandlers: [Handler, Handler] = [nothing, nothing];
    const [nodeA, nodeB] = await dgramPair(nodeHandlers);
    shared.defer(() => [bunA, bunB, nodeA, nodeB].forEach((socket) => void socket.close()));
    const nodeTrips = calledTrips(nodeHandlers, [
      () => nodeA.send(DATA, nodeB.address().port, "127.0.0.1"),
      () => nodeB.send(DATA, nodeA.address().port, "127.0.0.1"),
    ]);
    const bunBursts = calledBursts(sender(shared, bunB.port), bunHandlers);
    const nodeBursts = calledBursts(sender(shared, nodeB.address().port), nodeHandlers);

    const trips = (against: string, native: Timer): Case => ({
      name: "round trip, recv and send",
      against,
      native,
      ours: ourTrips(shared),
    });
    const bursts = (batch: boolean, against: string, native: Timer): Case => ({
      name: `receive ${BURST}, messages(${batch ? "{ batch: true }" : ""})`,
      against,
      native,
      ours: batchTimer(shared, batch),
    });
    const c: Timer = (count) => symbols.time_ping_pong(cA, cB, DATA, DATA.length, count);
    return [
      { ...trips("C epoll", c), goal: { ratio: 1.3 } },
      { ...trips("Bun.udpSocket", bunTrips), goal: { ratio: 0.7 } },
      trips("node:dgram", nodeTrips),
      ...(await oneWay(shared)),
      bursts(true, "Bun.udpSocket", bunBursts),
      bursts(true, "node:dgram", nodeBursts),
      bursts(false, "Bun.udpSocket", bunBursts),
    ];
  },
};
