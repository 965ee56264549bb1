// Control messages that need privileges, a link or a router: in namespaces of the tests' own.

import { expect, test } from "bun:test";
import {
  bind,
  type ControlMessage,
  connect,
  getsockname,
  IP,
  IPPROTO,
  IPV6,
  Message,
  PACKET,
  poll,
  recvmsg,
  SO,
  SOL,
  Sockaddr,
  send,
  sendmsg,
  sendto,
  socket,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { Namespace, run, VethPair } from "../support/namespace.ts";
import { setOption } from "../support/option.ts";
import { Peer } from "../support/peer.ts";
import { kernel, namespaces, python, testWith } from "../support/requirements.ts";

const DATA = new TextEncoder().encode("data");

function receive(fd: number, options: Parameters<typeof recvmsg>[2] = {}): Message {
  const message = new Message({ iovec: [new Uint8Array(4096)] });
  recvmsg(fd, message, options);
  return message;
}

function sendWith(fd: number, address: Sockaddr | null, ...control: ControlMessage[]): number {
  return sendmsg(fd, new Message({ address, iovec: [DATA], control }));
}

/** A UDP socket bound to `address`. */
function udp(open: Descriptors, address: Sockaddr): number {
  const fd = open.own(socket(address.family, "dgram"));
  bind(fd, address);
  return fd;
}

function forward(namespace: Namespace): void {
  for (const file of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]) {
    run(...namespace.command("sh", "-c", `echo 1 > /proc/sys/net/${file}`));
  }
}

testWith(namespaces)("a router that cannot deliver is the offender, not the destination", () => {
  using pair = new VethPair();
  forward(pair.b);
  pair.a.ip("route", "add", "10.99.0.0/16", "via", "10.77.0.2");
  pair.a.ip("-6", "route", "add", "fd99::/64", "via", "fd77::2");
  pair.b.ip("route", "add", "unreachable", "10.99.0.0/16");
  pair.b.ip("-6", "route", "add", "unreachable", "fd99::/64");
  for (const [target, level, name, router, expected] of [
    [
      Sockaddr.inet("10.99.0.9", 99),
      IPPROTO.IP,
      IP.RECVERR,
      "10.77.0.2",
      { code: "EHOSTUNREACH", origin: "icmp", type: 3, icmpCode: 1 },
    ],
    [
      Sockaddr.inet6("fd99::9", 99),
      IPPROTO.IPV6,
      IPV6.RECVERR,
      "fd77::2",
      { code: "ENETUNREACH", origin: "icmp6", type: 1, icmpCode: 0 },
    ],
  ] as const) {
    using open = new Descriptors();
    const fd = pair.a.enter(() => open.own(socket(target.family, "dgram")));
    setOption(fd, level, name);
    sendto(fd, DATA, target);
    expect(poll([{ fd, events: [] }], 3000)).toEqual([{ fd, events: ["err"] }]);
    const queued = receive(fd, { errqueue: true });
    expect(queued.flags).toEqual(["errqueue"]);
    expect(queued.address?.toString()).toBe(target.toString());
    const [error] = queued.control;
    expect(error).toMatchObject({ kind: "error", ...expected });
    expect(error?.kind === "error" && error.offender?.address).toBe(router);
  }
});

testWith(namespaces)("a ttl that runs out on the way is the router's time exceeded", () => {
  using pair = new VethPair();
  using open = new Descriptors();
  forward(pair.b);
  pair.a.ip("route", "add", "10.99.0.0/16", "via", "10.77.0.2");
  pair.b.ip("route", "add", "10.99.0.0/16", "via", "10.77.0.1");
  const fd = pair.a.enter(() => open.own(socket("inet", "dgram")));
  setOption(fd, IPPROTO.IP, IP.RECVERR);
  sendWith(fd, Sockaddr.inet("10.99.0.9", 99), { kind: "ttl", value: 1 });
  poll([{ fd, events: [] }], 3000);
  const [error] = receive(fd, { errqueue: true }).control;
  expect(error).toMatchObject({ code: "EHOSTUNREACH", origin: "icmp", type: 11, icmpCode: 0 });
});

testWith(namespaces)("a packet too big tells the path's MTU", () => {
  using pair = new VethPair();
  using open = new Descriptors();
  const fd = pair.a.enter(() => open.own(socket("inet", "dgram")));
  setOption(fd, IPPROTO.IP, IP.RECVERR);
  setOption(fd, IPPROTO.IP, IP.MTU_DISCOVER, IP.PMTUDISC_DO as number);
  connect(fd, Sockaddr.inet("10.77.0.2", 9));
  expect(socketError(() => send(fd, new Uint8Array(4000))).code).toBe("EMSGSIZE");
  const [error] = receive(fd, { errqueue: true }).control;
  const expected = { code: "EMSGSIZE", origin: "local", info: 1500, offender: null };
  expect(error).toMatchObject(expected);
});

testWith(namespaces)("pktinfo tells the interface a datagram came to", () => {
  using pair = new VethPair();
  using open = new Descriptors();
  const from = pair.a.enter(() => open.own(socket("inet", "dgram")));
  const to = pair.b.enter(() => udp(open, Sockaddr.inet("0.0.0.0", 4000)));
  setOption(to, IPPROTO.IP, IP.PKTINFO);
  sendto(from, DATA, Sockaddr.inet("10.77.0.2", 4000));
  const link = pair.b.ip("-o", "link", "show", "veth0");
  const ifindex = Number(link.split(":")[0]);
  const address = "10.77.0.2";
  expect(receive(to).control).toEqual([{ kind: "pktinfo", ifindex, address, specDst: address }]);
});

