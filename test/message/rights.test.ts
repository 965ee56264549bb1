// Passed descriptors: which arrive, who owns them, and that none is left behind.

import { expect, test } from "bun:test";
import { existsSync, fstatSync, readdirSync, readFileSync } from "node:fs";
import {
  type ControlMessage,
  close,
  Message,
  recvmsg,
  SCM,
  SO,
  SOL,
  send,
  sendmsg,
  setNonblocking,
  socket,
  socketpair,
} from "../../src/index.ts";
import { copies, Descriptors } from "../support/descriptors.ts";
import { setOption } from "../support/option.ts";
import { Peer } from "../support/peer.ts";
import { kernel, python, testWith } from "../support/requirements.ts";

const CLOEXEC = 0o2000000;
const DATA = new Uint8Array([7]);

function descriptorFlags(fd: number): number {
  const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return Number.parseInt(flags ?? "", 8);
}

function same(a: number, b: number): boolean {
  return fstatSync(a).ino === fstatSync(b).ino;
}

function rightsOf(control: readonly ControlMessage[]): number[] {
  return control.flatMap((message) => (message.kind === "rights" ? message.fds : []));
}

/** A socket pair, and messages that carry and receive descriptors. */
function passing(open: Descriptors, count: number, controlLength?: number) {
  const [from, to] = open.own(socketpair("unix", "dgram"));
  const passed = Array.from({ length: count }, () => open.own(socket("unix", "dgram")));
  const sent = new Message({ iovec: [DATA], control: [{ kind: "rights", fds: passed }] });
  const init = { iovec: [new Uint8Array(4)] };
  const arrived = new Message(controlLength === undefined ? init : { ...init, controlLength });
  return { from, to, passed, sent, arrived };
}

test("descriptors arrive as copies of what was sent, close-on-exec", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 3);
  sendmsg(from, sent);
  recvmsg(to, arrived);
  expect(arrived.flags).toEqual([]);
  const fds = open.own(rightsOf(arrived.control));
  expect(fds).toHaveLength(3);
  for (const [index, fd] of fds.entries()) {
    expect(same(fd, passed[index] as number)).toBe(true);
    expect(descriptorFlags(fd) & CLOEXEC).toBe(CLOEXEC);
  }
});

test("two descriptors with every room from 0 to more than enough", () => {
  for (let room = 0; room <= 32; room++) {
    using open = new Descriptors();
    const { from, to, passed, sent, arrived } = passing(open, 2, room);
    const atRest = copies(passed);
    sendmsg(from, sent);
    expect(recvmsg(to, arrived)).toBe(1);
    const whole = room < 20 ? 0 : room < 24 ? 1 : 2;
    expect([room, ...arrived.flags]).toEqual(whole < 2 ? [room, "ctrunc"] : [room]);
    const fds = open.own(rightsOf(arrived.control));
    expect([room, fds.length]).toEqual([room, whole]);
    expect(fds.every((fd, index) => same(fd, passed[index] as number))).toBe(true);
    expect(copies(passed)).toBe(atRest + whole);
    expect(arrived.control).toHaveLength(whole > 0 ? 1 : 0);
  }
});

test("descriptors nobody saw are closed by the next message, those seen are not", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 2);
  sendmsg(from, sent);
  sendmsg(from, sent);
  send(from, DATA);
  const atRest = copies(passed);
  recvmsg(to, arrived);
  expect(copies(passed)).toBe(atRest + 2);
  recvmsg(to, arrived);
  expect(copies(passed)).toBe(atRest + 2);
  const fds = open.own(rightsOf(arrived.control));
  recvmsg(to, arrived);
  expect(arrived.control).toEqual([]);
  expect(copies(passed)).toBe(atRest + 2);
  for (const fd of fds) expect(() => fstatSync(fd)).not.toThrow();
});

test("a call that fails leaves the descriptors of the message before it", () => {
  using open = new Descriptors();
  const { from, to, sent, arrived } = passing(open, 1);
  setNonblocking(to, true);
  sendmsg(from, sent);
  recvmsg(to, arrived);
  expect(() => recvmsg(to, arrived)).toThrow("EAGAIN");
  const [fd] = open.own(rightsOf(arrived.control));
  expect(fstatSync(fd as number).ino).toBeGreaterThan(0);
});

