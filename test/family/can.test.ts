// AF_CAN, the controller area network, on a virtual bus: Documentation/networking/can.rst.

import { expect } from "bun:test";
import {
  bind,
  getsockname,
  ifNameIndex,
  Message,
  recv,
  recvfrom,
  recvmsg,
  SOL,
  Sockaddr,
  Socket,
  send,
  sendto,
  setsockopt,
  socket,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { family, kernelModule, namespaces, python, testWith } from "../support/requirements.ts";

/** linux/can.h and linux/can/raw.h. */
const CAN_RAW = 1;
const LEVEL = SOL.CAN_RAW ?? SOL.CAN_BASE ?? 101;
const CAN_RAW_FILTER = 1;
const CAN_RAW_RECV_OWN_MSGS = 4;
const CAN_RAW_FD_FRAMES = 5;

const bus = [namespaces, family("can", "raw", CAN_RAW), kernelModule("vcan")];
const withBus = testWith(...bus);

/** A namespace with a bus. */
function make(): Namespace {
  const namespace = new Namespace();
  namespace.ip("link", "add", "vcan0", "type", "vcan");
  // Room for FD frames.
  namespace.ip("link", "set", "vcan0", "mtu", "72", "up");
  return namespace;
}

/** struct can_frame, or canfd_frame where there are more than 8 bytes of data. */
function frame(id: number, data: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length > 8 ? 72 : 16);
  new DataView(bytes.buffer).setUint32(0, id, true);
  bytes[4] = data.length;
  bytes.set(data, 8);
  return bytes;
}

/** Two sockets on the bus. */
function pair(namespace: Namespace, own: Descriptors): [number, number] {
  return namespace.enter(() => {
    const fds: [number, number] = [socket("can", "raw", CAN_RAW), socket("can", "raw", CAN_RAW)];
    own.own(fds);
    for (const fd of fds) bind(fd, { family: "can", interface: "vcan0" });
    return fds;
  });
}

withBus("frames come with the bus they came from", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  const sent = frame(0x123, [1, 2, 3]);
  send(a, sent);
  const buffer = new Uint8Array(16);
  const { length, address } = recvfrom(b, buffer);
  expect(buffer.subarray(0, length)).toEqual(sent);
  namespace.enter(() => {
    const ifindex = ifNameIndex("vcan0");
    expect(address?.toJSON()).toMatchObject({ family: "can", ifindex });
    expect(String(address)).toBe("can:vcan0");
    expect(getsockname(a).toJSON()).toEqual({ family: "can", ifindex, rxId: 0, txId: 0 });
    // A socket of all buses says which with each frame.
    const all = own.own(socket("can", "raw", CAN_RAW));
    bind(all, { family: "can" });
    sendto(all, sent, { family: "can", ifindex });
    expect(recv(b, buffer)).toBe(16);
  });
});

withBus("a filter lets some identifiers through", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  const filter = new Uint32Array([0x100, 0x700]);
  setsockopt(b, LEVEL, CAN_RAW_FILTER, new Uint8Array(filter.buffer));
  for (const id of [0x200, 0x123, 0x300, 0x1ff]) send(a, frame(id, []));
  const buffer = new Uint8Array(16);
  const seen: number[] = [];
  for (let count = 0; count < 2; count++) {
    recv(b, buffer);
    seen.push(new DataView(buffer.buffer).getUint32(0, true));
  }
  expect(seen).toEqual([0x123, 0x1ff]);
  expect(socketError(() => recv(b, buffer, { dontwait: true })).code).toBe("EAGAIN");
});

withBus("FD frames carry 64 bytes, where they are asked for", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  const long = frame(
    7,
    Array.from({ length: 64 }, (_, index) => index),
  );
  expect(socketError(() => send(a, long)).code).toBe("EINVAL");
  for (const fd of [a, b]) setsockopt(fd, LEVEL, CAN_RAW_FD_FRAMES, 1);
  send(a, long);
  const buffer = new Uint8Array(72);
  expect(recv(b, buffer)).toBe(72);
  expect(buffer.subarray(8)).toEqual(long.subarray(8));
});

withBus("flags tell frames of this host, and a socket's own", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  setsockopt(a, LEVEL, CAN_RAW_RECV_OWN_MSGS, 1);
  send(a, frame(1, [1]));
  const message = new Message({ iovec: [new Uint8Array(16)] });
  recvmsg(a, message);
  expect(message.flags).toEqual(["dontroute", "confirm"]);
  recvmsg(b, message);
  expect(message.flags).toEqual(["dontroute"]);
});

testWith(...bus, python)("frames are exchanged with CPython's socket module", async () => {
  using namespace = make();
  await using peer = new Peer(
    namespace.command(
      "python3",
      "-u",
      "-c",
      `
import socket
s = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW); s.bind(("vcan0",)); print("ready")
for _ in range(3):
  frame = s.recv(16); print(frame.hex()); s.send(bytes([frame[0] + 1]) + frame[1:])
`,
    ),
  );
  expect(await peer.line()).toBe("ready");
  using mine = namespace.enter(() =>
    Socket.open("can", "raw", CAN_RAW).bind({ family: "can", interface: "vcan0" }),
  );
  const frames = mine.messages({ timeout: 20_000 });
  for (const id of [1, 3, 5]) {
    const sent = frame(id, [id, 9]);
    await mine.send(sent);
    expect(await peer.line()).toBe(sent.toHex());
    const { value } = await frames.next();
    expect(value?.data).toEqual(frame(id + 1, [id, 9]));
  }
});

withBus("a bus that is not there is ENODEV, and named", () => {
  const missing = () => Sockaddr.can({ interface: "vcan99" });
  expect(socketError(missing)).toMatchObject({ code: "ENODEV" });
  expect(missing).toThrow("vcan99");
});
