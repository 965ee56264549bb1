import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import {
  type AddressLike,
  bind,
  close,
  connect,
  getsockname,
  MSG,
  read,
  recv,
  recvfrom,
  Sockaddr,
  send,
  sendto,
  setNonblocking,
  socket,
  socketpair,
  write,
} from "../../src/index.ts";
import {
  closedDescriptor,
  Descriptors,
  ENGINE_HANDLES,
  loopback,
  openDescriptors,
  socketError,
} from "../support/descriptors.ts";
import { refusals, testWith } from "../support/requirements.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

test("data may be any view or buffer, and an offset view sends its own part", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const whole = bytes(1, 2, 3, 4, 5, 6, 7, 8);
  const buffer = new Uint8Array(16);
  const datas = [
    whole,
    whole.buffer,
    whole.subarray(2, 5),
    new DataView(whole.buffer, 4, 2),
    new Uint16Array(whole.buffer, 2, 1),
    Buffer.from([9, 8]),
    new Uint8Array(new SharedArrayBuffer(3)),
    new Uint8Array(0),
  ];
  for (const data of datas) {
    const sent = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    expect(send(a, data)).toBe(data.byteLength);
    expect(recv(b, buffer)).toBe(data.byteLength);
    expect(buffer.subarray(0, data.byteLength)).toEqual(new Uint8Array(sent));
  }
});

test("start and end bound the bytes sent and stored", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  expect(send(a, bytes(1, 2, 3, 4), { start: 1, end: 3 })).toBe(2);
  const buffer = new Uint8Array(6);
  expect(recv(b, buffer, { start: 2 })).toBe(2);
  expect(buffer).toEqual(bytes(0, 0, 2, 3, 0, 0));
  expect(send(a, bytes(1, 2, 3, 4), { start: 4 })).toBe(0);
  expect(recv(b, buffer, { end: 0 })).toBe(0);
});

test("start and end out of range throw a RangeError, and nothing is sent", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const data = bytes(1, 2, 3);
  for (const span of [
    { start: -1 },
    { start: 4 },
    { end: 4 },
    { start: 2, end: 1 },
    { start: 0.5 },
    { end: Number.NaN },
    { end: Number.POSITIVE_INFINITY },
  ]) {
    expect(() => send(a, data, span)).toThrow(RangeError);
    expect(() => sendto(a, data, loopback, span)).toThrow(RangeError);
    expect(() => recv(b, data, span)).toThrow(RangeError);
    expect(() => recvfrom(b, data, span)).toThrow(RangeError);
    expect(() => read(b, data, span)).toThrow(RangeError);
    expect(() => write(a, [data, data, data], span)).toThrow(RangeError);
  }
  expect(() => send(a, data, { start: "1" as never })).toThrow(TypeError);
  expect(socketError(() => recv(b, data, { dontwait: true })).code).toBe("EAGAIN");
});

test("an unknown option, or one of a wrong type, throws a TypeError with the accepted ones", () => {
  const data = bytes(1);
  expect(() => send(0, data, { dontWait: true } as never)).toThrow(/accepted: .*dontwait/);
  expect(() => send(0, data, { peek: true } as never)).toThrow(TypeError);
  expect(() => recv(0, data, { peek: 1 as never })).toThrow(TypeError);
  expect(() => recv(0, data, { address: loopback } as never)).toThrow(TypeError);
  expect(() => recvfrom(0, data, { address: "127.0.0.1" as never })).toThrow(TypeError);
  expect(() => read(0, data, { peek: true } as never)).toThrow(TypeError);
  expect(() => send(0, data, { flags: -1 })).toThrow(RangeError);
});

test("data that is no bytes throws a TypeError", () => {
  for (const data of ["text", 5, null, undefined, {}, [1, 2]]) {
    expect(() => send(0, data as never)).toThrow(TypeError);
    expect(() => recv(0, data as never)).toThrow(TypeError);
  }
  expect(() => write(0, ["text"] as never)).toThrow(TypeError);
});

