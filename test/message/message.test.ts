import { expect, test } from "bun:test";
import { openSync } from "node:fs";
import {
  bind,
  type ControlMessage,
  getsockname,
  Message,
  MSG,
  recvmsg,
  Sockaddr,
  send,
  sendmsg,
  setNonblocking,
  socket,
  socketpair,
} from "../../src/index.ts";
import { closedDescriptor, Descriptors, loopback, socketError } from "../support/descriptors.ts";
import { bun, end } from "../support/program.ts";
import { python, signals, testWith } from "../support/requirements.ts";

const text = (value: string) => new TextEncoder().encode(value);
const read = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test("a message is gathered from many buffers and scattered into many", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const parts = [text("ab"), text(""), text("cdef"), new DataView(text("XghX").buffer, 1, 2)];
  const sent = new Message({ iovec: parts });
  expect(sendmsg(a, sent)).toBe(8);
  expect(sent.length).toBe(8);
  const arrived = new Message({ iovec: [1, 0, 3, 9].map((size) => new Uint8Array(size)) });
  expect(recvmsg(b, arrived)).toBe(8);
  expect(arrived.iovec.map(read)).toEqual(["a", "", "bcd", "efgh\0\0\0\0\0"]);
  expect(arrived).toMatchObject({ length: 8, flags: [], control: [] });
  // A pair of Windows is of UDP sockets, which have names.
  if (process.platform !== "win32") expect(arrived.address).toBeNull();
});

test("as many buffers as IOV_MAX go in one call, one more is a RangeError", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const many = Array.from({ length: 1024 }, (_, index) => new Uint8Array([index & 0xff]));
  expect(sendmsg(a, new Message({ iovec: many }))).toBe(1024);
  const target = new Uint8Array(1024);
  expect(recvmsg(b, new Message({ iovec: [target] }))).toBe(1024);
  expect(target).toEqual(Uint8Array.from(many, ([byte]) => byte as number));
  const more = new Message({ iovec: [...many, new Uint8Array(1)] });
  expect(() => sendmsg(a, more)).toThrow(RangeError);
  expect(() => recvmsg(b, more)).toThrow(RangeError);
  expect(sendmsg(a, more, { start: 1 })).toBe(1024);
});

test("start and end bound the elements", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const sent = new Message({ iovec: ["a", "b", "c", "d"].map(text) });
  expect(sendmsg(a, sent, { start: 1, end: 3 })).toBe(2);
  const arrived = new Message({ iovec: [1, 1, 1, 1].map((size) => new Uint8Array(size)) });
  expect(recvmsg(b, arrived, { start: 2 })).toBe(2);
  expect(arrived.iovec.map(read)).toEqual(["\0", "\0", "b", "c"]);
  for (const options of [{ start: 5 }, { end: 5 }, { start: 2, end: 1 }, { start: -1 }]) {
    expect(() => sendmsg(a, sent, options)).toThrow(RangeError);
    expect(() => recvmsg(b, arrived, options)).toThrow(RangeError);
  }
});

test("a message without elements is an empty datagram", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  expect(sendmsg(a, new Message({ iovec: [text("a")] }), { start: 1 })).toBe(0);
  const arrived = new Message({ iovec: [new Uint8Array(1)] });
  expect(recvmsg(b, arrived, { dontwait: true })).toBe(0);
});

test("a message is used again with other buffers, and with the same ones changed in place", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const sent = new Message({ iovec: [text("one"), text("two")] });
  const target = new Uint8Array(16);
  const arrived = new Message({ iovec: [target] });
  const exchange = () => {
    sendmsg(a, sent);
    return read(target.subarray(0, recvmsg(b, arrived)));
  };
  expect(exchange()).toBe("onetwo");
  sent.iovec[1] = text("2");
  expect(exchange()).toBe("one2");
  sent.iovec.push(text("three"), text("four"), text("five"), text("six"));
  expect(exchange()).toBe("one2threefourfi".concat("ve").slice(0, 16));
  sent.iovec[0]?.set(text("ONE"));
  sent.iovec.length = 1;
  expect(exchange()).toBe("ONE");
  sent.iovec = [text("new")];
  expect(exchange()).toBe("new");
});

