import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Message, recv, Sockaddr, Socket, SocketError, socketpair } from "../../src/index.ts";
import {
  closedDescriptor,
  ENGINE_HANDLES,
  openDescriptors,
  settledDescriptors,
} from "../support/descriptors.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { capability, python, refusals, testWith, unixDatagrams } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");
const bytes = (...values: number[]) => new Uint8Array(values);

async function rejection(promise: Promise<unknown>): Promise<SocketError> {
  const error = await promise.then(
    () => new Error("it was fulfilled"),
    (reason: unknown) => reason,
  );
  if (error instanceof SocketError) return error;
  throw error;
}

test("open, pair and adopt tell family, type and protocol", () => {
  using udp = Socket.open("inet", "dgram", "udp");
  expect([udp.family, udp.type, udp.protocol]).toEqual(["inet", "dgram", 17]);
  const [a, b] = Socket.pair();
  expect([a.family, a.type, b.type]).toEqual(["unix", "stream", "stream"]);
  b.close();
  const fd = a.detach();
  using adopted = Socket.adopt(fd);
  expect([adopted.fd, adopted.family, adopted.type]).toEqual([fd, "unix", "stream"]);
  expect(a.closed && a.fd === -1).toBe(true);
});

test("adopt knows the family of a socket that has no name", () => {
  using adopted = Socket.adopt(Socket.open("inet", "dgram").detach());
  expect([adopted.family, adopted.type]).toEqual(["inet", "dgram"]);
});

test("adopt refuses what is no socket and leaves it alone", () => {
  expect(() => Socket.adopt(closedDescriptor())).toThrow(
    expect.objectContaining({ code: "EBADF" }),
  );
  expect(() => Socket.adopt(-1)).toThrow(RangeError);
  expect(() => Socket.adopt("3" as unknown as number)).toThrow(TypeError);
});

test("every call of a closed Socket is EBADF", async () => {
  const socket = Socket.open("inet", "dgram");
  socket.close();
  socket.close();
  for (const call of [
    () => socket.recv(bytes(0)),
    () => socket.recvfrom(bytes(0)),
    () => socket.recvmsg(new Message()),
    () => socket.recvmmsg([new Message()]),
    () => socket.send(bytes(0)),
    () => socket.sendto(bytes(0), loopback),
    () => socket.sendmsg(new Message()),
    () => socket.sendmmsg([new Message()]),
    () => socket.connect(loopback),
    () => socket.accept(),
    () => socket.readable(),
    () => socket.writable(),
  ]) {
    expect((await rejection(call())).code).toBe("EBADF");
  }
  for (const call of [
    () => socket.bind(loopback),
    () => socket.localAddress,
    () => socket.peerAddress,
    () => socket.detach(),
    () => socket.messages(),
    () => socket.option("SO_TYPE"),
  ]) {
    expect(call).toThrow(expect.objectContaining({ code: "EBADF" }));
  }
});

test("programmer errors reject before any system call", async () => {
  using socket = Socket.open("inet", "dgram");
  const wrong = (value: unknown) => value as never;
  await expect(socket.recv(wrong("x"))).rejects.toBeInstanceOf(TypeError);
  await expect(socket.recv(bytes(1), { start: 2 })).rejects.toBeInstanceOf(RangeError);
  await expect(socket.recv(bytes(1), { timeout: -1 })).rejects.toBeInstanceOf(RangeError);
  await expect(socket.recv(bytes(1), { timeout: wrong("1") })).rejects.toBeInstanceOf(TypeError);
  await expect(socket.recv(bytes(1), wrong({ tiemout: 1 }))).rejects.toBeInstanceOf(TypeError);
  await expect(socket.recv(bytes(1), { signal: wrong({}) })).rejects.toBeInstanceOf(TypeError);
  await expect(socket.sendto(bytes(1), wrong(null))).rejects.toBeInstanceOf(TypeError);
  await expect(socket.connect(wrong("127.0.0.1"))).rejects.toBeInstanceOf(TypeError);
  await expect(socket.accept(wrong({ nonblock: true }))).rejects.toBeInstanceOf(TypeError);
  expect(() => socket.messages(wrong({ sizes: 1 }))).toThrow(TypeError);
  expect(() => socket.messages({ batch: 1025 })).toThrow(RangeError);
});

