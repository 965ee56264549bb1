import { expect, test } from "bun:test";
import {
  bind,
  type ControlMessage,
  close,
  connect,
  getsockname,
  IP,
  IPPROTO,
  Message,
  MSG,
  recv,
  recvmmsg,
  recvmsg,
  SO,
  SOL,
  send,
  sendmmsg,
  setNonblocking,
  socket,
  socketpair,
} from "../../src/index.ts";
import {
  closedDescriptor,
  copies,
  Descriptors,
  loopback,
  socketError,
} from "../support/descriptors.ts";
import { setOption } from "../support/option.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { bun, end } from "../support/program.ts";
import { python, signals, testWith, unixDatagrams } from "../support/requirements.ts";

const text = (value: string) => new TextEncoder().encode(value);
const outgoing = (...texts: string[]) => texts.map((one) => new Message({ iovec: [text(one)] }));
const incoming = (count: number, size = 16) =>
  Array.from({ length: count }, () => new Message({ iovec: [new Uint8Array(size)] }));
const contents = (messages: readonly Message[]) =>
  messages.map(({ iovec, length }) => new TextDecoder().decode(iovec[0]?.subarray(0, length)));

test("a batch arrives in order, each message with its length", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const sent = outgoing("one", "three", "", "seven");
  expect(sendmmsg(a, sent)).toBe(4);
  expect(sent.map(({ length }) => length)).toEqual([3, 5, 0, 5]);
  const arrived = incoming(4, 4);
  expect(recvmmsg(b, arrived)).toBe(4);
  expect(arrived.map(({ length, flags }) => [length, ...flags])).toEqual([
    [3],
    [4, "trunc"],
    [0],
    [4, "trunc"],
  ]);
});

test("start and end bound the messages", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  expect(sendmmsg(a, outgoing("a", "b", "c", "d"), { start: 1, end: 3 })).toBe(2);
  const arrived = incoming(4);
  expect(recvmmsg(b, arrived, { start: 2 })).toBe(2);
  expect(contents(arrived)).toEqual(["", "", "b", "c"]);
  expect(sendmmsg(a, [])).toBe(0);
  expect(recvmmsg(b, arrived, { start: 4 })).toBe(0);
  expect(() => recvmmsg(b, arrived, { start: 5 })).toThrow(RangeError);
  expect(() => sendmmsg(a, [], { end: 1 })).toThrow(RangeError);
});

test("addresses and control messages are each message's own", () => {
  using open = new Descriptors();
  const [from, to] = [open.own(socket("inet", "dgram")), open.own(socket("inet", "dgram"))];
  const other = open.own(socket("inet", "dgram"));
  for (const fd of [from, to, other]) bind(fd, loopback);
  for (const fd of [to, other]) setOption(fd, IPPROTO.IP, IP.RECVTTL);
  const [address, away] = [getsockname(to), getsockname(other)];
  const sent = [1, 2, 3].map((value) => {
    const control: ControlMessage[] = [{ kind: "ttl", value: 10 * value }];
    return new Message({ address: value === 2 ? away : address, iovec: [text("x")], control });
  });
  expect(sendmmsg(from, sent)).toBe(3);
  const arrived = incoming(2);
  expect(recvmmsg(to, arrived)).toBe(2);
  expect(arrived.map(({ control }) => control)).toEqual([
    [{ kind: "ttl", value: 10 }],
    [{ kind: "ttl", value: 30 }],
  ]);
  expect(arrived.every((one) => one.address?.equals(getsockname(from)))).toBe(true);
  expect(recv(other, new Uint8Array(4))).toBe(1);
});

testWith(unixDatagrams)(
  "a non-blocking descriptor gives what is there, and EAGAIN for nothing",
  () => {
    using open = new Descriptors();
    const [a, b] = open.own(socketpair("unix", "dgram"));
    sendmmsg(a, outgoing("x", "y"));
    const arrived = incoming(5);
    expect(recvmmsg(b, arrived, { dontwait: true })).toBe(2);
    setNonblocking(b, true);
    expect(socketError(() => recvmmsg(b, arrived))).toMatchObject({ code: "EAGAIN", fd: b });
    expect(socketError(() => recvmmsg(b, arrived, { timeout: 50 })).code).toBe("EAGAIN");
    setNonblocking(a, true);
    const many = Array.from({ length: 1000 }, () => outgoing("z")[0] as Message);
    const sent = sendmmsg(a, many);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(1000);
    expect(socketError(() => sendmmsg(a, many)).code).toBe("EAGAIN");
  },
);