test("buffers that move or are detached between calls are seen as they are", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const detached = text("gone");
  const small = new Uint8Array([1, 2, 3]);
  const sent = new Message({ iovec: [detached, small] });
  expect(sendmsg(a, sent)).toBe(7);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  Bun.gc(true);
  expect(sendmsg(a, sent)).toBe(3);
  const target = new Uint8Array(32);
  const arrived = new Message({ iovec: [target] });
  expect(recvmsg(b, arrived)).toBe(7);
  expect(recvmsg(b, arrived)).toBe(3);
  expect(target.subarray(0, 3)).toEqual(small);
});

test("buffers that shrink between calls are seen as they are", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
  const sent = new Message({ iovec: [new Uint8Array(resizable), new Uint8Array([1, 2, 3])] });
  expect(sendmsg(a, sent)).toBe(11);
  resizable.resize(2);
  expect(sendmsg(a, sent)).toBe(5);
  const target = new Uint8Array(32);
  const arrived = new Message({ iovec: [target] });
  expect(recvmsg(b, arrived)).toBe(11);
  expect(recvmsg(b, arrived)).toBe(5);
  expect(target.subarray(0, 5)).toEqual(new Uint8Array([0, 0, 1, 2, 3]));
});

test("the destination is the message's address, which becomes the source of what arrives", () => {
  using open = new Descriptors();
  const [a, b] = [open.own(socket("inet", "dgram")), open.own(socket("inet", "dgram"))];
  for (const fd of [a, b]) bind(fd, loopback);
  const message = new Message({ address: getsockname(b), iovec: [text("hello")] });
  sendmsg(a, message);
  const arrived = new Message({ address: true, iovec: [new Uint8Array(8)] });
  expect(arrived.address).toBeNull();
  recvmsg(b, arrived);
  expect(arrived.address?.equals(getsockname(a))).toBe(true);
  // Answered as it is: it goes back to where it came from.
  sendmsg(b, arrived);
  recvmsg(a, message);
  expect(message.address?.equals(getsockname(b))).toBe(true);
  const fields = { family: "inet", address: "127.0.0.1", port: getsockname(b).port } as const;
  message.address = { ...fields, port: fields.port as number };
  sendmsg(a, message);
  expect(recvmsg(b, arrived)).toBe(5);
  // An address edited in place is the one that counts.
  message.address?.data.set(getsockname(a).data);
  sendmsg(a, message);
  expect(recvmsg(a, arrived)).toBe(5);
  message.address = null;
  expect(socketError(() => sendmsg(a, message)).code).toBe("EDESTADDRREQ");
});

test("a datagram that is too long is cut off, and the flags say so", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const arrived = new Message({ iovec: [new Uint8Array(2), new Uint8Array(1)] });
  send(a, text("abcdef"));
  expect(recvmsg(b, arrived)).toBe(3);
  expect(arrived.flags).toEqual(["trunc"]);
  send(a, text("abcdef"));
  expect(recvmsg(b, arrived, { trunc: true })).toBe(6);
  expect(arrived).toMatchObject({ length: 6, flags: ["trunc"] });
  send(a, text("ab"));
  expect(recvmsg(b, arrived)).toBe(2);
  expect(arrived.flags).toEqual([]);
});

test("a peeked message stays", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  send(a, text("stay"));
  const arrived = new Message({ iovec: [new Uint8Array(8)] });
  expect(recvmsg(b, arrived, { peek: true })).toBe(4);
  arrived.iovec[0]?.fill(0);
  expect(recvmsg(b, arrived)).toBe(4);
  expect(read(arrived.iovec[0]?.subarray(0, 4))).toBe("stay");
  expect(socketError(() => recvmsg(b, arrived, { dontwait: true })).code).toBe("EAGAIN");
  // Nothing came: the message is as it was.
  expect(arrived.length).toBe(4);
});

