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
  Sockaddr,
  Socket,
  send,
  sendto,
  setSocketOption,
  socket,
  socketOption,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { family, kernelModule, namespaces, python, testWith } from "../support/requirements.ts";

/** linux/can.h and linux/can/raw.h. */
const CAN_RAW = 1;
const CAN_EFF_FLAG = 0x8000_0000;
const CAN_ERR_FLAG = 0x2000_0000;
const CAN_INV_FILTER = CAN_ERR_FLAG;
/** Classes of linux/can/error.h. */
const CAN_ERR_LOSTARB = 2;
const CAN_ERR_BUSOFF = 0x40;

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

/** Two sockets on the bus, which see all frames but errors. */
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
  const [c] = pair(namespace, own);
  const ids = [0x200, 0x123, 0x300, 0x1ff, CAN_EFF_FLAG + 0x123];
  for (const [filters, passed] of [
    [[{ id: 0x100, mask: CAN_EFF_FLAG + 0x700 }], [0x123, 0x1ff]],
    [[{ id: CAN_INV_FILTER + 0x100, mask: CAN_EFF_FLAG + 0x700 }], [0x200, 0x300, ids[4]]],
    [[{ id: CAN_EFF_FLAG + 0x123, mask: CAN_EFF_FLAG + 0x1fff_ffff }], [ids[4]]],
    [[], []],
  ] as const) {
    setSocketOption(b, "CAN_RAW_FILTER", filters);
    expect(socketOption(b, "CAN_RAW_FILTER")).toEqual([...filters]);
    expect(passing(a, b, c, ids)).toEqual([...passed] as number[]);
  }
});

/** Not what a test sends. */
const LAST = 0x7a5;

/** Sends frames on a bus, and gives the identifiers of those that another socket receives. */
function passing(a: number, b: number, watching: number, ids: readonly number[]): number[] {
  for (const id of ids) send(a, frame(id, [0, 0, 0, 0, 0, 0, 0, 9]));
  // What sees all sees them in their order.
  send(a, frame(LAST, []));
  setSocketOption(watching, "SO_RCVTIMEO", 20_000);
  while (identifier(watching, {}) !== LAST);
  return identifiers(b).filter((id) => id !== LAST);
}

function identifier(fd: number, options: { dontwait?: boolean }): number {
  const buffer = new Uint8Array(16);
  recv(fd, buffer, options);
  return new DataView(buffer.buffer).getUint32(0, true);
}

/** The identifiers of the frames that a socket has. */
function identifiers(fd: number): number[] {
  const seen: number[] = [];
  for (;;) {
    try {
      seen.push(identifier(fd, { dontwait: true }));
    } catch (error) {
      expect(error).toMatchObject({ code: "EAGAIN" });
      return seen;
    }
  }
}

withBus("error frames come where their class is asked for", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  const [c] = pair(namespace, own);
  const errors = [CAN_ERR_LOSTARB, CAN_ERR_BUSOFF].map((bits) => CAN_ERR_FLAG + bits);
  expect(passing(a, b, c, errors)).toEqual([]);
  setSocketOption(b, "CAN_RAW_ERR_FILTER", ["busoff", "restarted"]);
  expect(socketOption(b, "CAN_RAW_ERR_FILTER")).toEqual(["busoff", "restarted"]);
  expect(passing(a, b, c, errors)).toEqual([CAN_ERR_FLAG + CAN_ERR_BUSOFF]);
  setSocketOption(b, "CAN_RAW_ERR_FILTER", 0x1fff_ffff);
  expect(passing(a, b, c, errors)).toEqual(errors);
  expect(() => setSocketOption(b, "CAN_RAW_ERR_FILTER", ["bus-off"])).toThrow("busoff");
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
  for (const fd of [a, b]) setSocketOption(fd, "CAN_RAW_FD_FRAMES", true);
  send(a, long);
  const buffer = new Uint8Array(72);
  expect(recv(b, buffer)).toBe(72);
  expect(buffer.subarray(8)).toEqual(long.subarray(8));
});

withBus("flags tell frames of this host, and a socket's own", () => {
  using namespace = make();
  using own = new Descriptors();
  const [a, b] = pair(namespace, own);
  setSocketOption(a, "CAN_RAW_RECV_OWN_MSGS", true);
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

/** ISO 15765-2, two sockets of which each receives what the other sends. */
const CAN_ISOTP = 6;
const isotp = [...bus, family("can", "dgram", CAN_ISOTP)];
const IDS = { rxId: 0x321, txId: 0x123 };

testWith(...isotp)("ISO-TP carries messages longer than frames", async () => {
  using namespace = make();
  using own = new Descriptors();
  const [, watching] = pair(namespace, own);
  const [a, b] = namespace.enter(() => {
    const to = { family: "can", interface: "vcan0" } as const;
    const [first, second] = [0, 1].map(() => Socket.open("can", "dgram", CAN_ISOTP));
    if (first === undefined || second === undefined) throw new Error("two were made");
    // Blocks of two frames, each acknowledged.
    second.setOption("CAN_ISOTP_RECV_FC", { bs: 2 });
    first.bind({ ...to, ...IDS });
    second.bind({ ...to, rxId: IDS.txId, txId: IDS.rxId });
    return [first, second];
  });
  expect(a.localAddress.toJSON()).toMatchObject({ family: "can", ...IDS });
  const limit = { timeout: 20_000 };
  const sent = crypto.getRandomValues(new Uint8Array(40));
  await a.send(sent, limit);
  const buffer = new Uint8Array(64);
  expect(await b.recv(buffer, limit)).toBe(40);
  expect(buffer.subarray(0, 40)).toEqual(sent);
  // The first frame with 6 bytes, five with 7 or less, and an answer before every second.
  const order = [0x123, 0x321, 0x123, 0x123, 0x321, 0x123, 0x123, 0x321, 0x123];
  expect(identifiers(watching)).toEqual(order);
  await b.send(new Uint8Array([1, 2, 3]), limit);
  expect(await a.recv(buffer, limit)).toBe(3);
  for (const end of [a, b]) end.close();
});

testWith(...isotp, python)("ISO-TP is spoken with CPython's socket module", async () => {
  using namespace = make();
  const script = `
import socket
s = socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_ISOTP)
s.bind(("vcan0", 0x123, 0x321)); print("ready")
data = s.recv(4096); print(data.hex()); s.send(data[::-1])
`;
  await using peer = new Peer(namespace.command("python3", "-u", "-c", script));
  expect(await peer.line()).toBe("ready");
  using mine = namespace.enter(() =>
    Socket.open("can", "dgram", CAN_ISOTP).bind({ family: "can", interface: "vcan0", ...IDS }),
  );
  const sent = crypto.getRandomValues(new Uint8Array(500));
  await mine.send(sent, { timeout: 20_000 });
  expect(await peer.line()).toBe(sent.toHex());
  const buffer = new Uint8Array(600);
  expect(await mine.recv(buffer, { timeout: 20_000 })).toBe(500);
  expect(buffer.subarray(0, 500)).toEqual(sent.toReversed());
});

withBus("a bus that is not there is ENODEV, and named", () => {
  const missing = () => Sockaddr.can({ interface: "vcan99" });
  expect(socketError(missing)).toMatchObject({ code: "ENODEV" });
  expect(missing).toThrow("vcan99");
});
