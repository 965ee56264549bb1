// Sockets whose open file others share and change; closing and sending that would wait.

import { expect, test } from "bun:test";
import { Message, MSG, Sockaddr, Socket, setNonblocking } from "../../src/index.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { patience } from "../support/patience.ts";
import { bun, end } from "../support/program.ts";
import { python, testWith } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");

test("accept does not block where somebody has cleared O_NONBLOCK", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  setNonblocking(listener, false);
  // This would hang: nothing is there.
  await expect(listener.accept({ timeout: 20 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  using client = Socket.open("inet", "stream");
  const waiting = listener.accept();
  setNonblocking(client, false);
  setNonblocking(listener, false);
  await client.connect(listener.localAddress);
  using accepted = await waiting;
  expect(accepted.peerAddress).toEqual(client.localAddress);
});

test("connect does not block where somebody has cleared O_NONBLOCK", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen(0);
  const clients = Array.from({ length: 4 }, () => Socket.open("inet", "stream"));
  // The backlog is full soon: nobody answers the last ones, so that they would hang for minutes.
  const outcomes = await Promise.allSettled(
    clients.map((client) => {
      setNonblocking(client, false);
      return client.connect(listener.localAddress, { timeout: 50 });
    }),
  );
  expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
  for (const client of clients) client.close();
});

/** Clears O_NONBLOCK of its standard input while its parent lives, whose number it is given. */
const CLEAR = `
import os, sys
from fcntl import F_SETFL, fcntl
while os.getppid() == int(sys.argv[1]):
  for _ in range(1000): fcntl(0, F_SETFL, os.O_RDWR)
`;

testWith(python)("connect does not block where O_NONBLOCK is cleared over and over", async () => {
  const { exitCode, stdout } = await end([
    "timeout",
    String(60 * patience),
    ...bun(`
      const { Socket } = rawsock;
      const address = { family: "unix", path: "\\0rawsock-" + process.pid };
      const listener = Socket.open("unix", "stream").bind(address).listen(0);
      const first = Socket.open("unix", "stream");
      await first.connect(address);
      const client = Socket.open("unix", "stream");
      const clear = ["python3", "-c", ${JSON.stringify(CLEAR)}, String(process.pid)];
      for (const _ of [1, 2]) Bun.spawn(clear, { stdio: [client.fd, "ignore", "ignore"] });
      const flags = () => Bun.file("/proc/self/fdinfo/" + client.fd).text();
      for (let tries = 0; !/flags:\\s+0?2000002$/m.test(await flags()) && tries < 500; tries++) {
        await Bun.sleep(10);
      }
      // The queue is full: each of these calls would wait for ever.
      let [count, late] = [0, 0];
      for (const end = performance.now() + 15_000; count < 400 && performance.now() < end; count++) {
        const outcome = await client.connect(address, { timeout: 1 }).catch(({ code }) => code);
        if (outcome === "ETIMEDOUT") late++;
      }
      console.log(count - late, client.option("SO_SNDTIMEO"), listener.closed, first.closed);
      process.exit(0);`),
  ]);
  expect([exitCode, stdout]).toEqual([0, "0 0 false false\n"]);
});

test("close() with SO_LINGER and data unsent does not block, and the data arrive", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const client = Socket.open("inet", "stream").setOptions({ SO_LINGER: 5, SO_SNDBUF: 1 << 20 });
  await client.connect(listener.localAddress);
  using accepted = await listener.accept();
  let sent = 0;
  for (;;) {
    const more = await client.send(new Uint8Array(65_536), { dontwait: true }).catch(() => 0);
    if (more === 0) break;
    sent += more;
  }
  const begin = performance.now();
  client.close();
  // close(2) would have waited for five seconds.
  expect(performance.now() - begin).toBeLessThan(1000 * patience);
  let received = 0;
  const buffer = new Uint8Array(1 << 20);
  for (let length = 1; length > 0; received += length) length = await accepted.recv(buffer);
  expect(received).toBe(sent);
});

test("close() with SO_LINGER of 0 resets the connection at once", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const client = Socket.open("inet", "stream").setOption("SO_LINGER", 0);
  await client.connect(listener.localAddress);
  using accepted = await listener.accept();
  const before = openDescriptors();
  client.close();
  expect(openDescriptors()).toBe(before - 1);
  await expect(accepted.recv(new Uint8Array(1))).rejects.toMatchObject({ code: "ECONNRESET" });
});

const FASTOPEN = MSG.FASTOPEN ?? 0;
const data = new Uint8Array(300_000).fill(7);

for (const [name, send] of [
  ["sendto", (client: Socket, to: Sockaddr) => client.sendto(data, to, { flags: FASTOPEN })],
  [
    "sendmsg",
    (client: Socket, to: Sockaddr) =>
      client.sendmsg(new Message({ address: to, iovec: [data] }), { flags: FASTOPEN }),
  ],
  [
    "sendmmsg",
    async (client: Socket, to: Sockaddr) => {
      const small = data.subarray(0, 1000);
      const messages = [1, 2, 3].map(() => new Message({ address: to, iovec: [small] }));
      return (await client.sendmmsg(messages, { flags: FASTOPEN })) * small.length;
    },
  ],
] as const) {
  test.skipIf(FASTOPEN === 0)(
    `${name} with MSG_FASTOPEN and no cookie connects and sends`,
    async () => {
      using listener = Socket.open("inet", "stream").bind(loopback).listen();
      using client = Socket.open("inet", "stream");
      const sending = send(client, listener.localAddress);
      using accepted = await listener.accept();
      let received = 0;
      const buffer = new Uint8Array(65_536);
      const reading = (async () => {
        for (let length = 1; length > 0; received += length) length = await accepted.recv(buffer);
      })();
      const sent = await sending;
      client.shutdown("wr");
      await reading;
      expect(received).toBe(sent);
      expect(sent).toBe(name === "sendmmsg" ? 3000 : data.length);
    },
  );
}

test.skipIf(FASTOPEN === 0)("MSG_FASTOPEN to where nobody listens is refused", async () => {
  const gone = Socket.open("inet", "stream").bind(loopback);
  const address = gone.localAddress;
  gone.close();
  using client = Socket.open("inet", "stream");
  const sending = client.sendto(data, address, { flags: FASTOPEN });
  await expect(sending).rejects.toMatchObject({ code: "ECONNREFUSED", bytesSent: 0 });
});
