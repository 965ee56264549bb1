// Many sockets: datagrams for 100 of those that wait, however many these are, and 1,000 connections
// that are accepted, answered and closed; what each takes of the processor, beside epoll in C.

import { join } from "node:path";
import { bind, close, getsockname, listen, Sockaddr, Socket, socket } from "../src/index.ts";
import { BUSY, busyAddresses, descriptorLimit, epollLoops } from "./epoll.ts";
import { type Case, compile, cpuNanoseconds, type Suite, type Timer } from "./harness.ts";
import { memoryPerWait } from "./memory.ts";
import { Peer } from "./peer.ts";

export const WAITING = [10, 100, 1000, 10_000] as const;
const CONNECTIONS = 1000;
const CONNECTION_ROUNDS = 15;
const BACKLOG = 4096;
const ignore = () => {};

type Library = ReturnType<typeof epollLoops>;

/** Datagrams for some of the sockets that wait; they are made when the case's turn comes. */
function ourEvents(shared: DisposableStack, symbols: Library, from: number, count: number): Timer {
  const sockets: Socket[] = [];
  let addresses: Uint8Array | undefined;
  let left = 0;
  let done = ignore;
  shared.defer(() => sockets.forEach((one) => void one.close()));

  const serve = async (one: Socket) => {
    const room = new Uint8Array(64);
    for (;;) {
      await one.recv(room);
      if (--left === 0) done();
    }
  };
  return async (calls) => {
    while (sockets.length < count) {
      const one = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
      serve(one).catch(ignore);
      sockets.push(one);
    }
    addresses ??= busyAddresses(sockets);
    let spent = 0;
    for (let call = 0; call < calls; call++) {
      left = BUSY;
      const served = new Promise<void>((resolve) => {
        done = resolve;
      });
      symbols.send_to_all(from, addresses, BUSY);
      const begin = cpuNanoseconds();
      await served;
      spent += cpuNanoseconds() - begin;
    }
    return spent / calls / BUSY;
  };
}

/** Accepts the connections that wait and answers each; the rest of a program's work is one call. */
function ourConnections(shared: DisposableStack, symbols: Library): Timer {
  const listener = shared.use(Socket.open("inet", "stream"));
  listener.bind(Sockaddr.inet("127.0.0.1")).listen(BACKLOG);
  const clients = new Int32Array(CONNECTIONS);
  const connections = listener.connections();
  const answer = async (one: Socket) => {
    const room = new Uint8Array(64);
    await one.recv(room);
    await one.send(room);
    return one;
  };
  return async () => {
    symbols.connect_all(listener.localAddress.bytes, clients, CONNECTIONS);
    let begin = cpuNanoseconds();
    const answers: Promise<Socket>[] = [];
    for await (const connection of { [Symbol.asyncIterator]: () => kept(connections) }) {
      answers.push(answer(connection));
      if (answers.length === CONNECTIONS) break;
    }
    const accepted = await Promise.all(answers);
    let spent = cpuNanoseconds() - begin;
    symbols.reset_all(clients, CONNECTIONS);
    begin = cpuNanoseconds();
    for (const connection of accepted) connection.close();
    spent += cpuNanoseconds() - begin;
    return spent / CONNECTIONS;
  };
}

/** An iterator that goes on after a loop over it was left. */
function kept<T>(iterator: AsyncIterator<T>): AsyncIterator<T> {
  return { next: () => iterator.next() };
}

function theirConnections(shared: DisposableStack, symbols: Library): Timer {
  const listener = socket("inet", "stream");
  shared.defer(() => void close(listener));
  bind(listener, Sockaddr.inet("127.0.0.1"));
  listen(listener, BACKLOG);
  const address = getsockname(listener).bytes;
  const clients = new Int32Array(CONNECTIONS);
  const accepted = new Int32Array(CONNECTIONS);
  return () => {
    symbols.connect_all(address, clients, CONNECTIONS);
    const spent = symbols.time_connections(listener, accepted, CONNECTIONS);
    symbols.reset_all(clients, CONNECTIONS);
    return spent + symbols.time_closing(accepted, CONNECTIONS);
  };
}

/** The counts for which the descriptors suffice. */
function counts(): number[] {
  const room = descriptorLimit() - 2 * CONNECTIONS;
  return WAITING.filter((count) => {
    if (count > room) console.log(`${count} waiting: left out, raise "ulimit -n"`);
    return count <= room;
  });
}

export const many: Suite = {
  title: "Many sockets: processor time for each event",
  cases(shared) {
    const library = compile("many.c");
    const symbols = epollLoops(library);
    const peer = shared.use(
      new Peer([process.execPath, join(import.meta.dir, "epoll.ts"), library]),
    );
    const from = socket("inet", "dgram");
    shared.defer(() => void close(from));
    const events = counts().map((count): Case => {
      const own = shared.use(new DisposableStack());
      return {
        name: `100 datagrams for ${count.toLocaleString("en")} that wait`,
        against: "C epoll",
        goal: { ratio: 2.5 },
        ours: ourEvents(own, symbols, from, count),
        native: peer.timer(String(count)),
        end: () => own.dispose(),
      };
    });
    return [
      ...events,
      {
        name: `a connection of ${CONNECTIONS.toLocaleString("en")}: accept, answer, close`,
        against: "C epoll",
        goal: { ratio: 2 },
        ours: ourConnections(shared, symbols),
        native: theirConnections(shared, symbols),
        rounds: CONNECTION_ROUNDS,
      },
    ];
  },
  figures: () =>
    counts()
      // What fewer take drowns in what a process takes and gives back meanwhile.
      .filter((count) => count >= 1000)
      .flatMap((count) => {
        const { resident, heap } = memoryPerWait(count);
        const name = `of each of ${count.toLocaleString("en")} that wait`;
        return [
          { name: `resident memory ${name}`, value: resident / 1024, unit: "KiB" },
          { name: `of it in the heap, ${name}`, value: heap / 1024, unit: "KiB" },
        ];
      }),
};
