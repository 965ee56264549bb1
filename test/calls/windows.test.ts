// What Winsock does in its own way, and this package mends.

import { expect } from "bun:test";
import { constants } from "node:os";
import * as rawsock from "../../src/index.ts";
import { Descriptors, loopback, socketError } from "../support/descriptors.ts";
import { testWith } from "../support/requirements.ts";

const windows = {
  met: process.platform === "win32",
  remedy: "needs Windows, or Wine: npm run test:windows",
};
const { bind, connect, getsockname, ioctl, Message, poll, recv, recvmsg, sendto } = rawsock;
const { setSocketOption, setSocketOptions, socket, socketOption, socketpair } = rawsock;

/** A datagram socket of 127.0.0.1. */
function datagrams(open: Descriptors): number {
  const fd = open.own(socket("inet", "dgram"));
  bind(fd, loopback);
  return fd;
}

testWith(windows)("an error's number is that of the C library, which Bun knows", () => {
  using open = new Descriptors();
  const stream = open.own(socket("inet", "stream"));
  bind(stream, loopback);
  const client = open.own(socket("inet", "stream"));
  const refused = socketError(() => connect(client, getsockname(stream)));
  expect(refused.code).toBe("ECONNREFUSED");
  expect(refused.errno).toBe(constants.errno.ECONNREFUSED);
  expect(socketError(() => recv(0x7ffc, new Uint8Array(1))).code).toBe("EBADF");
  expect(socketError(() => rawsock.send(datagrams(open), new Uint8Array(1))).code).toBe(
    "EDESTADDRREQ",
  );
});

testWith(windows)("a socket without a name has its family", () => {
  using open = new Descriptors();
  expect(String(getsockname(open.own(socket("inet", "stream"))))).toBe("0.0.0.0:0");
  expect(String(getsockname(open.own(socket("inet6", "dgram"))))).toBe("[::]:0");
});

testWith(windows)("poll waits for nothing, leaves out what is closed, and takes pri", () => {
  using open = new Descriptors();
  const fd = datagrams(open);
  expect(poll([], 10)).toEqual([]);
  expect(poll([{ fd, events: ["in", "out", "pri"] }], 100)).toEqual([{ fd, events: ["out"] }]);
  expect(poll([{ fd: 0x7ffc, events: ["in"] }], 100)).toEqual([{ fd: 0x7ffc, events: ["nval"] }]);
  sendto(fd, new Uint8Array(1), getsockname(fd));
  const both = [
    { fd: 0x7ffc, events: ["in"] },
    { fd, events: ["in"] },
  ] as const;
  expect(poll(both, 1000).map(({ events }) => events)).toEqual([["nval"], ["in"]]);
});

testWith(windows)(
  "a blocking call ends with the socket's timeout, a non-blocking one at once",
  () => {
    using open = new Descriptors();
    const fd = datagrams(open);
    setSocketOption(fd, "SO_RCVTIMEO", 50);
    expect(socketOption(fd, "SO_RCVTIMEO")).toBe(50);
    expect(socketError(() => recv(fd, new Uint8Array(1))).code).toBe("EAGAIN");
    setSocketOption(fd, "SO_RCVTIMEO", 0);
    rawsock.setNonblocking(fd, true);
    expect(socketError(() => recv(fd, new Uint8Array(1))).code).toBe("EAGAIN");
    rawsock.setNonblocking(fd, false);
    ioctl(fd, rawsock.FIO.NBIO, new Uint8Array([1, 0, 0, 0]));
    expect(socketError(() => recv(fd, new Uint8Array(1))).code).toBe("EAGAIN");
  },
);

testWith(windows)("a datagram that is longer is cut, and told to be", () => {
  using open = new Descriptors();
  const fd = datagrams(open);
  for (let index = 0; index < 3; index++) sendto(fd, new Uint8Array(9), getsockname(fd));
  expect(recv(fd, new Uint8Array(4))).toBe(4);
  expect(recv(fd, new Uint8Array(4), { trunc: true })).toBe(9);
  const message = new Message({ iovec: [new Uint8Array(4)] });
  expect(recvmsg(fd, message)).toBe(4);
  expect(message.flags).toEqual(["trunc"]);
  sendto(fd, new Uint8Array(9), getsockname(fd));
  expect(recvmsg(fd, message, { trunc: true })).toBe(9);
  expect(message.flags).toEqual(["trunc"]);
});

