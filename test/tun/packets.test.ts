// Packets through a device, one with each call, whole and in order.

import { expect, test } from "bun:test";
import { checksum, Socket } from "../../src/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { Namespace } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { end } from "../support/program.ts";
import { program, testWith, tun as tunDevice } from "../support/requirements.ts";
import { device, numbered, numberIn, udpPacket } from "../support/tun.ts";

const TO = { family: "inet", address: "10.78.0.2", port: 9 } as const;

/** A UDP socket inside, bound to the interface's address. */
function udp(namespace: Namespace, port = 0): Socket {
  const socket = Socket.open("inet", "dgram", null, { namespace: namespace.name });
  return socket.bind({ family: "inet", address: "10.78.0.1", port });
}

/** Turns an echo request into its reply, in place. */
function reply(packet: Uint8Array): void {
  const ipv4 = (packet[0] as number) >> 4 === 4;
  const [first, size, header] = ipv4 ? [12, 4, 20] : [8, 16, 40];
  const source = packet.slice(first, first + size);
  packet.copyWithin(first, first + size, first + 2 * size);
  packet.set(source, first + size);
  packet[header] = ipv4 ? 0 : 129;
  checksum.icmp(packet, { link: "none" });
}

testWith(tunDevice, program("ping", "iputils-ping"))(
  "ping(8) is answered by a responder of ours, over IPv4 and IPv6",
  async () => {
    using namespace = new Namespace();
    using tun = device(namespace, { ipv6: true });
    const over = new AbortController();
    const answering = (async () => {
      for await (const { data } of tun.messages({ until: over.signal })) {
        const next = data[(data[0] as number) >> 4 === 4 ? 9 : 6];
        const type = data[next === 1 ? 20 : 40];
        if ((next === 1 && type === 8) || (next === 58 && type === 128)) {
          reply(data);
          await tun.send(data);
        }
      }
    })();
    for (const address of ["10.78.0.2", "fd78::2"]) {
      // For the last reply it waits no longer than for the next request.
      const interval = String(0.05 * patience);
      const ping = ["ping", "-c", "5", "-i", interval, "-W", "5", "-s", "1000", address];
      const { stdout, exitCode } = await end(namespace.command(...ping));
      expect(stdout).toContain("5 packets transmitted, 5 received, 0% packet loss");
      expect(exitCode).toBe(0);
    }
    over.abort();
    await answering;
  },
);

testWith(tunDevice)("what a socket sends comes out, and what is sent here arrives", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  using socket = udp(namespace);
  const buffer = new Uint8Array(2048).fill(0xa5);
  await socket.sendto(numbered(7, 100), TO);
  expect(await tun.recv(buffer, { start: 10 })).toBe(128);
  const packet = buffer.subarray(10, 138);
  expect(numberIn(packet)).toBe(7);
  expect(checksum.verify(packet, { link: "none" }).every(({ valid }) => valid)).toBe(true);
  expect(buffer.subarray(138).every((byte) => byte === 0xa5)).toBe(true);

  const { port = 0 } = socket.localAddress;
  const sent = udpPacket(numbered(8, 50), port);
  const around = new Uint8Array(100);
  around.set(sent, 3);
  expect(await tun.send(around, { start: 3, end: 3 + sent.length })).toBe(78);
  const { length, address } = await socket.recvfrom(buffer);
  expect([length, address?.address, address?.port]).toEqual([50, "10.78.0.2", 5555]);
});

testWith(tunDevice)("frames of a tap begin with Ethernet's header", async () => {
  using namespace = new Namespace();
  using tap = device(namespace, { mode: "tap" });
  expect([tap.mode, tap.name]).toEqual(["tap", "tap0"]);
  using socket = udp(namespace);
  await socket.sendto(numbered(1), TO);
  const frame = new Uint8Array(2048);
  // Who has the address?
  expect(await tap.recv(frame)).toBe(42);
  expect([...frame.subarray(0, 6), frame[12], frame[13]]).toEqual([...Array(6).fill(255), 8, 6]);
  expect(await tap.send(frame, { end: 42 })).toBe(42);
  await expect(tap.send(frame, { end: 13 })).rejects.toThrow("shorter than an Ethernet header");
});

testWith(tunDevice)("packets keep their order, one by one, in batches and between", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  using socket = udp(namespace);
  const seen: number[] = [];
  for (let number = 0; number < 200; number++) await socket.sendto(numbered(number), TO);
  const buffer = new Uint8Array(100);
  for (let count = 0; count < 10; count++) {
    await tun.recv(buffer);
    seen.push(numberIn(buffer));
  }
  for await (const { data } of tun.messages()) {
    seen.push(numberIn(data));
    if (seen.length === 20) break;
  }
  // What the loop has read and not yielded is for the next calls.
  await tun.readable();
  await tun.recv(buffer);
  seen.push(numberIn(buffer));
  for await (const batch of tun.messages({ batch: 7, timeout: 5000 })) {
    expect(batch.length).toBeLessThanOrEqual(7);
    seen.push(...batch.map(({ data }) => numberIn(data)));
    if (seen.length >= 200) break;
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, number) => number));
});