test("the error of a later message comes with the next call", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const sent = outgoing("x", "y", "z");
  (sent[1] as Message).control.push({ kind: "rights", fds: [closedDescriptor()] });
  expect(sendmmsg(a, sent)).toBe(1);
  expect(socketError(() => sendmmsg(a, sent, { start: 1 }))).toMatchObject({
    code: "EBADF",
    syscall: "sendmmsg",
  });
  expect(recvmmsg(b, incoming(3), { dontwait: true })).toBe(1);
});

testWith(python)("a blocking call waits until all messages are filled", async () => {
  using open = new Descriptors();
  const [ours, theirs] = open.own(socketpair("unix", "dgram"));
  const script = `import socket, time
s = socket.socket(fileno=3)
for i in range(4):
    s.send(b"message %d" % i); time.sleep(0.03)`;
  await using peer = Peer.python(script, theirs);
  const arrived = incoming(4);
  expect(recvmmsg(ours, arrived)).toBe(4);
  expect(contents(arrived)).toEqual([0, 1, 2, 3].map((index) => `message ${index}`));
  expect(await peer.end()).toBe(0);
});

testWith(python)("waitforone waits for the first message only", async () => {
  using open = new Descriptors();
  const [ours, theirs] = open.own(socketpair("unix", "dgram"));
  const script = "import socket, time\ntime.sleep(0.1)\nsocket.socket(fileno=3).send(b'one')";
  await using peer = Peer.python(script, theirs);
  const arrived = incoming(4);
  expect(recvmmsg(ours, arrived, { waitforone: true })).toBe(1);
  sendmmsg(theirs, outgoing("two", "three"));
  expect(recvmmsg(ours, arrived, { flags: MSG.WAITFORONE as number })).toBe(2);
  expect(contents(arrived.slice(0, 2))).toEqual(["two", "three"]);
  expect(await peer.end()).toBe(0);
});

testWith(python)("the timeout holds while packets trickle", async () => {
  using open = new Descriptors();
  const [ours, theirs] = open.own(socketpair("unix", "dgram"));
  const script = `import socket, time
s = socket.socket(fileno=3)
while True:
    s.send(b"drop"); time.sleep(0.02)`;
  await using _peer = Peer.python(script, theirs);
  const arrived = incoming(500);
  recvmsg(ours, arrived[0] as Message);
  const begin = performance.now();
  const count = recvmmsg(ours, arrived, { timeout: 300 });
  const elapsed = performance.now() - begin;
  expect(count).toBeGreaterThan(2);
  expect(count).toBeLessThan(40);
  expect(elapsed).toBeGreaterThan(290);
  expect(elapsed).toBeLessThan(700 * patience);
});

test("a timeout with nothing is EAGAIN, and holds with an unread error queue", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  const target = open.own(socket("inet", "dgram"));
  bind(target, loopback);
  for (const stamped of [false, true]) {
    // A transmit stamp that nobody reads makes poll(2) return at once.
    if (stamped) {
      setOption(fd, SOL.SOCKET, SO.TIMESTAMPING_OLD, 0b10010);
      connect(fd, getsockname(target));
      send(fd, text("x"));
    }
    const cpu = process.cpuUsage();
    const begin = performance.now();
    expect(socketError(() => recvmmsg(fd, incoming(2), { timeout: 150 })).code).toBe("EAGAIN");
    const elapsed = performance.now() - begin;
    expect(elapsed).toBeGreaterThan(145);
    expect(elapsed).toBeLessThan(600 * patience);
    const { user, system } = process.cpuUsage(cpu);
    expect((user + system) / 1000).toBeLessThan(75 * patience);
  }
  expect(socketError(() => recvmmsg(fd, incoming(2), { timeout: 0 })).code).toBe("EAGAIN");
});

