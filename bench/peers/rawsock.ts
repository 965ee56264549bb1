// The works of peers/run.ts by this package's synchronous functions.

import {
  checksum,
  close,
  ifaddrs,
  recv,
  Sockaddr,
  send,
  sendto,
  socket,
  socketpair,
} from "../../src/index.ts";
import { udpPair } from "../transfer.ts";

const bursts = Number(process.argv[2]);

/** Nanoseconds per call of `body`, which is called as often again before. */
function time(count: number, body: () => void): number {
  for (let index = 0; index < count; index++) body();
  const begin = Bun.nanoseconds();
  for (let index = 0; index < count; index++) body();
  return (Bun.nanoseconds() - begin) / count;
}

const data = new Uint8Array(64);

function transfer([from, to]: readonly [number, number]): number {
  const burst = () => {
    for (let index = 0; index < 64; index++) send(from, data);
    for (let index = 0; index < 64; index++) recv(to, data);
  };
  return time(bursts, burst) / 64;
}

/** Nothing where it is not allowed. */
function raw(): { raw?: number } {
  if (process.getuid?.() !== 0) return {};
  const fd = socket("inet", "raw", 253);
  const loopback = Sockaddr.inet("127.0.0.1");
  const room = new Uint8Array(128);
  const round = () => {
    sendto(fd, data, loopback);
    recv(fd, room);
  };
  const result = { raw: time(bursts * 8, round) };
  close(fd);
  return result;
}

/** A loop of its own: the call of a call would cost more than it. */
function sums(count: number): number {
  const begin = Bun.nanoseconds();
  for (let index = 0; index < count; index++) checksum.tcp(frame);
  return (Bun.nanoseconds() - begin) / count;
}

const frame = new Uint8Array(1500);
frame.set([8, 0, 0x45, 0, 1486 >> 8, 1486 & 255], 12);
frame[23] = 6;
frame[46] = 0x50;
// The compiler optimises what is called again and again.
for (let round = 0; round < 30; round++) sums(bursts * 30);
console.log(
  JSON.stringify({
    unix: transfer(socketpair("unix", "dgram")),
    udp: transfer(udpPair()),
    ...raw(),
    checksum: sums(bursts * 1000),
    interfaces: time(bursts, () => void ifaddrs()),
  }),
);
