// Calls beyond the classic ones: ioctl(2), sockets of other namespaces, dissolved associations.

import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import {
  accept,
  bind,
  close,
  connect,
  disconnect,
  FIO,
  getpeername,
  getsockname,
  hardwareTimestamps,
  ioctl,
  listen,
  Message,
  MSG,
  openIn,
  poll,
  recv,
  recvmsg,
  SIOC,
  Socket,
  send,
  sendmmsg,
  sendmsg,
  sendto,
  setHardwareTimestamps,
  setSocketOption,
  shutdown,
  sockatmark,
  socket,
  socketpair,
  unread,
  unsent,
} from "../../src/index.ts";
import { closedDescriptor, Descriptors, loopback } from "../support/descriptors.ts";
import { Namespace } from "../support/namespace.ts";
import { bun, end, unprivileged } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";

test("poll tells that a peer has ended its direction", () => {
  using open = new Descriptors();
  const [a, b] = socketpair("unix", "stream");
  open.own(a);
  open.own(b);
  expect(poll([{ fd: a, events: ["rdhup"] }], 0)).toEqual([]);
  shutdown(b, "wr");
  expect(poll([{ fd: a, events: ["rdhup"] }], 0)).toEqual([{ fd: a, events: ["rdhup"] }]);
  // Not asked for, it is not told.
  expect(poll([{ fd: a, events: ["in"] }], 0)).toEqual([{ fd: a, events: ["in"] }]);
});

test("disconnect and an unspecified address dissolve an association", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  for (const dissolve of [() => disconnect(fd), () => connect(fd, { family: "unspec" })]) {
    connect(fd, { family: "inet", address: "127.0.0.1", port: 9 });
    expect(getpeername(fd).port).toBe(9);
    dissolve();
    expect(() => getpeername(fd)).toThrow(expect.objectContaining({ code: "ENOTCONN" }));
  }
});

test("a TCP socket that was disconnected connects anew", () => {
  using open = new Descriptors();
  const server = open.own(socket("inet", "stream"));
  bind(server, loopback);
  listen(server, 2);
  const client = open.own(socket("inet", "stream"));
  for (let round = 0; round < 2; round++) {
    connect(client, getsockname(server));
    disconnect(client);
  }
});

test("ioctl reads into bytes, takes numbers, and returns what the call does", () => {
  using open = new Descriptors();
  const [a, b] = socketpair("unix", "stream");
  open.own(a);
  open.own(b);
  send(b, new Uint8Array(7));
  const count = new Int32Array(1);
  expect(ioctl(a, FIO.NREAD, count)).toBe(0);
  expect(count[0]).toBe(7);
  expect(ioctl(b, SIOC.OUTQ as number, count.buffer)).toBe(0);
  expect(count[0]).toBeGreaterThanOrEqual(7);
  // Too short for what is written: nothing beside it changes.
  const around = new Uint8Array(4).fill(0xa5);
  ioctl(a, FIO.NREAD, around.subarray(0, 2));
  expect([...around]).toEqual([7, 0, 0xa5, 0xa5]);

  const name = new Uint8Array(40);
  name.set(new TextEncoder().encode("lo"));
  const fd = open.own(socket("inet", "dgram"));
  ioctl(fd, SIOC.GIFMTU as number, name);
  expect(new DataView(name.buffer).getInt32(16, true)).toBeGreaterThan(1000);
  expect(() => ioctl(fd, SIOC.GIFMTU as number, new Uint8Array(40))).toThrow(
    expect.objectContaining({ code: "ENODEV", syscall: "ioctl", fd }),
  );
  expect(() => ioctl(fd, -1)).toThrow(RangeError);
  expect(() => ioctl(fd, 1, -1)).toThrow(RangeError);
  expect(() => ioctl(fd, 1, "x" as never)).toThrow(TypeError);
});