test("a message sent on unread passes its descriptors and closes its own", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 1);
  const atRest = copies(passed);
  sendmsg(from, sent);
  recvmsg(to, arrived);
  sendmsg(from, arrived);
  recvmsg(to, arrived);
  const [fd] = rightsOf(arrived.control) as [number];
  expect(same(fd, passed[0] as number)).toBe(true);
  close(fd);
  expect(copies(passed)).toBe(atRest);
});

test("assigning control closes what nobody saw", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 2);
  const atRest = copies(passed);
  sendmsg(from, sent);
  recvmsg(to, arrived);
  arrived.control = [];
  expect(copies(passed)).toBe(atRest);
});

test("a larger or smaller room does not lose them", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 2);
  setNonblocking(to, true);
  const atRest = copies(passed);
  sendmsg(from, sent);
  recvmsg(to, arrived);
  arrived.controlLength = 4096;
  expect(() => recvmsg(to, arrived)).toThrow("EAGAIN");
  expect(open.own(rightsOf(arrived.control))).toHaveLength(2);
  expect(copies(passed)).toBe(atRest + 2);
});

test("a peek shows copies that are the caller's too", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 1);
  const atRest = copies(passed);
  sendmsg(from, sent);
  recvmsg(to, arrived, { peek: true });
  close(rightsOf(arrived.control)[0] as number);
  recvmsg(to, arrived);
  close(rightsOf(arrived.control)[0] as number);
  expect(copies(passed)).toBe(atRest);
});

test("the descriptors of a message that is collected unread are closed", async () => {
  using open = new Descriptors();
  const { from, to, passed, sent } = passing(open, 2);
  const atRest = copies(passed);
  const receive = (look: boolean) => {
    const message = new Message({ iovec: [new Uint8Array(1)] });
    sendmsg(from, sent);
    recvmsg(to, message);
    return look ? rightsOf(message.control) : [];
  };
  const seen = open.own(receive(true));
  for (let index = 0; index < 50; index++) receive(false);
  const deadline = Date.now() + 5000;
  // A message may still lie on the stack.
  while (copies(passed) > atRest + 2 + 4 && Date.now() < deadline) {
    Bun.gc(true);
    await Bun.sleep(5);
  }
  expect(copies(passed)).toBeLessThanOrEqual(atRest + 2 + 4);
  for (const fd of seen) expect(fstatSync(fd).ino).toBeGreaterThan(0);
});

test("the count stays flat over 10,000 messages of every sort", () => {
  using open = new Descriptors();
  const { from, to, passed, sent, arrived } = passing(open, 2);
  const plain = new Message({ iovec: [DATA] });
  const rooms = [256, 0, 20, 23, 24, 17];
  const atRest = copies(passed);
  for (let index = 0; index < 10_000; index++) {
    arrived.controlLength = rooms[index % rooms.length] as number;
    sendmsg(from, index % 4 === 3 ? plain : sent);
    recvmsg(to, arrived, index % 5 === 0 ? { peek: true } : {});
    if (index % 3 === 0) for (const fd of rightsOf(arrived.control)) close(fd);
    if (index % 5 === 0) recvmsg(to, arrived);
    if (index % 5 === 0) for (const fd of rightsOf(arrived.control)) close(fd);
    if (index % 1000 === 0) expect(copies(passed)).toBeLessThanOrEqual(atRest + 2);
  }
  arrived.control = [];
  expect(copies(passed)).toBe(atRest);
});

test("a stream keeps each message's descriptors with its bytes, also under waitall", () => {
  using open = new Descriptors();
  const [from, to] = open.own(socketpair("unix", "stream"));
  const passed = open.own(socket("unix", "dgram"));
  const sent = new Message({ iovec: [DATA], control: [{ kind: "rights", fds: [passed] }] });
  sendmsg(from, sent);
  sendmsg(from, sent);
  const atRest = copies([passed]);
  const arrived = new Message({ iovec: [new Uint8Array(2)] });
  for (const _ of [1, 2]) {
    expect(recvmsg(to, arrived, { waitall: true })).toBe(1);
    for (const fd of rightsOf(arrived.control)) close(fd);
  }
  expect(copies([passed])).toBe(atRest);
});

