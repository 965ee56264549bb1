// Waits in blocking calls: what ends them, and that they keep the kernel's rules. Each runs in a
// process of its own, which may be stopped or killed.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  bind,
  connect,
  getsockname,
  listen,
  recv,
  Sockaddr,
  socket,
  socketpair,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { bun } from "../support/program.ts";
import { program, python, testWith } from "../support/requirements.ts";

/**
 * Bodies of blocking calls that wait for ever. Those that have moved some data when the signal
 * comes return how much, as in C; the others throw EINTR.
 */
const WAITS: Record<string, string> = {
  recv: "rawsock.recv(a, buffer)",
  "recv with waitall":
    "rawsock.send(b, buffer.subarray(1)); rawsock.recv(a, buffer.subarray(0, 9), { waitall: true })",
  recvfrom: "rawsock.recvfrom(a, buffer)",
  recvmsg: "rawsock.recvmsg(a, new rawsock.Message({ iovec: [buffer] }))",
  recvmmsg: "rawsock.recvmmsg(a, [new rawsock.Message({ iovec: [buffer] })])",
  "recvmmsg with a timeout":
    "rawsock.recvmmsg(a, [new rawsock.Message({ iovec: [buffer] })], { timeout: 1e6 })",
  read: "rawsock.read(a, buffer)",
  readv: "rawsock.read(a, [buffer])",
  "read of a pipe": "rawsock.read(0, buffer)",
  send: "while (rawsock.send(a, chunk) === chunk.length);",
  write: "while (rawsock.write(a, [chunk, chunk]) === 2 * chunk.length);",
  sendmsg: "while (rawsock.sendmsg(a, new rawsock.Message({ iovec: [chunk] })) === chunk.length);",
  sendmmsg: "rawsock.sendmmsg(a, [1, 2].map(() => new rawsock.Message({ iovec: [chunk] })))",
  accept: "rawsock.accept(listener)",
  poll: "rawsock.poll([{ fd: a, events: ['in'] }])",
  "connect to a full queue":
    "for (;;) rawsock.connect(rawsock.socket('unix', 'stream'), rawsock.getsockname(listener))",
};

/** The queue of a TCP listener that nobody serves is soon full: then connect(2) waits. */
WAITS["connect by TCP"] = "for (;;) rawsock.connect(rawsock.socket('inet', 'stream'), full)";

const PARTIAL: ReadonlySet<string> = new Set([
  "recv with waitall",
  "send",
  "sendmsg",
  "sendmmsg",
  "write",
]);

const PRELUDE = `
  const [a, b] = rawsock.socketpair("unix", "stream");
  const buffer = new Uint8Array(8);
  const chunk = new Uint8Array(1 << 20);
  const listener = rawsock.socket("unix", "stream");
  rawsock.bind(listener, rawsock.Sockaddr.unix("\\0rawsock-blocking-" + process.pid));
  rawsock.listen(listener, 0);
  const server = rawsock.socket("inet", "stream");
  rawsock.bind(server, { family: "inet", address: "127.0.0.1" });
  rawsock.listen(server, 0);
  const full = rawsock.getsockname(server);
  const wait = (call) => {
    console.log("waiting");
    try { call(); console.log("moved a part"); } catch (error) { console.log(error.code); }
  };
`;

/** Resolves when the process sleeps in a system call of the given numbers' kind. */
async function asleep(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const [state] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] ?? "";
    // Only the main thread counts: /proc/PID/stat is its state.
    if (state === "S") {
      await Bun.sleep(20);
      return;
    }
    await Bun.sleep(2);
  }
  throw new Error("the process never slept");
}

for (const [name, call] of Object.entries(WAITS)) {
  test(`a signal with a handler ends a waiting ${name}, and the handler runs`, async () => {
    const script = `${PRELUDE}
      process.on("SIGINT", () => { console.log("handled"); process.exit(7); });
      wait(() => { ${call} });
      setInterval(() => {}, 1000);`;
    await using child = new Peer(bun(script));
    expect(await child.line()).toBe("waiting");
    await asleep(child.pid);
    process.kill(child.pid, "SIGINT");
    expect(await child.line()).toBe(PARTIAL.has(name) ? "moved a part" : "EINTR");
    expect(await child.line()).toBe("handled");
    expect(await child.exited).toBe(7);
  });
}

/** A stop and a continuation, as by Ctrl-Z and fg. */
async function interrupt(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await stopped(pid);
  process.kill(pid, "SIGCONT");
}

/** The number of the system call that a process waits in; now and then it runs for a moment. */
function systemCall(pid: number): number {
  for (let tries = 0; tries < 1000; tries++) {
    const number = Number.parseInt(readFileSync(`/proc/${pid}/syscall`, "utf8"), 10);
    if (number >= 0) return number;
  }
  throw new Error("the process never waited");
}

async function stopped(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] === "T") return;
    await Bun.sleep(2);
  }
  throw new Error("the process never stopped");
}

for (const [name, call] of Object.entries(WAITS)) {
  test(`a stop and its continuation do not end a waiting ${name}, a handler then does`, async () => {
    const script = `${PRELUDE}
      process.on("SIGINT", () => { console.log("handled"); process.exit(7); });
      wait(() => { ${call} });
      setInterval(() => {}, 1000);`;
    await using child = new Peer(bun(script));
    expect(await child.line()).toBe("waiting");
    await asleep(child.pid);
    const waiting = systemCall(child.pid);
    for (let round = 0; round < 3; round++) {
      await interrupt(child.pid);
      await asleep(child.pid);
    }
    // Bun's own event loop waits in another.
    expect(systemCall(child.pid)).toBe(waiting);
    process.kill(child.pid, "SIGINT");
    expect(await child.line()).toBe(PARTIAL.has(name) ? "moved a part" : "EINTR");
    expect(await child.line()).toBe("handled");
    expect(await child.exited).toBe(7);
  });
}

