// TIPC: linux/tipc.h, http://tipc.io.

import { expect } from "bun:test";
import { Message, Sockaddr, Socket, socketpair } from "../../src/index.ts";
import { Descriptors } from "../support/descriptors.ts";
import { family, testWith } from "../support/requirements.ts";

const withTipc = testWith(family("tipc", "rdm"));
const LIMIT = { timeout: 20_000 };
/** Not one of TIPC's own. */
const TYPE = 18_888;

withTipc("a message is sent to an instance of a service, and answered to its socket", async () => {
  using server = Socket.open("tipc", "rdm");
  server.bind({ family: "tipc", type: TYPE, lower: 5, upper: 9 });
  using client = Socket.open("tipc", "rdm");
  const to = Sockaddr.tipc({ type: TYPE, instance: 7 });
  await client.sendto(new Uint8Array([1, 2]), to, LIMIT);
  const message = new Message({ iovec: [new Uint8Array(8)] });
  expect(await server.recvmsg(message, LIMIT)).toBe(2);
  expect(message.address?.toJSON()).toMatchObject({ family: "tipc", addrtype: "socket" });
  expect(message.address?.toJSON()).toMatchObject({
    ref: (client.localAddress.toJSON() as { ref?: number }).ref,
  });
  await server.sendto(new Uint8Array(3), message.address ?? to, LIMIT);
  expect((await client.recvfrom(new Uint8Array(8), LIMIT)).length).toBe(3);
  await expect(
    client.sendto(new Uint8Array(1), { family: "tipc", type: TYPE, instance: 10 }),
  ).rejects.toMatchObject({ syscall: "sendto" });
});

withTipc("a connection is made to a service", async () => {
  using listener = Socket.open("tipc", "stream");
  listener.bind({ family: "tipc", type: TYPE + 1, lower: 1, upper: 1 }).listen();
  using client = Socket.open("tipc", "stream");
  const accepting = listener.accept(LIMIT);
  await client.connect({ family: "tipc", type: TYPE + 1, instance: 1 }, LIMIT);
  using accepted = await accepting;
  await client.send(new Uint8Array(5));
  expect(await accepted.recv(new Uint8Array(8), LIMIT)).toBe(5);
  expect(accepted.peerAddress?.toJSON()).toMatchObject({ addrtype: "socket" });
});

withTipc("socketpair makes connected ones", () => {
  using own = new Descriptors();
  own.own(socketpair("tipc", "seqpacket"));
});
