// More packets than a program likes: none lost, timers that run, memory that stays, and several
// captures that share them.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { type CapturedPacket, capture } from "../../src/capture/index.ts";
import { Namespace, VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { bun, end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { Program, packets, Sender, udp } from "./support/traffic.ts";

const entry = JSON.stringify(`${import.meta.dir}/../../src/capture/index.ts`);
/** RAWSOCK_TEST_RUNS=1500 for the whole flood of 1,500,000 packets. */
const COUNT = Number(process.env.RAWSOCK_TEST_RUNS ?? 100) * 1000;

let pair: VethPair;
let program: Program;
if (namespaces.met) {
  beforeAll(() => {
    pair = new VethPair();
    program = new Program();
  }, 120_000 * patience);
  afterAll(() => {
    pair[Symbol.dispose]();
    program[Symbol.dispose]();
  });
}

const test = testWith(namespaces);

/** Sends so many packets to UDP port 9, numbered from byte 42 on. */
async function flood(count: number, perSecond?: number): Promise<void> {
  const rate = perSecond === undefined ? [] : [String(perSecond)];
  const words = pair.a.command(program.path, "send", "veth0", String(count), ...rate);
  const sender = Bun.spawn(words, { stdout: "ignore" });
  expect(await sender.exited).toBe(0);
}

/** A program in the other namespace that captures until it has seen so many or nothing comes. */
function receiver(loop: string): string[] {
  return pair.b.command(
    ...bun(`
      import { capture } from ${entry};
      const own = capture({ interface: "veth0", filter: "udp port 9", ring: { blocks: 64 } });
      let seen = 0, wrong = 0, next = 0, turns = 0, busy = 0, most = 0;
      const inOrder = (data) => {
        const number = data[42] + data[43] * 2 ** 8 + data[44] * 2 ** 16 + data[45] * 2 ** 24;
        if (number !== next) wrong++;
        next = number + 1;
        seen++;
      };
      // What one turn of the event loop takes is told in time of this thread, not of the clock:
      // how busy the machine is does not count.
      const timer = setInterval(() => {
        const { user, system } = process.cpuUsage();
        const now = (user + system) / 1000;
        if (turns++ > 3) most = Math.max(most, now - busy);
        busy = now;
      }, 5);
      console.log("ready");
      const { promise, resolve } = Promise.withResolvers();
      (async () => { ${loop} })().then(resolve);
      const given = setTimeout(resolve, ${60_000 * patience});
      await promise;
      clearTimeout(given);
      clearInterval(timer);
      console.log(JSON.stringify({ seen, wrong, turns, most, ...own.statistics() }));
      own.close();`),
  );
}

const LOOPS = {
  batches: `for await (const batch of own.batches()) {
    for (const { data } of batch) inOrder(data); if (seen >= ${COUNT}) break; }`,
  "single packets": `for await (const { data } of own) {
    inOrder(data); if (seen >= ${COUNT}) break; }`,
};

describe("a flood", () => {
  for (const [what, loop] of Object.entries(LOOPS)) {
    test(`is captured whole in ${what}, and timers run`, async () => {
      const child = Bun.spawn(receiver(loop), { stdout: "pipe", stderr: "inherit" });
      const output = child.stdout[Symbol.asyncIterator]();
      await output.next();
      // Slower than the slowest machine that the tests run on: who loses packets here loses some.
      await flood(COUNT, 200_000 / patience);
      const { value } = await output.next();
      const told = JSON.parse(new TextDecoder().decode(value));
      expect(await child.exited).toBe(0);
      expect(told).toMatchObject({ seen: COUNT, wrong: 0, received: COUNT, dropped: 0 });
      expect(told.turns).toBeGreaterThan(5);
      // Threads that compile and collect count, too.
      expect(told.most).toBeLessThan(60 * 2 * patience);
    });
  }

  test("does not make memory grow", async () => {
    const { stdout } = await end([
      ...pair.b.command(
        ...bun(`
          import { capture } from ${entry};
          const sent = Bun.spawn(["ip", "netns", "exec", "${pair.a.name}", "${program.path}",
            "send", "veth0", "100000000", "100000"], { stdout: "ignore" });
          const own = capture({ interface: "veth0" });
          // What the heap holds; what the allocator keeps of what it held comes and goes.
          const held = () => { Bun.gc(true); return process.memoryUsage().heapUsed; };
          let begin = performance.now(), first = 0, sum = 0;
          const seconds = ${process.env.RAWSOCK_TEST_SECONDS ?? 2};
          for await (const batch of own.batches()) {
            for (const packet of batch) sum += packet.length;
            const passed = (performance.now() - begin) / 1000;
            if (first === 0 && passed > seconds / 2) first = held();
            if (passed > seconds) break;
          }
          console.log(held() - first, own.statistics().received > (seconds * 1000) / ${patience});
          sent.kill();
          own.close();`),
      ),
    ]);
    const [growth, many] = stdout.trim().split(" ");
    expect(many).toBe("true");
    expect(Number(growth)).toBeLessThan(2 ** 20);
  }, 700_000);
});

describe("a group", () => {
  const count = 3000;

  for (const mode of ["hash", "lb", "cpu", "rnd", "rollover", "qm"]) {
    test(`shares packets by ${mode}: each is given once`, async () => {
      const group = 100 + mode.charCodeAt(0);
      const options = { interface: "veth0", namespace: pair.b.name, filter: "udp" } as const;
      const members = [1, 2, 3].map(() => capture({ ...options, fanout: { group, mode } }));
      using sender = new Sender(pair.a.name, "veth0");
      const frames = Array.from({ length: count }, (_, index) => udp(index + 1));
      // Who sends slowly and reads later fills each block of a ring with few.
      const reading = members.map((one) => packets(one, count, 300));
      await sender.send(...frames);
      const seen = await Promise.all(reading);
      const ports = seen
        .flat()
        .map(({ data }: CapturedPacket) => (data[36] as number) * 256 + (data[37] as number));
      expect(ports.length).toBe(count);
      expect(new Set(ports).size).toBe(count);
      const shares = seen.map(({ length }) => length);
      // In turn, in which what the filter refuses has its place, too.
      const uneven = shares.filter((share) => Math.abs(share - count / 3) > 10);
      if (mode === "lb") expect(uneven).toEqual([]);
      if (mode === "hash" || mode === "rnd") expect(Math.min(...shares)).toBeGreaterThan(count / 6);
      for (const one of members) one.close();
    });
  }

  test("may be of several Workers", async () => {
    const worker = `
      import { capture } from ${entry};
      const own = capture({ interface: "veth0", filter: "udp port 9", fanout: { group: 7, mode: "lb" } });
      postMessage("ready");
      let seen = 0;
      self.onmessage = () => { own.close(); };
      for await (const batch of own.batches()) seen += batch.length;
      postMessage(seen);`;
    const child = Bun.spawn(
      pair.b.command(
        ...bun(`
          const url = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: "text/javascript" }));
          const workers = [new Worker(url), new Worker(url)];
          const next = (one) => new Promise((resolve) => { one.onmessage = ({ data }) => resolve(data); });
          await Promise.all(workers.map(next));
          console.log("ready");
          for await (const _ of console) break;
          const shares = workers.map(next);
          for (const one of workers) one.postMessage("close");
          console.log((await Promise.all(shares)).join(" "));
          process.exit(0);`),
      ),
      { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
    );
    const output = child.stdout[Symbol.asyncIterator]();
    await output.next();
    await flood(2000, 20_000 / patience);
    await Bun.sleep(100 * patience);
    child.stdin.write("done\n");
    await child.stdin.flush();
    const { value } = await output.next();
    expect(new TextDecoder().decode(value).trim()).toBe("1000 1000");
  });
});

/** The largest TCP segments that pass the loopback interface. */
test("packets of segmentation offload are captured whole, or cut at a small block", async () => {
  using namespace = new Namespace();
  const options = { interface: "lo", namespace: namespace.name, filter: "tcp" } as const;
  using own = capture(options);
  using small = capture({ ...options, ring: { blockSize: 16384, blocks: 256 } });
  await namespace.enter(async () => {
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data() {}, error() {} },
    });
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data() {}, error() {} },
    });
    const data = new Uint8Array(1 << 20).fill(7);
    for (let sent = 0, tries = 0; sent < data.length && tries < 100; tries++) {
      sent += client.write(data.subarray(sent));
      await Bun.sleep(5);
    }
    client.end();
    server.stop(true);
  });
  const whole = await packets(own, 2000, 200);
  const longest = Math.max(...whole.map(({ length }) => length));
  expect(longest).toBeGreaterThan(30_000);
  expect(whole.every(({ data, length }) => data.length === length)).toBe(true);
  const cut = await packets(small, 2000, 200);
  expect(Math.max(...cut.map(({ length }) => length))).toBe(longest);
  const kept = Math.max(...cut.map(({ data }) => data.length));
  expect(kept).toBeLessThan(16384);
  expect(kept).toBeGreaterThan(16000);
});
