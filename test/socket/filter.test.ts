// A Socket's filter by an expression: what it sees, and what was there before.

import { expect, test } from "bun:test";
import { BpfError } from "../../src/bpf/index.ts";
import { Socket, service } from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";

const loopback = { family: "inet", address: "127.0.0.1" } as const;

/** The UDP destination ports of the packets that are there. */
async function ports(socket: Socket, ipAt: number): Promise<number[]> {
  const found: number[] = [];
  const buffer = new Uint8Array(256);
  for (;;) {
    const length = await socket.recv(buffer, { timeout: 100 }).catch(() => -1);
    if (length < 0) return found;
    const udpAt = ipAt + ((buffer[ipAt] as number) & 15) * 4;
    if (buffer[ipAt + 9] === 17) found.push(new DataView(buffer.buffer).getUint16(udpAt + 2));
  }
}

async function send(...destinations: number[]): Promise<void> {
  using udp = Socket.open("inet", "dgram");
  for (const port of destinations) await udp.sendto(new Uint8Array(4), { ...loopback, port });
}

for (const [type, ipAt] of [
  ["raw", 14],
  ["dgram", 0],
] as const) {
  testWith(namespaces)(`an expression filters a packet socket of type ${type}`, async () => {
    using namespace = new Namespace();
    await namespace.enter(async () => {
      using socket = Socket.open("packet", type, "ip");
      socket.bind({ family: "packet", interface: "lo", protocol: "ip" });
      socket.attachFilter("udp dst port 53", { drain: true });
      await send(52, 53, 54, 53);
      expect(await ports(socket, ipAt)).toEqual([53, 53]);
      socket.detachFilter();
      await send(54);
      expect(await ports(socket, ipAt)).toEqual([54]);
    });
  });
}

testWith(namespaces)("an expression filters a raw IPv4 socket", async () => {
  using namespace = new Namespace();
  await namespace.enter(async () => {
    using socket = Socket.open("inet", "raw", "udp");
    socket.attachFilter("udp port 7");
    await send(6, 7, 8);
    expect(await ports(socket, 0)).toEqual([7]);
  });
});

testWith(namespaces)("a service's name is the system's", async () => {
  using namespace = new Namespace();
  await namespace.enter(async () => {
    using socket = Socket.open("inet", "raw", "udp");
    const [known] = service().filter(({ protocol, port }) => protocol === "udp" && port > 1024);
    if (known === undefined) return;
    socket.attachFilter(`udp port ${known.name}`);
    await send(known.port, known.port + 1);
    expect(await ports(socket, 0)).toEqual([known.port]);
  });
});

testWith(namespaces)("drained, a socket gives nothing that no filter has seen", async () => {
  using namespace = new Namespace();
  await namespace.enter(async () => {
    using socket = Socket.open("packet", "raw", "ip");
    socket.bind({ family: "packet", interface: "lo", protocol: "ip" });
    await send(1, 2, 3);
    socket.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0xffff }]);
    await send(4);
    expect(await ports(socket, 14)).toEqual([1, 2, 3, 4]);
    await send(5, 6);
    // What a loop has received and not given out is drained, too.
    for await (const _ of socket.messages()) break;
    socket.attachFilter("udp port 7", { drain: true });
    await send(6, 7);
    expect(await ports(socket, 14)).toEqual([7]);
  });
});

test("to drain a socket that nothing can come to, or nothing more, has an end", async () => {
  const all = [{ code: 6, jt: 0, jf: 0, k: 0xffff }];
  using unconnected = Socket.open("inet", "stream");
  unconnected.attachFilter(all, { drain: true });
  for (const type of ["stream", "seqpacket"] as const) {
    const [a, b] = Socket.pair("unix", type);
    await a.send(new Uint8Array(3));
    a.close();
    b.attachFilter(all, { drain: true });
    expect(await b.recv(new Uint8Array(8))).toBe(0);
    b.close();
  }
});

test("records without bytes are drained like others", async () => {
  const [a, b] = Socket.pair("unix", "seqpacket");
  for (const size of [0, 3, 0, 4]) await a.send(new Uint8Array(size));
  b.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0xffff }], { drain: true });
  await a.send(new Uint8Array(5));
  expect(await b.recv(new Uint8Array(8))).toBe(5);
  a.close();
  b.close();
});

testWith(namespaces)("what can be no filter is refused, and the one before stays", async () => {
  using namespace = new Namespace();
  await namespace.enter(async () => {
    using socket = Socket.open("packet", "raw", "ip");
    socket.bind({ family: "packet", interface: "lo", protocol: "ip" });
    socket.attachFilter("udp port 7");
    expect(() => socket.attachFilter("udp prt 7")).toThrow(BpfError);
    expect(() => socket.attachFilter("udp port 7", { drian: true } as never)).toThrow(TypeError);
    expect(() => socket.attachFilter("udp port 7", { drain: 1 } as never)).toThrow(TypeError);
    await send(6, 7);
    expect(await ports(socket, 14)).toEqual([7]);
    using stream = Socket.open("inet", "stream");
    expect(() => stream.attachFilter("tcp port 7")).toThrow(/packet sockets and raw IPv4/);
    socket.close();
    expect(() => socket.attachFilter("udp")).toThrow(expect.objectContaining({ code: "EBADF" }));
  });
});
