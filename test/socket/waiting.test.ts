import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { Message, Sockaddr, Socket } from "../../src/index.ts";
import { patience } from "../support/patience.ts";
import { testWith, unixDatagrams } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");
const byte = (value: number) => new Uint8Array([value]);

/** The code of a rejection, or the reason itself. */
function reason(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "fulfilled",
    (error: unknown) => (error as { code?: string }).code ?? error,
  );
}

function udpPair(): [Socket, Socket] {
  const a = Socket.open("inet", "dgram").bind(loopback);
  const b = Socket.open("inet", "dgram").bind(loopback);
  return [a, b];
}

/** Fills a socket's send queue. */
async function fill(socket: Socket): Promise<void> {
  const data = new Uint8Array(65536);
  while ((await reason(socket.send(data, { dontwait: true }))) === "fulfilled");
}

for (const end of ["close", "detach"] as const) {
  test(`${end}() ends pending calls of every kind with ECANCELED`, async () => {
    const [a, b] = Socket.pair();
    await fill(a);
    const listener = Socket.open("inet", "stream").bind(loopback).listen();
    const lost = Socket.open("inet", "dgram").bind(loopback);
    const iterator = lost.messages();
    const connections = Socket.open("inet", "stream").bind(loopback).listen();
    const calls = [
      a.recv(byte(0)),
      a.recvfrom(byte(0)),
      a.readable(),
      a.send(new Uint8Array(65536)),
      a.writable(),
      listener.accept(),
      iterator.next(),
      connections.connections().next(),
    ].map(reason);
    const fds = [a, listener, lost, connections].map((socket) => socket[end]());
    expect(await Promise.all(calls)).toEqual(calls.map(() => "ECANCELED"));
    b.close();
    for (const fd of fds) if (typeof fd === "number") Socket.adopt(fd).close();
  });
}

for (const end of ["close", "detach"] as const) {
  test(`${end}() ends pending calls with messages, addresses and connections`, async () => {
    const [a, b] = Socket.pair();
    await fill(a);
    const message = () => new Message({ iovec: [new Uint8Array(65536)] });
    const [c, d] = Socket.pair("unix", "dgram");
    const open = () => Socket.open("unix", "dgram");
    // Nothing reads there: the first datagrams fill its queue.
    const full = open().bind({ family: "unix", path: `\0rawsock-${process.pid}-${end}` });
    const sender = open();
    while (
      (await reason(sender.sendto(byte(0), full.localAddress, { dontwait: true }))) === "fulfilled"
    );
    const listener = Socket.open("inet", "stream").bind(loopback).listen(0);
    const clients = Array.from({ length: 4 }, () => Socket.open("inet", "stream"));
    const connecting = clients.map((client) => reason(client.connect(listener.localAddress)));
    // The backlog is full by now: nobody answers the last one.
    await Bun.sleep(20);
    const waiting = [
      c.recvmsg(message()),
      c.recvmmsg([message(), message()]),
      a.sendmsg(message()),
      a.sendmmsg([message(), message()]),
      a.sendto(new Uint8Array(65536), full.localAddress),
      sender.sendto(byte(0), full.localAddress),
      sender.sendmsg(new Message({ iovec: [byte(0)], address: full.localAddress })),
    ].map(reason);
    const settled = await Promise.race([...waiting, Bun.sleep(20).then(() => "pending")]);
    expect(settled).toBe("pending");
    const sockets = [a, c, sender, ...clients];
    const fds = sockets.map((socket) => socket[end]());
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => "ECANCELED"));
    expect(await connecting.at(-1)).toBe("ECANCELED");
    for (const socket of [b, d, full, listener]) socket.close();
    for (const fd of fds) if (typeof fd === "number") Socket.adopt(fd).close();
  });
}

test("an aborted call rejects with the reason and takes nothing", async () => {
  const [a, b] = udpPair();
  const controller = new AbortController();
  const mine = new Error("mine");
  const buffer = new Uint8Array(4);
  const aborted = b.recv(buffer, { signal: controller.signal });
  const behind = b.recv(buffer);
  controller.abort(mine);
  expect(await reason(aborted)).toBe(mine);
  await a.sendto(byte(5), b.localAddress);
  expect(await behind).toBe(1);
  expect(buffer[0]).toBe(5);
  a.close();
  b.close();
});

