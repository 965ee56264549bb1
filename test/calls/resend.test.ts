// Messages that are sent again: what has not changed is not encoded again, what has is.

import { expect, test } from "bun:test";
import {
  bind,
  type ControlMessage,
  connect,
  getsockname,
  IP,
  IPPROTO,
  Message,
  recvmsg,
  sendmsg,
  socket,
} from "../../src/index.ts";
import { Descriptors, loopback } from "../support/descriptors.ts";
import { setOption } from "../support/option.ts";

/** Connected UDP sockets, of which the second reports TTL and TOS of what comes. */
function pair(open: Descriptors): [from: number, to: number] {
  const [from, to] = [open.own(socket("inet", "dgram")), open.own(socket("inet", "dgram"))];
  for (const fd of [from, to]) bind(fd, loopback);
  connect(from, getsockname(to));
  connect(to, getsockname(from));
  setOption(to, IPPROTO.IP, IP.RECVTTL);
  setOption(to, IPPROTO.IP, IP.RECVTOS);
  return [from, to];
}

type Seen = { ttl?: number; tos?: number };

function arrival(fd: number): Seen {
  const arrived = new Message({ iovec: [new Uint8Array(4)] });
  recvmsg(fd, arrived);
  const seen: Seen = {};
  for (const message of arrived.control) {
    if (message.kind === "ttl" || message.kind === "tos") seen[message.kind] = message.value;
  }
  return seen;
}

test("a control message changed in place is sent as it is now", () => {
  using open = new Descriptors();
  const [from, to] = pair(open);
  const ttl = { kind: "ttl" as const, value: 10 };
  const control: ControlMessage[] = [ttl];
  const message = new Message({ iovec: [new Uint8Array(1)], control });
  const round = () => {
    sendmsg(from, message);
    return arrival(to);
  };
  expect(round()).toMatchObject({ ttl: 10 });
  expect(round()).toMatchObject({ ttl: 10 });
  ttl.value = 20;
  expect(round()).toMatchObject({ ttl: 20 });
  control.push({ kind: "tos", value: 8 });
  expect(round()).toEqual({ ttl: 20, tos: 8 });
  control.reverse();
  expect(round()).toEqual({ ttl: 20, tos: 8 });
  const tos: { kind: string } = ttl;
  control.length = 1;
  expect(round()).toEqual({ ttl: 64, tos: 8 });
  control[0] = ttl;
  tos.kind = "tos";
  expect(round()).toEqual({ ttl: 64, tos: 20 });
  ttl.value = 300;
  expect(round).toThrow(RangeError);
  ttl.value = 12;
  expect(round()).toEqual({ ttl: 64, tos: 12 });
});

test("a message received into or sent without control between is encoded again", () => {
  using open = new Descriptors();
  const [from, to] = pair(open);
  const control: ControlMessage[] = [{ kind: "ttl", value: 10 }];
  // Just the room that the encoded message takes.
  const message = new Message({ iovec: [new Uint8Array(1)], control, controlLength: 24 });
  sendmsg(from, message);
  expect(arrival(to)).toMatchObject({ ttl: 10 });
  sendmsg(to, new Message({ iovec: [new Uint8Array(1)] }));
  setOption(from, IPPROTO.IP, IP.RECVTOS);
  sendmsg(to, new Message({ iovec: [new Uint8Array(1)] }));
  recvmsg(from, message);
  recvmsg(from, message);
  expect(message.control).toHaveLength(1);
  message.control = control;
  sendmsg(from, message);
  expect(arrival(to)).toMatchObject({ ttl: 10 });
  message.control = [];
  sendmsg(from, message);
  expect(arrival(to)).toMatchObject({ ttl: 64 });
  message.control = control;
  sendmsg(from, message);
  expect(arrival(to)).toMatchObject({ ttl: 10 });
});

test("elements are found again when start, end and the table change", () => {
  using open = new Descriptors();
  const [from, to] = pair(open);
  const iovec = [1, 2, 3].map((byte) => Uint8Array.of(byte));
  const message = new Message({ iovec });
  const room = new Uint8Array(16);
  const arrived = new Message({ iovec: [room] });
  const round = (options?: { start?: number; end?: number }) => {
    sendmsg(from, message, options);
    return [...room.subarray(0, recvmsg(to, arrived))];
  };
  expect(round()).toEqual([1, 2, 3]);
  expect(round({ start: 1 })).toEqual([2, 3]);
  expect(round({ start: 1, end: 2 })).toEqual([2]);
  expect(round()).toEqual([1, 2, 3]);
  message.iovec.push(...[4, 5, 6].map((byte) => Uint8Array.of(byte)));
  expect(round()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(round({ start: 5 })).toEqual([6]);
  message.iovec[5] = Uint8Array.of(7);
  expect(round({ start: 5 })).toEqual([7]);
});

test("a buffer put back after a call that failed is the one that is sent", () => {
  using open = new Descriptors();
  const [from, to] = pair(open);
  const right = new Uint8Array([1]);
  const message = new Message({ iovec: [right] });
  sendmsg(from, message);
  message.iovec[0] = new Uint8Array([2]);
  message.iovec.push("no buffer" as never);
  expect(() => sendmsg(from, message)).toThrow(TypeError);
  message.iovec.length = 0;
  message.iovec.push(right);
  sendmsg(from, message);
  const arrived = new Uint8Array(1);
  for (let count = 0; count < 2; count++) {
    expect(recvmsg(to, new Message({ iovec: [arrived] }))).toBe(1);
    expect(arrived).toEqual(right);
  }
});

test("a message sent and received into in turn has room for control data each time", () => {
  using open = new Descriptors();
  const [a, b] = pair(open);
  const message = new Message({ iovec: [new Uint8Array(1)] });
  for (const value of [10, 20, 30]) {
    message.control = [{ kind: "ttl", value }];
    message.address = null;
    sendmsg(a, message);
    recvmsg(b, message);
    expect(message.control.find(({ kind }) => kind === "ttl")).toEqual({ kind: "ttl", value });
    message.controlLength = 0;
    sendmsg(a, new Message({ iovec: [new Uint8Array(1)] }));
    recvmsg(b, message);
    expect(message.flags).toEqual(["ctrunc"]);
    message.controlLength = 256;
  }
});
