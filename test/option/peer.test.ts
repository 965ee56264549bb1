// Options of a shared socket: set here and read by CPython, set by CPython and read here.

import { expect } from "bun:test";
import {
  close,
  type OptionName,
  setSocketOption,
  socket,
  socketOption,
  socketpair,
} from "../../src/index.ts";
import { Peer } from "../support/peer.ts";
import { python, testWith } from "../support/requirements.ts";

const set = setSocketOption as (fd: number, name: OptionName, value: unknown) => void;

/** An evaluator of Python expressions about `s`, the descriptor it inherits as 3. */
const script = `
import socket, struct, sys
s = socket.socket(fileno=3)
S, I, V, T, U = socket.SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.IPPROTO_TCP, socket.IPPROTO_UDP
for line in sys.stdin:
    try: print(eval(line), flush=True)
    except OSError as error: print("OSError", error.errno, flush=True)
`;

type Case = readonly [name: OptionName, value: unknown, get: string, text: string, set: string];

const timeval = (name: number) => `struct.unpack("ll", s.getsockopt(S, ${name}, 16))`;

/** What we set and what Python then says, and what Python sets so that we read the same. */
const cases: Record<string, readonly Case[]> = {
  tcp: [
    ["SO_KEEPALIVE", true, "s.getsockopt(S, 9)", "1", "s.setsockopt(S, 9, 1)"],
    [
      "SO_LINGER",
      5,
      'struct.unpack("ii", s.getsockopt(S, 13, 8))',
      "(1, 5)",
      's.setsockopt(S, 13, struct.pack("ii", 1, 5))',
    ],
    ["TCP_NODELAY", true, "s.getsockopt(T, 1)", "1", "s.setsockopt(T, 1, 1)"],
    ["TCP_KEEPIDLE", 42, "s.getsockopt(T, 4)", "42", "s.setsockopt(T, 4, 42)"],
    [
      "TCP_CONGESTION",
      "reno",
      "s.getsockopt(T, 13, 16).rstrip(bytes(1)).decode()",
      "reno",
      's.setsockopt(T, 13, b"reno")',
    ],
    ["TCP_USER_TIMEOUT", 9000, "s.getsockopt(T, 18)", "9000", "s.setsockopt(T, 18, 9000)"],
  ],
  udp: [
    ["SO_BROADCAST", true, "s.getsockopt(S, 6)", "1", "s.setsockopt(S, 6, 1)"],
    [
      "SO_RCVTIMEO",
      2500,
      timeval(20),
      "(2, 500000)",
      's.setsockopt(S, 20, struct.pack("ll", 2, 500000))',
    ],
    ["SO_SNDTIMEO", 3000, timeval(21), "(3, 0)", 's.setsockopt(S, 21, struct.pack("ll", 3, 0))'],
    [
      "SO_BINDTODEVICE",
      "lo",
      "s.getsockopt(S, 25, 16)",
      "b'lo\\x00'",
      's.setsockopt(S, 25, b"lo")',
    ],
    [
      "SO_TIMESTAMPING",
      ["rx-software", "software"],
      "s.getsockopt(S, 37)",
      "24",
      "s.setsockopt(S, 37, 24)",
    ],
    ["IP_TTL", 33, "s.getsockopt(I, 2)", "33", "s.setsockopt(I, 2, 33)"],
    ["IP_TOS", 0x10, "s.getsockopt(I, 1)", "16", "s.setsockopt(I, 1, 16)"],
    [
      "IP_MULTICAST_IF",
      "127.0.0.1",
      "socket.inet_ntoa(s.getsockopt(I, 32, 4))",
      "127.0.0.1",
      's.setsockopt(I, 32, socket.inet_aton("127.0.0.1"))',
    ],
    ["UDP_SEGMENT", 1200, "s.getsockopt(U, 103)", "1200", "s.setsockopt(U, 103, 1200)"],
  ],
  udp6: [
    ["IPV6_V6ONLY", true, "s.getsockopt(V, 26)", "1", "s.setsockopt(V, 26, 1)"],
    ["IPV6_UNICAST_HOPS", 12, "s.getsockopt(V, 16)", "12", "s.setsockopt(V, 16, 12)"],
    [
      "IPV6_MULTICAST_IF",
      1,
      "s.getsockopt(V, 17)",
      "1",
      's.setsockopt(V, 17, struct.pack("i", 1))',
    ],
    ["IPV6_TCLASS", 4, "s.getsockopt(V, 67)", "4", "s.setsockopt(V, 67, 4)"],
  ],
};

const open: Record<string, () => number> = {
  tcp: () => socket("inet", "stream"),
  udp: () => socket("inet", "dgram"),
  udp6: () => socket("inet6", "dgram"),
};

for (const [kind, list] of Object.entries(cases)) {
  testWith(python)(`CPython reads what was set here, and the reverse: ${kind}`, async () => {
    const [ours, theirs] = [open[kind]?.() ?? -1, open[kind]?.() ?? -1];
    for (const [fd, direction] of [
      [ours, "ours"],
      [theirs, "theirs"],
    ] as const) {
      await using peer = Peer.python(script, fd);
      const ask = (expression: string) => {
        peer.write(expression);
        return peer.line();
      };
      for (const [name, value, read, text, write] of list) {
        expect(await ask(read)).not.toBe(text);
        expect(socketOption(fd, name)).not.toEqual(value as never);
        if (direction === "ours") set(fd, name, value);
        else expect(await ask(write)).toBe("None");
        expect(await ask(read)).toBe(text);
        expect(socketOption(fd, name)).toEqual(value as never);
      }
      close(fd);
    }
  });
}

testWith(python)("CPython and we see the same credentials of the other end", async () => {
  const [a, b] = socketpair("unix", "stream");
  await using peer = Peer.python(script, a);
  peer.write('struct.unpack("3i", s.getsockopt(S, socket.SO_PEERCRED, 12))');
  const { pid, uid, gid } = socketOption(a, "SO_PEERCRED");
  expect(await peer.line()).toBe(`(${pid}, ${uid}, ${gid})`);
  close(a);
  close(b);
});