test("a datagram arrives with its sender, at once or after a wait", async () => {
  using a = Socket.open("inet", "dgram").bind(loopback);
  using b = Socket.open("inet", "dgram").bind(loopback);
  const buffer = new Uint8Array(8);
  for (const early of [true, false]) {
    const waiting = early ? undefined : b.recvfrom(buffer);
    expect(await a.sendto(bytes(1, 2, 3), b.localAddress)).toBe(3);
    const { length, address } = await (waiting ?? b.recvfrom(buffer));
    expect(length).toBe(3);
    expect(address?.equals(a.localAddress)).toBe(true);
  }
  const fill = Sockaddr.inet("1.2.3.4", 5);
  await a.sendto(bytes(9), b.localAddress);
  const { address } = await b.recvfrom(buffer, { address: fill });
  expect(address).toBe(fill);
  expect(fill.equals(a.localAddress)).toBe(true);
});

test("a connection is refused with its address, and the socket can connect afterwards", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const gone = Socket.open("inet", "stream").bind(loopback);
  const nowhere = gone.localAddress;
  gone.close();
  using client = Socket.open("inet", "stream");
  const error = await rejection(client.connect(nowhere));
  expect([error.code, error.syscall]).toEqual(["ECONNREFUSED", "connect"]);
  expect(error.address?.equals(nowhere)).toBe(true);
  expect(client.peerAddress).toBeNull();
  const accepting = listener.accept();
  await client.connect(listener.localAddress);
  using accepted = await accepting;
  expect(accepted.peerAddress?.equals(client.localAddress)).toBe(true);
  expect([accepted.family, accepted.type]).toEqual(["inet", "stream"]);
});

test("a stream's send sends everything, and an aborted or late one says how much went", async () => {
  const [a, b] = Socket.pair();
  using _a = a;
  using _b = b;
  const data = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
  const late = await rejection(a.send(data, { timeout: 20 }));
  expect(late.code).toBe("ETIMEDOUT");
  expect(late.bytesSent).toBeGreaterThan(0);
  expect(a.bytesSent).toBe(late.bytesSent as number);
  const rest = a.send(data, { start: late.bytesSent as number });
  const whole = new Uint8Array(data.length);
  expect(await b.recv(whole, { waitall: true })).toBe(data.length);
  expect(await rest).toBe(data.length - (late.bytesSent as number));
  expect(Buffer.compare(whole, data)).toBe(0);
});

test("messages with descriptors pass through sendmsg and recvmsg", async () => {
  const [a, b] = Socket.pair("unix", "dgram");
  using _a = a;
  using _b = b;
  const [inside, outside] = socketpair("unix", "dgram");
  const message = new Message({ iovec: [new Uint8Array(4)] });
  const waiting = b.recvmsg(message);
  const control = [{ kind: "rights", fds: [inside] }] as const;
  await a.sendmsg(
    new Message({
      iovec: [bytes(7)],
      control: [...control].map((c) => ({ ...c, fds: [...c.fds] })),
    }),
  );
  expect(await waiting).toBe(1);
  const [rights] = message.control;
  if (rights?.kind !== "rights") throw new Error("no rights arrived");
  using received = Socket.adopt(rights.fds[0] as number);
  await received.send(bytes(1, 2));
  expect(recv(outside, new Uint8Array(4))).toBe(2);
  Socket.adopt(inside).close();
  Socket.adopt(outside).close();
});

testWith(unixDatagrams)(
  "sendmmsg sends all, waiting where it must, and recvmmsg takes what is there",
  async () => {
    const [a, b] = Socket.pair("unix", "dgram");
    using _a = a;
    using _b = b;
    const count = 1000;
    const sending = a.sendmmsg(
      Array.from({ length: count }, (_, index) => new Message({ iovec: [bytes(index & 255)] })),
    );
    let got = 0;
    const batch = Array.from({ length: 32 }, () => new Message({ iovec: [new Uint8Array(4)] }));
    while (got < count) {
      const arrived = await b.recvmmsg(batch);
      for (const message of batch.slice(0, arrived)) {
        expect(message.iovec[0]?.[0]).toBe(got++ & 255);
      }
    }
    expect(await sending).toBe(count);
  },
);

testWith(unixDatagrams)(
  "sendto of a Unix datagram waits for room in a queue it is not connected to",
  async () => {
    const path = join(tmpdir(), `rawsock-${process.pid}-queue`);
    rmSync(path, { force: true });
    using target = Socket.open("unix", "dgram").bind({ family: "unix", path });
    using source = Socket.open("unix", "dgram");
    const count = 600;
    const cpu = process.cpuUsage();
    const sending = (async () => {
      for (let index = 0; index < count; index++) {
        await source.sendto(bytes(index & 255), { family: "unix", path });
      }
    })();
    await Bun.sleep(200);
    const used = process.cpuUsage(cpu);
    expect((used.user + used.system) / 1000).toBeLessThan(120 * patience);
    const buffer = new Uint8Array(1);
    for (let index = 0; index < count; index++) {
      await target.recv(buffer);
      expect(buffer[0]).toBe(index & 255);
    }
    await sending;
    rmSync(path);
  },
);

