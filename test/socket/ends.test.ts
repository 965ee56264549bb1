// Where a loop over messages() or connections() ends, and where it does not.

import { expect, test } from "bun:test";
import {
  type ControlMessage,
  close,
  encodeControl,
  Message,
  type ReceivedMessage,
  Sockaddr,
  Socket,
  socket,
} from "../../src/index.ts";
import { copies } from "../support/descriptors.ts";
import { kernel, testWith } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");
const lengths = (messages: readonly ReceivedMessage[]) => messages.map(({ data }) => data.length);

async function all(messages: AsyncIterable<ReceivedMessage | ReceivedMessage[]>) {
  const seen: ReceivedMessage[] = [];
  for await (const item of messages) seen.push(...[item].flat());
  return seen;
}

for (const batch of [false, true]) {
  test(`a record without bytes does not end messages(), batch: ${batch}`, async () => {
    const [a, b] = Socket.pair("unix", "seqpacket");
    for (const length of [3, 0, 2, 0, 0, 1]) await a.send(new Uint8Array(length));
    a.close();
    expect(lengths(await all(b.messages({ batch } as object)))).toEqual([3, 0, 2, 0, 0, 1]);
    b.close();
  });

  test(`nor does one that comes alone, batch: ${batch}`, async () => {
    const [a, b] = Socket.pair("unix", "seqpacket");
    const seen = all(b.messages({ batch } as object));
    for (const length of [0, 1, 0]) {
      await a.send(new Uint8Array(length));
      await Bun.sleep(5);
    }
    a.close();
    expect(lengths(await seen)).toEqual([0, 1, 0]);
    b.close();
  });
}

test("a record without bytes brings its descriptors, also as the last before the end", async () => {
  const passed = socket("inet", "dgram");
  const [a, b] = Socket.pair("unix", "seqpacket");
  const iovec: Uint8Array[] = [];
  await a.sendmsg(new Message({ iovec, control: [{ kind: "rights", fds: [passed] }] }));
  await a.sendmsg(new Message({ iovec, control: [{ kind: "rights", fds: [passed] }] }));
  a.close();
  let count = 0;
  for await (const { control } of b.messages()) {
    const rights = control.find(({ kind }) => kind === "rights");
    if (rights?.kind === "rights") rights.fds.forEach(close);
    count++;
  }
  expect(count).toBe(2);
  expect(copies([passed])).toBe(1);
  b.close();
  close(passed);
});

for (const asked of [false, true]) {
  for (const lengths_ of [[0], [3, 0], [0, 0, 0, 0], [1, 0, 2, ...new Array(70).fill(0)]]) {
    const what = `${lengths_.length} records, the last empty, SO_PASSCRED: ${asked}`;
    testWith(kernel("3.0"))(`what came before the end is told from it: ${what}`, async () => {
      const [a, b] = Socket.pair("unix", "seqpacket");
      b.setOption("SO_PASSCRED", asked);
      for (const length of lengths_) await a.send(new Uint8Array(length));
      a.close();
      const seen = await all(b.messages());
      expect(lengths(seen)).toEqual(lengths_);
      for (const { control, flags } of seen) {
        expect(control.map(({ kind }) => kind)).toEqual(asked ? ["credentials"] : []);
        expect(flags).toEqual([]);
      }
      expect(b.option("SO_PASSCRED")).toBe(asked);
      b.close();
    });
  }
}

for (const asked of [false, true]) {
  testWith(kernel("3.0"))(
    `records have the room they are given, SO_PASSCRED: ${asked}`,
    async () => {
      const passed = socket("inet", "dgram");
      const control = [{ kind: "rights" as const, fds: [passed] }];
      const [a, b] = Socket.pair("unix", "seqpacket");
      b.setOption("SO_PASSCRED", asked);
      const own = asked
        ? encodeControl([{ kind: "credentials", pid: 1, uid: 0, gid: 0 }]).length
        : 0;
      const all = own + encodeControl(control).length;
      for (const controlLength of [0, own, all - 8, all, 256]) {
        await a.sendmsg(new Message({ iovec: [], control }));
        const { value } = await b.messages({ controlLength }).next();
        const came: ControlMessage[] = value?.control ?? [];
        const rights = came.find(({ kind }) => kind === "rights");
        expect(rights === undefined).toBe(controlLength < all - 4);
        expect(value?.flags).toEqual(rights === undefined ? ["ctrunc"] : []);
        if (rights?.kind === "rights") rights.fds.forEach(close);
      }
      expect(copies([passed])).toBe(1);
      for (const fd of [a, b, passed]) close(fd);
    },
  );
}