test("calls keep their order where question follows answer for long", async () => {
  const [a, b] = udpPair();
  const buffer = byte(0);
  const echo = (async () => {
    const question = byte(0);
    for (;;) {
      await b.recv(question);
      await b.sendto(question, a.localAddress);
    }
  })();
  const trip = async (value: number) => {
    await a.sendto(byte(value), b.localAddress);
    expect(await a.recv(buffer)).toBe(1);
    expect(buffer[0]).toBe(value);
  };
  for (let count = 0; count < 200; count++) await trip(count & 255);
  // What is there already is the first call's, whatever the second one is.
  await b.sendto(byte(1), a.localAddress);
  const first = a.recv(buffer);
  const second = reason(a.recv(byte(0), { dontwait: true }));
  expect(await first).toBe(1);
  expect(await second).toBe("EAGAIN");
  for (let count = 0; count < 200; count++) await trip(count & 255);
  // Two calls wait, one of them from before.
  const buffers = [byte(0), byte(0), byte(0)];
  const waiting = buffers.map((one) => a.recv(one));
  for (const value of [7, 8, 9]) await b.sendto(byte(value), a.localAddress);
  await Promise.all(waiting);
  expect(buffers.map(([value]) => value)).toEqual([7, 8, 9]);
  for (let count = 0; count < 200; count++) await trip(count & 255);
  // Nobody answers: the call waits in peace, and ends with the socket.
  const last = reason(a.recv(buffer));
  await Bun.sleep(20);
  a.close();
  expect(await last).toBe("ECANCELED");
  b.close();
  expect(await reason(echo)).toBe("ECANCELED");
});

test("a signal that is aborted already rejects before any system call", async () => {
  const [a, b] = udpPair();
  await a.sendto(byte(5), b.localAddress);
  const mine = new Error("mine");
  const signal = AbortSignal.abort(mine);
  for (const call of [
    b.recv(byte(0), { signal }),
    b.recvfrom(byte(0), { signal }),
    b.messages({ signal }).next(),
    b.readable({ signal }),
    a.sendto(byte(6), b.localAddress, { signal }),
    a.connect(b.localAddress, { signal }),
    b.accept({ signal }),
  ]) {
    expect(await reason(call)).toBe(mine);
  }
  expect(a.peerAddress).toBeNull();
  const buffer = byte(0);
  expect(await b.recv(buffer)).toBe(1);
  expect(buffer[0]).toBe(5);
  expect(await reason(b.recv(buffer, { dontwait: true }))).toBe("EAGAIN");
  a.close();
  b.close();
});

test("no datagram is lost to calls that end as it arrives", async () => {
  const [a, b] = udpPair();
  const buffer = byte(0);
  const seen: number[] = [];
  for (let count = 0; count < 200; count++) {
    const controller = new AbortController();
    const op = count % 2 === 0 ? { timeout: count % 3 } : { signal: controller.signal };
    const waiting = b.recv(buffer, op).then(
      () => void seen.push(buffer[0] as number),
      () => undefined,
    );
    setTimeout(() => controller.abort(), count % 3);
    if (count % 5 === 0) await Bun.sleep(1);
    await a.sendto(byte(count), b.localAddress);
    await waiting;
  }
  while ((await reason(b.recv(buffer, { timeout: 20 }))) === "fulfilled") {
    seen.push(buffer[0] as number);
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index));
  a.close();
  b.close();
});

test("a waitall that is given up leaves what it had to the next call", async () => {
  const [a, b] = Socket.pair();
  const late = b.recv(new Uint8Array(10), { waitall: true, timeout: 30 });
  await a.send(new Uint8Array([1, 2, 3]));
  expect(await reason(late)).toBe("ETIMEDOUT");
  const buffer = new Uint8Array(2);
  expect(await b.recv(buffer)).toBe(2);
  expect([...buffer]).toEqual([1, 2]);
  const rest = new Uint8Array(3);
  const waiting = b.recv(rest, { waitall: true });
  await a.send(new Uint8Array([4, 5]));
  expect(await waiting).toBe(3);
  expect([...rest]).toEqual([3, 4, 5]);
  a.close();
  b.close();
});