testWith(program("strace"))(
  "a debugger that attaches and lets go does not end a wait",
  async () => {
    const script = `${PRELUDE} wait(() => { ${WAITS.recv} });`;
    await using child = new Peer(bun(script));
    expect(await child.line()).toBe("waiting");
    await asleep(child.pid);
    const strace = Bun.spawn(["strace", "-o", "/dev/null", "-p", String(child.pid)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const { value } = await strace.stderr.getReader().read();
    expect(new TextDecoder().decode(value)).toContain("attached");
    await Bun.sleep(50);
    strace.kill("SIGINT");
    await strace.exited;
    await asleep(child.pid);
    process.kill(child.pid, "SIGINT");
    await child.exited;
    // Neither of the lines that follow the end of a wait.
    expect(child.signal).toBe("SIGINT");
  },
);

for (const name of ["recv", "accept", "read of a pipe"]) {
  test(`without a handler Ctrl-C kills a program that waits in ${name}`, async () => {
    const script = `${PRELUDE} wait(() => { ${WAITS[name]} });`;
    await using child = new Peer(bun(script));
    expect(await child.line()).toBe("waiting");
    await asleep(child.pid);
    process.kill(child.pid, "SIGINT");
    await child.exited;
    expect(child.signal).toBe("SIGINT");
  });
}

// Options in these scripts are set by python, so that the test does not rest on our own code.
const SET_TIMEOUT = `
import os, socket, struct, sys
s = socket.socket(fileno=3)
option = socket.SO_RCVTIMEO if sys.argv[1] == "in" else socket.SO_SNDTIMEO
s.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 0, 150000))
s.detach()
`;

async function setTimeouts(fd: number): Promise<void> {
  for (const direction of ["in", "out"]) {
    const child = Bun.spawn(["python3", "-c", SET_TIMEOUT, direction], {
      stdio: ["ignore", "inherit", "inherit", fd],
    });
    expect(await child.exited).toBe(0);
  }
}

testWith(python)("SO_RCVTIMEO and SO_SNDTIMEO end a wait with EAGAIN", async () => {
  using open = new Descriptors();
  const [a] = open.own(socketpair("unix", "stream"));
  await setTimeouts(a);
  const { send } = await import("../../src/index.ts");
  const chunk = new Uint8Array(1 << 22);
  for (const call of [
    () => recv(a, new Uint8Array(1)),
    () => recv(a, new Uint8Array(4), { waitall: true }),
    () => {
      for (;;) send(a, chunk);
    },
  ]) {
    const start = performance.now();
    expect(socketError(call).code).toBe("EAGAIN");
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(140);
    expect(took).toBeLessThan(1500 * patience);
  }
});

testWith(python)("a wait leaves the timeout of the socket as it was", async () => {
  const READ = `
import socket, struct, time
s = socket.socket(fileno=3)
def timeouts():
    o = [s.getsockopt(socket.SOL_SOCKET, n, 16) for n in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO)]
    return all(v == bytes(16) for v in o)
input(); time.sleep(0.1)
s.send(b"x")
print(timeouts(), flush=True)
`;
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  await using peer = Peer.python(READ, b);
  peer.write("go");
  expect(recv(a, new Uint8Array(1))).toBe(1);
  expect(await peer.line()).toBe("True");
  await using own = Peer.python(READ, a);
  own.write("go");
  expect(await own.line()).toBe("True");
});

testWith(python)("MSG_WAITALL gathers a trickling stream, and stops at its end", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const TRICKLE = `
import socket, time
s = socket.socket(fileno=3)
for i in range(12):
    s.send(bytes([i])); time.sleep(0.01)
s.shutdown(socket.SHUT_RDWR)
`;
  await using peer = Peer.python(TRICKLE, b);
  open.close(b);
  const buffer = new Uint8Array(8);
  expect(recv(a, buffer, { waitall: true })).toBe(8);
  expect(buffer).toEqual(new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]));
  expect(recv(a, buffer, { waitall: true })).toBe(4);
  expect(recv(a, buffer, { waitall: true })).toBe(0);
  expect(await peer.end()).toBe(0);
});

testWith(python)("a blocking send of much data returns when all of it went", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  const COUNT = `
import socket, time
s = socket.socket(fileno=3); n = 0
while True:
    d = s.recv(65536)
    if not d: break
    n += len(d)
print(n, flush=True)
`;
  const { send, write, shutdown } = await import("../../src/index.ts");
  await using peer = Peer.python(COUNT, b);
  const chunk = new Uint8Array(5_000_000);
  expect(send(a, chunk)).toBe(chunk.length);
  expect(write(a, chunk)).toBe(chunk.length);
  expect(write(a, [chunk.subarray(0, 10), chunk, chunk.subarray(5)])).toBe(10_000_005);
  shutdown(a, "wr");
  expect(await peer.line()).toBe("20000005");
});

/** F_GETFL, of this process' own. */
function isBlocking(fd: number): boolean {
  const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  return (Number.parseInt(flags ?? "", 8) & 0o4000) === 0;
}

test("a blocking connect leaves the descriptor blocking, however it ends", () => {
  using open = new Descriptors();
  const listener = open.own(socket("inet", "stream"));
  bind(listener, Sockaddr.inet("127.0.0.1"));
  listen(listener);
  const address = getsockname(listener);
  const client = open.own(socket("inet", "stream"));
  connect(client, address);
  expect(isBlocking(client)).toBe(true);
  open.close(listener);
  const refused = open.own(socket("inet", "stream"));
  expect(socketError(() => connect(refused, address)).code).toBe("ECONNREFUSED");
  expect(isBlocking(refused)).toBe(true);
});
