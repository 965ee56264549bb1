// SO_TXTIME with the queues that heed it, etf and fq: tc-etf(8), tc-fq(8), socket(7). Times are
// those of the kernel's own stamps.

import { expect } from "bun:test";
import { type ControlMessage, Message, Sockaddr, Socket, SocketError } from "../../src/index.ts";
import { type Namespace, run, VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { kernelModule, namespaces, program, python, testWith } from "../support/requirements.ts";

const MS = 1_000_000n;
const LIMIT = { timeout: 60_000 };
/** etf sends this much before the time, and drops what it comes to later than that. */
const DELTA = 20n * MS * BigInt(patience);
/** From the first to the second, and how late one may be. */
const SPACING = 50n * MS * BigInt(patience);
/** To the first: enough for all to be in the queue by then. fq takes no more than ten seconds. */
const LEAD = 600n * MS * BigInt(patience);
const TRIES = 10;
const tc = program("tc", "iproute2");

/** How much a clock is ahead of that of the day, in nanoseconds. */
function ahead(name: "TAI" | "MONOTONIC"): bigint {
  const script = `
import time
found = []
for _ in range(20):
  before = time.time_ns(); other = time.clock_gettime_ns(time.CLOCK_${name}); after = time.time_ns()
  found.append((after - before, other - before))
print(min(found)[1])
`;
  return BigInt(run("python3", "-c", script).trim());
}

/** The queue that the first side's packets go through, and nothing else: the neighbour is known. */
function through(pair: VethPair, ...queue: string[]): void {
  const { address } = linkOf(pair.b);
  pair.a.ip("neigh", "replace", "10.77.0.2", "lladdr", address, "dev", "veth0", "nud", "permanent");
  run(...pair.a.command("tc", "qdisc", "replace", "dev", "veth0", "root", ...queue));
}

/** Two sockets, the first of which is connected to the second. */
async function sockets(pair: VethPair): Promise<[from: Socket, to: Socket]> {
  const to = pair.b.enter(() => Socket.open("inet", "dgram").bind(Sockaddr.inet("10.77.0.2")));
  to.setOption("SO_TIMESTAMPNS", true);
  const from = pair.a.enter(() => Socket.open("inet", "dgram"));
  await from.connect(to.localAddress);
  return [from, to];
}

function linkOf(namespace: Namespace): { address: string } {
  return JSON.parse(namespace.ip("-j", "link", "show", "veth0"))[0];
}

/** Sends a byte each at these times. */
async function sendAt(from: Socket, times: readonly bigint[]): Promise<void> {
  for (const [index, time] of times.entries()) {
    const control: ControlMessage[] = [{ kind: "txtime", time }];
    const iovec = [new Uint8Array([index])];
    await from.sendmsg(new Message({ iovec, control }));
  }
}

/** What arrived, in its order, and when. */
async function arrivals(to: Socket, count: number): Promise<{ index: number; time: bigint }[]> {
  const arrived: { index: number; time: bigint }[] = [];
  for await (const { data, control } of to.messages(LIMIT)) {
    const stamp = control.find(({ kind }) => kind === "timestamp");
    if (stamp?.kind !== "timestamp") throw new Error("without a time");
    arrived.push({ index: data[0] ?? -1, time: stamp.time });
    if (arrived.length === count) break;
  }
  return arrived;
}

/** Packets that are due so many spaces after the first; undefined: this machine was too slow to send them. */
async function sendInTime(
  from: Socket,
  offset: bigint,
  places: readonly bigint[],
): Promise<readonly bigint[] | undefined> {
  const begin = Date.now();
  const first = BigInt(begin) * MS + offset + LEAD;
  const times = places.map((count) => first + count * SPACING);
  await sendAt(from, times);
  return BigInt(Date.now() - begin) * MS < LEAD - DELTA ? times : undefined;
}

async function judge(
  times: readonly bigint[],
  offset: bigint,
  to: Socket,
  early: bigint,
): Promise<void> {
  const arrived = await arrivals(to, times.length);
  const due = [...times.keys()].sort((a, b) => Number((times[a] ?? 0n) - (times[b] ?? 0n)));
  expect(arrived.map(({ index }) => index)).toEqual(due);
  for (const { index, time } of arrived) {
    const late = time - ((times[index] ?? 0n) - offset);
    expect(late).toBeGreaterThanOrEqual(-early - MS);
    expect(late).toBeLessThan(SPACING);
  }
}

const needed = [namespaces, python, tc];

for (const [queue, clockid, words, early, places] of [
  ["etf", "tai", ["etf", "clockid", "CLOCK_TAI", "delta", String(DELTA)], DELTA, [2n, 1n, 0n]],
  // It wakes for what it was given first: what is due before that then comes with it.
  ["fq", "monotonic", ["fq"], 0n, [0n, 1n, 2n]],
] as const) {
  testWith(...needed, kernelModule(`sch_${queue}`))(
    `${queue} sends each packet at its time`,
    async () => {
      using pair = new VethPair();
      through(pair, ...words);
      const offset = ahead(queue === "etf" ? "TAI" : "MONOTONIC");
      let times: readonly bigint[] | undefined;
      for (let tries = 0; times === undefined; tries++) {
        expect(tries).toBeLessThan(TRIES);
        const [from, to] = await sockets(pair);
        from.setOption("SO_TXTIME", { clockid, flags: [] });
        times = await sendInTime(from, offset, places);
        if (times !== undefined) await judge(times, offset, to, early);
        from.close();
        to.close();
      }
    },
  );
}

testWith(...needed, kernelModule("sch_etf"))(
  "what is too late for etf is told by the error queue",
  async () => {
    using pair = new VethPair();
    through(pair, "etf", "clockid", "CLOCK_TAI", "delta", String(DELTA));
    const [from, to] = await sockets(pair);
    from.setOption("SO_TXTIME", { clockid: "tai", flags: ["report-errors"] });
    const time = BigInt(Date.now() - 1000) * MS + ahead("TAI");
    const control: ControlMessage[] = [{ kind: "txtime", time }];
    const iovec = [new Uint8Array(3)];
    // The queue may refuse it at once, too.
    await from.sendmsg(new Message({ iovec, control })).catch((error) => {
      expect(error).toBeInstanceOf(SocketError);
    });
    const message = new Message({ iovec: [new Uint8Array(100)], controlLength: 512 });
    await from.recvmsg(message, { ...LIMIT, errqueue: true });
    expect(message.flags).toContain("errqueue");
    const error = message.control.find(({ kind }) => kind === "error");
    expect(error).toMatchObject({ origin: "txtime" });
    from.close();
    to.close();
  },
);