testWith(namespaces)("the size of the largest fragment comes with what was fragmented", () => {
  using pair = new VethPair();
  using open = new Descriptors();
  const from = pair.a.enter(() => open.own(socket("inet", "dgram")));
  const to = pair.b.enter(() => udp(open, Sockaddr.inet("0.0.0.0", 4000)));
  setOption(to, IPPROTO.IP, IP.RECVFRAGSIZE);
  setOption(from, IPPROTO.IP, IP.MTU_DISCOVER, IP.PMTUDISC_DONT as number);
  sendto(from, new Uint8Array(3000), Sockaddr.inet("10.77.0.2", 4000));
  expect(receive(to).control).toEqual([{ kind: "fragsize", size: 1500 }]);
});

for (const [name, since, sent] of [
  ["RCVMARK", "5.19", { kind: "mark", value: 0xfedc_ba98 }],
  ["RCVPRIORITY", "6.14", { kind: "priority", value: 6 }],
] as const) {
  testWith(namespaces, kernel(since))(`${sent.kind} is sent and received`, () => {
    using namespace = new Namespace();
    using open = new Descriptors();
    const [from, to] = namespace.enter(() => [
      udp(open, Sockaddr.inet("127.0.0.1")),
      udp(open, Sockaddr.inet("127.0.0.1")),
    ]) as [number, number];
    setOption(to, SOL.SOCKET, SO[name] ?? 0);
    sendWith(from, getsockname(to), sent);
    expect(receive(to).control).toContainEqual(sent);
  });
}

// In a namespace that has no exclusive flow labels, which would refuse all others.
testWith(namespaces)("flowinfo is sent and received", () => {
  using namespace = new Namespace();
  using open = new Descriptors();
  const host = Sockaddr.inet6("::1");
  const [from, to] = namespace.enter(() => [udp(open, host), udp(open, host)] as const);
  setOption(to, IPPROTO.IPV6, IPV6.FLOWINFO);
  const sent: ControlMessage = { kind: "flowinfo", value: 0x12345 };
  sendWith(from, getsockname(to), sent);
  expect(receive(to).control).toEqual([sent]);
});

test("a transmit time is taken where the socket has a clock for it, else refused", () => {
  using open = new Descriptors();
  const from = udp(open, Sockaddr.inet("127.0.0.1"));
  const to = udp(open, Sockaddr.inet("127.0.0.1"));
  const CLOCK_MONOTONIC = 1;
  const at: ControlMessage = { kind: "txtime", time: BigInt(Bun.nanoseconds()) };
  expect(socketError(() => sendWith(from, getsockname(to), at)).code).toBe("EINVAL");
  const clock = new Uint8Array(new Uint32Array([CLOCK_MONOTONIC, 0]).buffer);
  setOption(from, SOL.SOCKET, SO.TXTIME, clock);
  expect(sendWith(from, getsockname(to), at)).toBe(4);
  expect(receive(to).length).toBe(4);
});

testWith(namespaces)("auxdata tells a frame's length, what was kept and its vlan", () => {
  using pair = new VethPair();
  using open = new Descriptors();
  const onLink = () => {
    const fd = open.own(socket("packet", "raw", "all"));
    bind(fd, Sockaddr.packet({ interface: pair.interface, protocol: "all" }));
    return fd;
  };
  const [from, to] = [pair.a.enter(onLink), pair.b.enter(onLink)];
  setOption(to, SOL.PACKET, PACKET.AUXDATA);
  const type = "88b5"; // for local experiments: IEEE 802
  const hosts = "ffffffffffff02fc00000001";
  const plain = Uint8Array.fromHex(`${hosts}${type}${"ab".repeat(100)}`);
  const tagged = Uint8Array.fromHex(`${hosts}8100a005${type}${"cd".repeat(100)}`);
  const next = () => {
    for (;;) {
      const message = receive(to);
      // The links' own chatter comes too.
      if (message.iovec[0]?.subarray(12, 14).toHex() === type) return message;
    }
  };
  send(from, plain);
  const [first] = next().control;
  expect(first).toMatchObject({ kind: "auxdata", length: 114, snaplen: 114 });
  expect(first).not.toHaveProperty("vlan");
  send(from, tagged);
  const vlan = { tci: 0xa005, tpid: 0x8100 };
  expect(next().control).toMatchObject([{ kind: "auxdata", length: 114, snaplen: 114, vlan }]);
});

testWith(namespaces, python)("python3 and IPv6 pktinfo, both directions, over a link", async () => {
  using pair = new VethPair();
  using open = new Descriptors();
  pair.b.ip("addr", "add", "fd77::22/64", "dev", "veth0", "nodad");
  const fd = pair.a.enter(() => udp(open, Sockaddr.inet6("::", 4000)));
  setOption(fd, IPPROTO.IPV6, IPV6.RECVPKTINFO);
  const script = `import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 4001))
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
info = socket.inet_pton(socket.AF_INET6, "fd77::22") + struct.pack("I", 0)
s.sendmsg([b"py"], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, ("fd77::1", 4000))
data, [(level, kind, body)], flags, address = s.recvmsg(100, 1000)
print(socket.inet_ntop(socket.AF_INET6, body[:16]), address[0])`;
  await using peer = new Peer(pair.b.command("python3", "-u", "-c", script));
  const arrived = receive(fd);
  expect(arrived.address?.address).toBe("fd77::22");
  expect(arrived.control).toMatchObject([{ kind: "pktinfo", address: "fd77::1" }]);
  // Answered with the very control that came: from the address it came to.
  arrived.iovec = [DATA];
  sendmsg(fd, arrived);
  expect(await peer.line()).toBe("fd77::22 fd77::1");
});
