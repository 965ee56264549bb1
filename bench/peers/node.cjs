// The Node side of bench/peers.ts: reads "work calls", answers with nanoseconds per unit of work.
// The packages are looked for in the directory that the first argument names.

const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const BURST = 64;
const load = createRequire(join(process.argv[2] ?? "/", "from.cjs"));
const data = Buffer.alloc(64);

/** Calls `send` `count` times, each when what the last one sent has arrived: `arrival.next`. */
function oneAfterTheOther(arrival, send) {
  return (count) =>
    new Promise((resolve) => {
      let left = count;
      arrival.next = () => (--left > 0 ? send() : resolve());
      send();
    });
}

const works = {
  async dgram() {
    const dgram = require("node:dgram");
    const arrival = { left: 0, next: () => {} };
    const to = dgram.createSocket("udp4", () => {
      if (--arrival.left === 0) arrival.next();
    });
    await new Promise((resolve) => to.bind(0, "127.0.0.1", resolve));
    const from = dgram.createSocket("udp4");
    await new Promise((resolve) => from.connect(to.address().port, "127.0.0.1", resolve));
    const burst = () => {
      arrival.left = BURST;
      for (let index = 0; index < BURST; index++) from.send(data);
    };
    return [oneAfterTheOther(arrival, burst), BURST];
  },
  unix() {
    const unix = load("unix-dgram");
    const arrival = { next: () => {} };
    const path = join(process.argv[2], "unix-dgram.socket");
    const to = unix.createSocket("unix_dgram", () => arrival.next());
    to.bind(path);
    const from = unix.createSocket("unix_dgram", () => {});
    return [oneAfterTheOther(arrival, () => from.send(data, 0, data.length, path)), 1];
  },
  raw() {
    const raw = load("raw-socket");
    const arrival = { next: () => {} };
    const socket = raw.createSocket({ protocol: 253 });
    socket.on("message", () => arrival.next());
    const failed = (error) => {
      if (error) throw error;
    };
    const send = () => socket.send(data, 0, data.length, "127.0.0.1", failed);
    return [oneAfterTheOther(arrival, send), 1];
  },
  sum() {
    const raw = load("raw-socket");
    const bytes = Buffer.alloc(1500, 7);
    let sink = 0;
    const calls = async (count) => {
      for (let call = 0; call < count; call++) sink ^= raw.createChecksum(bytes);
      if (sink === -1) throw new Error("no sum is negative");
    };
    return [calls, 1];
  },
};

const made = new Map();
(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, calls] = line.split(" ");
    if (!made.has(name)) made.set(name, await works[name]());
    const [work, units] = made.get(name);
    const begin = process.hrtime.bigint();
    await work(Number(calls));
    console.log(Number(process.hrtime.bigint() - begin) / Number(calls) / units);
  }
  process.exit(0);
})();
