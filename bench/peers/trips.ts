// The other end of echo.ts: makes round trips by the same means, and prints the nanoseconds that
// each took: bun trips.ts how port trips pause library, the pause between them in milliseconds.
// The first go without a pause, so that the compiler has done its work on both sides.

import { dlopen } from "bun:ffi";
import { connect, Sockaddr, Socket, setNonblocking, socket } from "../../src/index.ts";

const [how = "", port = "", trips = "", pause = "", library = ""] = process.argv.slice(2);
const count = Number(trips);
const milliseconds = Number(pause);
const address = Sockaddr.inet("127.0.0.1", Number(port));
const data = new Uint8Array(64);
const times = new Float64Array(count);
const WARM_UP = 5000;

async function withSocket(): Promise<void> {
  const mine = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
  await mine.connect(address);
  for (let trip = -WARM_UP; trip < count; trip++) {
    if (milliseconds > 0 && trip >= 0) await Bun.sleep(milliseconds);
    const begin = Bun.nanoseconds();
    await mine.send(data);
    await mine.recv(data);
    if (trip >= 0) times[trip] = Bun.nanoseconds() - begin;
  }
  mine.close();
}

async function withBun(): Promise<void> {
  let begin = 0;
  let trip = -WARM_UP;
  let done = () => {};
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const next = () => {
    begin = Bun.nanoseconds();
    mine.send(data);
  };
  const mine = await Bun.udpSocket({
    connect: { hostname: "127.0.0.1", port: Number(port) },
    socket: {
      data() {
        if (trip >= 0) times[trip] = Bun.nanoseconds() - begin;
        if (++trip === count) done();
        else if (milliseconds > 0 && trip >= 0) setTimeout(next, milliseconds);
        else next();
      },
    },
  });
  next();
  await finished;
  mine.close();
}

function withC(): void {
  const { symbols } = dlopen(library, {
    each_trip: { args: ["i32", "buffer", "u32", "u32", "u32", "buffer"], returns: "void" },
  });
  const fd = socket("inet", "dgram");
  connect(fd, address);
  setNonblocking(fd, true);
  symbols.each_trip(fd, data, data.length, count, milliseconds * 1000, times);
}

if (how === "socket") await withSocket();
else if (how === "bun") await withBun();
else withC();
console.log(JSON.stringify([...times]));
process.exit(0);
