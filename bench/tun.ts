// Tun: packets out of one device and into another, beside the same loop in C. Both in network
// namespaces of their own, so that it takes root.

import { dlopen } from "bun:ffi";
import { close, poll, recv, Socket, send, setSocketOption, socket } from "../src/index.ts";
import { Tun } from "../src/tun/index.ts";
import { Namespace } from "../test/support/namespace.ts";
import { tun as tunDevice } from "../test/support/requirements.ts";
import { BURST, type Case, compile, type Suite, type Timer } from "./harness.ts";

const ROOM = 70_000;
/** UDP_SEGMENT: what a packet is cut into that passed the devices whole. */
const SEGMENT = 1400;
const WHOLE = 46 * SEGMENT;

/** Two devices, and sockets between which packets go through both. */
class Line implements Disposable {
  readonly #stack = new DisposableStack();
  readonly from: Tun;
  readonly to: Tun;
  readonly #sender: number;
  readonly #receiver: number;
  readonly #room = new Uint8Array(ROOM);
  readonly #data: Uint8Array;
  readonly #segmented: boolean;

  /** Packets of that length, of which one that is longer than SEGMENT is cut at its end alone. */
  constructor(length: number) {
    this.#data = new Uint8Array(length);
    this.#segmented = length > SEGMENT;
    const [near, far] = [this.#stack.use(new Namespace()), this.#stack.use(new Namespace())];
    this.from = this.#device(near, "10.78.0.1/24");
    this.to = this.#device(far, "10.78.0.2/24");
    this.#sender = socket("inet", "dgram", null, { namespace: near.name });
    const receiver = Socket.open("inet", "dgram", null, { namespace: far.name });
    receiver.bind({ family: "inet", address: "10.78.0.2", port: 9 });
    this.#receiver = receiver.detach();
    setSocketOption(this.#receiver, "SO_RCVBUFFORCE", 64_000_000);
    if (this.#segmented) {
      setSocketOption(this.#sender, "UDP_SEGMENT", SEGMENT);
      setSocketOption(this.#receiver, "UDP_GRO", true);
    }
    const out = Socket.adopt(this.#sender);
    void out.connect({ family: "inet", address: "10.78.0.2", port: 9 });
    out.detach();
    this.#stack.defer(() => {
      close(this.#sender);
      close(this.#receiver);
    });
  }

  #device(namespace: Namespace, address: string): Tun {
    namespace.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    const options = { namespace: namespace.name, virtioHeader: this.#segmented };
    const tun = this.#stack.use(Tun.open(options));
    if (this.#segmented) tun.setOffload(["csum", "uso4", "uso6"]);
    namespace.ip("addr", "add", address, "dev", tun.name);
    namespace.ip("link", "set", tun.name, "up", "txqueuelen", "1000");
    return tun;
  }

  /** Has a burst wait to be read. */
  fill(): void {
    for (let count = 0; count < BURST; count++) send(this.#sender, this.#data);
  }

  /** Takes what has arrived, which must be a burst. */
  empty(): void {
    for (let count = 0; count < BURST; count++) {
      if (poll([{ fd: this.#receiver, events: ["in"] }], 1000).length === 0) {
        throw new Error(`${BURST - count} packets were lost`);
      }
      recv(this.#receiver, this.#room);
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** The time that a burst takes from one device to the other, for each packet. */
function bursts(line: Line, pass: () => Promise<void> | number): Timer {
  return async (calls) => {
    let sum = 0;
    for (let call = 0; call < calls; call++) {
      line.fill();
      const begin = Bun.nanoseconds();
      await pass();
      sum += Bun.nanoseconds() - begin;
      line.empty();
    }
    return sum / calls / BURST;
  };
}

function oneByOne({ from, to }: Line): () => Promise<void> {
  const buffer = new Uint8Array(ROOM);
  return async () => {
    for (let count = 0; count < BURST; count++) {
      const end = await from.recv(buffer);
      await to.send(buffer, { end });
    }
  };
}

function inBatches({ from, to }: Line, size: number): () => Promise<void> {
  const batches = from.messages({ batch: true, reuse: true, size });
  return async () => {
    for (let left = BURST; left > 0; ) {
      const packets: { data: Uint8Array }[] = (await batches.next()).value ?? [];
      left -= await to.sendmmsg(packets.map(({ data }) => data));
    }
  };
}

export const devices: Suite = {
  title: "Tun: packets from one device to another",
  cases(shared) {
    if (!tunDevice.met) {
      console.log(`left out: ${tunDevice.remedy}`);
      return [];
    }
    const { symbols } = dlopen(compile("tun.c"), {
      forward: { args: ["i32", "i32", "buffer", "u32", "u32"], returns: "u32" },
    });
    const buffer = new Uint8Array(ROOM);
    return [64, SEGMENT, WHOLE].flatMap((length): Case[] => {
      const line = shared.use(new Line(length));
      const { from, to } = line;
      const native = () => symbols.forward(from.fd, to.fd, buffer, buffer.length, BURST);
      const one = (name: string, pass: () => Promise<void>): Case => ({
        name: `${length} B, ${name}`,
        goal: { ratio: 1.15 },
        ours: bursts(line, pass),
        native: bursts(line, native),
      });
      return [
        one(
          "messages({ batch, reuse }) and sendmmsg",
          inBatches(line, length > SEGMENT ? ROOM : 2048),
        ),
        one("recv and send", oneByOne(line)),
      ];
    });
  },
};
