// Round trips between two processes, each side by the same means: two Sockets, two epoll loops in
// C, two of Bun's sockets. In one process the answer is there before anybody sleeps; here it isn't.

import { dlopen } from "bun:ffi";
import { join } from "node:path";
import { close, connect, Sockaddr, Socket, setNonblocking, socket } from "../src/index.ts";
import { type Case, compile, DATA, type Suite, type Timer } from "./harness.ts";
import { withUs } from "./peer.ts";

const HOST = "127.0.0.1";

/** Starts a process that echoes: its address. */
async function echo(shared: DisposableStack, ...words: string[]): Promise<Sockaddr> {
  const command = [process.execPath, join(import.meta.dir, "peers/echo.ts"), ...words];
  const child = Bun.spawn(withUs(command), { stdio: ["ignore", "pipe", "inherit"] });
  shared.defer(() => child.kill("SIGKILL"));
  const { value } = await child.stdout.getReader().read();
  return Sockaddr.inet(HOST, Number(new TextDecoder().decode(value)));
}

async function ours(shared: DisposableStack): Promise<Timer> {
  const mine = shared.use(Socket.open("inet", "dgram").bind(Sockaddr.inet(HOST)));
  await mine.connect(await echo(shared, "socket"));
  const room = new Uint8Array(64);
  return async (trips) => {
    const begin = Bun.nanoseconds();
    for (let trip = 0; trip < trips; trip++) {
      await mine.send(room);
      await mine.recv(room);
    }
    return (Bun.nanoseconds() - begin) / trips;
  };
}

async function inC(shared: DisposableStack): Promise<Timer> {
  const library = compile("socket.c");
  const { symbols } = dlopen(library, {
    time_trips: { args: ["i32", "buffer", "u32", "u32"], returns: "f64" },
  });
  const fd = socket("inet", "dgram");
  shared.defer(() => close(fd));
  connect(fd, await echo(shared, "c", library));
  setNonblocking(fd, true);
  return (trips) => symbols.time_trips(fd, DATA, DATA.length, trips);
}

async function inBun(shared: DisposableStack): Promise<Timer> {
  const { port = 0 } = await echo(shared, "bun");
  let left = 0;
  let done = () => {};
  const data = () => {
    if (--left > 0) mine.send(DATA);
    else done();
  };
  const mine = await Bun.udpSocket({ connect: { hostname: HOST, port }, socket: { data } });
  shared.defer(() => mine.close());
  return (trips) =>
    new Promise((resolve) => {
      left = trips;
      const begin = Bun.nanoseconds();
      done = () => resolve((Bun.nanoseconds() - begin) / trips);
      mine.send(DATA);
    });
}

export const processes: Suite = {
  title: "Socket in the event loop, between two processes",
  async cases(shared) {
    const name = "round trip, recv and send, 64 B";
    const timer = await ours(shared);
    const cases: Case[] = [
      { name, against: "C epoll", ours: timer, native: await inC(shared), goal: { ratio: 1.3 } },
      {
        name,
        against: "Bun.udpSocket",
        ours: timer,
        native: await inBun(shared),
        goal: { ratio: 1 },
      },
    ];
    return cases;
  },
};