test("calls are served in the order they were made", async () => {
  const [a, b] = udpPair();
  const buffers = Array.from({ length: 20 }, () => byte(0));
  const waiting = buffers.map((buffer) => b.recv(buffer));
  for (let index = 0; index < buffers.length; index++) {
    await a.sendto(byte(index), b.localAddress);
  }
  await Promise.all(waiting);
  expect(buffers.map(([value]) => value)).toEqual(buffers.map((_, index) => index));
  a.close();
  b.close();
});

testWith(unixDatagrams)("sends that would block wait for room, in order", async () => {
  const [a, b] = Socket.pair("unix", "dgram");
  const sends = Array.from({ length: 700 }, (_, index) => a.send(byte(index & 255)));
  const buffer = byte(0);
  for (let index = 0; index < sends.length; index++) {
    await b.recv(buffer);
    expect(buffer[0]).toBe(index & 255);
  }
  expect(await Promise.all(sends)).toEqual(sends.map(() => 1));
  a.close();
  b.close();
});

testWith(unixDatagrams)(
  "a full connected Unix datagram queue costs no CPU while it stays full",
  async () => {
    const [a, b] = Socket.pair("unix", "dgram");
    while ((await reason(a.send(byte(1), { dontwait: true }))) === "fulfilled");
    const waiting = a.send(byte(2));
    const before = process.cpuUsage();
    await Bun.sleep(300);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(60 * patience);
    // unix(7) sockets are writable again when three quarters of the send buffer are free.
    while ((await reason(b.recv(byte(0), { dontwait: true }))) === "fulfilled");
    expect(await waiting).toBe(1);
    a.close();
    b.close();
  },
);

test("a descriptor number used again wakes nobody who waited for the old one", async () => {
  const [source, first] = udpPair();
  for (let count = 0; count < 50; count++) {
    const old = Socket.open("inet", "dgram").bind(loopback);
    const { fd, localAddress: oldAddress } = old;
    const waiting = reason(old.recv(byte(0)));
    old.close();
    const fresh = Socket.open("inet", "dgram").bind(loopback);
    expect(fresh.fd).toBe(fd);
    const freshWaiting = reason(fresh.recv(byte(0), { timeout: 10 }));
    await source.sendto(byte(1), oldAddress).catch(() => 0);
    expect(await waiting).toBe("ECANCELED");
    if (fresh.localAddress.equals(oldAddress)) await freshWaiting;
    else expect(await freshWaiting).toBe("ETIMEDOUT");
    fresh.close();
  }
  source.close();
  first.close();
});

test("a copy of the descriptor elsewhere keeps nobody awake after close()", async () => {
  const [a, b] = udpPair();
  const address = b.localAddress;
  const waiting = reason(b.recv(byte(0)));
  await using child = Bun.spawn(["sleep", "5"], { stdio: ["ignore", "ignore", "ignore", b.fd] });
  b.close();
  expect(await waiting).toBe("ECANCELED");
  const other = Socket.open("inet", "dgram").bind(loopback);
  const otherWaiting = reason(other.recv(byte(0), { timeout: 50 }));
  for (let count = 0; count < 10; count++) await a.sendto(byte(1), address);
  expect(await otherWaiting).toBe("ETIMEDOUT");
  child.kill();
  a.close();
  other.close();
});

test("an aborted connect is undone", async () => {
  const listener = Socket.open("inet", "stream").bind(loopback).listen(0);
  const { localAddress } = listener;
  // The queue holds one connection; the handshake of the others is not answered.
  const clients = Array.from({ length: 4 }, () => Socket.open("inet", "stream"));
  const results = await Promise.all(
    clients.map((client) => reason(client.connect(localAddress, { timeout: 100 }))),
  );
  expect(results).toContain("ETIMEDOUT");
  const client = clients[results.indexOf("ETIMEDOUT")] as Socket;
  const wide = Socket.open("inet", "stream").bind(loopback).listen();
  await client.connect(wide.localAddress);
  expect(client.peerAddress?.equals(wide.localAddress)).toBe(true);
  for (const socket of [listener, wide, ...clients]) socket.close();
});

