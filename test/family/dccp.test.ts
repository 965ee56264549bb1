// DCCP: RFC 4340, Documentation/networking/dccp.rst. Linux 6.16 has none any more.

import { expect } from "bun:test";
import { type ControlMessage, Message, Sockaddr, Socket } from "../../src/index.ts";
import { family, testWith } from "../support/requirements.ts";

const withDccp = testWith(family("inet", "dccp", "dccp"));
const LIMIT = { timeout: 20_000 };
const SERVICE = 0x5257_534b;

function listening(): Socket {
  const listener = Socket.open("inet", "dccp", "dccp").bind(Sockaddr.inet("127.0.0.1"));
  return listener.setOption("DCCP_SOCKOPT_SERVICE", SERVICE).listen();
}

withDccp("datagrams of a connection keep their bounds", async () => {
  using listener = listening();
  using client = Socket.open("inet", "dccp", "dccp");
  client.setOption("DCCP_SOCKOPT_SERVICE", SERVICE);
  const accepting = listener.accept(LIMIT);
  await client.connect(listener.localAddress, LIMIT);
  using accepted = await accepting;
  expect(accepted.peerAddress?.equals(client.localAddress)).toBe(true);
  expect(client.option("DCCP_SOCKOPT_GET_CUR_MPS")).toBeGreaterThan(500);
  expect(client.option("DCCP_SOCKOPT_AVAILABLE_CCIDS")).toContain(
    client.option("DCCP_SOCKOPT_TX_CCID"),
  );
  for (const length of [5, 1, 300]) await client.send(new Uint8Array(length).fill(length), LIMIT);
  const lengths: number[] = [];
  for await (const { data } of accepted.messages(LIMIT)) {
    if (data.length > 0) expect(data.at(-1)).toBe(data.length % 256);
    if (lengths.push(data.length) === 3) break;
  }
  expect(lengths).toEqual([5, 1, 300]);
  const { length, address } = await sendBack(accepted, client);
  expect([length, address]).toEqual([7, null]);
});

async function sendBack(from: Socket, to: Socket) {
  await from.send(new Uint8Array(7), LIMIT);
  return await to.recvfrom(new Uint8Array(16), LIMIT);
}

withDccp("another service is refused", async () => {
  using listener = listening();
  using client = Socket.open("inet", "dccp", "dccp");
  client.setOption("DCCP_SOCKOPT_SERVICE", SERVICE + 1);
  const connecting = client.connect(listener.localAddress, LIMIT);
  await expect(connecting).rejects.toMatchObject({ syscall: "connect" });
});

withDccp("a priority is taken where the socket has a queue of them", async () => {
  using listener = listening();
  using client = Socket.open("inet", "dccp", "dccp");
  client.setOptions({ DCCP_SOCKOPT_SERVICE: [SERVICE], DCCP_SOCKOPT_QPOLICY_ID: 1 });
  const accepting = listener.accept(LIMIT);
  await client.connect(listener.localAddress, LIMIT);
  using accepted = await accepting;
  const control: ControlMessage[] = [{ kind: "dccp-priority", value: 3 }];
  const message = new Message({ iovec: [new Uint8Array([1, 2])], control });
  await client.sendmsg(message, LIMIT);
  expect(await accepted.recv(new Uint8Array(8), LIMIT)).toBe(2);
  // The other end has the queue that takes no priorities.
  await expect(accepted.sendmsg(message, LIMIT)).rejects.toMatchObject({ code: "EINVAL" });
});

withDccp("the cover of checksums is negotiated, and the server may keep the state", async () => {
  using listener = listening();
  using client = Socket.open("inet", "dccp", "dccp");
  client.setOptions({ DCCP_SOCKOPT_SERVICE: SERVICE, DCCP_SOCKOPT_SEND_CSCOV: 3 });
  expect(() => client.setOption("DCCP_SOCKOPT_SERVER_TIMEWAIT", true)).toThrow("EOPNOTSUPP");
  const accepting = listener.accept(LIMIT);
  await client.connect(listener.localAddress, LIMIT);
  using accepted = await accepting;
  expect(client.option("DCCP_SOCKOPT_SEND_CSCOV")).toBe(3);
  accepted.setOption("DCCP_SOCKOPT_SERVER_TIMEWAIT", true);
  expect(accepted.option("DCCP_SOCKOPT_SERVER_TIMEWAIT")).toBe(true);
});
