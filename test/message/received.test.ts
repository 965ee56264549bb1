// What the kernel tells about a packet and takes with one: each kind against the real kernel.

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
  poll,
  recvmsg,
  SO,
  SOL,
  Sockaddr,
  send,
  sendmsg,
  socket,
  socketpair,
  UDP,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { setOption } from "../support/option.ts";
import { Peer } from "../support/peer.ts";
import { capability, ipv6, nobody, python, testWith } from "../support/requirements.ts";

type Version = "inet" | "inet6";
const text = (value: string) => new TextEncoder().encode(value);

/** Two UDP sockets on loopback, the first connected to the second. */
function udp(open: Descriptors, version: Version = "inet"): [number, number] {
  const [from, to] = [open.own(socket(version, "dgram")), open.own(socket(version, "dgram"))];
  const any = version === "inet" ? Sockaddr.inet("127.0.0.1") : Sockaddr.inet6("::1");
  for (const fd of [from, to]) bind(fd, any);
  connect(from, getsockname(to));
  return [from, to];
}

function receive(fd: number, options: Parameters<typeof recvmsg>[2] = {}, size = 2048): Message {
  const message = new Message({ iovec: [new Uint8Array(size)] });
  recvmsg(fd, message, options);
  return message;
}

function sendWith(fd: number, ...control: ControlMessage[]): number {
  return sendmsg(fd, new Message({ iovec: [text("data")], control }));
}

test("ttl and tos are sent and received", () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(to, IPPROTO.IP, IP.RECVTTL);
  setOption(to, IPPROTO.IP, IP.RECVTOS);
  send(from, text("plain"));
  expect(receive(to).control).toEqual([
    { kind: "ttl", value: 64 },
    { kind: "tos", value: 0 },
  ]);
  const sent: ControlMessage[] = [
    { kind: "ttl", value: 33 },
    { kind: "tos", value: 0x48 },
  ];
  sendWith(from, ...sent);
  expect(receive(to).control).toEqual(sent);
  expect(socketError(() => sendWith(from, { kind: "ttl", value: 0 })).code).toBe("EINVAL");
});

test("ttl and tos with every room from 0 to more than enough", () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(to, IPPROTO.IP, IP.RECVTTL);
  setOption(to, IPPROTO.IP, IP.RECVTOS);
  const whole: ControlMessage[] = [
    { kind: "ttl", value: 64 },
    { kind: "tos", value: 0 },
  ];
  const message = new Message({ iovec: [new Uint8Array(8)] });
  for (let room = 0; room <= 56; room++) {
    message.controlLength = room;
    send(from, text("data"));
    expect(recvmsg(to, message)).toBe(4);
    const count = room < 20 ? 0 : room < 41 ? 1 : 2;
    expect([room, ...message.control]).toEqual([room, ...whole.slice(0, count)]);
    expect([room, message.flags]).toEqual([room, count < 2 ? ["ctrunc"] : []]);
  }
});

testWith(ipv6)("hoplimit and tclass are sent and received", () => {
  using open = new Descriptors();
  const [from, to] = udp(open, "inet6");
  setOption(to, IPPROTO.IPV6, IPV6.RECVHOPLIMIT);
  setOption(to, IPPROTO.IPV6, IPV6.RECVTCLASS);
  const sent: ControlMessage[] = [
    { kind: "hoplimit", value: 7 },
    { kind: "tclass", value: 0x20 },
  ];
  sendWith(from, ...sent);
  expect(receive(to).control).toEqual(sent);
  sendWith(from, { kind: "hoplimit", value: -1 });
  expect(receive(to).control).toEqual([
    { kind: "hoplimit", value: 64 },
    { kind: "tclass", value: 0 },
  ]);
});

test("IPv4 pktinfo tells the interface and address, and chooses the source", () => {
  using open = new Descriptors();
  const [from, to] = [open.own(socket("inet", "dgram")), open.own(socket("inet", "dgram"))];
  bind(to, Sockaddr.inet("0.0.0.0"));
  setOption(to, IPPROTO.IP, IP.PKTINFO);
  const port = getsockname(to).port as number;
  const send4 = (info: Omit<Extract<ControlMessage, { kind: "pktinfo" }>, "kind">) => {
    const address = Sockaddr.inet("127.0.0.7", port);
    const control = [{ kind: "pktinfo" as const, ...info }];
    sendmsg(from, new Message({ address, iovec: [text("x")], control }));
    return receive(to);
  };
  const first = send4({ ifindex: 1, address: "127.0.0.2" });
  expect(first.address?.address).toBe("127.0.0.2");
  expect(first.control).toEqual([
    { kind: "pktinfo", ifindex: 1, address: "127.0.0.7", specDst: "127.0.0.7" },
  ]);
  const other = send4({ ifindex: 0, address: "0.0.0.0", specDst: "127.0.0.3" });
  expect(other.address?.address).toBe("127.0.0.3");
});

