// The works of peers/run.ts by node:dgram and node:os, under Node and under Bun, and under Node by
// the npm packages unix-dgram and raw-socket, where they are installed.
const dgram = require("node:dgram");
const { rmSync } = require("node:fs");
const { networkInterfaces } = require("node:os");

const bursts = Number(process.argv[2]);
const data = Buffer.alloc(64);
const now = () => Number(process.hrtime.bigint());

/** A package, or undefined where it is not there or does not load. */
function optional(name) {
  try {
    return require(name);
  } catch {
    return undefined;
  }
}

function time(count, body) {
  const begin = now();
  for (let index = 0; index < count; index++) body();
  return (now() - begin) / count;
}

/**
 * Sends bursts of `size` until `total` messages have come: `on` sets what is called for each. In
 * the end what did not come, a queue being full, is not waited for longer than a second.
 */
function bursting(total, size, send, on) {
  return new Promise((resolve) => {
    let seen = 0;
    const begin = now();
    const burst = () => {
      for (let index = 0; index < size; index++) send();
    };
    on(() => {
      if (++seen === total) resolve((now() - begin) / total);
      else if (seen % size === 0) burst();
    });
    burst();
  });
}

async function udp() {
  const socket = dgram.createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  await new Promise((resolve) => socket.connect(socket.address().port, "127.0.0.1", resolve));
  const on = (listener) => socket.on("message", listener);
  const result = await bursting(bursts * 64, 64, () => socket.send(data), on);
  socket.close();
  return result;
}

async function unix({ createSocket }) {
  const path = `/tmp/rawsock-bench-${process.pid}`;
  const [from, to] = [createSocket("unix_dgram"), createSocket("unix_dgram")];
  to.bind(path);
  from.connect(path);
  // The queue of a Unix datagram socket holds ten.
  const result = await bursting(
    bursts * 64,
    8,
    () => from.send(data),
    (f) => to.on("message", f),
  );
  from.close();
  to.close();
  rmSync(path);
  return result;
}

async function raw({ createSocket }) {
  const socket = createSocket({ protocol: 253 });
  // Nothing else would: raw-socket lets a socket that waits be collected.
  globalThis.kept = socket;
  const send = () => socket.send(data, 0, data.length, "127.0.0.1", () => {});
  const result = await bursting(bursts * 8, 1, send, (listener) => socket.on("message", listener));
  socket.close();
  return result;
}

async function main() {
  const times = { udp: await udp(), interfaces: time(bursts, networkInterfaces) };
  const unixDgram = optional("unix-dgram");
  const rawSocket = optional("raw-socket");
  if (unixDgram !== undefined) times.unix = await unix(unixDgram);
  if (rawSocket !== undefined) {
    const packet = Buffer.alloc(1500);
    times.checksum = time(bursts * 64, () => rawSocket.createChecksum(packet));
    if (process.getuid() === 0) times.raw = await raw(rawSocket);
  }
  // unix-dgram and raw-socket keep the process; what is written has to be out first.
  process.stdout.write(`${JSON.stringify(times)}\n`, () => process.exit());
}

main();