test("readable and writable resolve when poll would say so, and take nothing", async () => {
  const [a, b] = Socket.pair("unix", "dgram");
  await a.writable();
  expect(await reason(b.readable({ timeout: 10 }))).toBe("ETIMEDOUT");
  const waiting = b.readable();
  await a.send(byte(3));
  await waiting;
  await b.readable();
  expect(await b.recv(byte(0))).toBe(1);
  a.close();
  b.close();
});

test("1,000 sockets wait at once and each gets its own", async () => {
  const pairs = Array.from({ length: 1000 }, () => Socket.pair("unix", "dgram"));
  const buffers = pairs.map(() => new Uint8Array(2));
  const waiting = pairs.map(([, b], index) => b.recv(buffers[index] as Uint8Array));
  for (const [index, [a]] of pairs.entries()) {
    await a.send(new Uint8Array([index & 255, index >> 8]));
  }
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => 2));
  expect(buffers.map(([low = 0, high = 0]) => low + high * 256)).toEqual(
    buffers.map((_, index) => index),
  );
  for (const [a, b] of pairs) {
    a.close();
    b.close();
  }
});

test.skipIf(process.platform !== "linux")(
  "a call that waits for its turn alone is not watched for",
  async () => {
    const [from, to] = udpPair();
    await from.connect(to.localAddress);
    const watched = () =>
      readdirSync("/proc/self/fdinfo").some((fd) =>
        new RegExp(`^tfd: +${from.fd} `, "m").test(fdinfo(fd)),
      );
    // More than go in one turn of the event loop, of what there is always room for.
    for (let count = 0; count < 1000; count++) await from.send(byte(1));
    const messages = Array.from({ length: 64 }, () => new Message({ iovec: [byte(2)] }));
    for (let count = 0; count < 20; count++) await from.sendmmsg(messages);
    expect(from.bytesSent).toBe(1000 + 20 * 64);
    expect(watched()).toBe(false);
    const answer = from.recv(byte(0));
    for (let tries = 0; tries < 100 && !watched(); tries++) await Bun.sleep(1);
    expect(watched()).toBe(true);
    await to.sendto(byte(3), from.localAddress);
    expect(await answer).toBe(1);
    from.close();
    to.close();
  },
);

/** What an open file is; nothing where it was closed meanwhile. */
function fdinfo(fd: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    return "";
  }
}

testWith(unixDatagrams)("sendmmsg of more than there is room for counts all", async () => {
  const [from, to] = Socket.pair("unix", "dgram");
  const messages = Array.from({ length: 900 }, (_, index) => {
    return new Message({ iovec: [byte(index % 256)] });
  });
  const sent = from.sendmmsg(messages);
  let sum = 0;
  for (let count = 0; count < 900; count++) {
    const target = byte(0);
    await to.recv(target);
    sum += target[0] === count % 256 ? 1 : 0;
  }
  expect(await sent).toBe(900);
  expect(sum).toBe(900);
  expect(from.bytesSent).toBe(900);
  for (const wrong of [[{}], ["x"], null]) {
    expect(await reason(from.sendmmsg(wrong as never))).toBeInstanceOf(TypeError);
    expect(await reason(from.recvmmsg(wrong as never))).toBeInstanceOf(TypeError);
  }
  to.close();
  const late = await from.sendmmsg(messages).catch((error: unknown) => error);
  expect(late).toMatchObject({ code: "ECONNREFUSED", messagesSent: 0 });
  const [message] = messages as [Message];
  const lost = await from.sendmsg(message).catch((error: unknown) => error);
  expect(lost).toMatchObject({ code: "ENOTCONN", syscall: "sendmsg", bytesSent: 0 });
  from.close();
});
