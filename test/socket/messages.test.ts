import { expect, test } from "bun:test";
import { type ReceivedMessage, Sockaddr, Socket } from "../../src/index.ts";

const loopback = Sockaddr.inet("127.0.0.1");

function udpPair(): [Socket, Socket] {
  return [
    Socket.open("inet", "dgram").bind(loopback),
    Socket.open("inet", "dgram")
      .bind(loopback)
      .setOption("SO_RCVBUF", 1 << 20),
  ];
}

async function sendNumbers(from: Socket, to: Socket, start: number, end: number): Promise<void> {
  for (let value = start; value < end; value++) {
    await from.sendto(new Uint8Array([value & 255, value >> 8]), to.localAddress);
  }
}

const numberOf = ({ data }: ReceivedMessage) => (data[0] ?? 0) + (data[1] ?? 0) * 256;

test("messages yields each datagram with its sender, and data that stays valid", async () => {
  const [a, b] = udpPair();
  const seen: ReceivedMessage[] = [];
  const sending = sendNumbers(a, b, 0, 300);
  for await (const message of b.messages()) {
    seen.push(message);
    if (seen.length === 300) break;
  }
  await sending;
  expect(seen.map(numberOf)).toEqual(seen.map((_, index) => index));
  expect(seen.every(({ address }) => address?.equals(a.localAddress))).toBe(true);
  expect(seen[0]).toMatchObject({ control: [], flags: [] });
  a.close();
  b.close();
});

for (const batch of [undefined, 1, true] as const) {
  test(`each message is yielded once where each is waited for, batch: ${batch}`, async () => {
    const [a, b] = udpPair();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of b.messages(batch === undefined ? {} : { batch })) {
        for (const message of [item].flat()) seen.push(numberOf(message));
        if (seen.length >= 20) break;
      }
    })();
    for (let value = 0; value < 20; value++) {
      await Bun.sleep(1);
      await sendNumbers(a, b, value, value + 1);
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index));
    a.close();
    b.close();
  });
}

test("batches are arrays of no more than asked for", async () => {
  const [a, b] = udpPair();
  await sendNumbers(a, b, 0, 100);
  const seen: number[] = [];
  for await (const batch of b.messages({ batch: 10 })) {
    expect(batch.length).toBeGreaterThan(0);
    expect(batch.length).toBeLessThanOrEqual(10);
    seen.push(...batch.map(numberOf));
    if (seen.length === 100) break;
  }
  expect(seen).toEqual(seen.map((_, index) => index));
  a.close();
  b.close();
});

test("with `reuse` the data are views of few memories, and what is left is whole", async () => {
  const [a, b] = udpPair();
  const memories = new Set<ArrayBufferLike>();
  const seen: number[] = [];
  await sendNumbers(a, b, 0, 300);
  for await (const batch of b.messages({ batch: true, reuse: true })) {
    seen.push(...batch.map(numberOf));
    for (const { data } of batch) memories.add(data.buffer);
    if (seen.length === 300) break;
  }
  expect(seen).toEqual(seen.map((_, index) => index));
  // More is made while more comes at once, up to 64: 4, 8, 16, 32 and 64 in all.
  expect(memories.size).toBeLessThanOrEqual(5);
  await sendNumbers(a, b, 0, 10);
  for await (const message of b.messages({ reuse: true })) {
    expect(numberOf(message)).toBe(0);
    break;
  }
  const buffer = new Uint8Array(2);
  for (let number = 1; number < 10; number++) {
    await b.recv(buffer);
    expect(buffer[0]).toBe(number);
  }
  expect(() => b.messages({ reuse: "yes" as never })).toThrow(TypeError);
  a.close();
  b.close();
});