testWith(ipv6)("IPv6 pktinfo tells the interface and address, and chooses the source", () => {
  using open = new Descriptors();
  const [from, to] = udp(open, "inet6");
  setOption(to, IPPROTO.IPV6, IPV6.RECVPKTINFO);
  const info = { kind: "pktinfo", ifindex: 1, address: "::1" } as const;
  sendWith(from, info);
  expect(receive(to).control).toEqual([info]);
  expect(() => sendWith(from, { ...info, address: "2001:db8::1" })).toThrow(/sendmsg E/);
});

testWith(ipv6)("the original destination is an address", () => {
  using open = new Descriptors();
  for (const [version, level, name] of [
    ["inet", IPPROTO.IP, IP.RECVORIGDSTADDR],
    ["inet6", IPPROTO.IPV6, IPV6.RECVORIGDSTADDR],
  ] as const) {
    const [from, to] = udp(open, version);
    setOption(to, level, name);
    send(from, text("x"));
    const [message] = receive(to).control;
    if (message?.kind !== "origdstaddr") throw new Error(`${message?.kind} came`);
    expect(message.address.toString()).toBe(getsockname(to).toString());
  }
});

test("every form of the receive timestamp is the time now, in nanoseconds", async () => {
  using open = new Descriptors();
  for (const name of ["TIMESTAMP_OLD", "TIMESTAMP_NEW", "TIMESTAMPNS_OLD", "TIMESTAMPNS_NEW"]) {
    const [from, to] = udp(open);
    setOption(to, SOL.SOCKET, SO[name]);
    // The kernel turns its stamps on a moment after the first socket asks for them.
    await Bun.sleep(20);
    const before = BigInt(Date.now()) * 1_000_000n;
    send(from, text("x"));
    const [message] = receive(to).control;
    if (message?.kind !== "timestamp") throw new Error(`${name}: ${message?.kind} came`);
    expect(message.time - before).toBeGreaterThan(-2_000_000n);
    expect(message.time - before).toBeLessThan(1_000_000_000n);
  }
});

const TX_SOFTWARE = 1 << 1;
const RX_SOFTWARE = 1 << 3;
const SOFTWARE = 1 << 4;
const OPT_ID = 1 << 7;
const OPT_TSONLY = 1 << 11;

test("timestamping has received software stamps, and sent ones in the error queue", async () => {
  using open = new Descriptors();
  for (const name of ["TIMESTAMPING_OLD", "TIMESTAMPING_NEW"]) {
    const [from, to] = udp(open);
    setOption(to, SOL.SOCKET, SO[name], RX_SOFTWARE | SOFTWARE);
    setOption(from, SOL.SOCKET, SO[name], TX_SOFTWARE | SOFTWARE | OPT_ID | OPT_TSONLY);
    await Bun.sleep(20);
    const before = BigInt(Date.now()) * 1_000_000n;
    for (let key = 0; key < 2; key++) {
      send(from, text("x"));
      const [stamp] = receive(to).control;
      if (stamp?.kind !== "timestamping") throw new Error(`${stamp?.kind} came`);
      expect((stamp.software as bigint) - before).toBeLessThan(1_000_000_000n);
      expect(stamp.hardware).toBeUndefined();
      const queued = receive(from, { errqueue: true });
      expect(queued.flags).toEqual(["errqueue"]);
      const [sent, error] = queued.control;
      expect(sent).toMatchObject({ kind: "timestamping", software: expect.any(BigInt) });
      const code = "ENOMSG";
      expect(error).toMatchObject({ kind: "error", code, origin: "timestamping", data: key });
    }
  }
});