test("recvfrom tells the sender, and fills a given Sockaddr", () => {
  using open = new Descriptors();
  const receiver = open.own(socket("inet", "dgram"));
  const sender = open.own(socket("inet", "dgram"));
  bind(receiver, loopback);
  bind(sender, loopback);
  const to = getsockname(receiver);
  const from = getsockname(sender);
  expect(sendto(sender, bytes(1, 2), to.toJSON() as AddressLike)).toBe(2);
  const first = recvfrom(receiver, new Uint8Array(8));
  expect(first.length).toBe(2);
  expect(first.address?.equals(from)).toBe(true);

  const target = new Sockaddr("inet");
  const { bytes: memory } = target;
  sendto(sender, bytes(3), to);
  expect(recvfrom(receiver, new Uint8Array(8), { address: target }).address).toBe(target);
  expect(target.equals(from)).toBe(true);
  expect(target.bytes).toBe(memory);
});

test("a connected stream has no sender", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  send(a, bytes(1));
  expect(recvfrom(b, new Uint8Array(4))).toEqual({ length: 1, address: null });
});

test("peek leaves the data, trunc tells the datagram's own length", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  send(a, bytes(1, 2, 3));
  const buffer = new Uint8Array(2);
  expect(recv(b, buffer, { peek: true })).toBe(2);
  expect(recv(b, buffer, { peek: true, trunc: true })).toBe(3);
  expect(recv(b, buffer, { flags: MSG.TRUNC })).toBe(3);
  expect(socketError(() => recv(b, buffer, { dontwait: true })).code).toBe("EAGAIN");
});

test("a closed peer gives EPIPE without a signal, and the end of the stream", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  open.close(b);
  expect(recv(a, new Uint8Array(1))).toBe(0);
  for (const call of [
    () => send(a, bytes(1)),
    () => write(a, bytes(1)),
    () => write(a, [bytes(1), bytes(2)]),
  ]) {
    expect(socketError(call).code).toBe("EPIPE");
  }
});

test("sending without a peer is not connected or wants an address", () => {
  using open = new Descriptors();
  const datagram = open.own(socket("inet", "dgram"));
  expect(socketError(() => send(datagram, bytes(1))).code).toBe("EDESTADDRREQ");
  const stream = open.own(socket("inet", "stream"));
  expect(socketError(() => recv(stream, bytes(1))).code).toBe("ENOTCONN");
  const error = socketError(() => sendto(stream, bytes(1), loopback));
  expect(error.syscall).toBe("sendto");
  expect(error.address?.equals(loopback)).toBe(true);
});

testWith(refusals())("a refused datagram shows at the next call, once", () => {
  using open = new Descriptors();
  const dead = open.own(socket("inet", "dgram"));
  bind(dead, loopback);
  const address = getsockname(dead);
  open.close(dead);
  const fd = open.own(socket("inet", "dgram"));
  connect(fd, address);
  send(fd, bytes(1));
  expect(socketError(() => recv(fd, bytes(1))).code).toBe("ECONNREFUSED");
  expect(socketError(() => recv(fd, bytes(1), { dontwait: true })).code).toBe("EAGAIN");
});

test("a datagram too long for the protocol is refused", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  const error = socketError(() =>
    sendto(fd, new Uint8Array(70_000), Sockaddr.inet("127.0.0.1", 9)),
  );
  expect(error.code).toBe("EMSGSIZE");
});

test("a non-blocking descriptor would block in either direction", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  setNonblocking(a, true);
  expect(socketError(() => recv(a, bytes(1))).code).toBe("EAGAIN");
  expect(socketError(() => read(a, bytes(1))).code).toBe("EAGAIN");
  const chunk = new Uint8Array(1 << 20);
  const sent = send(a, chunk);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(chunk.length);
  expect(socketError(() => send(a, chunk)).code).toBe("EAGAIN");
  expect(socketError(() => write(a, chunk)).code).toBe("EAGAIN");
  setNonblocking(b, true);
  expect(recv(b, chunk)).toBe(sent);
});

test("readv and writev scatter and gather, empty elements among them", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const gathered = [bytes(1), bytes(), bytes(2, 3), new Uint16Array([0x0504]).buffer];
  expect(write(a, gathered)).toBe(5);
  const into = [bytes(0, 0), bytes(), bytes(0, 0, 0, 0)];
  expect(read(b, into)).toBe(5);
  expect(into).toEqual([bytes(1, 2), bytes(), bytes(3, 4, 5, 0)]);
});

