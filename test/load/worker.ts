// A Worker of the load: traffic of its own until it is terminated.

import { Message, Sockaddr, Socket } from "../../src/index.ts";
import { HEADER, RIGHTS, writeFrame } from "./content.ts";
import { Random } from "./random.ts";
import { Rights } from "./rights.ts";
import { Sequence } from "./sequence.ts";
import { Tally } from "./tally.ts";

declare const self: Worker;

const LENGTH = 200;
const ROUNDS = 20;

/** `rounds` more are done, and what was wrong with them. */
export type Told = { readonly frames: number; readonly faults: readonly string[] };
/** `fd` is passed on: what a Worker opens by itself stays open where it is terminated. */
export type Given = { readonly seed: number; readonly namespace: string; readonly fd: number };

async function traffic({ seed, namespace, fd }: Given): Promise<never> {
  const random = new Random(seed, "worker");
  const tally = new Tally("worker");
  using rights = new Rights(tally, fd);
  const udp = Socket.open("inet", "dgram", undefined, { namespace });
  udp.bind(Sockaddr.inet("127.0.0.1"));
  const [one, other] = Socket.pair("unix", random.pick(["dgram", "seqpacket"] as const));
  const idle = [Socket.open("inet", "stream"), Socket.open("netlink", "raw", "route")];
  for (const socket of idle) void socket.readable().catch(() => undefined);
  const buffer = new Uint8Array(LENGTH);
  const back = new Uint8Array(LENGTH);
  const [records, echoes] = [new Sequence(tally, 1, true), new Sequence(tally, 2, true)];
  const message = new Message({ iovec: [back] });
  for (let sequence = 0; ; sequence++) {
    const length = random.integer(HEADER, LENGTH);
    const flags = random.chance(0.2) ? RIGHTS : 0;
    writeFrame(buffer, { flow: 1, sequence, length, flags });
    const iovec = [buffer.subarray(0, length)];
    await one.sendmsg(new Message({ iovec, control: flags === 0 ? [] : rights.control }));
    const received = await other.recvmsg(message);
    records.take(back.subarray(0, received));
    rights.take(message.control, flags !== 0, true);
    writeFrame(buffer, { flow: 2, sequence, length });
    await udp.sendto(buffer.subarray(0, length), udp.localAddress);
    echoes.take(back.subarray(0, await udp.recv(back)));
    if (idle.some(({ closed }) => closed)) tally.fault("an idle socket was closed");
    if (sequence % ROUNDS !== 0) continue;
    self.postMessage({ frames: 2 * ROUNDS, faults: tally.faults } satisfies Told);
    await random.pause(50);
  }
}

self.onmessage = ({ data }: MessageEvent<Given>) => {
  traffic(data).catch((error) => {
    self.postMessage({ frames: 0, faults: [String(error?.stack ?? error)] } satisfies Told);
  });
};