test("stamps with every room are whole or not there", async () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(to, SOL.SOCKET, SO.TIMESTAMPING_OLD, RX_SOFTWARE | SOFTWARE);
  await Bun.sleep(20);
  const message = new Message({ iovec: [new Uint8Array(8)] });
  for (let room = 0; room <= 72; room++) {
    message.controlLength = room;
    send(from, text("x"));
    recvmsg(to, message);
    const kinds = message.control.map((one) => "software" in one && one.kind);
    expect([room, ...kinds]).toEqual(room < 64 ? [room] : [room, "timestamping"]);
    expect(message.flags).toEqual(room < 64 ? ["ctrunc"] : []);
  }
});

test("a message asks for its own stamp with the flags of timestamping", () => {
  using open = new Descriptors();
  const [from] = udp(open);
  setOption(from, SOL.SOCKET, SO.TIMESTAMPING_OLD, SOFTWARE | OPT_TSONLY);
  send(from, text("without"));
  expect(socketError(() => receive(from, { errqueue: true })).code).toBe("EAGAIN");
  sendWith(from, { kind: "timestamping", flags: TX_SOFTWARE });
  expect(receive(from, { errqueue: true }).control[0]).toMatchObject({ kind: "timestamping" });
});

test("zero-copy completions are ranges in the error queue", async () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(from, SOL.SOCKET, SO.ZEROCOPY);
  const message = new Message({ iovec: [new Uint8Array(1000)] });
  const ZEROCOPY = 0x400_0000;
  for (let index = 0; index < 3; index++) sendmsg(from, message, { flags: ZEROCOPY });
  for (let index = 0; index < 3; index++) receive(to);
  let next = 0;
  while (next < 3) {
    poll([{ fd: from, events: [] }], 1000);
    const [completion] = receive(from, { errqueue: true }).control;
    if (completion?.kind !== "error") throw new Error(`${completion?.kind} came`);
    expect(completion).toMatchObject({ errno: 0, origin: "zerocopy", info: next, offender: null });
    next = (completion.data as number) + 1;
  }
  expect(next).toBe(3);
});

test("one send of segments is received as one by gro, or as many without it", () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  const data = new Uint8Array(3500).map((_, index) => index);
  const control: ControlMessage[] = [{ kind: "segment", size: 1000 }];
  expect(sendmsg(from, new Message({ iovec: [data], control }))).toBe(3500);
  const soon = { dontwait: true };
  const lengths = [1, 2, 3, 4].map(() => {
    poll([{ fd: to, events: ["in"] }], 1000);
    return receive(to, soon).length;
  });
  expect(lengths).toEqual([1000, 1000, 1000, 500]);
  setOption(to, IPPROTO.UDP, UDP.GRO);
  sendmsg(from, new Message({ iovec: [data], control }));
  const whole = receive(to, {}, 65536);
  expect(whole.length).toBe(3500);
  expect(whole.control).toEqual([{ kind: "gro", size: 1000 }]);
  expect(whole.iovec[0]?.subarray(0, 3500)).toEqual(data);
});

testWith(ipv6)("a refused datagram names the port's host as the offender", () => {
  using open = new Descriptors();
  for (const [version, level, name, origin, type, icmpCode] of [
    ["inet", IPPROTO.IP, IP.RECVERR, "icmp", 3, 3],
    ["inet6", IPPROTO.IPV6, IPV6.RECVERR, "icmp6", 1, 4],
  ] as const) {
    const [from, to] = udp(open, version);
    const target = getsockname(to);
    open.close(to);
    setOption(from, level, name);
    send(from, text("lost"));
    poll([{ fd: from, events: [] }], 1000);
    const queued = receive(from, { errqueue: true });
    expect(queued.address?.toString()).toBe(target.toString());
    expect(new TextDecoder().decode(queued.iovec[0]?.subarray(0, queued.length))).toBe("lost");
    const [error] = queued.control;
    expect(error).toMatchObject({ kind: "error", code: "ECONNREFUSED", origin, type, icmpCode });
    if (error?.kind !== "error") throw new Error(`${error?.kind} came`);
    expect(error.offender?.address).toBe(target.address);
  }
});

test("overflow counts what the socket had no room for", () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(to, SOL.SOCKET, SO.RXQ_OVFL);
  setOption(to, SOL.SOCKET, SO.RCVBUF, 2304);
  for (let index = 0; index < 50; index++) send(from, new Uint8Array(500));
  const queue = () => receive(to, { dontwait: true });
  for (let drained = false; !drained; ) {
    try {
      queue();
    } catch {
      drained = true;
    }
  }
  send(from, text("after"));
  const [message] = queue().control;
  if (message?.kind !== "overflow") throw new Error(`${message?.kind} came`);
  expect(message.dropped).toBeGreaterThan(10);
});

