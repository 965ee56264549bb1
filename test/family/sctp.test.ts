// SCTP: sctp(7), RFC 6458.

import { expect } from "bun:test";
import { type ControlMessage, Message, Sockaddr, Socket } from "../../src/index.ts";
import { family, testWith } from "../support/requirements.ts";

const withSctp = testWith(family("inet", "seqpacket", "sctp"));
const loopback = Sockaddr.inet("127.0.0.1");
/** linux/sctp.h. */
const SCTP_ASSOC_CHANGE = 0x8001;
const SCTP_COMM_UP = 0;
const SCTP_SHUTDOWN_EVENT = 0x8005;
const SCTP_EOF = 0x200;
const SCTP_ESTABLISHED = 4;
const LIMIT = { timeout: 20_000 };

withSctp("control messages choose the stream and the protocol, and tell them", async () => {
  using a = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  using b = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  b.setOption("SCTP_RECVRCVINFO", true);
  const iovec = [new TextEncoder().encode("over a stream")];
  const to = b.localAddress;
  let tsn = 0;
  for (const [stream, ppid] of [
    [0, 1],
    [3, 0x0102_0304],
  ] as const) {
    const control: ControlMessage[] = [{ kind: "sctp-send", stream, ppid }];
    await a.sendmsg(new Message({ address: to, iovec, control }), LIMIT);
    const message = new Message({ iovec: [new Uint8Array(64)] });
    expect(await b.recvmsg(message, LIMIT)).toBe(13);
    expect(message.flags).toContain("eor");
    expect(message.address?.equals(a.localAddress)).toBe(true);
    expect(message.control).toHaveLength(1);
    const [received] = message.control;
    expect(received).toMatchObject({ kind: "sctp-receive", stream, ppid, sequence: 0, flags: 0 });
    if (received?.kind !== "sctp-receive") throw new Error("no information came");
    if (tsn !== 0) expect(received.tsn).toBe(tsn + 1);
    tsn = received.tsn;
    expect(received.association).toBeGreaterThan(0);
    // It is answered by the association alone.
    const back: ControlMessage[] = [
      { kind: "sctp-send", association: received.association, stream: 1 },
    ];
    await b.sendmsg(new Message({ iovec, control: back }), LIMIT);
    const { length, address } = await a.recvfrom(new Uint8Array(64), LIMIT);
    expect([length, address?.equals(to)]).toEqual([13, true]);
  }
});

withSctp("one-to-one sockets connect, accept and end", async () => {
  using listener = Socket.open("inet", "stream", "sctp").bind(loopback).listen();
  using client = Socket.open("inet", "stream", "sctp");
  client.setOption("SCTP_INITMSG", { outStreams: 3, maxAttempts: 2 });
  const accepting = listener.accept(LIMIT);
  await client.connect(listener.localAddress, LIMIT);
  using accepted = await accepting;
  expect(client.option("SCTP_STATUS")).toMatchObject({ state: SCTP_ESTABLISHED, outStreams: 3 });
  await client.send(new Uint8Array([1, 2, 3]));
  const buffer = new Uint8Array(8);
  expect(await accepted.recv(buffer, LIMIT)).toBe(3);
  client.close();
  expect(await accepted.recv(buffer, LIMIT)).toBe(0);
  expect(Object.keys(accepted.options()).length).toBeGreaterThan(10);
});

