// Interfaces that go while sockets, captures and devices wait on them, and come back.

import { capture } from "../../src/capture/index.ts";
import { Sockaddr, type Socket } from "../../src/index.ts";
import { Netlink } from "../../src/netlink/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { hasCode } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

const PAUSE_MS = 400;
/** From when the interfaces are gone. */
const LATEST_MS = 20_000;
/** What waits on an interface that goes ends with. */
const GONE = ["ENETDOWN", "ENODEV", "ENXIO", "EBADFD"] as const;
/** What is sent by it afterwards is refused with. */
const REFUSED = [...GONE, "ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"] as const;

/** The call must end like that before `late` says that it is too late. */
async function ends(
  tally: Tally,
  what: string,
  call: Promise<unknown>,
  codes: readonly string[],
  late: Promise<typeof LATE>,
): Promise<void> {
  try {
    const result = await Promise.race([call, late]);
    if (result === LATE) tally.fault(`${what} does not end where the interface goes`);
    else tally.fault(`${what} gives ${result} where the interface is gone`);
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error;
    tally.received++;
  }
}
const LATE = Symbol("late");

/** Receives until it fails; what comes by itself, of the neighbour discovery say, is nothing. */
async function receiving(socket: Socket): Promise<never> {
  const buffer = new Uint8Array(2000);
  for (;;) await socket.recv(buffer);
}

async function once(load: Load, tally: Tally, random: Random, number: number): Promise<void> {
  const name = `gone${number}`;
  await using netlink = Netlink.open({ namespace: load.a });
  await netlink.addLink({ kind: "veth", name, peer: { name: `${name}p` } });
  await netlink.addAddress({ interface: name, address: `10.90.${number}.1/24` });
  await netlink.setLink(`${name}p`, { up: true });
  await netlink.setLink(name, { up: true });
  const namespace = load.a;
  const [link] = await netlink.links({ name });
  const ifindex = link?.index as number;
  using packets = load.open("a", "packet", "raw", 0);
  packets.bind(Sockaddr.packet({ ifindex, protocol: 0x0003 }));
  using datagrams = load.open("a", "inet", "dgram");
  datagrams.setOption("SO_BINDTODEVICE", name).bind(Sockaddr.inet("0.0.0.0", 7000));
  const peer = Sockaddr.inet(`10.90.${number}.2`, 7000);
  // Nobody is there: what is sent waits for the neighbour, and is dropped.
  await datagrams.sendto(new Uint8Array(8), peer);
  await using own = capture({ interface: name, namespace, ring: { blockSize: 16_384, blocks: 2 } });
  const device = `tung${number}`;
  using tun = Tun.open({ name: device, namespace });
  await netlink.setLink(device, { up: true });
  const late = Promise.withResolvers<typeof LATE>();
  const waiting = [
    ends(tally, "a packet socket", receiving(packets), GONE, late.promise),
    ends(tally, "a capture", Array.fromAsync(own), GONE, late.promise),
    ends(tally, "a device", Array.fromAsync(tun.messages()), GONE, late.promise),
  ];
  await random.pause(PAUSE_MS);
  if (random.chance(0.3)) await netlink.setLink(name, { up: false });
  await netlink.deleteLink(random.chance(0.5) ? name : `${name}p`);
  await netlink.deleteLink(device);
  const sending = datagrams.sendto(new Uint8Array(8), peer);
  waiting.push(ends(tally, "sendto", sending, REFUSED, late.promise));
  tally.sent += waiting.length;
  const timer = setTimeout(() => late.resolve(LATE), LATEST_MS);
  await Promise.all(waiting);
  clearTimeout(timer);
  tally.reopened++;
}

/** Interface after interface, until the end: calls that ended count as received. */
export async function vanishing(load: Load, number: number): Promise<void> {
  const tally = load.tally("vanishing interface");
  const random = load.random(`vanishing ${number}`);
  tally.sockets += 5;
  await load.run(tally.kind, async () => {
    while (!load.isOver) {
      await once(load, tally, random, number);
      await random.pause(PAUSE_MS);
    }
  });
}
