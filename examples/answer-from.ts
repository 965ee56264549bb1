// Echoes by UDP from the address that was asked, of several: bun examples/answer-from.ts 7777
import { Message, type Sockaddr, Socket, SocketError } from "rawsock";

/**
 * A server on all addresses. A plain sendto() would leave the choice of the source to the routing
 * table, and who asked another address would not take the answer for one.
 */
export async function* serve(port: number, until: AbortSignal) {
  using socket = Socket.open("inet", "dgram");
  // ip(7): with each message the address that it came to. Of IPv6 it is IPV6_RECVPKTINFO.
  socket.setOption("IP_PKTINFO", true);
  socket.bind({ family: "inet", address: "0.0.0.0", port });
  for await (const { data, address, control } of socket.messages({ until })) {
    const asked = control.find((message) => message.kind === "pktinfo");
    if (address === null || asked === undefined) continue;
    // `specDst` is an address of ours also where `address` was everybody's. Any interface will do.
    const from = { ...asked, ifindex: 0 };
    const failed = await reply(socket, new Message({ address, iovec: [data], control: [from] }));
    yield { peer: address as Sockaddr, asked: asked.address, local: asked.specDst, failed };
  }
}

/** Who sends from an address that no route leads to is not to end the server. */
async function reply(socket: Socket, message: Message): Promise<SocketError | undefined> {
  try {
    await socket.sendmsg(message);
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for await (const it of serve(Number(process.argv[2] ?? 7777), stop.signal))
    console.log(`${it.peer} asked ${it.asked}: ${it.failed ?? `answered from ${it.local}`}`);
}
