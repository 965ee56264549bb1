// How much garbage messages() makes. This file as a program receives as many messages as it is
// told; the engine tells how large the heap was before and after each collection.

import { close, connect, Message, Sockaddr, Socket, sendmmsg, socket } from "../src/index.ts";
import { BURST, DATA } from "./harness.ts";

/** Enough for the compiler to come to its last word, which allocates less. */
const WARM_UP = 100_000;
/** Some hundred collections. */
const COUNT = 1_000_000;
const BEGIN = "the messages that count";
/** "START M 13004kb => EdenCollection, ... => 4082kb, p=". */
const SIZES = /START M (\d+)kb|=> (\d+)kb, p=/g;

const kinds = {
  "one by one": {},
  batch: { batch: true },
  "batch, reuse": { batch: true, reuse: true },
  "told, not looked at": { told: true },
} as const;
type Kind = keyof typeof kinds;

/** Bytes allocated for each message. */
export function garbagePerMessage(kind: Kind): number {
  const env = { ...process.env, BUN_JSC_logGC: "1", BUN_GC_TIMER_DISABLE: "1" };
  const { stderr } = Bun.spawnSync([process.execPath, import.meta.path, kind], { env });
  let [bytes, left] = [0, Number.NaN];
  for (const [, before, after] of String(stderr).split(BEGIN)[1]?.matchAll(SIZES) ?? []) {
    if (before !== undefined && left >= 0) bytes += (Number(before) - left) * 1024;
    if (after !== undefined) left = Number(after);
  }
  return bytes / COUNT;
}

async function receive(from: number, to: Socket, kind: Kind, count: number): Promise<void> {
  const out = Array.from({ length: BURST }, () => new Message({ iovec: [DATA] }));
  const { batch = false, reuse = false } = { batch: false, reuse: false, ...kinds[kind] };
  const size = 2048;
  const batches = batch ? to.messages({ batch, reuse, size }) : undefined;
  const single = batches === undefined ? to.messages({ reuse, size }) : undefined;
  for (let done = 0; done < count; ) {
    const end = done + sendmmsg(from, out);
    while (done < end) {
      if (single !== undefined) done += (await single.next()).done ? 0 : 1;
      else done += (await batches?.next())?.value?.length ?? 0;
    }
  }
}

if (import.meta.main) {
  const kind = process.argv[2] as Kind;
  const from = socket("inet", "dgram");
  const to = Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
  if ("told" in kinds[kind]) {
    to.setOptions({ IP_RECVTTL: true, IP_PKTINFO: true, SO_TIMESTAMPNS: true });
  }
  connect(from, to.localAddress);
  await receive(from, to, kind, WARM_UP);
  console.error(BEGIN);
  await receive(from, to, kind, COUNT);
  close(from);
  to.close();
}
