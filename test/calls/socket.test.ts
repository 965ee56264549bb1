import { expect, test } from "bun:test";
import { readFileSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AF,
  accept,
  bind,
  close,
  connect,
  ERRNO,
  getpeername,
  getsockname,
  listen,
  recv,
  SOCK,
  Sockaddr,
  send,
  setNonblocking,
  shutdown,
  sockatmark,
  socket,
  socketpair,
} from "../../src/index.ts";
import { closedDescriptor, Descriptors, loopback, socketError } from "../support/descriptors.ts";

const ONE = new Uint8Array(1);

test("socket takes keywords, numbers and null", () => {
  using open = new Descriptors();
  for (const [family, type, protocol] of [
    ["inet", "stream", "tcp"],
    ["inet6", "dgram", "udp"],
    [AF.INET, SOCK.DGRAM, 17],
    ["inet", "stream", null],
  ] as const) {
    expect(open.own(socket(family, type, protocol))).toBeGreaterThan(2);
  }
});

test("socket makes those of Unix too", () => {
  using open = new Descriptors();
  expect(open.own(socket(AF.UNIX, SOCK.STREAM, undefined))).toBeGreaterThan(2);
  expect(open.own(socket("local", "seqpacket", null))).toBeGreaterThan(2);
});

test("every new descriptor is close-on-exec", () => {
  using open = new Descriptors();
  const listener = open.own(socket("inet", "stream"));
  bind(listener, loopback);
  listen(listener);
  const client = open.own(socket("inet", "stream"));
  connect(client, getsockname(listener));
  const accepted = open.own(accept(listener).fd);
  for (const fd of [listener, client, accepted, ...open.own(socketpair("unix", "dgram"))]) {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    expect(Number.parseInt(flags ?? "", 8) & 0o2000000).toBe(0o2000000);
  }
});

test("an unknown keyword throws a TypeError with the accepted ones", () => {
  expect(() => socket("internet", "stream")).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining("inet6") }),
  );
  expect(() => socket("inet", "datagram")).toThrow(/accepted: .*dgram/);
  expect(() => socket("inet", "dgram", "no-such-protocol")).toThrow(/accepted: .*icmp/);
  expect(() => socket("netlink", "raw", "add-membership")).toThrow(TypeError);
  expect(() => socket("INET", "stream")).toThrow(TypeError);
  expect(() => socket("toString", "stream")).toThrow(TypeError);
});

test("a wrong type or a value out of range throws before any system call", () => {
  expect(() => socket(1.5, "stream")).toThrow(RangeError);
  expect(() => socket(2 ** 32, "stream")).toThrow(RangeError);
  expect(() => socket({} as never, "stream")).toThrow(TypeError);
  expect(() => socket("inet", "stream", true as never)).toThrow(TypeError);
  expect(() => socket("inet", "stream", Number.NaN)).toThrow(RangeError);
  expect(() => close(1.5)).toThrow(RangeError);
  expect(() => close(-1)).toThrow(RangeError);
  expect(() => close(2 ** 31)).toThrow(RangeError);
  expect(() => close("3" as never)).toThrow(TypeError);
  expect(() => close(null as never)).toThrow(TypeError);
  expect(() => listen(0, -1)).toThrow(RangeError);
  expect(() => listen(0, 1.5)).toThrow(RangeError);
  expect(() => shutdown(0, "both" as never)).toThrow(/rdwr/);
  expect(() => shutdown(0, undefined as never)).toThrow(TypeError);
  expect(() => setNonblocking(0, 1 as never)).toThrow(TypeError);
  expect(() => bind(0, { family: "inet", address: "127.0.0.1", port: 70000 })).toThrow(RangeError);
  expect(() => bind(0, "127.0.0.1" as never)).toThrow(TypeError);
  expect(() => accept(0, { nonblock: 1 as never })).toThrow(TypeError);
  expect(() => accept(0, { nonBlock: true } as never)).toThrow(/accepted: nonblock/);
});

test("a protocol name is looked up by getprotobyname", () => {
  const error = socketError(() => socket("inet", "stream", "ospf"));
  expect(error.code).toBe("EPROTONOSUPPORT");
});

test("a bad descriptor gives EBADF from every call", () => {
  const fd = closedDescriptor();
  const calls: Record<string, () => unknown> = {
    bind: () => bind(fd, loopback),
    connect: () => connect(fd, loopback),
    listen: () => listen(fd),
    accept: () => accept(fd),
    getsockname: () => getsockname(fd),
    getpeername: () => getpeername(fd),
    shutdown: () => shutdown(fd, "rd"),
    close: () => close(fd),
    sockatmark: () => sockatmark(fd),
    fcntl: () => setNonblocking(fd, true),
  };
  for (const [syscall, call] of Object.entries(calls)) {
    expect(socketError(call)).toMatchObject({ code: "EBADF", errno: 9, syscall, fd });
  }
});

