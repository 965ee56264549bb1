// Datagrams that the kernel may drop where nobody reads them in time. Each that was sent arrives
// once, or the receiving socket has counted it as dropped.

import { Message, type Sockaddr, type Socket } from "../../src/index.ts";
import { FRAME_MAX, HEADER, writeFrame } from "./content.ts";
import { hasCode, impatient, NOTHING } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { Reading } from "./reading.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";

const PAUSE_MS = 400;
const BURST = 12;
/** Of receivers that are to lose some. */
const STARVED_BURST = 64;
const STARVED_PAUSE_MS = 150;
/** How long the next of what was sent may take. */
const LATEST_MS = 20_000;
const CLOSED = ["ECANCELED", "EBADF"] as const;

/** How datagrams of one kind are sent and received. */
export type Datagrams = {
  readonly kind: string;
  readonly sender: Socket;
  readonly receiver: Socket;
  readonly destination?: Sockaddr;
  /** Bytes before a frame, written by `seal`, and before it where it is received. */
  readonly before: number;
  readonly receivedBefore: number;
  seal?(packet: Uint8Array, sequence: number): void;
  /** What the kernel says the receiver lost so far. */
  drops(): number;
  /** Where nothing tells whose the packets were that were lost. */
  readonly dropsOthers?: boolean;
  readonly lengthMax?: number;
};

/** What the socket of a datagram's destination has dropped. */
export function socketDrops(socket: Socket): number {
  return socket.option("SO_MEMINFO").drops;
}

/** Sends and receives for `bursts` bursts; everything is accounted for. Closes both. */
export async function datagrams(
  load: Load,
  tally: Tally,
  flow: number,
  random: Random,
  way: Datagrams,
): Promise<number> {
  const sequence = new Sequence(tally, flow, false);
  const { sender, receiver } = way;
  let isStarved = random.chance(0.25);
  sequence.isTimed = !isStarved;
  if (isStarved) receiver.setOption("SO_RCVBUF", 4096);
  let overflow = 0;
  const reading = new Reading(receiver, load.random(`${flow} reads`), tally, (data, control) => {
    sequence.take(data.subarray(way.receivedBefore));
    for (const message of control ?? []) {
      if (message.kind !== "overflow") continue;
      if (message.dropped < overflow) tally.fault(`SO_RXQ_OVFL fell to ${message.dropped}`);
      overflow = message.dropped;
    }
    return false;
  });
  const receiving = (async () => {
    try {
      for (;;) {
        if (await reading.some()) throw new Error("an end that there cannot be");
        if (isStarved) await random.pause(STARVED_PAUSE_MS);
      }
    } catch (error) {
      if (!hasCode(error, ...CLOSED)) throw error;
    }
  })();
  // A fault of it is not to wait for the sender.
  const failed = receiving.then(() => new Promise<never>(() => undefined));
  const sending = sendAll(load, tally, flow, random, way, isStarved ? STARVED_BURST : BURST);
  const sent = await Promise.race([sending, failed]);
  isStarved = false;
  let deadline = performance.now() + LATEST_MS;
  let [drops, before] = [way.drops(), -1];
  // Where drops tell little, until nothing more comes.
  while (sequence.received + drops < sent || (way.dropsOthers && sequence.received !== before)) {
    if (sequence.received !== before) deadline = performance.now() + LATEST_MS;
    if (performance.now() > deadline) break;
    before = sequence.received;
    await Promise.race([Bun.sleep(way.dropsOthers ? 500 : 10), failed]);
    drops = way.drops();
  }
  receiver.close();
  sender.close();
  await receiving;
  const lost = sent - sequence.received;
  if (way.dropsOthers ? lost > drops : lost !== drops) {
    tally.fault(`flow ${flow}: ${sent} sent, ${sequence.received} received, ${drops} dropped`);
  }
  if (overflow > drops) tally.fault(`SO_RXQ_OVFL told of ${overflow}, the socket of ${drops}`);
  tally.lost += lost;
  tally.reopened++;
  return drops;
}

async function sendAll(
  load: Load,
  tally: Tally,
  flow: number,
  random: Random,
  way: Datagrams,
  burst: number,
): Promise<number> {
  const { sender, destination, before, lengthMax = 1400 } = way;
  let sent = 0;
  const make = (sequence: number): Uint8Array => {
    const most = random.chance(0.1) ? Math.min(FRAME_MAX, lengthMax) : 300;
    const length = random.integer(HEADER, most);
    const packet = new Uint8Array(before + length);
    writeFrame(packet.subarray(before), { flow, sequence, length });
    way.seal?.(packet, sequence);
    return packet;
  };
  const message = (packet: Uint8Array) =>
    new Message({ address: destination ?? null, iovec: [packet] });
  for (let left = random.integer(5, 60); left > 0 && !load.isOver; left--) {
    const count = random.integer(1, burst);
    const packets = Array.from({ length: count }, (_, index) => make(sent + index));
    if (random.chance(0.4)) {
      const result = await sender.sendmmsg(packets.map(message));
      if (result !== count) tally.fault(`sendmmsg sent ${result} of ${count}`);
    } else {
      for (const packet of packets) {
        for (;;) {
          const result = await impatient(tally, random, (op) => {
            if (random.chance(0.3)) return sender.sendmsg(message(packet), op);
            if (destination !== undefined) return sender.sendto(packet, destination, op);
            return sender.send(packet, op);
          });
          if (result === NOTHING) continue;
          if (result !== packet.length) tally.fault(`${result} of ${packet.length} were sent`);
          break;
        }
      }
    }
    sent += count;
    tally.sent += count;
    await random.pause(PAUSE_MS);
  }
  return sent;
}
