// How much the JavaScript heap grows, between collections, while a call is made over and over: bytes
// by the name of what is called, as JSON. In a process of its own: the heap of one that has run
// other tests has room for millions of objects before it grows.

import { heapStats } from "bun:jsc";
import {
  bind,
  close,
  connect,
  getsockname,
  Message,
  read,
  recv,
  recvmmsg,
  recvmsg,
  send,
  sendmmsg,
  sendmsg,
  setSocketOption,
  socket,
  socketpair,
  write,
} from "../../src/index.ts";

const WARM_UP = 20_000;
const CALLS = 20_000;

/** Bytes of new heap blocks that 20,000 calls need, when the compiler has warmed up. */
function heapGrowth(call: () => void): number {
  repeat(WARM_UP, call);
  Bun.gc(true);
  const before = heapStats().heapCapacity;
  repeat(CALLS, call);
  return heapStats().heapCapacity - before;
}

function repeat(count: number, call: () => void): void {
  for (let index = 0; index < count; index++) call();
}

const [a, b] = socketpair("unix", "dgram");
const data = new Uint8Array(64);
const options = { dontwait: true, start: 1 };
const kept: { value: object } = { value: {} };

/** Connected UDP sockets, of which the second reports the TTL of what comes. */
const [from, to] = [socket("inet", "dgram"), socket("inet", "dgram")];
for (const fd of [from, to]) bind(fd, { family: "inet", address: "127.0.0.1" });
connect(from, getsockname(to));
connect(to, getsockname(from));
setSocketOption(to, "IP_RECVTTL", true);
const hop = new Message({
  iovec: [new Uint8Array(1)],
  control: [{ kind: "ttl", value: 10 }],
});
const hopped = new Message({ iovec: [new Uint8Array(1)] });

const messages = (size: number) =>
  Array.from({ length: 8 }, () => new Message({ iovec: [new Uint8Array(size)] }));
const [sent, arrived] = [messages(6), messages(16)];

const calls: Readonly<Record<string, () => void>> = {
  "one small object": () => {
    kept.value = { growth: 1 };
  },
  "send and recv": () => {
    send(a, data);
    recv(b, data);
    send(a, data, options);
    recv(b, data, options);
  },
  "read and write": () => {
    write(a, data);
    read(b, data);
  },
  "the same control message again": () => {
    sendmsg(from, hop);
    recvmsg(to, hopped);
  },
  "a batch of reused messages": () => {
    sendmmsg(a, sent);
    recvmmsg(b, arrived);
  },
};

const growths = Object.entries(calls).map(([name, call]) => [name, heapGrowth(call)]);
for (const fd of [a, b, from, to]) close(fd);
console.log(JSON.stringify(Object.fromEntries(growths)));