testWith(windows)("what came with a datagram is told", () => {
  using open = new Descriptors();
  const fd = datagrams(open);
  setSocketOptions(fd, { IP_PKTINFO: true, IP_RECVTTL: true, IP_RECVTOS: true });
  setSocketOptions(fd, { IP_TTL: 33, IP_TOS: 16 });
  sendto(fd, new Uint8Array(3), getsockname(fd));
  const message = new Message({ iovec: [new Uint8Array(8)], controlLength: 256 });
  expect(recvmsg(fd, message)).toBe(3);
  expect(message.control).toContainEqual({ kind: "pktinfo", ifindex: 1, address: "127.0.0.1" });
  expect(message.control).toContainEqual({ kind: "ttl", value: 33 });
  expect(message.control).toContainEqual({ kind: "tos", value: 16 });
  const control = [{ kind: "pktinfo", ifindex: 0, address: "127.0.0.1" }] as const;
  const address = getsockname(fd);
  expect(rawsock.sendmsg(fd, new Message({ iovec: [new Uint8Array(2)], address, control }))).toBe(
    2,
  );
});

testWith(windows)("a peek at a whole stream waits for it", async () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  rawsock.send(a, new Uint8Array([1, 2]));
  setSocketOption(b, "SO_RCVTIMEO", 60);
  const buffer = new Uint8Array(4);
  expect(recv(b, buffer, { peek: true, waitall: true })).toBe(2);
  rawsock.send(a, new Uint8Array([3, 4]));
  expect(recv(b, buffer, { peek: true, waitall: true })).toBe(4);
  expect([...buffer]).toEqual([1, 2, 3, 4]);
});

testWith(windows)("the options that Windows alone has are there by name", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "stream"));
  setSocketOption(fd, "SO_EXCLUSIVEADDRUSE", true);
  expect(socketOption(fd, "SO_EXCLUSIVEADDRUSE")).toBe(true);
  const other = datagrams(open);
  setSocketOption(other, "IP_DONTFRAGMENT", true);
  expect(socketOption(other, "IP_DONTFRAGMENT")).toBe(true);
  setSocketOption(other, "IP_ADD_MEMBERSHIP", { group: "239.1.2.3", interface: "127.0.0.1" });
  setSocketOption(other, "IP_DROP_MEMBERSHIP", { group: "239.1.2.3", interface: "127.0.0.1" });
  setSocketOption(other, "IP_MULTICAST_IF", "127.0.0.1");
  expect(socketOption(other, "IP_MULTICAST_IF")).toBe("127.0.0.1");
  expect(() => socketOption(other, "IPV6_PKTINFO")).toThrow(TypeError);
});

testWith(windows)("interfaces have names, hardware addresses, masks and counters", () => {
  const all = rawsock.ifaddrs();
  const own = all.find(({ address }) => address?.address === "127.0.0.1");
  expect(own).toMatchObject({ flags: expect.arrayContaining(["up", "loopback"]) });
  expect(String(own?.netmask?.address)).toBe("255.0.0.0");
  expect(rawsock.ifNameIndex(own?.name ?? "")).toBe(own?.index ?? 0);
  const link = all.find(({ index, netmask }) => index === own?.index && netmask === null);
  expect(link?.statistics?.rxBytes).toBeGreaterThan(0);
  for (const { address } of all) {
    if (address?.family === "link") expect(address.address).toMatch(/^\w\w(:\w\w){5}$/);
  }
  using open = new Descriptors();
  const down = () => rawsock.configdev(datagrams(open), own?.name ?? "", null, { up: false });
  expect(socketError(down).code).toBe("EOPNOTSUPP");
});

testWith(windows)("protocols and services are known, networks are not", () => {
  expect(rawsock.protocol("tcp")).toMatchObject({ protocol: 6 });
  expect(rawsock.protocol().map(({ name }) => name)).toContain("udp");
  expect(rawsock.service("http", "tcp")).toMatchObject({ port: 80, protocol: "tcp" });
  expect(rawsock.service().length).toBeGreaterThan(10);
  expect([rawsock.network("loopback"), rawsock.network()]).toEqual([null, []]);
});
