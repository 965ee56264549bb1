// Captures into files that rotate, of datagrams that go to a group which nobody joined: what the
// kernel counted is in the files, in order.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Capture,
  type CapturedPacket,
  capture,
  PcapngWriter,
  readPackets,
} from "../../src/capture/index.ts";
import { Sockaddr, type Socket } from "../../src/index.ts";
import { HEADER, writeFrame } from "./content.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";

const HEADERS = 42;
const PAUSE_MS = 120;
const BURST = 40;
const LATEST_MS = 20_000;
const ROTATE = { size: 64 * 1024, count: 4 };

/** The numbers of the packets in the files, in their order. */
async function written(directory: string, flow: number, tally: Tally): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of readdirSync(directory).sort()) {
    const sequence = new Sequence(tally, flow, false);
    const packets = readPackets(join(directory, name));
    for await (const { data } of packets) {
      const frame = sequence.read(data.subarray(HEADERS));
      if (frame !== undefined) numbers.push(frame.sequence);
    }
    if (packets.truncated) tally.fault(`${name} is cut off`);
  }
  return numbers;
}

async function send(load: Load, tally: Tally, random: Random, flow: number, socket: Socket) {
  const buffer = new Uint8Array(1400);
  let sent = 0;
  for (let bursts = random.integer(20, 100); bursts > 0 && !load.isOver; bursts--) {
    for (let count = random.integer(1, BURST); count > 0; count--) {
      const length = random.integer(HEADER, random.chance(0.2) ? 1400 : 200);
      writeFrame(buffer, { flow, sequence: sent, length });
      await socket.send(buffer.subarray(0, length));
      sent++;
      tally.sent++;
    }
    await random.pause(PAUSE_MS);
  }
  return sent;
}

async function write(own: Capture, file: PcapngWriter, random: Random, take: Take): Promise<void> {
  const isSlow = random.chance(0.3);
  for (let hasEnded = false; !hasEnded; ) {
    let left = random.integer(1, 200);
    hasEnded = true;
    if (random.chance(0.5)) {
      for await (const batch of own.batches()) {
        for (const packet of batch) take(packet);
        await file.writeAll(batch);
        if (isSlow) await random.pause(300);
        hasEnded = false;
        left -= batch.length;
        if (left <= 0) break;
      }
    } else {
      for await (const packet of own) {
        take(packet);
        await file.write(packet);
        hasEnded = false;
        if (--left <= 0) break;
      }
    }
    if (own.closed) return;
  }
}

type Take = (packet: Pick<CapturedPacket, "data">) => void;

async function once(load: Load, tally: Tally, random: Random, group: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-load-"));
  const own = capture({
    interface: load.pair.interface,
    namespace: load.b,
    filter: `udp and dst host ${group}`,
    direction: "in",
    ring: { blockSize: 32_768, blocks: random.integer(2, 16) },
    timeout: random.integer(1, 20),
  });
  const target = join(directory, "load.pcapng");
  const file = await PcapngWriter.create(target, { rotate: ROTATE });
  const socket = load.open("a", "inet", "dgram");
  socket.setOption("IP_MULTICAST_IF", "10.77.0.1");
  await socket.connect(Sockaddr.inet(group, 9));
  const flow = load.flow();
  const sequence = new Sequence(tally, flow, false);
  const numbers: number[] = [];
  const writing = write(own, file, random, ({ data }) => {
    const frame = sequence.take(data.subarray(HEADERS));
    if (frame !== undefined) numbers.push(frame.sequence);
  });
  const failed = writing.then(() => new Promise<never>(() => undefined));
  const sent = await Promise.race([send(load, tally, random, flow, socket), failed]);
  const deadline = performance.now() + LATEST_MS;
  while (sequence.received + own.statistics().dropped < sent && performance.now() < deadline) {
    await Promise.race([Bun.sleep(10), failed]);
  }
  own.close();
  socket.close();
  await writing;
  await file.close();
  const { received, dropped } = own.statistics();
  tally.lost += sent - sequence.received;
  if (sequence.received + dropped !== sent || received !== sent) {
    const counted = `the kernel counted ${received} and dropped ${dropped}`;
    tally.fault(`${sent} sent, ${sequence.received} captured, ${counted}`);
  }
  // The oldest files are gone.
  const kept = await written(directory, flow, tally);
  const last = numbers.slice(numbers.length - kept.length);
  if (kept.length < Math.min(numbers.length, 50) || !Bun.deepEquals(kept, last)) {
    tally.fault(`the files hold ${kept.length} packets, which are not the last that were captured`);
  }
  rmSync(directory, { recursive: true });
  tally.reopened++;
}

/** One capture after the other, until the end. */
export async function captures(load: Load, number: number): Promise<void> {
  const tally = load.tally("capture");
  const random = load.random(`capture ${number}`);
  tally.sockets += 2;
  await load.run("capture", async () => {
    while (!load.isOver) await once(load, tally, random, `239.7.7.${number}`);
  });
}
