// SO_TXTIME with the queues that heed it, etf and fq: tc-etf(8), tc-fq(8), socket(7). Times are
// those of the kernel's own stamps.

import { expect } from "bun:test";
import { type ControlMessage, Message, Sockaddr, Socket } from "../../src/index.ts";
import { type Namespace, run, VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { kernelModule, namespaces, program, python, testWith } from "../support/requirements.ts";

const MS = 1_000_000n;
const PORT = 7000;
const LIMIT = { timeout: 60_000 };
/** etf sends this much before the time, and drops what it comes to later than that. */
const DELTA = 20n * MS * BigInt(patience);
/** From the first to the second, and how late one may be. */
const SPACING = 50n * MS * BigInt(patience);
/** To the first: enough for all to be in the queue by then. fq takes no more than ten seconds. */
const LEAD = 600n * MS * BigInt(patience);
const TRIES = 10;
const tc = program("tc", "iproute2");

/** Nanoseconds of clocks at one moment, and from then on those that have passed. */
type Clocks = { readonly realtime: bigint; readonly other: bigint };

function clocks(name: "TAI" | "MONOTONIC"): Clocks {
  const script = `import time; print(time.time_ns(), time.clock_gettime_ns(time.CLOCK_${name}))`;
  const [realtime = 0n, other = 0n] = run("python3", "-c", script).trim().split(" ").map(BigInt);
  return { realtime, other };
}

/** Two sockets, and the queue that the first one's packets go through. */
function through(pair: VethPair, ...queue: string[]): [from: Socket, to: Socket] {
  // Nothing but what is sent here goes through: the neighbour is known.
  const { address } = linkOf(pair.b);
  pair.a.ip("neigh", "replace", "10.77.0.2", "lladdr", address, "dev", "veth0", "nud", "permanent");
  run(...pair.a.command("tc", "qdisc", "replace", "dev", "veth0", "root", ...queue));
  const to = pair.b.enter(() =>
    Socket.open("inet", "dgram").bind(Sockaddr.inet("10.77.0.2", PORT)),
  );
  to.setOption("SO_TIMESTAMPNS", true);
  return [pair.a.enter(() => Socket.open("inet", "dgram")), to];
}

function linkOf(namespace: Namespace): { address: string } {
  return JSON.parse(namespace.ip("-j", "link", "show", "veth0"))[0];
}

/** Sends a byte each at these times. */
async function sendAt(from: Socket, times: readonly bigint[]): Promise<void> {
  for (const [index, time] of times.entries()) {
    const control: ControlMessage[] = [{ kind: "txtime", time }];
    const iovec = [new Uint8Array([index])];
    await from.sendmsg(new Message({ address: Sockaddr.inet("10.77.0.2", PORT), iovec, control }));
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

type Sent = { readonly clock: Clocks; readonly times: readonly bigint[] };

/** Three packets whose times are in reverse; undefined: this machine was too slow to send them. */
async function sendInTime(from: Socket, clockName: "TAI" | "MONOTONIC"): Promise<Sent | undefined> {
  const begin = performance.now();
  const clock = clocks(clockName);
  const times = [2n, 1n, 0n].map((count) => clock.other + LEAD + count * SPACING);
  await sendAt(from, times);
  return (performance.now() - begin) * 1e6 < Number(LEAD - DELTA) ? { clock, times } : undefined;
}

async function judge({ clock, times }: Sent, to: Socket, early: bigint): Promise<void> {
  const arrived = await arrivals(to, times.length);
  expect(arrived.map(({ index }) => index)).toEqual([2, 1, 0]);
  for (const { index, time } of arrived) {
    const late = time - ((times[index] ?? 0n) - clock.other + clock.realtime);
    expect(late).toBeGreaterThanOrEqual(-early - MS);
    expect(late).toBeLessThan(SPACING);
  }
}

const needed = [namespaces, python, tc];

for (const [queue, clockid, words, early] of [
  ["etf", "tai", ["etf", "clockid", "CLOCK_TAI", "delta", String(DELTA)], DELTA],
  ["fq", "monotonic", ["fq"], 0n],
] as const) {
  testWith(...needed, kernelModule(`sch_${queue}`))(
    `${queue} sends each packet at its time, whatever the order in which they were given`,
    async () => {
      let sent: Sent | undefined;
      for (let tries = 0; sent === undefined; tries++) {
        expect(tries).toBeLessThan(TRIES);
        using pair = new VethPair();
        const [from, to] = through(pair, ...words);
        from.setOption("SO_TXTIME", { clockid, flags: [] });
        sent = await sendInTime(from, queue === "etf" ? "TAI" : "MONOTONIC");
        if (sent !== undefined) await judge(sent, to, early);
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
    const [from, to] = through(pair, "etf", "clockid", "CLOCK_TAI", "delta", String(DELTA));
    from.setOption("SO_TXTIME", { clockid: "tai", flags: ["report-errors"] });
    const { other } = clocks("TAI");
    const control: ControlMessage[] = [{ kind: "txtime", time: other - 1000n * MS }];
    const address = Sockaddr.inet("10.77.0.2", PORT);
    const iovec = [new Uint8Array(3)];
    await from.sendmsg(new Message({ address, iovec, control })).catch(() => {});
    const message = new Message({ iovec: [new Uint8Array(100)], controlLength: 512 });
    await from.recvmsg(message, { ...LIMIT, errqueue: true });
    expect(message.flags).toContain("errqueue");
    const error = message.control.find(({ kind }) => kind === "error");
    expect(error).toMatchObject({ origin: "txtime" });
    from.close();
    to.close();
  },
);