test("with an array, start and end bound the elements", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  expect(write(a, [bytes(1), bytes(2), bytes(3)], { start: 1, end: 2 })).toBe(1);
  const into = [bytes(0), bytes(0)];
  expect(read(b, into, { start: 1 })).toBe(1);
  expect(into).toEqual([bytes(0), bytes(2)]);
});

test("1,024 elements go, more are a RangeError", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const many = Array.from({ length: 1024 }, (_, index) => bytes(index & 0xff));
  expect(write(a, many)).toBe(1024);
  const into = Array.from({ length: 1024 }, () => bytes(0));
  expect(read(b, into)).toBe(1024);
  expect(into).toEqual(many);
  expect(() => write(a, [...many, bytes(0)])).toThrow(RangeError);
  expect(() => read(b, [...many, bytes(0)])).toThrow(RangeError);
  expect(write(a, [...many, bytes(0)], { end: 1024 })).toBe(1024);
});

test("read and write work on descriptors that are no sockets", () => {
  const random = openSync("/dev/urandom", "r");
  const zero = openSync("/dev/zero", "w");
  try {
    const buffer = new Uint8Array(64);
    expect(read(random, buffer)).toBe(64);
    expect(buffer.some((byte) => byte !== 0)).toBe(true);
    expect(write(zero, buffer)).toBe(64);
    expect(write(zero, [buffer, buffer])).toBe(128);
    expect(socketError(() => send(zero, buffer)).code).toBe("ENOTSOCK");
  } finally {
    closeSync(random);
    closeSync(zero);
  }
});

test("a bad descriptor gives EBADF from every call", () => {
  const fd = closedDescriptor();
  const data = bytes(1);
  const calls: Record<string, () => unknown> = {
    send: () => send(fd, data),
    sendto: () => sendto(fd, data, loopback),
    recv: () => recv(fd, data),
    recvfrom: () => recvfrom(fd, data),
    read: () => read(fd, data),
    readv: () => read(fd, [data]),
    write: () => write(fd, data),
    writev: () => write(fd, [data]),
  };
  for (const [syscall, call] of Object.entries(calls)) {
    expect(socketError(call)).toMatchObject({ code: "EBADF", syscall, fd });
  }
});

test("random views keep their bytes through a gathering write and a scattering read", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const cut = (source: Uint8Array) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < source.length; ) {
      const length = Math.min(random(200), source.length - at);
      pieces.push(source.subarray(at, at + length));
      at += length;
    }
    return pieces;
  };
  for (let round = 0; round < 200; round++) {
    const source = crypto.getRandomValues(new Uint8Array(1 + random(20_000)));
    const target = new Uint8Array(source.length);
    expect(write(a, cut(source))).toBe(source.length);
    expect(read(b, cut(target))).toBe(source.length);
    expect(target).toEqual(source);
  }
});

test("100,000 cycles of socket and close leave no descriptor and no memory behind", () => {
  const before = openDescriptors();
  const cycle = (count: number) => {
    for (let index = 0; index < count; index++) close(socket("inet", "dgram"));
    Bun.gc(true);
    return process.memoryUsage.rss();
  };
  const start = cycle(20_000);
  const growth = cycle(100_000) - start;
  // What other tests left may have been collected meanwhile.
  expect(openDescriptors()).toBeLessThanOrEqual(before + ENGINE_HANDLES);
  expect(growth).toBeLessThan(16 * 2 ** 20);
});

test("flags in the place of options are a TypeError, not ignored", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const buffer = new Uint8Array(4);
  for (const flags of [MSG.DONTWAIT, "dontwait", true, null]) {
    const options = flags as never;
    expect(() => send(a, buffer, options)).toThrow(TypeError);
    expect(() => recv(b, buffer, options)).toThrow(TypeError);
    expect(() => recvfrom(b, buffer, options)).toThrow(TypeError);
    expect(() => sendto(a, buffer, Sockaddr.unix("/nowhere"), options)).toThrow(TypeError);
    expect(() => read(b, [buffer], options)).toThrow(TypeError);
    expect(() => write(a, buffer, options)).toThrow(TypeError);
  }
  expect(socketError(() => recv(b, buffer, { dontwait: true })).code).toBe("EAGAIN");
});
