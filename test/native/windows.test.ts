// What Windows has not: every entry point can be imported, and the call is one clear error.

import { expect } from "bun:test";
import { capture } from "../../src/capture/index.ts";
import * as rawsock from "../../src/index.ts";
import { Netlink } from "../../src/netlink/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { loopback } from "../support/descriptors.ts";
import { testWith } from "../support/requirements.ts";

const windows = {
  met: process.platform === "win32",
  remedy: "needs Windows, or Wine: npm run test:windows",
};
const { AF, ETH_P, NETLINK, PACKET, SCM, SO, Sockaddr, Socket, socketOption } = rawsock;

testWith(windows)("constants of other systems are absent", () => {
  expect([AF.PACKET, AF.NETLINK, SO.PEERCRED, SO.TIMESTAMPNS]).toEqual(Array(4).fill(undefined));
  expect([ETH_P, NETLINK, PACKET, SCM]).toEqual([{}, {}, {}, {}]);
});

testWith(windows)("captures and devices are refused, and what they are for is named", async () => {
  expect(() => capture({ interface: "lo" })).toThrow(/^capture EOPNOTSUPP: .*this system has no/);
  expect(() => Tun.open({ name: "x" })).toThrow(/^open EOPNOTSUPP \/dev\/net\/tun: /);
  expect(() => Netlink.open()).toThrow("this platform has no netlink sockets");
});

testWith(windows)("addresses, options and control messages of others are refused", () => {
  expect(() => Sockaddr.packet({ ifindex: 1 })).toThrow('unknown family "packet"');
  expect(() => Sockaddr.netlink({})).toThrow('unknown family "netlink"');
  const rights = { kind: "rights", fds: [1] } as const;
  expect(() => rawsock.encodeControl([{ ...rights, fds: [1] }])).toThrow('unknown kind "rights"');
  using socket = Socket.open("inet", "dgram");
  expect(() => socketOption(socket, "SO_PEERCRED")).toThrow("this platform has no SO_PEERCRED");
  expect(() => socket.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0 }])).toThrow("SO_ATTACH_FILTER");
  const namespace = { namespace: "x" };
  expect(() => Socket.open("inet", "dgram", null, namespace)).toThrow(/^open EOPNOTSUPP x: /);
});

testWith(windows)("datagrams of strangers disturb nobody who waits", async () => {
  using waiting = Socket.open("inet", "dgram").bind(loopback);
  using stranger = Socket.open("inet", "dgram").bind(loopback);
  const buffer = new Uint8Array(4);
  const received = waiting.recv(buffer, { timeout: 30_000 });
  // Whichever of these ports is that of Bun's own socket, which is connected to the library's.
  const { port = 0 } = waiting.localAddress;
  for (let near = Math.max(port - 200, 1024); near < Math.min(port + 200, 65_536); near++) {
    if (near === port) continue;
    stranger.sendto(new Uint8Array(), loopback.with({ port: near })).catch(() => 0);
  }
  await stranger.sendto(new Uint8Array([7]), waiting.localAddress);
  expect(await received).toBe(1);
  expect(buffer[0]).toBe(7);
});
