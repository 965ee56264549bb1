// UDP over both families, ICMP by raw sockets, and frames of our own by packet sockets, from one
// namespace to the other.

import { checksum, Sockaddr } from "../../src/index.ts";
import { Configuration } from "../support/configure.ts";
import type { Load } from "./load.ts";
import type { Tally } from "./tally.ts";
import { type Datagrams, datagrams, socketDrops } from "./unreliable.ts";

type Inet = "inet" | "inet6";
const ADDRESSES = { inet: ["10.77.0.1", "10.77.0.2"], inet6: ["fd77::1", "fd77::2"] } as const;

function address(family: Inet, host: 0 | 1, port = 0): Sockaddr {
  const text = ADDRESSES[family][host];
  return family === "inet" ? Sockaddr.inet(text, port) : Sockaddr.inet6(text, port);
}

/** Flow after flow, each with sockets of its own, until the end. */
async function repeated(
  load: Load,
  kind: string,
  open: (flow: number) => Datagrams,
  dropped: (drops: number) => void = () => undefined,
): Promise<void> {
  const tally = load.tally(kind);
  const random = load.random(`${kind} ${load.flow()}`);
  tally.sockets += 2;
  await load.run(kind, async () => {
    while (!load.isOver) {
      const flow = load.flow();
      dropped(await datagrams(load, tally, flow, random, open(flow)));
    }
  });
}

/** What all sockets of UDP have dropped, to be compared with the namespace's own counters. */
export class Udp {
  readonly drops = { inet: 0, inet6: 0 };

  run(load: Load, family: Inet): Promise<void> {
    const open = (): Datagrams => {
      const sender = load.open("a", family, "dgram");
      const receiver = load.open("b", family, "dgram");
      receiver.setOption("SO_RXQ_OVFL", true).bind(address(family, 1));
      const destination = receiver.localAddress;
      return {
        ...{ kind: `udp ${family}`, sender, receiver, destination, before: 0, receivedBefore: 0 },
        drops: () => socketDrops(receiver),
        // Larger ones come in fragments.
        lengthMax: 4000,
      };
    };
    return repeated(load, `udp ${family}`, open, (drops) => {
      this.drops[family] += drops;
    });
  }
}

const ECHO_HEADER = 8;
const IP_HEADER = 20;
const ECHO = { inet: { request: 8, reply: 0 }, inet6: { request: 128, reply: 129 } } as const;

/** Echo requests, whose replies the same socket receives. */
export function icmp(load: Load, family: Inet): Promise<void> {
  load.tally(`icmp ${family}`).sockets--;
  const { request, reply } = ECHO[family];
  const open = (flow: number): Datagrams => {
    const protocol = family === "inet" ? "icmp" : "icmpv6";
    const receiver = load.open("a", family, "raw", protocol);
    const at = family === "inet" ? IP_HEADER : 0;
    const identifier = flow & 0xffff;
    // Replies to this flow alone.
    receiver.attachFilter(
      [
        { code: 0x30, jt: 0, jf: 0, k: at },
        { code: 0x15, jt: 0, jf: 3, k: reply },
        { code: 0x28, jt: 0, jf: 0, k: at + 4 },
        { code: 0x15, jt: 0, jf: 1, k: identifier },
        { code: 0x06, jt: 0, jf: 0, k: 0xffffffff },
        { code: 0x06, jt: 0, jf: 0, k: 0 },
      ],
      { drain: true },
    );
    receiver.setOption("SO_RXQ_OVFL", true);
    return {
      ...{ kind: `icmp ${family}`, sender: receiver, receiver },
      destination: address(family, 1),
      before: ECHO_HEADER,
      receivedBefore: at + ECHO_HEADER,
      seal: (packet, sequence) => {
        const view = new DataView(packet.buffer);
        packet[0] = request;
        view.setUint16(4, identifier);
        view.setUint16(6, sequence & 0xffff);
        // That of ICMPv6 is the kernel's to compute.
        if (family === "inet") view.setUint16(2, checksum.internet(packet));
      },
      drops: () => socketDrops(receiver),
      // A raw socket whose buffer is full counts what its filter would have refused, too.
      dropsOthers: true,
    };
  };
  return repeated(load, `icmp ${family}`, open);
}

/** IP protocols that nobody has; each flow its own, so that only its socket takes the packets. */
const PROTOCOLS = { first: 145, count: 100 } as const;
let taken = 0;

/** Packets of raw sockets that are of no known protocol. */
export function raw(load: Load, family: Inet): Promise<void> {
  const open = (): Datagrams => {
    const protocol = PROTOCOLS.first + (taken++ % PROTOCOLS.count);
    const sender = load.open("a", family, "raw", protocol);
    const receiver = load.open("b", family, "raw", protocol);
    receiver.setOption("SO_RXQ_OVFL", true);
    return {
      ...{ kind: `raw ${family}`, sender, receiver, destination: address(family, 1), before: 0 },
      receivedBefore: family === "inet" ? IP_HEADER : 0,
      drops: () => socketDrops(receiver),
    };
  };
  return repeated(load, `raw ${family}`, open);
}

const ETHERNET_HEADER = 14;
/** Ethertypes that nobody has; a flow has its own, so that only its socket takes it. */
const ETHERTYPES = { first: 0xa000, count: 0x1000 } as const;

/** What a link is to a packet socket. */
type Place = { readonly ifindex: number; readonly mac: Uint8Array };

function place(load: Load, namespace: string): Place {
  using configuration = new Configuration(namespace);
  const ifindex = configuration.index(load.pair.interface);
  const words = ["-n", namespace, "-j", "link", "show", load.pair.interface];
  const { stdout } = Bun.spawnSync(["ip", ...words]);
  const [{ address: text }] = JSON.parse(String(stdout));
  return {
    ifindex,
    mac: Uint8Array.from(text.split(":"), (digits: string) => parseInt(digits, 16)),
  };
}

/** Frames of packet sockets: whole ones, and those whose header the kernel makes. */
export function packet(load: Load, type: "raw" | "dgram"): Promise<void> {
  const [from, to] = [place(load, load.a), place(load, load.b)];
  const open = (flow: number): Datagrams => {
    const protocol = ETHERTYPES.first + (flow % ETHERTYPES.count);
    const receiver = load.open("b", "packet", type, 0);
    const sender = load.open("a", "packet", type, 0);
    receiver.bind(Sockaddr.packet({ ifindex: to.ifindex, protocol }));
    const before = type === "raw" ? ETHERNET_HEADER : 0;
    let dropped = 0;
    return {
      ...{ kind: `packet ${type}`, sender, receiver, before, receivedBefore: before },
      destination: Sockaddr.packet({ ifindex: from.ifindex, protocol, address: to.mac }),
      seal: (frame) => {
        if (type !== "raw") return;
        frame.set(to.mac, 0);
        frame.set(from.mac, 6);
        new DataView(frame.buffer).setUint16(12, protocol);
      },
      // Reading it starts it afresh.
      drops: () => {
        dropped += receiver.option("PACKET_STATISTICS").drops;
        return dropped;
      },
    };
  };
  return repeated(load, `packet ${type}`, open);
}

/** Compares what sockets of UDP dropped with what the namespace counted. */
export function judge(tally: Tally, what: string, counted: number, ours: number): void {
  tally.judges.push(`${what} ${counted}`);
  if (counted !== ours) tally.fault(`the kernel's ${what} is ${counted}, not ${ours}`);
}