test("a loop that waits has room for few messages, not for the most that may come", async () => {
  const held = () => {
    Bun.gc(true);
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  const sockets = Array.from({ length: 50 }, () => Socket.open("inet", "dgram").bind(loopback));
  const waiting = sockets.map((socket) => socket.messages().next());
  // Of 64 times 64 KiB each they would be 200 MiB.
  expect(held() - before).toBeLessThan(32 * 2 ** 20);
  for (const socket of sockets) socket.close();
  for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe("rejected");
});

test("what was received when the loop is left goes to the next calls, in order", async () => {
  const [a, b] = udpPair();
  await sendNumbers(a, b, 0, 50);
  const seen: number[] = [];
  for await (const message of b.messages()) {
    seen.push(numberOf(message));
    if (seen.length === 3) break;
  }
  await b.readable();
  const buffer = new Uint8Array(2);
  const { length, address } = await b.recvfrom(buffer);
  expect([length, address?.equals(a.localAddress)]).toEqual([2, true]);
  expect(await b.recv(buffer, { peek: true })).toBe(2);
  for (let value = 4; value < 30; value++) {
    expect(await b.recv(buffer)).toBe(2);
    expect(buffer[0]).toBe(value);
  }
  for await (const message of b.messages()) {
    seen.push(numberOf(message));
    if (seen.length === 23) break;
  }
  expect(seen.slice(3)).toEqual(Array.from({ length: 20 }, (_, index) => 30 + index));
  a.close();
  b.close();
});

test("a datagram too long for its room is cut and says so", async () => {
  const [a, b] = udpPair();
  await a.sendto(new Uint8Array(100), b.localAddress);
  await a.sendto(new Uint8Array(0), b.localAddress);
  const messages = b.messages({ size: 10 });
  const first = await messages.next();
  expect(first.value?.data.length).toBe(10);
  expect(first.value?.flags).toEqual(["trunc"]);
  const second = await messages.next();
  expect([second.done, second.value?.data.length]).toEqual([false, 0]);
  a.close();
  b.close();
});

test("control messages come along", async () => {
  const [a, b] = udpPair();
  b.setOption("IP_PKTINFO", true);
  await a.sendto(new Uint8Array(1), b.localAddress);
  const { value } = await b.messages().next();
  expect(value?.control).toEqual([
    expect.objectContaining({ kind: "pktinfo", address: "127.0.0.1" }),
  ]);
  a.close();
  b.close();
});

test("an aborted signal ends the loop with its reason, close() with ECANCELED", async () => {
  const [a, b] = udpPair();
  const controller = new AbortController();
  const mine = new Error("mine");
  setTimeout(() => controller.abort(mine), 5);
  const loop = async (signal?: AbortSignal) => {
    for await (const _ of b.messages(signal === undefined ? {} : { signal }));
  };
  await expect(loop(controller.signal)).rejects.toBe(mine);
  setTimeout(() => b.close(), 5);
  await expect(loop()).rejects.toMatchObject({ code: "ECANCELED" });
  a.close();
});

test("messages of a stream are its pieces and end with it", async () => {
  const [a, b] = Socket.pair();
  const sending = a.send(new Uint8Array(500_000).fill(3)).then(() => a.close());
  let length = 0;
  for await (const batch of b.messages({ batch: true })) {
    for (const { data } of batch) length += data.length;
  }
  await sending;
  expect(length).toBe(500_000);
  b.close();
});

test("connections yields a Socket for each, and closing the listener ends it", async () => {
  const listener = Socket.open("inet", "stream").bind(loopback).listen();
  const clients = Array.from({ length: 20 }, () => Socket.open("inet", "stream"));
  const connecting = Promise.all(clients.map((client) => client.connect(listener.localAddress)));
  let count = 0;
  for await (using connection of listener.connections()) {
    expect(connection.family).toBe("inet");
    if (++count === clients.length) break;
  }
  await connecting;
  const next = listener.connections().next();
  listener.close();
  await expect(next).rejects.toMatchObject({ code: "ECANCELED" });
  for (const client of clients) client.close();
});