test("what is unread and unsent is counted, of streams and datagrams", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  expect([unread(a), unsent(b)]).toEqual([0, 0]);
  send(b, new Uint8Array(7));
  expect(unread(a)).toBe(7);
  expect(unsent(b)).toBeGreaterThanOrEqual(7);
  const inq = new Int32Array(1);
  const [c, d] = open.own(socketpair("unix", "dgram"));
  send(d, new Uint8Array(3));
  send(d, new Uint8Array(5));
  expect(unread(c)).toBe(3);
  const tcp = open.own(socket("inet", "stream"));
  bind(tcp, loopback);
  listen(tcp, 1);
  const client = open.own(socket("inet", "stream"));
  connect(client, getsockname(tcp));
  const { fd } = accept(tcp);
  open.own(fd);
  send(client, Uint8Array.of(1, 2));
  send(client, Uint8Array.of(3), { oob: true });
  expect(unread(fd)).toBe(2);
  ioctl(fd, SIOC.INQ as number, inq);
  expect(inq[0]).toBe(2);
  recv(fd, new Uint8Array(2));
  ioctl(fd, SIOC.ATMARK, inq);
  expect([inq[0], sockatmark(fd)]).toEqual([1, true]);
  expect(() => unread(closedDescriptor())).toThrow(/^ioctl FIONREAD EBADF/);
});

testWith(namespaces)("hardware time stamps are asked for, and refused by who has no clock", () => {
  using namespace = new Namespace();
  using open = new Descriptors();
  namespace.ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
  const fd = open.own(openIn(namespace.name, "inet", "dgram"));
  const set = (init: object) => () => setHardwareTimestamps(fd, "veth0", init);
  expect(() => hardwareTimestamps(fd, "veth0")).toThrow(
    /^ioctl SIOCGHWTSTAMP EOPNOTSUPP veth0: .*this interface stamps no packets/,
  );
  expect(() => hardwareTimestamps(fd, "absent")).toThrow("SIOCGHWTSTAMP ENODEV absent");
  // The kernel looks at what is asked for before it asks the card.
  const fine = { transmit: "on", receive: "ptp-v2-event" };
  expect(set(fine)).toThrow(/^ioctl SIOCSHWTSTAMP EOPNOTSUPP veth0: /);
  expect(set({ ...fine, transmit: 99 })).toThrow("SIOCSHWTSTAMP ERANGE veth0");
  expect(set({ ...fine, receive: 99 })).toThrow("SIOCSHWTSTAMP ERANGE veth0");
  expect(set({ ...fine, flags: 0x80 })).toThrow("SIOCSHWTSTAMP EINVAL veth0");
  expect(set({ transmit: "yes" })).toThrow(/unknown transmit "yes".*onestep-sync/);
  expect(set({ recieve: "all" })).toThrow("did you mean receive?");
  expect(() => hardwareTimestamps(fd, "sixteen-bytes-xx")).toThrow("1 to 15 bytes");
});

testWith(namespaces)("a socket is made in another namespace, and the process stays", () => {
  using namespace = new Namespace();
  using open = new Descriptors();
  const before = readlinkSync("/proc/self/ns/net");
  const path = `/run/netns/${namespace.name}`;
  const descriptors = readdirSync("/proc/self/fd").length;
  const outside = open.own(socket("inet", "stream"));
  bind(outside, { family: "inet", address: "127.0.0.1", port: 0 });
  const port = getsockname(outside).port as number;
  for (const where of [namespace.name, path]) {
    const inside = openIn(where, "inet", "stream");
    // The same port is free there.
    bind(inside, { family: "inet", address: "127.0.0.1", port });
    close(inside);
  }
  const other = open.own(socket("inet", "dgram", 0, { namespace: path }));
  expect(() => connect(other, { family: "inet", address: "192.0.2.1", port: 9 })).toThrow(
    expect.objectContaining({ code: "ENETUNREACH" }),
  );
  expect(readlinkSync("/proc/self/ns/net")).toBe(before);
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(descriptors + 3);
});

test("a namespace that is none says which step was refused", () => {
  expect(() => openIn("no-such-namespace", "inet", "dgram")).toThrow(
    /^open ENOENT no-such-namespace: /,
  );
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  expect(() => openIn(fd, "inet", "dgram")).toThrow(
    expect.objectContaining({ syscall: "setns", code: expect.stringMatching(/EINVAL|EPERM/) }),
  );
  expect(() => openIn("", "inet", "dgram")).toThrow(TypeError);
  expect(() => openIn(-1, "inet", "dgram")).toThrow(RangeError);
  expect(() => socket("inet", "dgram", 0, { namspace: 1 } as never)).toThrow(TypeError);
});