testWith(tunDevice)(
  "with `reuse` a batch is views of one memory, and nothing is lost",
  async () => {
    using namespace = new Namespace();
    using tun = device(namespace);
    using socket = udp(namespace);
    // More than the room holds at once, of every length.
    const lengths = Array.from({ length: 400 }, (_, index) => 4 + ((index * 37) % 1468));
    const seen: number[] = [];
    const memories = new Set<ArrayBufferLike>();
    const loop = tun.messages({ batch: true, reuse: true, timeout: 5000 });
    for (const [number, length] of lengths.entries()) {
      await socket.sendto(numbered(number, length), TO);
    }
    for await (const batch of loop) {
      for (const { data } of batch) {
        expect(data.length).toBe(28 + (lengths[seen.length] as number));
        expect(numberIn(data)).toBe(seen.length);
        seen.push(numberIn(data));
        memories.add(data.buffer);
      }
      if (seen.length === lengths.length) break;
    }
    expect(memories.size).toBe(1);
    // Of single ones, what is left when the loop is left is whole as well.
    for (let number = 0; number < 10; number++) await socket.sendto(numbered(number, 1000), TO);
    for await (const { data } of tun.messages({ reuse: true })) {
      expect(numberIn(data)).toBe(0);
      break;
    }
    const buffer = new Uint8Array(2000);
    for (let number = 1; number < 10; number++) {
      expect(await tun.recv(buffer)).toBe(1028);
      expect(numberIn(buffer)).toBe(number);
    }
    expect(() => tun.messages({ reuse: 1 as never })).toThrow("reuse must be a boolean");
  },
);

testWith(tunDevice)("packets of every size come whole, however many fit the room", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  namespace.ip("link", "set", tun.name, "mtu", "65535");
  using socket = udp(namespace);
  socket.setOption("SO_SNDBUF", 4_000_000);
  const lengths = [65_507, 4, 65_507, 60_000, 1, 65_507, 65_507, 65_507, 9, 65_506];
  for (const reuse of [false, true]) {
    for (const [index, length] of lengths.entries()) {
      await socket.sendto(new Uint8Array(length).fill(index + 1), TO);
    }
    const seen: number[] = [];
    for await (const batch of tun.messages({ batch: true, reuse, timeout: 5000 })) {
      for (const { data, flags } of batch) {
        expect(flags).toEqual([]);
        const payload = data.subarray(28);
        expect(payload.every((byte) => byte === seen.length + 1)).toBe(true);
        seen.push(payload.length);
      }
      if (seen.length >= lengths.length) break;
    }
    expect(seen).toEqual(lengths);
  }
});

testWith(tunDevice)("the interface's queue keeps txqueuelen packets, the first", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  using socket = udp(namespace);
  for (const length of [500, 20]) {
    namespace.ip("link", "set", tun.name, "txqueuelen", String(length));
    for (let number = 0; number < 600; number++) await socket.sendto(numbered(number), TO);
    const over = AbortSignal.abort();
    const seen: number[] = [];
    for await (const { data } of tun.messages({ until: over })) seen.push(numberIn(data));
    expect(seen).toEqual(Array.from({ length }, (_, number) => number));
  }
});

testWith(tunDevice)("a packet that is longer than the buffer is cut, and it is told", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  using socket = udp(namespace);
  for (let count = 0; count < 6; count++) await socket.sendto(numbered(count, 1000), TO);
  const buffer = new Uint8Array(1028);
  expect(await tun.recv(buffer, { end: 100 })).toBe(100);
  expect(await tun.recv(buffer, { end: 100, trunc: true })).toBe(1028);
  expect(await tun.recv(buffer, { trunc: true })).toBe(1028);
  expect(await tun.recv(new Uint8Array(0), { trunc: true })).toBe(1028);
  const messages = tun.messages({ size: 64 });
  const { value } = await messages.next();
  expect(value.flags).toEqual(["trunc"]);
  expect([value.data.length, numberIn(value.data)]).toEqual([64, 4]);
  // It is in the inbox, cut already.
  expect(await tun.recv(buffer)).toBe(64);
});

