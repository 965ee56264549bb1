// Frames to be captured, and who sends them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CapturedPacket } from "../../../src/capture/index.ts";
import { type Bytes, Socket } from "../../../src/index.ts";
import { build, type LayerInit } from "../../../src/wire/index.ts";
import { run } from "../../support/namespace.ts";
import { patience } from "../../support/patience.ts";
import { compiler } from "../../support/zig.ts";

const ETHERNET = {
  kind: "ethernet",
  source: "02:00:00:00:00:01",
  destination: "02:00:00:00:00:02",
} as const;
const IPV4 = { kind: "ipv4", source: "10.77.0.1", destination: "10.77.0.2" } as const;
const IPV6 = { kind: "ipv6", source: "fd77::1", destination: "fd77::2" } as const;

/** A UDP datagram in an Ethernet frame, with these layers between. */
export function udp(port: number, size = 10, ...between: LayerInit[]): Uint8Array {
  const header = { kind: "udp", sourcePort: 4000, destinationPort: port } as const;
  return build([ETHERNET, ...between, IPV4, header, new Uint8Array(size).fill(port)]);
}

/** The same over IPv6. */
export function udp6(port: number, size = 10): Uint8Array {
  const header = { kind: "udp", sourcePort: 4000, destinationPort: port } as const;
  return build([ETHERNET, IPV6, header, new Uint8Array(size)]);
}

export function tcp(port: number, flags: readonly ("syn" | "ack")[]): Uint8Array {
  const header = {
    kind: "tcp",
    sourcePort: 4000,
    destinationPort: port,
    flags: [...flags],
  } as const;
  return build([ETHERNET, IPV4, header]);
}

export function arp(): Uint8Array {
  return build([
    { ...ETHERNET, destination: "ff:ff:ff:ff:ff:ff" },
    {
      kind: "arp",
      operation: "request",
      senderHardware: ETHERNET.source,
      senderAddress: IPV4.source,
      targetHardware: "00:00:00:00:00:00",
      targetAddress: IPV4.destination,
    },
  ]);
}

/** Sends whole frames on an interface of a network namespace. */
export class Sender implements Disposable {
  readonly #socket: Socket;

  constructor(namespace: string, name: string) {
    this.#socket = Socket.open("packet", "raw", 0, { namespace });
    const fd = this.#socket;
    // The interface's name means one of the namespace's, not one of this thread's.
    const index = Number(run("ip", "-n", namespace, "-o", "link", "show", name).split(":")[0]);
    fd.bind({ family: "packet", ifindex: index, protocol: 0 });
  }

  async send(...frames: readonly Bytes[]): Promise<void> {
    for (const frame of frames) await this.#socket.send(frame);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** The next `count` packets, or those that come within `timeout` ms of the last. */
export async function packets(
  source: { next(op: { timeout: number }): Promise<CapturedPacket | null> },
  count: number,
  timeout = 1000,
): Promise<CapturedPacket[]> {
  const found: CapturedPacket[] = [];
  while (found.length < count) {
    const packet = await source.next({ timeout: timeout * patience }).catch((error) => {
      if (error.code !== "ETIMEDOUT") throw error;
      return null;
    });
    if (packet === null) break;
    found.push(packet);
  }
  return found;
}

/** bench/capture.c, compiled: a sender that is fast enough, and a ring that is read in C. */
export class Program implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "rawsock-capture-"));
  readonly path = join(this.#directory, "capture");

  constructor() {
    const source = join(import.meta.dir, "../../../bench/capture.c");
    run(...compiler, "-O2", "-o", this.path, source);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}
