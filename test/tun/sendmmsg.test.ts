// Many packets in one call: in order, whole, and what an error or a full queue leaves is told.

import { expect } from "bun:test";
import { Socket } from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { testWith, tun as tunDevice } from "../support/requirements.ts";
import { device, numbered, numberIn, udpPacket } from "../support/tun.ts";

/** A UDP socket inside, and the port that it is bound to. */
function receiver(namespace: Namespace): { socket: Socket; port: number } {
  const socket = Socket.open("inet", "dgram", null, { namespace: namespace.name });
  socket.bind({ family: "inet", address: "10.78.0.1", port: 0 });
  const { port = 0 } = socket.localAddress;
  return { socket, port };
}

const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

testWith(tunDevice)("packets go in order, of any kind of buffer, and of a part", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  const { socket, port } = receiver(namespace);
  using _ = socket;
  const packets = numbers(300).map((number) => udpPacket(numbered(number), port));
  expect(await tun.sendmmsg(packets, { start: 10, end: 210 })).toBe(200);
  const third = packets[2] as Uint8Array<ArrayBuffer>;
  const kinds = [packets[0], third.buffer, new DataView(third.buffer)] as Uint8Array[];
  expect(await tun.sendmmsg(kinds)).toBe(3);
  expect(await tun.sendmmsg([])).toBe(0);
  const seen: number[] = [];
  for await (const { data } of socket.messages({ timeout: 5000 })) {
    seen.push(new DataView(data.buffer).getUint32(0));
    if (seen.length === 203) break;
  }
  expect(seen).toEqual([...numbers(200, 10), 0, 2, 2]);
});

testWith(tunDevice)(
  "what goes before a packet that fails counts; the next call fails",
  async () => {
    using namespace = new Namespace();
    using tun = device(namespace);
    const { socket, port } = receiver(namespace);
    using _ = socket;
    const packets = numbers(5).map((number) => udpPacket(numbered(number), port));
    for (const bad of [new Uint8Array(), Uint8Array.of(0x15)]) {
      packets[2] = bad as Uint8Array<ArrayBuffer>;
      expect(await tun.sendmmsg(packets)).toBe(2);
      const failed = tun.sendmmsg(packets, { start: 2 });
      await expect(failed).rejects.toMatchObject({ code: "EINVAL", messagesSent: 0 });
      expect(await tun.sendmmsg(packets, { start: 3 })).toBe(2);
    }
    await expect(tun.sendmmsg("text" as never)).rejects.toThrow("packets must be an array");
    await expect(tun.sendmmsg([1] as never)).rejects.toThrow("packets[0] must be");
    await expect(tun.sendmmsg(new Array(1025).fill(packets[0]))).rejects.toThrow(RangeError);
    await expect(tun.sendmmsg([], { more: true } as object)).rejects.toThrow(
      'unknown option "more"',
    );
    namespace.ip("link", "set", tun.name, "down");
    await expect(tun.sendmmsg(packets)).rejects.toMatchObject({ code: "EIO", messagesSent: 0 });
    tun.close();
    await expect(tun.sendmmsg(packets)).rejects.toThrow("the device is closed");
  },
);

testWith(tunDevice)("a full send buffer makes the rest wait, and none is lost", async () => {
  using namespace = new Namespace();
  using tap = device(namespace, { mode: "tap" });
  namespace.ip("link", "add", "slow", "type", "veth", "peer", "name", "end");
  namespace.ip("link", "add", "br0", "type", "bridge");
  for (const name of ["slow", tap.name]) namespace.ip("link", "set", name, "master", "br0");
  for (const name of ["slow", "end", "br0"]) namespace.ip("link", "set", name, "up");
  const shaper = ["qdisc", "add", "dev", "slow", "root", "tbf", "rate", "2mbit"];
  const words = namespace.command("tc", ...shaper, "burst", "2000", "limit", "1000000");
  expect((await end(words)).exitCode).toBe(0);
  tap.setSendBuffer(8192);
  const counted = () => {
    const [link] = JSON.parse(namespace.ip("-j", "-s", "link", "show", "dev", "slow"));
    return link.stats64.tx.packets as number;
  };
  const frame = new Uint8Array(1000);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  const frames = new Array<Uint8Array>(60).fill(frame);
  const before = counted();
  const some = await tap.sendmmsg(frames, { dontwait: true });
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(60);
  const late = await tap.sendmmsg(frames, { timeout: 5 }).catch((error) => error);
  expect(late).toMatchObject({ code: "ETIMEDOUT" });
  // The program's array may change meanwhile; its buffers must keep their sizes.
  const given = [...frames];
  const waiting = tap.sendmmsg(given);
  given.length = 0;
  expect(await waiting).toBe(60);
  const sent = some + late.messagesSent + 60;
  for (let tries = 0; tries < 500 && counted() - before < sent; tries++) await Bun.sleep(10);
  expect(counted() - before).toBeGreaterThanOrEqual(sent);
  expect(counted() - before).toBeLessThan(sent + 5);
});

testWith(tunDevice)("what messages({ batch, reuse }) gives can be sent on as it is", async () => {
  using namespace = new Namespace();
  using other = new Namespace();
  using from = device(namespace);
  using to = device(other, { mode: "tun" });
  using socket = Socket.open("inet", "dgram", null, { namespace: namespace.name });
  using sink = Socket.open("packet", "raw", "ip", { namespace: other.name });
  // Of many lengths and of one: what holds the packets is used again or not.
  const lengths = [...numbers(200, 16), ...new Array<number>(400).fill(50)];
  const passing = (async () => {
    let left = lengths.length;
    for await (const batch of from.messages({ batch: true, reuse: true, size: 2048 })) {
      const packets = batch.map(({ data }) => data);
      expect(await to.sendmmsg(packets)).toBe(batch.length);
      left -= batch.length;
      if (left <= 0) break;
    }
  })();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { data } of sink.messages({ timeout: 10_000 })) {
      const number = numberIn(data);
      expect(data.length).toBe(28 + (lengths[number] as number));
      seen.push(number);
      if (seen.length === lengths.length) break;
    }
  })();
  for (const [number, length] of lengths.entries()) {
    const address = { family: "inet", address: "10.78.0.2", port: 9 } as const;
    await socket.sendto(numbered(number, length), address);
    // The interface's queue holds some hundred.
    if (number % 100 === 99) await Bun.sleep(5);
  }
  await Promise.all([passing, reading]);
  expect(seen).toEqual(numbers(lengths.length));
});
