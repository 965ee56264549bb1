// Many sockets, and many threads with sockets, on every platform.

import { expect, test } from "bun:test";
import { close, Socket, socket } from "../../src/index.ts";
import {
  ENGINE_HANDLES,
  loopback,
  openDescriptors,
  settledDescriptors,
} from "../support/descriptors.ts";
import { entry } from "../support/entry.ts";
import { patience } from "../support/patience.ts";

const TIMEOUT = 60_000 * patience;

test(
  "1,000 connections are made, accepted, served and ended by events",
  async () => {
    const count = 1000;
    using listener = Socket.open("inet", "stream").bind(loopback).listen();
    const serving: Promise<void>[] = [];
    const serve = async (connection: Socket) => {
      using _connection = connection;
      const buffer = new Uint8Array(16);
      for (;;) {
        const length = await connection.recv(buffer);
        if (length === 0) return;
        await connection.send(buffer.subarray(0, length));
      }
    };
    const accepting = (async () => {
      for (let accepted = 0; accepted < count; accepted++) {
        serving.push(serve(await listener.accept()));
      }
    })();
    const clients: Socket[] = [];
    // No more at once than fit into the queue of a listener, on any platform.
    for (let batch = 0; batch < count / 50; batch++) {
      const made = Array.from({ length: 50 }, () => Socket.open("inet", "stream"));
      await Promise.all(made.map((client) => client.connect(listener.localAddress)));
      clients.push(...made);
    }
    await accepting;
    const buffers = clients.map(() => new Uint8Array(4));
    const answers = clients.map((client, index) => client.recv(buffers[index] as Uint8Array));
    for (const [index, client] of clients.entries()) {
      await client.send(new Uint8Array([index & 255, index >> 8]));
    }
    expect(await Promise.all(answers)).toEqual(clients.map(() => 2));
    expect(buffers.map(([low = 0, high = 0]) => low + high * 256)).toEqual([...clients.keys()]);
    for (const client of clients) client.close();
    await Promise.all(serving);
  },
  TIMEOUT,
);

test(
  "10,000 sockets, and as many that were waited for, leave no descriptor behind",
  async () => {
    const wait = async () => {
      using waiting = Socket.open("inet", "dgram").bind(loopback);
      const ended = waiting.recv(new Uint8Array(4)).catch(({ code }) => code);
      waiting.close();
      expect(await ended).toBe("ECANCELED");
    };
    for (let warm = 0; warm < 50; warm++) await wait();
    const before = openDescriptors();
    for (let made = 0; made < 10_000; made++) close(socket("inet", made % 2 ? "dgram" : "stream"));
    for (let made = 0; made < 10_000; made++) await wait();
    expect(await settledDescriptors(before)).toBeLessThanOrEqual(before + ENGINE_HANDLES);
  },
  TIMEOUT,
);

/** What Workers do until they are terminated. */
const WORK = {
  "an idle wait": `
    Socket.open("inet", "dgram").bind(loopback).recv(buffer).catch(() => 0);
    setTimeout(() => postMessage("running"), 1);`,
  traffic: `
    const a = Socket.open("inet", "dgram").bind(loopback);
    const b = Socket.open("inet", "dgram").bind(loopback);
    (async () => { for (;;) {
      await b.recv(buffer);
      await b.sendto(buffer, a.localAddress, { end: 8 });
    } })().catch(() => 0);
    (async () => { for (;;) {
      await a.sendto(buffer, b.localAddress, { end: 8 });
      await a.recv(new Uint8Array(8), { timeout: 1000 });
    } })().catch(() => 0);
    a.readable().then(() => postMessage("running"));`,
  connections: `
    const listener = Socket.open("inet", "stream").bind(loopback).listen();
    (async () => { for await (using _ of listener.connections()); })().catch(() => 0);
    (async () => { for (;;) {
      using client = Socket.open("inet", "stream");
      await client.connect(listener.localAddress);
    } })().catch(() => 0);
    setTimeout(() => postMessage("running"), 5);`,
};

for (const [what, work] of Object.entries(WORK)) {
  test(
    `30 Workers terminated in ${what} leave no descriptor behind`,
    async () => {
      const script = `
        import { Sockaddr, Socket } from ${JSON.stringify(entry)};
        const buffer = new Uint8Array(64), loopback = Sockaddr.inet("127.0.0.1");
        ${work}`;
      const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
      const run = async (after: number) => {
        const worker = new Worker(url);
        await new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = ({ message }) => reject(new Error(message));
        });
        await Bun.sleep(after);
        worker.terminate();
        await new Promise((resolve) => worker.addEventListener("close", resolve));
      };
      for (let warm = 0; warm < 3; warm++) await run(1);
      const before = await settledDescriptors(0);
      for (let count = 0; count < 30; count++) await run(count % 4);
      expect(await settledDescriptors(before)).toBeLessThanOrEqual(before + 2);
    },
    TIMEOUT,
  );
}