test("records of a seqpacket socket keep their ends, which eor may state", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "seqpacket"));
  sendmsg(a, new Message({ iovec: [text("one")] }), { eor: true });
  sendmsg(a, new Message({ iovec: [text("two")] }), { flags: MSG.EOR });
  const arrived = new Message({ iovec: [new Uint8Array(8)] });
  expect(recvmsg(b, arrived)).toBe(3);
  // Whether the end is also flagged is the kernel's choice: Linux does not for unix sockets.
  expect(arrived.flags.every((flag) => flag === "eor")).toBe(true);
  expect(recvmsg(b, arrived)).toBe(3);
  open.close(a);
  expect(recvmsg(b, arrived)).toBe(0);
});

test("out-of-band data comes with oob", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  sendmsg(a, new Message({ iovec: [text("!")] }), { oob: true });
  const arrived = new Message({ iovec: [new Uint8Array(8)] });
  expect(recvmsg(b, arrived, { oob: true })).toBe(1);
  expect(arrived.flags).toContain("oob");
});

test("a blocking stream takes all of a large message, whose table stays intact", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const worker = new Worker(new URL("../support/sink.ts", import.meta.url).href);
  const size = 3_000_000;
  const total = new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ fd: b, length: 2 * size });
  const sent = new Message({ iovec: [1, 2, 3].map((byte) => new Uint8Array(1e6).fill(byte)) });
  expect(sendmsg(a, sent)).toBe(size);
  expect(sendmsg(a, sent)).toBe(size);
  const once = [1e6, 1e6, 1e6];
  expect(await total).toEqual([0, ...once.map((count) => 2 * count)]);
  worker.terminate();
});

testWith(python)("waitall fills every buffer of a stream", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const script = `import os, time
for part in (b"ab", b"cde", b"fgh"):
    os.write(3, part); time.sleep(0.03)`;
  const child = Bun.spawn(["python3", "-c", script], { stdio: [null, null, "inherit", a] });
  const arrived = new Message({ iovec: [new Uint8Array(3), new Uint8Array(5)] });
  expect(recvmsg(b, arrived, { waitall: true })).toBe(8);
  expect(arrived.iovec.map(read)).toEqual(["abc", "defgh"]);
  expect(await child.exited).toBe(0);
  send(a, text("12345678"));
  expect(recvmsg(b, arrived)).toBe(8);
  expect(arrived.iovec.map(read)).toEqual(["123", "45678"]);
});

testWith(signals)("a signal with a handler ends a wait with EINTR", async () => {
  const { stdout } = await end(
    bun(`
const [a] = rawsock.socketpair("unix", "dgram");
process.on("SIGUSR2", () => { console.log("handled"); process.exit(0); });
Bun.spawn(["sh", "-c", "sleep 0.3; kill -USR2 " + process.pid]);
const message = new rawsock.Message({ iovec: [new Uint8Array(4)] });
try { rawsock.recvmsg(a, message); } catch (e) { console.log(e.code); }
setTimeout(() => {}, 5000);`),
  );
  expect(stdout).toBe("EINTR\nhandled\n");
});

test("a non-blocking descriptor throws EAGAIN, a bad one EBADF, a file ENOTSOCK", () => {
  using open = new Descriptors();
  const fd = open.own(socket("unix", "dgram"));
  setNonblocking(fd, true);
  const message = new Message({ iovec: [new Uint8Array(1)] });
  const refusal = socketError(() => recvmsg(fd, message));
  expect(refusal).toMatchObject({ code: "EAGAIN", syscall: "recvmsg", fd });
  const closed = closedDescriptor();
  expect(socketError(() => recvmsg(closed, message)).code).toBe("EBADF");
  expect(socketError(() => sendmsg(closed, message)).code).toBe("EBADF");
  expect(socketError(() => sendmsg({ fd: -1 }, message)).code).toBe("EBADF");
  const file = open.own(openSync("/dev/null", "r"));
  expect(socketError(() => recvmsg(file, message)).code).toBe("ENOTSOCK");
});