test("credentials of the sender come to who asks for them", () => {
  using open = new Descriptors();
  const [from, to] = open.own(socketpair("unix", "dgram"));
  setOption(to, SOL.SOCKET, SO.PASSCRED);
  send(from, text("x"));
  const [uid, gid] = [process.getuid?.() as number, process.getgid?.() as number];
  const own: ControlMessage = { kind: "credentials", pid: process.pid, uid, gid };
  expect(receive(to).control).toEqual([own]);
  sendWith(from, own);
  expect(receive(to).control).toEqual([own]);
  if (nobody.met && capability("sys_admin").met) {
    const other = { ...own, pid: 1, uid: 12345, gid: 1 };
    sendWith(from, other);
    expect(receive(to).control).toEqual([other]);
  } else {
    expect(socketError(() => sendWith(from, { ...own, pid: 1 })).code).toBe("EPERM");
  }
});

test("several kinds come with one datagram, and unknown ones keep their bytes", () => {
  using open = new Descriptors();
  const [from, to] = udp(open);
  setOption(to, IPPROTO.IP, IP.RECVTTL);
  setOption(to, IPPROTO.IP, IP.RECVOPTS);
  setOption(from, IPPROTO.IP, IP.OPTIONS, new Uint8Array([1, 1, 1, 0]));
  setOption(to, IPPROTO.IP, IP.PKTINFO);
  setOption(to, SOL.SOCKET, SO.TIMESTAMPNS_OLD);
  send(from, text("x"));
  const { control } = receive(to);
  expect(new Set(control.map(({ kind }) => kind))).toEqual(
    new Set(["timestamp", "pktinfo", "ttl", "unknown"]),
  );
  const unknown = control.find(({ kind }) => kind === "unknown");
  expect(unknown).toEqual({
    kind: "unknown",
    level: IPPROTO.IP,
    type: IP.RECVOPTS as number,
    data: new Uint8Array([1, 1, 1, 0]),
  });
});

testWith(python)("python3 sends and receives pktinfo, ttl and tos", async () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  bind(fd, Sockaddr.inet("0.0.0.0"));
  for (const name of [IP.PKTINFO, IP.RECVTTL, IP.RECVTOS]) setOption(fd, IPPROTO.IP, name);
  const script = `import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
for option in (8, 12, 13): s.setsockopt(socket.IPPROTO_IP, option, 1)
own = struct.pack("i4s4s", 0, socket.inet_aton("127.0.0.9"), bytes(4))
control = [(0, 8, own), (0, 2, struct.pack("i", 21)), (0, 1, struct.pack("i", 16))]
s.sendmsg([b"py"], control, 0, ("127.0.0.1", int(sys.argv[1])))
print(s.getsockname()[1])
data, control, flags, address = s.recvmsg(100, 1000)
for level, kind, body in sorted(control):
    if kind == 8: print(struct.unpack("i", body[:4])[0], socket.inet_ntoa(body[8:]))
    elif kind == 2: print("ttl", struct.unpack("i", body)[0])
    elif kind == 1: print("tos", body[0])
print(address[0])`;
  const port = String(getsockname(fd).port);
  await using peer = new Peer(["python3", "-u", "-c", script, port]);
  const theirs = Number(await peer.line());
  const arrived = receive(fd);
  expect(arrived.address?.address).toBe("127.0.0.9");
  expect(arrived.control).toEqual([
    { kind: "pktinfo", ifindex: 1, address: "127.0.0.1", specDst: "127.0.0.1" },
    { kind: "ttl", value: 21 },
    { kind: "tos", value: 16 },
  ]);
  const control: ControlMessage[] = [
    { kind: "pktinfo", ifindex: 0, address: "127.0.0.8" },
    { kind: "ttl", value: 5 },
    { kind: "tos", value: 32 },
  ];
  const address = Sockaddr.inet("127.0.0.1", theirs);
  sendmsg(fd, new Message({ address, iovec: [text("bun")], control }));
  expect([await peer.line(), await peer.line(), await peer.line(), await peer.line()]).toEqual([
    "tos 32",
    "ttl 5",
    "1 127.0.0.1",
    "127.0.0.8",
  ]);
});
