// Bursts of 64 datagrams from one Socket to another, sent and received in batches, beside
// Bun.udpSocket's sendMany and beside the two system calls in C, which nothing can outdo that
// makes them.

import { close, Message, Sockaddr, Socket } from "../src/index.ts";
import { BURST, type Case, DATA, type Timer } from "./harness.ts";
import { nativeMessages } from "./message.ts";
import { udpPair } from "./transfer.ts";

const HOST = "127.0.0.1";
const ROOM = 2048;
const NAME = `one way, batches of ${BURST}`;
/**
 * The system calls alone take some three quarters of Bun's time: what is left of the rest is what
 * the messages are made of.
 */
const GOAL = { ratio: 0.9 };

/** Sends bursts, each when the one before has arrived. */
function bursts(send: () => number | Promise<number>, arrival: () => Promise<unknown>): Timer {
  return async (count) => {
    const begin = Bun.nanoseconds();
    for (let index = 0; index < count; index++) {
      const arrived = arrival();
      const sent = await send();
      if (sent !== BURST) throw new Error(`${sent} of ${BURST} datagrams were sent`);
      await arrived;
    }
    return (Bun.nanoseconds() - begin) / count / BURST;
  };
}

/** Ours; connected, or with the destination in every message. */
export async function ourBursts(shared: DisposableStack, connected: boolean): Promise<Timer> {
  const open = () => shared.use(Socket.open("inet", "dgram")).bind(Sockaddr.inet(HOST));
  const [from, to] = [open(), open()];
  if (connected) await from.connect(to.localAddress);
  const address = connected ? null : to.localAddress;
  const messages = Array.from({ length: BURST }, () => new Message({ address, iovec: [DATA] }));
  const batches = to.messages({ batch: true, size: ROOM });
  const arrival = async () => {
    for (let left = BURST; left > 0; ) left -= ((await batches.next()).value ?? []).length;
  };
  return bursts(() => from.sendmmsg(messages), arrival);
}

/** Bun's own; connected, or with the destination in every packet. */
async function bunBursts(shared: DisposableStack, connected: boolean): Promise<Timer> {
  let left = 0;
  let done = () => {};
  const data = () => {
    if (--left === 0) done();
  };
  const to = await Bun.udpSocket({ hostname: HOST, socket: { data } });
  const arrival = () => {
    left = BURST;
    return new Promise<void>((resolve) => {
      done = resolve;
    });
  };
  const [from, send] = connected ? await connectedTo(to.port) : await aimedAt(to.port);
  shared.defer(() => [from, to].forEach((socket) => void socket.close()));
  return bursts(send, arrival);
}

async function connectedTo(port: number) {
  const socket = await Bun.udpSocket({ hostname: HOST, connect: { hostname: HOST, port } });
  const packets = Array.from({ length: BURST }, () => DATA);
  return [socket, () => socket.sendMany(packets)] as const;
}

async function aimedAt(port: number) {
  const socket = await Bun.udpSocket({ hostname: HOST });
  const packets = Array.from({ length: BURST }, () => [DATA, port, HOST]).flat();
  return [socket, () => socket.sendMany(packets)] as const;
}

export async function oneWay(shared: DisposableStack): Promise<Case[]> {
  const [from, to] = udpPair();
  shared.defer(() => [from, to].forEach((fd) => void close(fd)));
  const symbols = nativeMessages();
  const calls: Timer = (count) => symbols.time_batch(from, to, DATA.length, count);
  const connected = await ourBursts(shared, true);
  const against = "Bun.udpSocket sendMany";
  return [
    {
      name: NAME,
      against: "C sendmmsg + recvmmsg",
      ours: connected,
      native: calls,
    },
    {
      name: NAME,
      against,
      goal: GOAL,
      ours: connected,
      native: await bunBursts(shared, true),
      floor: calls,
    },
    {
      name: "one way, batches, unconnected",
      against,
      goal: GOAL,
      ours: await ourBursts(shared, false),
      native: await bunBursts(shared, false),
    },
  ];
}
