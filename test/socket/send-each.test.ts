// sendmmsg of buffers, each of them a message.

import { expect, test } from "bun:test";
import { Message, Sockaddr, Socket } from "../../src/index.ts";
import { testWith, unixDatagrams } from "../support/requirements.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const datagram = (number: number) => Uint8Array.of(number & 255, number >> 8, 7);

/** What arrives, as the numbers sent. */
async function arrived(socket: Socket, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const { data } of socket.messages({ timeout: 5000 })) {
    seen.push((data[0] as number) | ((data[1] as number) << 8));
    if (seen.length === count) break;
  }
  return seen;
}

testWith(unixDatagrams)(
  "buffers go to the peer in order, waiting where its queue is full",
  async () => {
    const [left, right] = Socket.pair("unix", "dgram");
    using a = left;
    using b = right;
    const before = a.bytesSent;
    const sending = a.sendmmsg(numbers(500).map(datagram));
    expect(await arrived(b, 500)).toEqual(numbers(500));
    expect(await sending).toBe(500);
    expect(a.bytesSent - before).toBe(1500);
    expect(await a.sendmmsg([new ArrayBuffer(3), new DataView(new ArrayBuffer(3))])).toBe(2);
    expect(await a.sendmmsg([datagram(1), datagram(2), datagram(3)], { start: 1, end: 2 })).toBe(1);
    expect(await arrived(b, 3)).toEqual([0, 0, 2]);
  },
);

testWith(unixDatagrams)("what a full queue or an error leaves is told", async () => {
  const [left, right] = Socket.pair("unix", "dgram");
  using a = left;
  using b = right;
  const all = numbers(500).map(datagram);
  const some = await a.sendmmsg(all, { dontwait: true });
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(500);
  const none = a.sendmmsg(all, { start: some, dontwait: true });
  await expect(none).rejects.toMatchObject({ code: "EAGAIN", messagesSent: 0 });
  const late = a.sendmmsg(all, { start: some, timeout: 5 });
  await expect(late).rejects.toMatchObject({ code: "ETIMEDOUT", messagesSent: 0 });
  expect(await arrived(b, some)).toEqual(numbers(some));
  // Too long for a datagram.
  const data = [datagram(0), new Uint8Array(10_000_000), datagram(1)];
  expect(await a.sendmmsg(data)).toBe(1);
  const long = a.sendmmsg(data, { start: 1 });
  await expect(long).rejects.toMatchObject({ code: "EMSGSIZE", messagesSent: 0 });
  b.close();
  await expect(a.sendmmsg(all)).rejects.toMatchObject({ messagesSent: 0 });
});

testWith(unixDatagrams)("a buffer that shrinks while the call waits is an error", async () => {
  const [left, right] = Socket.pair("unix", "dgram");
  using a = left;
  using b = right;
  const all = numbers(500).map(datagram);
  const sending = a.sendmmsg(all).catch((error) => error);
  (all[499] as Uint8Array<ArrayBuffer>).buffer.transfer();
  const reading = arrived(b, 500).catch(({ code }) => code);
  expect(await sending).toBeInstanceOf(RangeError);
  b.close();
  // It waited, or was about to read.
  expect(await reading).toMatch(/^(ECANCELED|EBADF)$/);
});

test("a stream takes Messages alone, and a call one kind of message", async () => {
  const [a, b] = Socket.pair("unix", "stream");
  const stream = "messages must be Messages on a stream";
  await expect(a.sendmmsg([datagram(1)])).rejects.toThrow(stream);
  a.close();
  b.close();
  using udp = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
  const mixed = [datagram(1), new Message()];
  await expect(udp.sendmmsg(mixed as never)).rejects.toThrow("messages[1] must be");
  await expect(udp.sendmmsg(mixed.reverse() as never)).rejects.toThrow(TypeError);
  await expect(udp.sendmmsg([datagram(1)])).rejects.toMatchObject({ code: "EDESTADDRREQ" });
});