test("a record cut down to nothing does not end messages()", async () => {
  const [a, b] = Socket.pair("unix", "seqpacket");
  for (const length of [3, 2]) await a.send(new Uint8Array(length));
  a.close();
  const seen = await all(b.messages({ size: 0 }));
  expect(seen.map(({ flags }) => flags)).toEqual([["trunc"], ["trunc"]]);
  b.close();
});

test("a stream cannot be received in pieces of no bytes", () => {
  const [a, b] = Socket.pair();
  expect(() => b.messages({ size: 0 })).toThrow(RangeError);
  a.close();
  b.close();
});

test("datagrams without bytes come one by one and in batches, with their sender", async () => {
  using a = Socket.open("inet", "dgram").bind(loopback);
  using b = Socket.open("inet", "dgram").bind(loopback);
  for (let count = 0; count < 6; count++) await a.sendto(new Uint8Array(0), b.localAddress);
  const one = await b.messages().next();
  expect(one.value).toEqual({
    data: new Uint8Array(0),
    address: a.localAddress,
    control: [],
    flags: [],
  });
  expect(await b.recv(new Uint8Array(1))).toBe(0);
  const { value } = await b.messages({ batch: true }).next();
  expect(lengths(value ?? [])).toEqual([0, 0]);
});

test("until ends the loop normally after what has come", async () => {
  using a = Socket.open("inet", "dgram").bind(loopback);
  using b = Socket.open("inet", "dgram").bind(loopback);
  for (let length = 0; length < 10; length++) {
    await a.sendto(new Uint8Array(length), b.localAddress);
  }
  const controller = new AbortController();
  const seen: number[] = [];
  for await (const { data } of b.messages({ until: controller.signal })) {
    seen.push(data.length);
    if (seen.length === 2) controller.abort();
  }
  expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => index));
  const late = { until: AbortSignal.abort() };
  await a.sendto(new Uint8Array(7), b.localAddress);
  expect(lengths(await all(b.messages(late)))).toEqual([7]);
  expect(await all(b.messages(late))).toEqual([]);
});

test("until ends steps that wait, signal throws its reason", async () => {
  using b = Socket.open("inet", "dgram").bind(loopback);
  const [until, signal] = [new AbortController(), new AbortController()];
  const ending = b.messages({ until: until.signal });
  const waiting = [ending.next(), ending.next()];
  setTimeout(() => until.abort(), 5);
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })));
  const mine = new Error("mine");
  const failing = b.messages({ signal: signal.signal, until: new AbortController().signal }).next();
  setTimeout(() => signal.abort(mine), 5);
  await expect(failing).rejects.toBe(mine);
});

test("timeout bounds the wait for each message, not that for all", async () => {
  using a = Socket.open("inet", "dgram").bind(loopback);
  using b = Socket.open("inet", "dgram").bind(loopback);
  const messages = b.messages({ timeout: 200 });
  for (let count = 0; count < 3; count++) {
    setTimeout(() => a.sendto(new Uint8Array(count), b.localAddress), 100);
    expect((await messages.next()).value?.data.length).toBe(count);
  }
  await expect(b.messages({ timeout: 5 }).next()).rejects.toMatchObject({
    code: "ETIMEDOUT",
    timeout: 5,
    message: expect.stringContaining("no result within 5 ms"),
  });
});

test("connections() has until, signal and timeout, too", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const clients = [1, 2, 3].map(() => Socket.open("inet", "stream"));
  for (const client of clients) await client.connect(listener.localAddress);
  const until = AbortSignal.abort();
  let count = 0;
  for await (using connection of listener.connections({ until })) {
    expect(connection.closed).toBe(false);
    count++;
  }
  expect(count).toBe(3);
  const controller = new AbortController();
  const waiting = listener.connections({ until: controller.signal }).next();
  setTimeout(() => controller.abort(), 5);
  expect(await waiting).toEqual({ value: undefined, done: true });
  await expect(listener.connections({ timeout: 5 }).next()).rejects.toMatchObject({ timeout: 5 });
  const signal = AbortSignal.abort(new Error("mine"));
  await expect(listener.connections({ signal }).next()).rejects.toThrow("mine");
  for (const op of [{ until: 1 }, { timeout: -1 }, { unknown: 1 }]) {
    expect(() => listener.connections(op as object)).toThrow();
    expect(() => listener.messages(op as object)).toThrow();
  }
  for (const client of clients) client.close();
});

test("leaving connections() ends the calls of next() that wait", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const connections = listener.connections();
  const waiting = connections.next();
  await connections.return?.();
  expect(await waiting).toEqual({ value: undefined, done: true });
});
