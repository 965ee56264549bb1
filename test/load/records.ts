// Unix datagrams and records, with descriptors: all arrive, once and in order.

import { Message, Socket } from "../../src/index.ts";
import { FRAME_MAX, HEADER, LAST, RIGHTS, writeFrame } from "./content.ts";
import { impatient, NOTHING } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { Reading } from "./reading.ts";
import { Rights } from "./rights.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";

const BURST = 12;
const PAUSE_MS = 400;

/** One pair after the other, until the end. */
export async function records(load: Load, type: "dgram" | "seqpacket"): Promise<void> {
  const kind = `unix ${type}`;
  const tally = load.tally(kind);
  const flow = load.flow();
  const random = load.random(`${kind} ${flow}`);
  tally.sockets += 2;
  await load.run(kind, async () => {
    using rights = new Rights(tally);
    while (!load.isOver) {
      const [sender, receiver] = Socket.pair("unix", type);
      const sequence = new Sequence(tally, flow, true);
      const bursts = random.integer(5, 60);
      const reading = receiveAll(receiver, sequence, load.random(`${flow} reads`), tally, rights);
      await Promise.all([sendAll(load, sender, flow, random, tally, rights, bursts), reading]);
      sender.close();
      receiver.close();
      tally.reopened++;
    }
  });
}

async function receiveAll(
  socket: Socket,
  sequence: Sequence,
  random: Random,
  tally: Tally,
  rights: Rights,
): Promise<void> {
  let isLast = false;
  const reading = new Reading(socket, random, tally, (data, control) => {
    const frame = sequence.take(data);
    if (frame === undefined) return false;
    if (control !== null) rights.take(control, (frame.flags & RIGHTS) !== 0, true);
    isLast = (frame.flags & LAST) !== 0;
    return isLast;
  });
  for (;;) {
    const hasEnded = await reading.some();
    if (isLast) return;
    if (hasEnded) throw new Error(`the end came after ${sequence.received}, before the last`);
    if (random.chance(0.2)) await random.pause(30);
  }
}

async function sendAll(
  load: Load,
  socket: Socket,
  flow: number,
  random: Random,
  tally: Tally,
  rights: Rights,
  bursts: number,
): Promise<void> {
  const buffer = new Uint8Array(FRAME_MAX);
  let sequence = 0;
  for (let burst = 0, isLast = false; !isLast; burst++) {
    const count = random.integer(1, BURST);
    isLast = burst >= bursts || load.isOver;
    for (let index = 0; index < count; index++) {
      const length = random.integer(HEADER, random.chance(0.1) ? FRAME_MAX : 300);
      const brings = random.chance(0.1);
      const ends = isLast && index === count - 1;
      const flags = (brings ? RIGHTS : 0) | (ends ? LAST : 0);
      writeFrame(buffer, { flow, sequence, length, flags });
      const data = buffer.subarray(0, length);
      const message = new Message({ iovec: halves(data), control: brings ? rights.control : [] });
      // What was given up was not sent: the same comes again.
      for (;;) {
        const sent = await impatient(tally, random, (op) =>
          brings || random.chance(0.3) ? socket.sendmsg(message, op) : socket.send(data, op),
        );
        if (sent === NOTHING) continue;
        if (sent !== length) tally.fault(`${sent} of ${length} bytes were sent`);
        break;
      }
      sequence++;
      tally.sent++;
    }
    await random.pause(PAUSE_MS);
  }
}

function halves(data: Uint8Array): Uint8Array[] {
  const middle = data.length >> 1;
  return [data.subarray(0, middle), data.subarray(middle)];
}
