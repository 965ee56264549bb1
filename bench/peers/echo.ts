// A process of its own that answers each datagram: by a Socket, Bun.udpSocket or C's epoll. It
// prints its port, and answers the one who first writes to it.

import { dlopen } from "bun:ffi";
import {
  bind,
  connect,
  getsockname,
  recvfrom,
  Sockaddr,
  Socket,
  send,
  setNonblocking,
  socket,
} from "../../src/index.ts";

const [how, library = ""] = process.argv.slice(2);
const room = new Uint8Array(64);

async function withSocket(): Promise<void> {
  const mine = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
  console.log(mine.localAddress.port);
  const { address } = await mine.recvfrom(room);
  if (address !== null) await mine.connect(address);
  for (;;) {
    await mine.send(room);
    await mine.recv(room);
  }
}

async function withBun(): Promise<void> {
  const mine = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (self, data, port, address) => void self.send(data, port, address) },
  });
  console.log(mine.port);
}

function withC(): void {
  const { symbols } = dlopen(library, {
    echo: { args: ["i32", "buffer", "u32"], returns: "void" },
  });
  const fd = socket("inet", "dgram");
  bind(fd, Sockaddr.inet("127.0.0.1"));
  console.log(getsockname(fd).port);
  const { address } = recvfrom(fd, room);
  if (address !== null) connect(fd, address);
  setNonblocking(fd, true);
  send(fd, room);
  symbols.echo(fd, room, room.length);
}

if (how === "socket") await withSocket();
else if (how === "bun") await withBun();
else withC();