test("a raw socket without a protocol says what it lacks", () => {
  expect(() => socket("inet", "raw")).toThrow(/EPROTONOSUPPORT.*a raw socket needs a protocol/);
});

test("sending to a broadcast address without SO_BROADCAST says what it lacks", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  const address = { family: "inet", address: "127.255.255.255", port: 9 } as const;
  const data = new Uint8Array(1);
  const message = () => new Message({ address, iovec: [data] });
  for (const call of [
    () => sendto(fd, data, address),
    () => sendmsg(fd, message()),
    () => sendmmsg(fd, [message()]),
    () => connect(fd, address),
  ]) {
    expect(call).toThrow(/EACCES.*SO_BROADCAST/);
  }
  setSocketOption(fd, "SO_BROADCAST", true);
  connect(fd, address);
});

test("a Socket says it, too", async () => {
  using socket = Socket.open("inet", "dgram");
  const address = { family: "inet", address: "127.255.255.255", port: 9 } as const;
  const data = new Uint8Array(1);
  const message = () => new Message({ address, iovec: [data] });
  for (const call of [
    () => socket.sendto(data, address),
    () => socket.sendto(data, address, { timeout: 1000 }),
    () => socket.sendmsg(message()),
    () => socket.sendmmsg([message()]),
    () => socket.connect(address),
  ]) {
    await expect(call()).rejects.toThrow(/EACCES 127.255.255.255:9.*SO_BROADCAST/);
  }
  socket.setOption("SO_BROADCAST", true);
  await socket.connect(address);
});

testWith(namespaces)("to everybody without a route, an interface has to be named", async () => {
  using namespace = new Namespace();
  const data = new Uint8Array(1);
  for (const [family, address] of [
    ["inet", "255.255.255.255"],
    ["inet", "239.1.2.3"],
    ["inet6", "ff05::1"],
  ] as const) {
    using socket = namespace.enter(() => Socket.open(family, "dgram"));
    if (family === "inet") socket.setOption("SO_BROADCAST", true);
    const to = { family, address, port: 9 };
    const refused = /ENETUNREACH .*name an interface: .*SO_BINDTODEVICE/;
    await expect(socket.sendto(data, to)).rejects.toThrow(refused);
    expect(() => sendto(socket.fd, data, to)).toThrow(refused);
  }
  using socket = namespace.enter(() => Socket.open("inet", "dgram"));
  const nowhere = { family: "inet", address: "192.0.2.1", port: 9 } as const;
  await expect(socket.sendto(data, nowhere)).rejects.toThrow(/unreachable$/);
});

testWith(namespaces)("a port for the privileged names the sysctl", async () => {
  const script = `
    const fd = rawsock.socket("inet", "stream");
    try { rawsock.bind(fd, { family: "inet", address: "127.0.0.1", port: 81 }); }
    catch ({ code, message }) { console.log(code, message); }`;
  const { stdout } = await end(unprivileged(bun(script)));
  expect(stdout).toMatch(/^EACCES .*ip_unprivileged_port_start=81/);
});

const FASTOPEN = MSG.FASTOPEN ?? 0;

test.skipIf(FASTOPEN === 0)("MSG_FASTOPEN without a cookie connects, then sends", () => {
  for (const call of [
    (fd: number, to: ReturnType<typeof getsockname>, data: Uint8Array) =>
      sendto(fd, data, to, { flags: FASTOPEN }),
    (fd: number, to: ReturnType<typeof getsockname>, data: Uint8Array) =>
      sendmsg(fd, new Message({ address: to, iovec: [data] }), { flags: FASTOPEN }),
    (fd: number, to: ReturnType<typeof getsockname>, data: Uint8Array) =>
      sendmmsg(fd, [new Message({ address: to, iovec: [data] })], { flags: FASTOPEN }),
  ]) {
    using open = new Descriptors();
    const server = open.own(socket("inet", "stream"));
    bind(server, loopback);
    listen(server, 2);
    const client = open.own(socket("inet", "stream"));
    expect(call(client, getsockname(server), new Uint8Array([1, 2, 3]))).toBeGreaterThan(0);
    const accepted = open.own(accept(server).fd);
    const arrived = new Message({ iovec: [new Uint8Array(8)] });
    expect(recvmsg(accepted, arrived)).toBe(3);
  }
});