testWith(tunDevice)("what is no packet is refused, and every size is survived", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  const bytes = new Uint8Array(70_000);
  for (const end of [0, 1, 100, 70_000]) {
    await expect(tun.send(bytes, { end })).rejects.toMatchObject({
      code: "EINVAL",
      syscall: "write",
      message: `write EINVAL ${tun.name}: Invalid argument (it is no IP packet)`,
    });
  }
  for (const version of [0x45, 0x60]) {
    bytes[0] = version;
    for (const end of [1, 2, 19, 20, 39, 40, 41, 65_535, 70_000]) {
      expect(await tun.send(bytes, { end })).toBe(end);
    }
  }
  await expect(tun.send(bytes, { end: 70_001 })).rejects.toThrow(RangeError);
  await expect(tun.recv(bytes, { peek: true } as object)).rejects.toThrow('unknown option "peek"');
  await expect(tun.send(bytes, { more: true } as object)).rejects.toThrow('unknown option "more"');
  await expect(tun.recv("text" as never)).rejects.toThrow(TypeError);
});

testWith(tunDevice)("a flood of packets does not starve timers", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  const flood = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for _ in range(64): s.sendto(b"x" * 64, ("10.78.0.2", 9))`;
  const sender = Bun.spawn(namespace.command("python3", "-c", flood));
  try {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    let packets = 0;
    for await (const _ of tun.messages({ timeout: 20_000 })) if (++packets === 30_000) break;
    clearInterval(timer);
    // A turn of the event loop moves some 128.
    expect(ticks).toBeGreaterThan(20);
  } finally {
    sender.kill();
    await sender.exited;
  }
});

testWith(tunDevice)("a send that finds the buffer full waits until packets have left", async () => {
  using namespace = new Namespace();
  using tap = device(namespace, { mode: "tap" });
  // Behind the bridge a slow queue holds the packets, and they count as the tap's.
  namespace.ip("link", "add", "slow", "type", "veth", "peer", "name", "end");
  namespace.ip("link", "add", "br0", "type", "bridge");
  for (const name of ["slow", tap.name]) namespace.ip("link", "set", name, "master", "br0");
  for (const name of ["slow", "end", "br0"]) namespace.ip("link", "set", name, "up");
  const shaper = ["qdisc", "add", "dev", "slow", "root", "tbf", "rate", `${800 / patience}kbit`];
  const { exitCode } = await end(
    namespace.command("tc", ...shaper, "burst", "2000", "limit", "1000000"),
  );
  expect(exitCode).toBe(0);
  expect(tap.setSendBuffer(8192).sendBuffer).toBe(8192);
  // To somebody the bridge does not know: it goes on itself, and no copy of it.
  const frame = new Uint8Array(1000);
  frame.set([2, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 9, 0x88, 0xb5]);
  let refused = 0;
  for (let count = 0; count < 30 && refused === 0; count++) {
    await tap.send(frame, { dontwait: true }).catch(({ code }) => {
      expect(code).toBe("EAGAIN");
      refused++;
    });
  }
  expect(refused).toBe(1);
  // Now and then a packet leaves in time.
  let outcome = "sent";
  for (let tries = 0; tries < 50 && outcome === "sent"; tries++) {
    const sending = tap.send(frame, { timeout: 1 });
    outcome = await sending.then(() => "sent").catch(({ code }) => code);
  }
  expect(outcome).toBe("ETIMEDOUT");
  for (let count = 0; count < 20; count++) {
    expect(await tap.send(frame, { timeout: 10_000 * patience })).toBe(1000);
  }
  await tap.writable({ timeout: 10_000 * patience });
});

test("names and options are checked before anything is asked of the system", () => {
  const wrong = (options: object) => () => Tun.open(options);
  expect(wrong({ name: "" })).toThrow("name must have 1 to 15 bytes, not 0");
  expect(wrong({ name: "sixteen-bytes-xx" })).toThrow("name must have 1 to 15 bytes, not 16");
  expect(wrong({ name: "ü".repeat(8) })).toThrow("not 16");
  for (const name of [".", "..", "a/b", "a b", "a:b", "a\n"]) {
    expect(wrong({ name })).toThrow(TypeError);
  }
  for (const name of ["tun%", "%s", "tun%d%d", "%%d"]) expect(wrong({ name })).toThrow("%d");
  expect(wrong({ name: "a\0b" })).toThrow("NUL");
  expect(wrong({ name: 7 })).toThrow(TypeError);
  expect(wrong({ mode: "utun" })).toThrow(
    'unknown mode "utun"; did you mean tun?; accepted: tun, tap',
  );
  expect(wrong({ virtioHeader: 9 })).toThrow(RangeError);
  expect(wrong({ virtioHeader: "yes" })).toThrow(TypeError);
  expect(wrong({ multiQueue: 1 })).toThrow("multiQueue must be a boolean");
  expect(wrong({ persist: "yes" })).toThrow("persist must be a boolean");
  expect(wrong({ namspace: "x" })).toThrow('unknown option "namspace"; did you mean namespace?');
  expect(wrong({ namespace: "" })).toThrow("namespace must not be empty");
  expect(wrong({ namespace: -1 })).toThrow(RangeError);
  expect(() => new (Tun as unknown as new () => Tun)()).toThrow("Tun.open");
});
