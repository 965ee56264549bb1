// Echoes UDP in trains of datagrams, and says how long they took: bun examples/udp-echo.ts 7777
import { Message, Socket, SocketError } from "rawsock";

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
    const reply = new Message({ address, iovec: [data] });
    if (size < data.length) reply.control = [{ kind: "segment", size }];
    const left = await send(socket, reply);
    const count = size === 0 ? 1 : Math.ceil(data.length / size);
    yield { peer: address, count, size, took: came && left && left - came };
  }
}

/** When it left, which the queue of errors tells; undefined where it did not. */
async function send(socket: Socket, message: Message): Promise<bigint | undefined> {
  const report = new Message({ controlLength: 512 });
  try {
    await socket.sendmsg(message);
    await socket.recvmsg(report, { errqueue: true, timeout: 100 });
  } catch (error) {
    // One that cannot be answered, because it came from port 0, say, is not to end the server.
    if (!(error instanceof SocketError)) throw error;
  }
  return report.control.find((it) => it.kind === "timestamping")?.software;
}

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for await (const { peer, count, size, took } of echo(
    Number(process.argv[2] ?? 7777),
    stop.signal,
  )) {
    const back = took === undefined ? "not sent back" : `back after ${took / 1000n} us`;
    console.log(`${peer}: ${count} of ${size} bytes, ${back}`);
  }
}
