// Whom a Socket is, or was, connected with.

import { expect, test } from "bun:test";
import { Sockaddr, Socket } from "../../src/index.ts";
import { resetsAccepted, testWith } from "../support/requirements.ts";

const loopback = Sockaddr.inet("127.0.0.1");

testWith(resetsAccepted)(
  "an accepted Socket knows its peer although that has reset the connection",
  async () => {
    using listener = Socket.open("inet", "stream").bind(loopback).listen();
    const addresses: string[] = [];
    for (let count = 0; count < 2; count++) {
      const client = Socket.open("inet", "stream");
      await client.connect(listener.localAddress);
      addresses.push(String(client.localAddress));
      client.setOption("SO_LINGER", 0).close();
    }
    await Bun.sleep(20);
    using first = await listener.accept();
    expect(String(first.peerAddress)).toBe(addresses[0] as string);
    const { value } = await listener.connections().next();
    expect(String(value?.peerAddress)).toBe(addresses[1] as string);
    value?.close();
  },
);

test.skipIf(resetsAccepted.met)("a connection that was reset makes room for the next", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  const clients = [0, 1, 2].map(() => Socket.open("inet", "stream"));
  const [first, second, third] = clients as [Socket, Socket, Socket];
  for (const client of clients) await client.connect(listener.localAddress);
  const expected = [second, third].map((client) => String(client.localAddress));
  first.setOption("SO_LINGER", 0).close();
  await Bun.sleep(20);
  using accepted = await listener.accept();
  const { value } = await listener.connections().next();
  using another = value;
  expect([accepted.peerAddress, another?.peerAddress].map(String)).toEqual(expected);
  second.close();
  third.close();
});

test("a connected Socket knows its peer after the connection's end", async () => {
  using listener = Socket.open("inet", "stream").bind(loopback).listen();
  using client = Socket.open("inet", "stream");
  expect(client.peerAddress).toBeNull();
  await client.connect(listener.localAddress);
  const accepted = await listener.accept();
  accepted.setOption("SO_LINGER", 0).close();
  await client.recv(new Uint8Array(1)).catch(() => 0);
  expect(client.peerAddress).toEqual(listener.localAddress);
});

test("a datagram socket that is connected no longer has no peer", async () => {
  using one = Socket.open("inet", "dgram").bind(loopback);
  using other = Socket.open("inet", "dgram").bind(loopback);
  await one.connect(other.localAddress);
  expect(one.peerAddress).toEqual(other.localAddress);
  await one.connect(new Sockaddr(0, 14));
  expect(one.peerAddress).toBeNull();
});