withSctp("one socket has many associations, and is told of each", async () => {
  using server = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  server.setOption("SCTP_RECVRCVINFO", true);
  server.setOption("SCTP_EVENTS", ["association", "shutdown"]);
  expect(server.option("SCTP_EVENTS")).toEqual(["association", "shutdown"]);
  const to = server.localAddress;
  const clients = [1, 2, 3].map(() => Socket.open("inet", "seqpacket", "sctp").bind(loopback));
  const received = new Map<number, string>();
  const told: [type: number, association: number][] = [];

  const message = new Message({ iovec: [new Uint8Array(256)] });
  const next = async () => {
    const length = await server.recvmsg(message, LIMIT);
    const data = message.iovec[0]?.slice(0, length) ?? new Uint8Array();
    if (!message.flags.includes("notification")) return data;
    const view = new DataView(data.buffer);
    const type = view.getUint16(0, true);
    // struct sctp_assoc_change has a state, an error and the streams before the association.
    const association = view.getUint32(type === SCTP_ASSOC_CHANGE ? 16 : 8, true);
    if (type === SCTP_ASSOC_CHANGE && told.length < clients.length) {
      expect(view.getUint16(8, true)).toBe(SCTP_COMM_UP);
    }
    expect(view.getUint32(4, true)).toBe(length);
    told.push([type, association]);
    return undefined;
  };
  for (const [index, client] of clients.entries()) {
    await client.sendto(new Uint8Array([index]), to, LIMIT);
    for (;;) {
      const data = await next();
      if (data === undefined) continue;
      expect(message.flags).not.toContain("notification");
      const [information] = message.control;
      if (information?.kind !== "sctp-receive") throw new Error("no information came");
      received.set(information.association, String(client.localAddress));
      expect([...data]).toEqual([index]);
      expect(message.address?.equals(client.localAddress)).toBe(true);
      break;
    }
  }
  expect(told.map(([type]) => type)).toEqual(clients.map(() => SCTP_ASSOC_CHANGE));
  expect(told.map(([, association]) => association)).toEqual([...received.keys()]);
  expect(server.option("SCTP_GET_ASSOC_NUMBER")).toBe(3);
  expect(server.option("SCTP_GET_ASSOC_ID_LIST").toSorted()).toEqual([...received.keys()].sort());

  // One of them is ended by a message without data, the way of RFC 6458, section 3.1.4.
  const [first = 0] = received.keys();
  const control: ControlMessage[] = [{ kind: "sctp-send", association: first, flags: SCTP_EOF }];
  await server.sendmsg(new Message({ control }), LIMIT);
  clients[1]?.close();
  while (!told.some(([type]) => type === SCTP_SHUTDOWN_EVENT)) await next();
  for (const client of clients) client.close();
});

withSctp("control messages begin an association, and tell of the next message", async () => {
  using server = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  server.setOptions({ SCTP_RECVNXTINFO: true, SCTP_RECVRCVINFO: true });
  using client = Socket.open("inet", "seqpacket", "sctp");
  const begin: ControlMessage[] = [{ kind: "sctp-init", outStreams: 3, maxAttempts: 2 }];
  const first = new Message({
    address: server.localAddress,
    iovec: [new Uint8Array(2)],
    control: begin,
  });
  await client.sendmsg(first, LIMIT);
  // Given up after 5 seconds, which nothing here takes.
  const control: ControlMessage[] = [
    { kind: "sctp-send", stream: 2, ppid: 7 },
    { kind: "sctp-partial", policy: 0x10, value: 5000 },
  ];
  const second = new Message({
    address: server.localAddress,
    iovec: [new Uint8Array(30)],
    control,
  });
  await client.sendmsg(second, LIMIT);
  // A message of a stream that there is not.
  const beyond: ControlMessage[] = [{ kind: "sctp-send", stream: 3 }];
  const third = new Message({
    address: server.localAddress,
    iovec: [new Uint8Array(1)],
    control: beyond,
  });
  await expect(client.sendmsg(third, LIMIT)).rejects.toMatchObject({ code: "EINVAL" });
  const message = new Message({ iovec: [new Uint8Array(64)] });
  expect(await server.recvmsg(message, LIMIT)).toBe(2);
  const next = message.control.find(({ kind }) => kind === "sctp-next");
  expect(next).toMatchObject({ stream: 2, ppid: 7, length: 30 });
  expect(await server.recvmsg(message, LIMIT)).toBe(30);
  expect(message.control).toMatchObject([{ kind: "sctp-receive", stream: 2, ppid: 7 }]);
});
