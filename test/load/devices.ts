// Tun devices: packets of the program that a socket of UDP receives, and a socket's packets that
// the program reads.

import { checksum, Sockaddr, type Socket } from "../../src/index.ts";
import { Netlink } from "../../src/netlink/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { HEADER, writeFrame } from "./content.ts";
import { hasCode, impatient, NOTHING } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { Reading } from "./reading.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";
import { socketDrops } from "./unreliable.ts";

const HEADERS = 28;
const PORT = 7777;
const PAUSE_MS = 400;
const BURST = 12;
const LATEST_MS = 20_000;
const CLOSED = ["ECANCELED", "EBADF"] as const;

/** An IPv4 packet with UDP in it, to be filled from byte 28 on and sealed. */
function packetOf(length: number, from: readonly number[], to: readonly number[]): Uint8Array {
  const packet = new Uint8Array(HEADERS + length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, ...from, ...to]);
  view.setUint16(2, packet.length);
  view.setUint16(20, PORT);
  view.setUint16(22, PORT);
  view.setUint16(24, 8 + length);
  return packet;
}

/** What both directions of a device have in common. */
type Line = {
  readonly load: Load;
  readonly tally: Tally;
  readonly random: Random;
  readonly tun: Tun;
  readonly socket: Socket;
  readonly subnet: number;
};

async function sendInto({ load, tally, random, tun, subnet }: Line, flow: number): Promise<number> {
  let sent = 0;
  for (let bursts = random.integer(5, 60); bursts > 0 && !load.isOver; bursts--) {
    for (let count = random.integer(1, BURST); count > 0; count--) {
      const length = random.integer(HEADER, 300);
      const packet = packetOf(length, [10, 80, subnet, 2], [10, 80, subnet, 1]);
      writeFrame(packet.subarray(HEADERS), { flow, sequence: sent, length });
      checksum.ip(packet, { link: "none" });
      checksum.udp(packet, { link: "none" });
      for (;;) {
        const result = await impatient(tally, random, (op) => tun.send(packet, op));
        if (result === NOTHING) continue;
        if (result !== packet.length) tally.fault(`${result} of ${packet.length} were written`);
        break;
      }
      sent++;
      tally.sent++;
    }
    await random.pause(PAUSE_MS);
  }
  return sent;
}

async function sendOut({ load, tally, random, socket, subnet }: Line, flow: number) {
  const buffer = new Uint8Array(300);
  const destination = Sockaddr.inet(`10.80.${subnet}.2`, PORT);
  let sent = 0;
  for (let bursts = random.integer(5, 60); bursts > 0 && !load.isOver; bursts--) {
    for (let count = random.integer(1, BURST); count > 0; count--) {
      const length = random.integer(HEADER, 300);
      writeFrame(buffer, { flow, sequence: sent, length });
      await socket.sendto(buffer.subarray(0, length), destination);
      sent++;
      tally.sent++;
    }
    await random.pause(PAUSE_MS);
  }
  return sent;
}

/** Reads until what it reads from is closed. */
async function untilClosed(body: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) await body();
  } catch (error) {
    if (!hasCode(error, ...CLOSED)) throw error;
  }
}

async function readTun({ tally, random, tun }: Line, sequence: Sequence): Promise<void> {
  const buffer = new Uint8Array(2000);
  const take = (packet: Uint8Array) => sequence.take(packet.subarray(HEADERS));
  await untilClosed(async () => {
    if (random.chance(0.5)) {
      const length = await impatient(tally, random, (op) => tun.recv(buffer, op));
      if (length !== NOTHING) take(buffer.subarray(0, length));
      return;
    }
    let left = random.integer(1, 30);
    await impatient(tally, random, async (op) => {
      for await (const { data } of tun.messages(op)) {
        take(data);
        if (--left === 0) break;
      }
    });
  });
}

async function once(load: Load, tally: Tally, random: Random, subnet: number): Promise<void> {
  const tun = Tun.open({ name: `load${subnet}`, namespace: load.a });
  const configuration = Netlink.open({ namespace: load.a });
  await configuration.addAddress({ interface: tun.name, address: `10.80.${subnet}.1/24` });
  await configuration.setLink(tun.name, { up: true });
  const socket = load.open("a", "inet", "dgram");
  socket.bind(Sockaddr.inet(`10.80.${subnet}.1`, PORT));
  const line = { load, tally, random, tun, socket, subnet };
  const inward = new Sequence(tally, load.flow(), false);
  const outward = new Sequence(tally, load.flow(), false);
  const drops = async () => {
    const [link] = await configuration.links({ name: tun.name, statistics: true });
    const { rxDropped = 0, txDropped = 0 } = link?.statistics ?? {};
    return { dropsIn: Number(rxDropped) + socketDrops(socket), dropsOut: Number(txDropped) };
  };
  const reading = new Reading(socket, load.random(`tun ${subnet}`), tally, (data) => {
    inward.take(data);
    return false;
  });
  const receiving = [readTun(line, outward), untilClosed(() => reading.some())];
  const failed = Promise.all(receiving).then(() => new Promise<never>(() => undefined));
  const sending = Promise.all([sendInto(line, inward.flow), sendOut(line, outward.flow)]);
  const [sentIn, sentOut] = await Promise.race([sending, failed]);
  const deadline = performance.now() + LATEST_MS;
  let { dropsIn, dropsOut } = await drops();
  while (inward.received + dropsIn < sentIn || outward.received + dropsOut < sentOut) {
    if (performance.now() > deadline) break;
    await Promise.race([Bun.sleep(10), failed]);
    ({ dropsIn, dropsOut } = await drops());
  }
  if (inward.received + dropsIn !== sentIn) {
    tally.fault(`${sentIn} packets written, ${inward.received} received, ${dropsIn} dropped`);
  }
  if (outward.received + dropsOut !== sentOut) {
    tally.fault(`${sentOut} packets sent, ${outward.received} read, ${dropsOut} dropped`);
  }
  tally.lost += sentIn - inward.received + (sentOut - outward.received);
  tun.close();
  socket.close();
  configuration.close();
  await Promise.all(receiving);
  tally.reopened++;
}

/** A device after the other, with its interface, until the end. */
export async function devices(load: Load, subnet: number): Promise<void> {
  const tally = load.tally("tun");
  const random = load.random(`tun ${subnet}`);
  tally.sockets += 3;
  await load.run("tun", async () => {
    while (!load.isOver) await once(load, tally, random, subnet);
  });
}