test("a closed peer is EPIPE, with the address in the error where there is one", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  open.close(b);
  const message = new Message({ iovec: [text("x")] });
  expect(socketError(() => sendmsg(a, message)).code).toBe("EPIPE");
  const fd = open.own(socket("unix", "dgram"));
  message.address = Sockaddr.unix("/nowhere/at/all");
  const refusal = socketError(() => sendmsg(fd, message));
  expect(refusal).toMatchObject({ code: "ENOENT", syscall: "sendmsg" });
  expect(refusal.address?.path).toBe("/nowhere/at/all");
});

test("wrong arguments throw before any system call", () => {
  const fd = closedDescriptor();
  const message = new Message();
  const wrong = (value: unknown) => value as never;
  for (const call of [sendmsg, recvmsg]) {
    for (const other of [undefined, null, {}, [], "x", 5, new Uint8Array(1)]) {
      expect(() => call(fd, wrong(other))).toThrow(TypeError);
    }
    expect(() => call(wrong("1"), message)).toThrow(TypeError);
    expect(() => call(1.5, message)).toThrow(RangeError);
    expect(() => call(-1, message)).toThrow(RangeError);
    expect(() => call(fd, message, wrong({ nonsense: true }))).toThrow(/accepted: /);
    expect(() => call(fd, message, { flags: -1 })).toThrow(RangeError);
    expect(() => call(fd, message, wrong({ oob: 1 }))).toThrow(TypeError);
  }
  expect(() => sendmsg(fd, message, wrong({ peek: true }))).toThrow(TypeError);
  expect(() => recvmsg(fd, message, wrong({ more: true }))).toThrow(TypeError);
  message.iovec.push(wrong("text"));
  for (const call of [sendmsg, recvmsg]) expect(() => call(fd, message)).toThrow(TypeError);
});

test("a Message refuses wrong fields, and none that it does not know", () => {
  const wrong = (init: unknown) => () => new Message(init as never);
  for (const init of [
    null,
    5,
    { buffers: [] },
    { iovec: new Uint8Array(1) },
    { iovec: ["text"] },
    { iovec: [5] },
    { address: "127.0.0.1" },
    { address: false },
    { address: {} },
    { control: {} },
    { control: [null] },
    { control: [{ kind: "nonsense" }] },
    { control: [{}] },
    { flags: "trunc" },
    { flags: ["nonsense"] },
    { controlLength: "256" },
  ]) {
    expect(wrong(init)).toThrow(TypeError);
  }
  for (const controlLength of [-1, 1.5, 2 ** 31, Number.NaN]) {
    expect(wrong({ controlLength })).toThrow(RangeError);
  }
  expect(wrong({ nonsense: 1 })).toThrow(/accepted: address, iovec, control/);
  expect(new Message({ flags: ["trunc", "ctrunc"] }).flags.sort()).toEqual(["ctrunc", "trunc"]);
  expect(new Message()).toMatchObject({ controlLength: 256, iovec: [], flags: [], length: 0 });
});

test("empty control is none, and what arrived replaces what was set", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  expect(sendmsg(a, new Message({ iovec: [text("x")], control: [] }))).toBe(1);
  const control: ControlMessage[] = [{ kind: "ttl", value: 1 }];
  const arrived = new Message({ iovec: [new Uint8Array(1)], control, controlLength: 0 });
  recvmsg(b, arrived);
  expect(arrived.control).toEqual([]);
  expect(control).toHaveLength(1);
});

test("a wrong control message throws before anything is sent", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const message = new Message({ iovec: [text("x")] });
  message.control.push({ kind: "ttl", value: 1 }, { kind: "rights", fds: [-1] });
  expect(() => sendmsg(a, message)).toThrow(RangeError);
  message.control[1] = { kind: "rights", fds: [closedDescriptor()] };
  message.control.shift();
  expect(socketError(() => sendmsg(a, message)).code).toBe("EBADF");
  const arrived = new Message({ iovec: [new Uint8Array(1)] });
  expect(socketError(() => recvmsg(b, arrived, { dontwait: true })).code).toBe("EAGAIN");
});
