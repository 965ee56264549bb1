// What needs no privilege: datagrams and a connection over the loopback interface.

import { Sockaddr, Socket } from "../../src/index.ts";

const TIMEOUT = { timeout: 5000 } as const;
const TEXT = Buffer.from("there and back");

function compare(buffer: Uint8Array): void {
  if (Buffer.compare(buffer, TEXT) !== 0) throw new Error("other bytes came");
}

/** A datagram to itself. */
export async function echo(): Promise<void> {
  using own = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
  await own.sendto(TEXT, own.localAddress);
  const buffer = new Uint8Array(TEXT.length);
  await own.recv(buffer, TIMEOUT);
  compare(buffer);
}

/** A connection to a port of its own. */
export async function tcpEcho(port: number): Promise<void> {
  using listener = Socket.open("inet", "stream").setOption("SO_REUSEADDR", true);
  listener.bind(Sockaddr.inet("127.0.0.1", port)).listen();
  using client = Socket.open("inet", "stream");
  await client.connect(listener.localAddress, TIMEOUT);
  using accepted = await listener.accept(TIMEOUT);
  await client.send(TEXT);
  const buffer = new Uint8Array(TEXT.length);
  await accepted.recv(buffer, { ...TIMEOUT, waitall: true });
  compare(buffer);
}