/** How many descriptors stand for this process itself. */
function ownPidfds(): number {
  return readdirSync("/proc/self/fdinfo").filter((fd) => {
    // The directory's own descriptor is gone already.
    const path = `/proc/self/fdinfo/${fd}`;
    return existsSync(path) && readFileSync(path, "utf8").includes(`Pid:\t${process.pid}\n`);
  }).length;
}

testWith(kernel("6.5"))("a pidfd nobody saw is closed, one that does not fit is cut off", () => {
  using open = new Descriptors();
  const [from, to] = open.own(socketpair("unix", "dgram"));
  setOption(to, SOL.SOCKET, SO.PASSPIDFD);
  const atRest = ownPidfds();
  const arrived = new Message({ iovec: [new Uint8Array(1)] });
  for (let room = 0; room <= 24; room++) {
    arrived.controlLength = room;
    send(from, DATA);
    recvmsg(to, arrived);
    expect([room, arrived.flags.includes("ctrunc")]).toEqual([room, room < 20]);
    expect([room, ownPidfds()]).toEqual([room, atRest + (room < 20 ? 0 : 1)]);
  }
  const [message] = arrived.control;
  if (message?.kind !== "pidfd") throw new Error("no pidfd came");
  expect(readFileSync(`/proc/self/fdinfo/${message.fd}`, "utf8")).toContain(`Pid:\t${process.pid}`);
  close(message.fd);
  expect(SCM.PIDFD).toBeNumber();
});

testWith(python)("python3 sends descriptors and credentials, and gets them", async () => {
  using open = new Descriptors();
  const [ours, theirs] = open.own(socketpair("unix", "dgram"));
  setOption(ours, SOL.SOCKET, SO.PASSCRED);
  const script = `import array, os, socket, struct, sys
s = socket.socket(fileno=3)
r, w = os.pipe()
rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [r, w]))
own = struct.pack("3i", os.getpid(), os.getuid(), os.getgid())
s.sendmsg([b"from ", b"python"], [rights, (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, own)])
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print("ready"); sys.stdin.readline()
data, control, flags, address = s.recvmsg(100, 1000)
for level, kind, body in control:
    if kind == socket.SCM_RIGHTS: os.write(struct.unpack("i", body)[0], b"through the passed end")
    if kind == socket.SCM_CREDENTIALS: print(*struct.unpack("3i", body))
print(data.decode(), flags)`;
  await using peer = Peer.python(script, theirs);
  expect(await peer.line()).toBe("ready");
  const arrived = new Message({ iovec: [new Uint8Array(32)] });
  expect(recvmsg(ours, arrived)).toBe(11);
  const [uid, gid] = [process.getuid?.(), process.getgid?.()] as [number, number];
  expect(arrived.control).toContainEqual({ kind: "credentials", pid: peer.pid, uid, gid });
  const fds = open.own(rightsOf(arrived.control));
  expect(fds.map((fd) => fstatSync(fd).isFIFO())).toEqual([true, true]);

  const [kept, given] = open.own(socketpair("unix", "stream"));
  const control: ControlMessage[] = [
    { kind: "credentials", pid: process.pid, uid, gid },
    { kind: "rights", fds: [given] },
  ];
  sendmsg(ours, new Message({ iovec: [new TextEncoder().encode("from bun")], control }));
  peer.write("go");
  expect(await peer.line()).toBe(`${process.pid} ${uid} ${gid}`);
  expect(await peer.line()).toMatch(/^from bun \d+$/);
  const buffer = new Uint8Array(64);
  const message = new Message({ iovec: [buffer] });
  const length = recvmsg(kept, message);
  expect(new TextDecoder().decode(buffer.subarray(0, length))).toBe("through the passed end");
});