test("connect waits while a Unix listener's queue is full", async () => {
  const path = join(tmpdir(), `rawsock-${process.pid}-backlog`);
  rmSync(path, { force: true });
  using listener = Socket.open("unix", "stream").bind({ family: "unix", path }).listen(0);
  const clients = Array.from({ length: 4 }, () => Socket.open("unix", "stream"));
  const connecting = clients.map((client) => client.connect({ family: "unix", path }));
  for (const _ of clients) (await listener.accept()).close();
  await Promise.all(connecting);
  for (const client of clients) client.close();
  rmSync(path);
});

testWith(refusals())("an error pending on the socket rejects the next call, once", async () => {
  using gone = Socket.open("inet", "dgram").bind(loopback);
  using socket = Socket.open("inet", "dgram").bind(loopback);
  await socket.connect(gone.localAddress);
  gone.close();
  const waiting = socket.recv(new Uint8Array(4));
  await socket.send(bytes(1));
  expect((await rejection(waiting)).code).toBe("ECONNREFUSED");
  const next = socket.recv(new Uint8Array(4), { timeout: 30 });
  expect((await rejection(next)).code).toBe("ETIMEDOUT");
});

test("dontwait rejects with EAGAIN", async () => {
  const [a, b] = Socket.pair();
  using _a = a;
  using _b = b;
  expect((await rejection(a.recv(bytes(0), { dontwait: true }))).code).toBe("EAGAIN");
});

test("descriptors stay flat over 1,000 cycles of open, recv and close", async () => {
  const cycle = async () => {
    const socket = Socket.open("inet", "dgram").bind(loopback);
    const waiting = socket.recv(new Uint8Array(4));
    socket.close();
    expect((await rejection(waiting)).code).toBe("ECANCELED");
  };
  await cycle();
  const before = openDescriptors();
  for (let count = 0; count < 1000; count++) await cycle();
  expect(await settledDescriptors(before)).toBeLessThanOrEqual(before + ENGINE_HANDLES);
});

testWith(capability("net_raw"))("a raw socket sees its own echo request", async () => {
  using raw = Socket.open("inet", "raw", "icmp");
  const request = bytes(8, 0, 0xf7, 0xff - 5, 0, 5, 0, 0);
  const packets = raw.messages();
  await raw.sendto(request, loopback);
  const { value } = await packets.next();
  expect(value?.data.length).toBe(28);
  expect(value?.address?.address).toBe("127.0.0.1");
});

testWith(python)("another program is connected to and spoken with", async () => {
  await using peer = Peer.python(`
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1])
connection, _ = listener.accept()
connection.sendall(connection.recv(100)[::-1])
connection.close()
`);
  using client = Socket.open("inet", "stream");
  await client.connect(Sockaddr.inet("127.0.0.1", Number(await peer.line())));
  await client.send(Buffer.from("hello"));
  let text = "";
  for await (const { data } of client.messages()) text += Buffer.from(data).toString();
  expect(text).toBe("olleh");
});

test("options, groups and filters act on the socket", async () => {
  using socket = Socket.open("inet", "dgram").bind(loopback);
  expect(socket.setOption("SO_REUSEADDR", true).option("SO_REUSEADDR")).toBe(true);
  expect(socket.setOptions({ SO_KEEPALIVE: true }).options({ level: "socket" })).toMatchObject({
    SO_REUSEADDR: true,
    SO_KEEPALIVE: true,
  });
  socket.joinGroup({ group: "239.1.2.3", interface: "lo" });
  socket.leaveGroup({ group: "239.1.2.3", interface: "lo" });
  expect(() => socket.leaveGroup({ group: "239.1.2.3", interface: "lo" })).toThrow(SocketError);
  // Drop everything: "ret 0".
  socket.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0 }]);
  await socket.sendto(bytes(1), socket.localAddress);
  expect((await rejection(socket.recv(bytes(0), { timeout: 20 }))).code).toBe("ETIMEDOUT");
  socket.detachFilter();
  await socket.sendto(bytes(4), socket.localAddress);
  const buffer = bytes(0);
  await socket.recv(buffer);
  expect(buffer[0]).toBe(4);
  socket.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0xffff }]).lockFilter();
  expect(() => socket.detachFilter()).toThrow(SocketError);
});