test("an object with a descriptor is taken, a closed one throws EBADF", () => {
  const [a, b] = socketpair("unix", "stream");
  expect(send({ fd: a }, ONE)).toBe(1);
  close({ fd: a });
  close(b);
  expect(socketError(() => send({ fd: -1 }, ONE))).toMatchObject({ code: "EBADF" });
  expect(() => send({} as never, ONE)).toThrow(TypeError);
});

test("a stream connects, accepts and names both ends", () => {
  using open = new Descriptors();
  const listener = open.own(socket("inet", "stream"));
  bind(listener, { family: "inet", address: "127.0.0.1", port: 0 });
  listen(listener);
  const address = getsockname(listener);
  const client = open.own(socket("inet", "stream"));
  connect(client, address);
  const server = accept(listener, { nonblock: true });
  open.own(server.fd);
  expect(server.address.equals(getsockname(client))).toBe(true);
  expect(getpeername(client).equals(address)).toBe(true);
  expect(socketError(() => recv(server.fd, ONE)).code).toBe("EAGAIN");
});

test("a connection that nobody accepts is refused, with the address in the message", () => {
  using open = new Descriptors();
  const taken = open.own(socket("inet", "stream"));
  bind(taken, loopback);
  const address = getsockname(taken);
  const client = open.own(socket("inet", "stream"));
  const error = socketError(() => connect(client, address));
  expect(error).toMatchObject({
    code: "ECONNREFUSED",
    errno: ERRNO.ECONNREFUSED,
    syscall: "connect",
    fd: client,
  });
  expect(error.message).toBe(`connect ECONNREFUSED ${address}: Connection refused`);
  expect(error.address?.equals(address)).toBe(true);
});

test("an address in use and one of another machine are refused", () => {
  using open = new Descriptors();
  const first = open.own(socket("inet", "dgram"));
  bind(first, loopback);
  const second = open.own(socket("inet", "dgram"));
  expect(socketError(() => bind(second, getsockname(first))).code).toBe("EADDRINUSE");
  const foreign = Sockaddr.inet("192.0.2.1");
  expect(socketError(() => bind(second, foreign)).code).toBe("EADDRNOTAVAIL");
});

test("a socket without a peer is not connected", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "stream"));
  expect(socketError(() => getpeername(fd)).code).toBe("ENOTCONN");
  expect(socketError(() => shutdown(fd, "wr")).code).toBe("ENOTCONN");
  expect(socketError(() => accept(fd)).code).toBe("EINVAL");
});

test("shutdown of the writing side is the peer's end of stream", () => {
  using open = new Descriptors();
  const [a, b] = open.own(socketpair("unix", "stream"));
  shutdown(a, "wr");
  expect(recv(b, ONE)).toBe(0);
  expect(send(b, ONE)).toBe(1);
  expect(recv(a, ONE)).toBe(1);
});

test("sockatmark tells where the out-of-band byte was", () => {
  using open = new Descriptors();
  const listener = open.own(socket("inet", "stream"));
  bind(listener, loopback);
  listen(listener);
  const client = open.own(socket("inet", "stream"));
  connect(client, getsockname(listener));
  const server = open.own(accept(listener).fd);
  send(client, new Uint8Array([1, 2]));
  send(client, new Uint8Array([3]), { oob: true });
  send(client, new Uint8Array([4]));
  const buffer = new Uint8Array(8);
  expect(sockatmark(server)).toBe(false);
  expect(recv(server, buffer)).toBe(2);
  expect(sockatmark(server)).toBe(true);
  expect(recv(server, buffer, { oob: true })).toBe(1);
  expect(buffer[0]).toBe(3);
});

test("a unix listener names its path", () => {
  using open = new Descriptors();
  const path = join(tmpdir(), `rawsock-calls-${process.pid}`);
  const listener = open.own(socket("unix", "stream"));
  bind(listener, { family: "unix", path });
  try {
    listen(listener, 1);
    expect(getsockname(listener).path).toBe(path);
    const client = open.own(socket("unix", "stream"));
    connect(client, Sockaddr.unix(path));
    const server = accept(listener);
    open.own(server.fd);
    expect(server.address.path).toBe("");
    expect(String(getpeername(client))).toBe(`unix:${path}`);
  } finally {
    unlinkSync(path);
  }
});