test("the error queue is read in batches and never waited for", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  const target = open.own(socket("inet", "dgram"));
  bind(target, loopback);
  connect(fd, getsockname(target));
  setOption(fd, SOL.SOCKET, SO.TIMESTAMPING_OLD, 0b10010);
  for (let index = 0; index < 3; index++) send(fd, text("x"));
  const arrived = incoming(5, 128);
  expect(recvmmsg(fd, arrived, { errqueue: true })).toBe(3);
  expect(arrived[2]?.flags).toEqual(["errqueue"]);
  expect(socketError(() => recvmmsg(fd, arrived, { errqueue: true })).code).toBe("EAGAIN");
});

testWith(signals)(
  "a signal ends the wait with what has come",
  async () => {
    const script = (received: number, options: string) => `
const [a, b] = rawsock.socketpair("unix", "dgram");
const messages = [1, 2, 3].map(() => new rawsock.Message({ iovec: [new Uint8Array(4)] }));
for (let index = 0; index < ${received}; index++) rawsock.send(a, new Uint8Array(1));
process.on("SIGUSR2", () => { console.log("handled"); process.exit(0); });
Bun.spawn(["sh", "-c", "sleep 0.3; kill -USR2 " + process.pid]);
try { console.log(rawsock.recvmmsg(b, messages, ${options})); } catch (e) { console.log(e.code); }
setTimeout(() => {}, 5000);`;
    for (const options of ["{}", "{ timeout: 20000 }"]) {
      for (const [received, outcome] of [
        [0, "EINTR"],
        [2, "2"],
      ] as const) {
        const { stdout } = await end(bun(script(received, options)));
        expect(stdout).toBe(`${outcome}\nhandled\n`);
      }
    }
  },
  30_000 * patience,
);

test("a blocking stream takes every message of a batch whole", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const worker = new Worker(new URL("../support/sink.ts", import.meta.url).href);
  const total = new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ fd: b, length: 3e6 });
  const sent = [1, 2, 3].map((byte) => new Message({ iovec: [new Uint8Array(1e6).fill(byte)] }));
  expect(sendmmsg(a, sent)).toBe(3);
  expect(sent.map(({ length }) => length)).toEqual([1e6, 1e6, 1e6]);
  expect(await total).toEqual([0, 1e6, 1e6, 1e6]);
  worker.terminate();
});

test("descriptors in a batch nobody looks at are closed when it is used again", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "dgram"));
  const control: ControlMessage[] = [{ kind: "rights", fds: [a, b] }];
  const sent = [1, 2, 3].map(() => new Message({ iovec: [text("x")], control }));
  const arrived = incoming(3);
  const atRest = copies([a, b]);
  for (let round = 0; round < 50; round++) {
    sendmmsg(a, sent);
    expect(recvmmsg(b, arrived)).toBe(3);
    expect(copies([a, b])).toBe(atRest + 6);
  }
  const seen = arrived[1]?.control[0];
  sendmmsg(a, outgoing("x", "y", "z"));
  recvmmsg(b, arrived);
  expect(copies([a, b])).toBe(atRest + 2);
  if (seen?.kind === "rights") for (const fd of seen.fds) close(fd);
  expect(copies([a, b])).toBe(atRest);
});

test("wrong arguments throw before any system call", () => {
  const fd = closedDescriptor();
  const wrong = (value: unknown) => value as never;
  for (const call of [sendmmsg, recvmmsg]) {
    for (const messages of [undefined, null, {}, "x", new Message(), [null], [{}], [1]]) {
      expect(() => call(fd, wrong(messages))).toThrow(TypeError);
    }
    expect(() => call(wrong("1"), [])).toThrow(TypeError);
    expect(() => call(fd, [], wrong({ nonsense: 1 }))).toThrow(/accepted: /);
    expect(() => call(fd, incoming(1025))).toThrow(/1024/);
    expect(socketError(() => call(fd, incoming(1))).code).toBe("EBADF");
  }
  for (const timeout of [-1, 0.5, 2 ** 31, Number.NaN]) {
    expect(() => recvmmsg(fd, [], { timeout })).toThrow(RangeError);
  }
  expect(() => recvmmsg(fd, [], wrong({ timeout: "1" }))).toThrow(TypeError);
  expect(() => recvmmsg(fd, [], wrong({ waitforone: 1 }))).toThrow(TypeError);
  expect(() => sendmmsg(fd, [], wrong({ timeout: 1 }))).toThrow(TypeError);
  const [message] = incoming(1) as [Message];
  expect(() => recvmmsg(fd, [message, message])).toThrow(/twice/);
});
