// `npm run bench -- peers`: the same bursts of 64 datagrams in other programs, as far as they are
// installed, beside ours and C in the same run.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zig } from "../test/support/zig.ts";
import { median } from "./harness.ts";

const BURSTS = 300;
const ROUNDS = 7;

type Peer = { readonly name: string; readonly command: () => string[]; readonly env?: object };

const PYTHON = `
import socket, time
def run(a, b):
    d = bytes(64); m = bytearray(64)
    t = time.perf_counter_ns()
    for _ in range(${BURSTS}):
        for _ in range(64): a.send(d)
        for _ in range(64): b.recv_into(m)
    return (time.perf_counter_ns() - t) / ${BURSTS} / 64
def udp():
    a, b = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab"]
    a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
    a.connect(b.getsockname()); b.connect(a.getsockname())
    return a, b
print(run(*socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)), run(*udp()))
`;

const CLISP = `
(require "rawsock")
(defun run (a b)
  (declare (compile))
  (let ((d (make-array 64 :element-type '(unsigned-byte 8)))
        (m (make-array 64 :element-type '(unsigned-byte 8)))
        (begin (get-internal-real-time)))
    (dotimes (i ${BURSTS})
      (dotimes (j 64) (rawsock:send a d))
      (dotimes (j 64) (rawsock:recv b m)))
    (/ (* 1d9 (- (get-internal-real-time) begin)) internal-time-units-per-second ${BURSTS} 64)))
(defun udp ()
  (let ((s (rawsock:socket :inet :dgram nil))
        (a (rawsock:make-sockaddr :inet #(0 0 127 0 0 1 0 0 0 0 0 0 0 0))))
    (rawsock:bind s a) s))
(defun name (s) (nth-value 0 (rawsock:getsockname s (rawsock:make-sockaddr :inet))))
(multiple-value-bind (a b) (rawsock:socketpair :unix :dgram nil)
  (let ((x (udp)) (y (udp)))
    (rawsock:connect x (name y)) (rawsock:connect y (name x))
    (format t "~,1f ~,1f~%" (run a b) (run x y))))
`;

const OURS = `
import { recv, send, socketpair } from "${join(import.meta.dir, "../src/index.ts")}";
import { udpPair } from "${join(import.meta.dir, "transfer.ts")}";
function run([a, b]) {
  const d = new Uint8Array(64);
  let begin = 0;
  for (let burst = -${BURSTS}; burst < ${BURSTS}; burst++) {
    if (burst === 0) begin = Bun.nanoseconds();
    for (let i = 0; i < 64; i++) send(a, d);
    for (let i = 0; i < 64; i++) recv(b, d);
  }
  return (Bun.nanoseconds() - begin) / ${BURSTS} / 64;
}
console.log(run(socketpair("unix", "dgram")), run(udpPair()));
`;

/** A datagram socket's send to itself, awaited: what an event loop makes of it. */
const NODE = `
const dgram = require("node:dgram");
const socket = dgram.createSocket("udp4");
const total = ${BURSTS} * 64;
let seen = 0, begin = 0n;
const burst = () => { for (let i = 0; i < 64; i++) socket.send(data); };
const data = Buffer.alloc(64);
socket.on("message", () => {
  if (++seen === total) {
    console.log(NaN, Number(process.hrtime.bigint() - begin) / total);
    socket.close();
  } else if (seen % 64 === 0) burst();
});
socket.bind(0, "127.0.0.1", () => socket.connect(socket.address().port, "127.0.0.1", () => {
  begin = process.hrtime.bigint();
  burst();
}));
`;

const C = `
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>
#include "${join(import.meta.dir, "transfer.c")}"
int main(void) {
  uint8_t data[64] = {0};
  int pair[2], udp[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  struct sockaddr_in names[2];
  for (int i = 0; i < 2; i++) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof any;
    udp[i] = socket(AF_INET, SOCK_DGRAM, 0);
    bind(udp[i], (void *)&any, length);
    getsockname(udp[i], (void *)&names[i], &length);
  }
  for (int i = 0; i < 2; i++) connect(udp[i], (void *)&names[1 - i], sizeof names[0]);
  printf("%f ", time_transfer(pair[0], pair[1], data, 64, ${BURSTS}));
  printf("%f\\n", time_transfer(udp[0], udp[1], data, 64, ${BURSTS}));
}
`;

const CLISP_STUB = `
#include <stdarg.h>
#include <sys/ioctl.h>
int rpl_ioctl(int fd, int request, ...) {
  va_list list; va_start(list, request);
  void *argument = va_arg(list, void *); va_end(list);
  return ioctl(fd, request, argument);
}
`;

/** Runs every installed peer in turn, round by round, and prints the medians. */
export async function peers(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-peers-"));
  try {
    const file = async (name: string, text: string) => {
      await Bun.write(join(directory, name), text);
      return join(directory, name);
    };
    const compile = async (name: string, text: string, ...flags: string[]) => {
      const source = await file(`${name}.c`, text);
      Bun.spawnSync([zig, "cc", "-O2", "-w", ...flags, "-o", join(directory, name), source]);
      return join(directory, name);
    };
    const native = await compile("native", C);
    const stub = await compile("stub.so", CLISP_STUB, "-shared", "-fPIC");
    const [ours, python, node] = [
      await file("ours.ts", OURS),
      await file("peer.py", PYTHON),
      await file("peer.cjs", NODE),
    ];
    const clisp = await file("peer.lisp", CLISP);
    const list: Peer[] = [
      { name: "C", command: () => [native] },
      { name: "rawsock", command: () => [process.execPath, ours] },
      { name: "python3 socket", command: () => ["python3", python] },
      {
        name: "CLISP rawsock",
        command: () => ["clisp", "-q", "-norc", "-C", clisp],
        env: { LD_PRELOAD: stub },
      },
      { name: "node dgram, event loop", command: () => ["node", node] },
      { name: "Bun node:dgram, event loop", command: () => [process.execPath, node] },
    ];
    print(list.filter(({ command }) => Bun.which(command()[0] as string) !== null));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function print(list: readonly Peer[]): void {
  const times = new Map(list.map(({ name }) => [name, { unix: [], udp: [] } as Times]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, command, env } of list) {
      const { stdout } = Bun.spawnSync(command(), { env: { ...process.env, ...env } });
      const [unix, udp] = String(stdout).trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
      times.get(name)?.unix.push(unix ?? Number.NaN);
      times.get(name)?.udp.push(udp ?? Number.NaN);
    }
  }
  console.log("\nsend + recv of 64 B, ns and multiples of C      unix datagram                UDP");
  const c = times.get("C");
  for (const [name, { unix, udp }] of times) {
    const cells = [cell(unix, c?.unix ?? []), cell(udp, c?.udp ?? [])];
    console.log(name.padEnd(42), ...cells.map((text) => text.padStart(18)));
  }
}

type Times = { unix: number[]; udp: number[] };

function cell(values: readonly number[], reference: readonly number[]): string {
  const own = median(values);
  return Number.isNaN(own) ? "-" : `${own.toFixed(0)} ${(own / median(reference)).toFixed(2)}x`;
}
