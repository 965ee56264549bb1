// SCTP: sctp(7), RFC 6458.

import { expect } from "bun:test";
import {
  type ControlMessage,
  IPPROTO,
  Message,
  Sockaddr,
  Socket,
  setsockopt,
} from "../../src/index.ts";
import { family, testWith } from "../support/requirements.ts";

const withSctp = testWith(family("inet", "seqpacket", "sctp"));
const loopback = Sockaddr.inet("127.0.0.1");
/** linux/sctp.h. */
const SCTP_RECVRCVINFO = 32;
const LEVEL = IPPROTO.SCTP ?? 132;
const LIMIT = { timeout: 20_000 };

withSctp("control messages choose the stream and the protocol, and tell them", async () => {
  using a = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  using b = Socket.open("inet", "seqpacket", "sctp").bind(loopback).listen();
  setsockopt(b, LEVEL, SCTP_RECVRCVINFO, 1);
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
  const accepting = listener.accept(LIMIT);
  await client.connect(listener.localAddress, LIMIT);
  using accepted = await accepting;
  await client.send(new Uint8Array([1, 2, 3]));
  const buffer = new Uint8Array(8);
  expect(await accepted.recv(buffer, LIMIT)).toBe(3);
  client.close();
  expect(await accepted.recv(buffer, LIMIT)).toBe(0);
  expect(Object.keys(accepted.options()).length).toBeGreaterThan(10);
});
