// A capture, packet by packet and in batches.

import { afterAll, beforeAll, describe, expect, spyOn } from "bun:test";
import {
  Capture,
  type CapturedPacket,
  type CaptureOptions,
  capture,
  PcapngWriter,
} from "../../src/capture/index.ts";
import { Namespace, run, VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { Tcpdump } from "./support/tcpdump.ts";
import { packets, Sender, udp } from "./support/traffic.ts";

let pair: VethPair;
let sender: Sender;
if (namespaces.met) {
  beforeAll(() => {
    pair = new VethPair();
    for (const side of [pair.a, pair.b]) {
      side.ip("link", "set", "veth0", "arp", "off");
      // Nobody else shall send.
      run(...side.command("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/veth0/disable_ipv6"));
    }
    sender = new Sender(pair.a.name, "veth0");
  });
  afterAll(() => {
    sender[Symbol.dispose]();
    pair[Symbol.dispose]();
  });
}

/** A capture of what comes to the other side, of UDP alone. */
function receiving(options: Partial<CaptureOptions> = {}): Capture {
  return capture({ interface: "veth0", namespace: pair.b.name, filter: "udp", ...options });
}

const test = testWith(namespaces);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("packets", () => {
  testWith(namespaces, program("tcpdump"))("are what tcpdump sees", async () => {
    await using tcpdump = await Tcpdump.start(pair.b, "-i", "veth0", "udp");
    using own = receiving();
    expect([own.interface, own.link, own.closed]).toEqual(["veth0", "ethernet", false]);
    const sent = [udp(1), udp(2, 1400), udp(3, 0), udp(4, 600)];
    const before = BigInt(Date.now()) * 1_000_000n;
    await sender.send(...sent);
    const seen = await packets(own, sent.length);
    expect(seen.map(({ data }) => hex(data))).toEqual(sent.map(hex));
    expect((await tcpdump.end(sent.length)).map(hex)).toEqual(sent.map(hex));
    for (const [index, packet] of seen.entries()) {
      expect(packet).toEqual({
        data: sent[index] as Uint8Array,
        length: (sent[index] as Uint8Array).length,
        timestamp: expect.any(BigInt),
        interface: expect.any(Number),
        direction: "in",
        checksum: expect.stringMatching(/^(valid|unknown|partial)$/),
      });
      expect(packet.timestamp - before).toBeLessThan(10_000_000_000n);
      expect(packet.timestamp - before).toBeGreaterThan(-2_000_000n);
    }
  });

  test("go both ways, or one", async () => {
    using both = capture({ interface: "veth0", namespace: pair.a.name, filter: "udp" });
    using outward = capture({
      interface: "veth0",
      namespace: pair.a.name,
      filter: "udp",
      direction: "out",
    });
    using inward = capture({ interface: "veth0", namespace: pair.a.name, direction: "in" });
    using back = new Sender(pair.b.name, "veth0");
    await sender.send(udp(1));
    await back.send(udp(2));
    const seen = async (source: Capture, count: number) =>
      (await packets(source, count, 200)).map(({ data, direction }) => [data[37], direction]);
    expect(await seen(both, 3)).toEqual([
      [1, "out"],
      [2, "in"],
    ]);
    expect(await seen(outward, 2)).toEqual([[1, "out"]]);
    expect((await seen(inward, 2)).filter(([port]) => port === 1 || port === 2)).toEqual([
      [2, "in"],
    ]);
  });

  test("on the loopback interface are seen on their way out and on their way in", async () => {
    using namespace = new Namespace();
    using loopback = capture({ interface: "lo", namespace: namespace.name });
    using own = new Sender(namespace.name, "lo");
    await own.send(udp(7));
    const seen = await packets(loopback, 2);
    expect(seen.map(({ direction }) => direction)).toEqual(["out", "in"]);
    expect(seen.map(({ data }) => hex(data))).toEqual([hex(udp(7)), hex(udp(7))]);
  });

  test("are cut at snaplen, and tell their length", async () => {
    using own = receiving({ snaplen: 60 });
    using unfiltered = capture({ interface: "veth0", namespace: pair.b.name, snaplen: 30 });
    // A program that keeps as much as it computes: the whole packet.
    using computed = receiving({
      snaplen: 50,
      filter: [
        { code: 0x80, jt: 0, jf: 0, k: 0 },
        { code: 0x16, jt: 0, jf: 0, k: 0 },
      ],
    });
    await sender.send(udp(5, 500));
    for (const [source, kept] of [
      [own, 60],
      [unfiltered, 30],
      [computed, 50],
    ] as const) {
      const [packet] = await packets(source, 1);
      expect(packet?.length).toBe(542);
      expect(packet?.data).toEqual(udp(5, 500).subarray(0, kept));
    }
  });

  test("of a program are what the program lets through", async () => {
    // ldb [37]; jeq #9; the low byte of the UDP port.
    using own = receiving({
      filter: [
        { code: 0x30, jt: 0, jf: 0, k: 37 },
        { code: 0x15, jt: 0, jf: 1, k: 9 },
        { code: 6, jt: 0, jf: 0, k: 40 },
        { code: 6, jt: 0, jf: 0, k: 0 },
      ],
    });
    await sender.send(udp(8), udp(9), udp(10), udp(9));
    const seen = await packets(own, 3, 200);
    expect(seen.map(({ data }) => [data[37], data.length])).toEqual([
      [9, 40],
      [9, 40],
    ]);
  });
});

describe("batches", () => {
  test("hold views, whose copies stay", async () => {
    using own = receiving();
    await sender.send(udp(1), udp(2), udp(3));
    const copies = [];
    for await (const batch of own.batches()) {
      expect(Array.isArray(batch)).toBe(true);
      for (const packet of batch) {
        const { data, length, timestamp, direction, checksum, vlan, dropped } = packet;
        expect(packet.data.buffer).toBe(data.buffer);
        const copy = packet.copy();
        expect(copy.data.buffer).not.toBe(data.buffer);
        const told = { data, length, timestamp, direction, checksum, interface: packet.interface };
        expect(copy).toEqual(told);
        expect(Bun.inspect(packet)).toBe(Bun.inspect(copy));
        expect([vlan, dropped]).toEqual([undefined, undefined]);
        copies.push(copy);
      }
      if (copies.length === 3) break;
    }
    expect(copies.map(({ data }) => hex(data))).toEqual([1, 2, 3].map((port) => hex(udp(port))));
    expect(structuredClone(copies)).toEqual(copies);
    expect(own.closed).toBe(false);
  });

  test("are written as their copies are", async () => {
    using own = receiving({ snaplen: 100 });
    await sender.send(udp(1), udp(2, 333), udp(3, 0));
    const packets: CapturedPacket[] = [];
    const views: Uint8Array[] = [];
    const writer = PcapngWriter.create({ write: (bytes) => views.push(bytes) });
    for await (const batch of own.batches()) {
      await writer.writeAll(batch);
      packets.push(...batch.map((packet) => packet.copy()));
      if (packets.length === 3) break;
    }
    await writer.close();
    const copies: Uint8Array[] = [];
    const other = PcapngWriter.create({ write: (bytes) => copies.push(bytes) });
    await other.writeAll(packets);
    await other.close();
    expect(Buffer.concat(views)).toEqual(Buffer.concat(copies));
    expect(Buffer.concat(views).length).toBeGreaterThan(300);
  });

  test("and single packets share what comes", async () => {
    using own = receiving();
    await sender.send(...[1, 2, 3, 4, 5].map((port) => udp(port)));
    const seen: (number | undefined)[] = [];
    seen.push((await own.next())?.data[37]);
    for await (const { data } of own) {
      seen.push(data[37]);
      break;
    }
    while (seen.length < 4) {
      for await (const batch of own.batches()) {
        seen.push(...batch.map(({ data }) => data[37]));
        break;
      }
    }
    seen.push(...(await packets(own, 5 - seen.length)).map(({ data }) => data[37]));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("are whole when the capture is closed within a step, and the loop ends", async () => {
    const own = receiving();
    await sender.send(udp(1), udp(2));
    let kept: Uint8Array | undefined;
    for await (const batch of own.batches()) {
      own.close();
      await Bun.sleep(30);
      expect(hex((batch[0] as { data: Uint8Array }).data)).toBe(hex(udp(1)));
      kept = batch[0]?.data;
    }
    expect(own.closed).toBe(true);
    // What is kept longer is no packet any more, and no crash.
    expect(kept?.every((byte) => byte === 0)).toBe(true);
  });
});

describe("waiting", () => {
  test("ends by timeout, by signal, and by close", async () => {
    using own = receiving();
    // Of a clock that runs, so that less is left at the wait than was asked for.
    const { now } = performance;
    let late = 0;
    const clock = spyOn(performance, "now").mockImplementation(
      () => now.call(performance) + late++,
    );
    await expect(own.next({ timeout: 9 })).rejects.toMatchObject({ code: "ETIMEDOUT", timeout: 9 });
    clock.mockRestore();
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 5);
    await expect(own.next({ signal: controller.signal })).rejects.toBe(reason);
    await expect(own.next({ signal: controller.signal })).rejects.toBe(reason);
    const waiting = own.next();
    const looping = (async () => {
      for await (const _ of own) throw new Error("a packet");
      return "ended";
    })();
    const batching = (async () => {
      for await (const _ of own.batches()) throw new Error("a packet");
      return "ended";
    })();
    await Bun.sleep(5);
    own.close();
    expect(await Promise.all([waiting, looping, batching])).toEqual([null, "ended", "ended"]);
    own.close();
    expect(await own.next()).toBeNull();
    for await (const _ of own) throw new Error("a packet");
  });

  test("what was given up loses nothing", async () => {
    using own = receiving();
    for (let round = 0; round < 20; round++) {
      const late = own.next({ timeout: round % 12 }).catch(() => null);
      await sender.send(udp(round));
      const first = await late;
      const packet = first ?? (await own.next());
      expect(packet?.data[37]).toBe(round);
    }
  });

  test("a signal closes the capture, whose iterations throw its reason", async () => {
    const reason = new Error("over");
    const controller = new AbortController();
    const own = receiving({ signal: controller.signal });
    const loop = (async () => {
      for await (const _ of own) throw new Error("a packet");
    })();
    controller.abort(reason);
    await expect(loop).rejects.toBe(reason);
    await expect(own.next()).rejects.toBe(reason);
    expect(own.closed).toBe(true);
    expect(() => receiving({ signal: controller.signal })).toThrow(reason);
  });

  test("a lone packet comes within the time of a block", async () => {
    const late: number[] = [];
    for (const timeout of [10, 1]) {
      using own = receiving({ timeout });
      for (let round = 0; round < 10; round++) {
        const next = own.next();
        await sender.send(udp(1));
        const packet = await next;
        late.push(Date.now() - Number((packet?.timestamp ?? 0n) / 1_000_000n));
      }
    }
    late.sort((a, b) => a - b);
    // The least tells of the kernel's time, the others of how busy the machine is.
    expect(late[0]).toBeLessThan(60 * patience);
  });
});

test("statistics add up, and stay after close", async () => {
  using own = receiving();
  await sender.send(udp(1), udp(2));
  await packets(own, 2);
  expect(own.statistics()).toEqual({ received: 2, dropped: 0, freezes: 0 });
  expect(own.statistics()).toEqual({ received: 2, dropped: 0, freezes: 0 });
  await sender.send(udp(3));
  await packets(own, 1);
  own.close();
  expect(own.statistics()).toEqual({ received: 3, dropped: 0, freezes: 0 });
});

test("drops are told at the packet behind them, and in the statistics", async () => {
  using own = receiving({ ring: { blockSize: 4096, blocks: 2 } });
  const first = await (async () => {
    await sender.send(udp(1));
    return own.next();
  })();
  expect(first?.dropped).toBeUndefined();
  await sender.send(...Array.from({ length: 200 }, () => udp(2, 100)));
  await Bun.sleep(30);
  const kept = (await packets(own, 200, 100)).length;
  await sender.send(udp(3));
  const rest = await packets(own, 1);
  const lost = 200 - kept;
  expect(lost).toBeGreaterThan(100);
  expect(own.statistics()).toMatchObject({ received: 202, dropped: lost });
  expect(rest[0]?.dropped).toBe(lost);
});

test("promiscuous, an interface lets in what is for others, as long as the capture is open", () => {
  const promiscuity = () =>
    /promiscuity (\d+)/.exec(pair.b.ip("-d", "link", "show", "veth0"))?.[1] ?? "";
  const before = promiscuity();
  {
    using own = receiving({ promiscuous: true });
    expect(own.closed).toBe(false);
    expect(Number(promiscuity())).toBe(Number(before) + 1);
  }
  expect(promiscuity()).toBe(before);
});

test("an object of the class cannot be made otherwise", () => {
  expect(() => Reflect.construct(Capture, [{}, undefined, Symbol("x")])).toThrow(TypeError);
});
