// Echoes UDP in trains of datagrams, and says how long they took: bun examples/udp-echo.ts 7777
import { Message, Socket, type SocketError } from "rawsock";

/** A train is at most what one IP packet could hold. */
const TRAIN_MAX = 65_535;

/**
 * Receives what comes close together as one piece (UDP_GRO) and sends it back in one call, which
 * the kernel cuts into datagrams again (UDP_SEGMENT): udp(7). Yields when each came and left.
 */
export async function* echo(port: number, until: AbortSignal) {
  using socket = Socket.open("inet6", "dgram");
  socket.setOptions({ UDP_GRO: true, SO_RCVBUF: 4 * 1024 * 1024 });
  // Documentation/networking/timestamping.rst: `opt-tsonly` brings no copy of what was sent.
  const flags = ["software", "rx-software", "tx-software", "opt-tsonly", "opt-id"];
  socket.setOption("SO_TIMESTAMPING", flags);
  socket.bind({ family: "inet6", address: "::", port });
  for await (const { data, address, control } of socket.messages({ until, size: TRAIN_MAX })) {
    const size = control.find((it) => it.kind === "gro")?.size ?? data.length;
    const came = control.find((it) => it.kind === "timestamping")?.software;
    const segment = { kind: "segment", size } as const;
    const reply = new Message({ address, iovec: [data] });
    if (size < data.length) reply.control = [segment];
    await socket.sendmsg(reply);
    const left = await sent(socket);
    yield { peer: address, bytes: data.length, size, came, left };
  }
}

/** When what was just sent left: told through the queue of errors. */
async function sent(socket: Socket): Promise<bigint | undefined> {
  const message = new Message({ controlLength: 512 });
  try {
    await socket.recvmsg(message, { errqueue: true, timeout: 100 });
  } catch (error) {
    if ((error as SocketError).code !== "ETIMEDOUT") throw error;
  }
  return message.control.find((it) => it.kind === "timestamping")?.software;
}

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for await (const it of echo(Number(process.argv[2] ?? 7777), stop.signal)) {
    const count = Math.ceil(it.bytes / it.size);
    const took = it.came && it.left ? `${(it.left - it.came) / 1000n} us` : "unknown";
    console.log(`${it.peer}: ${count} of ${it.size} bytes, back after ${took}`);
  }
}
