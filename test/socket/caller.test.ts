// What errors of waiting calls say.

import { expect, test } from "bun:test";
import { Message, Sockaddr, Socket } from "../../src/index.ts";
import { refusals, testWith } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");

async function theCaller(wait: () => Promise<unknown>): Promise<unknown> {
  return await wait();
}

async function errorOf(wait: () => Promise<unknown>): Promise<Error & { timeout?: number }> {
  try {
    await theCaller(wait);
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was fulfilled");
}

const calls: Record<string, (socket: Socket, op: object) => Promise<unknown>> = {
  recv: (socket, op) => socket.recv(new Uint8Array(1), op),
  recvfrom: (socket, op) => socket.recvfrom(new Uint8Array(1), op),
  recvmsg: (socket, op) => socket.recvmsg(new Message({ iovec: [new Uint8Array(1)] }), op),
  recvmmsg: (socket, op) => socket.recvmmsg([new Message({ iovec: [new Uint8Array(1)] })], op),
  readable: (socket, op) => socket.readable(op),
  messages: (socket, op) => socket.messages(op).next(),
};

for (const [name, call] of Object.entries(calls)) {
  test(`a time-out of ${name} says how long it waited, and where the caller is`, async () => {
    using socket = Socket.open("inet", "dgram").bind(loopback);
    const error = await errorOf(() => call(socket, { timeout: 5 }));
    expect(error).toMatchObject({ code: "ETIMEDOUT", timeout: 5, fd: socket.fd });
    expect(error.message).toEndWith("no result within 5 ms");
    expect(error.stack).toContain("theCaller");
  });

  test(`${name} that close() ends names the caller`, async () => {
    const socket = Socket.open("inet", "dgram").bind(loopback);
    setTimeout(() => socket.close(), 5);
    const error = await errorOf(() => call(socket, {}));
    expect(error).toMatchObject({ code: "ECANCELED" });
    expect(error.stack).toContain("theCaller");
  });
}

testWith(refusals())(
  "a refusal by the kernel that comes while a call waits names the caller",
  async () => {
    using socket = Socket.open("inet", "dgram").bind(loopback);
    const gone = Socket.open("inet", "dgram").bind(loopback);
    await socket.connect(gone.localAddress);
    gone.close();
    const waiting = errorOf(() => socket.recv(new Uint8Array(1)));
    await socket.send(new Uint8Array(1));
    const error = await waiting;
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.stack).toContain("theCaller");
  },
);

test("accept, sends and connect that are late say how long they waited", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen(0);
  await expect(listener.accept({ timeout: 3 })).rejects.toMatchObject({ timeout: 3 });
  const [a, b] = Socket.pair();
  const data = new Uint8Array(1 << 20);
  const message = new Message({ iovec: [data] });
  for (const call of [
    () => a.send(data, { timeout: 3 }),
    () => a.sendmsg(message, { timeout: 3 }),
    () => a.sendmmsg([message], { timeout: 3 }),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: "ETIMEDOUT", timeout: 3 });
  }
  const clients = Array.from({ length: 4 }, () => Socket.open("inet", "stream"));
  const outcomes = await Promise.allSettled(
    clients.map((client) => client.connect(listener.localAddress, { timeout: 30 })),
  );
  const late = outcomes.filter(({ status }) => status === "rejected");
  expect(late.length).toBeGreaterThan(0);
  for (const { reason } of late as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: "ETIMEDOUT", timeout: 30 });
  }
  for (const socket of [a, b, ...clients]) socket.close();
});
