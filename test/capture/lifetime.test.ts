// Captures that begin and end, at any moment, under traffic.

import { afterAll, beforeAll, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { type CaptureOptions, capture } from "../../src/capture/index.ts";
import { openDescriptors, settledDescriptors } from "../support/descriptors.ts";
import { VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { bun, end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { Program, packets, Sender, udp } from "./support/traffic.ts";

const entry = JSON.stringify(`${import.meta.dir}/../../src/capture/index.ts`);
/** RAWSOCK_TEST_RUNS=1000 for what a test run has no time for. */
const long = process.env.RAWSOCK_TEST_RUNS;
const runs = (usual: number) => (long === undefined ? usual : Number(long));

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
const mappings = () => (readFileSync("/proc/self/maps", "utf8").match(/socket:/g) ?? []).length;

function receiving(options: Partial<CaptureOptions> = {}) {
  return capture({ interface: "veth0", namespace: pair.b.name, ...options });
}

/** UDP to port 9 from the other side, until the block ends. */
class Flood implements AsyncDisposable {
  readonly #process: Bun.Subprocess;

  /** So many in a second; without, as many as there is time for. */
  constructor(perSecond?: number) {
    const rate = perSecond === undefined ? [] : [String(perSecond / patience)];
    const words = [program.path, "send", "veth0", "100000000", ...rate];
    this.#process = Bun.spawn(pair.a.command(...words), { stdout: "ignore" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

test("the filter is in force before the first packet: of a flood it refuses none is seen", async () => {
  await using _ = new Flood();
  const seen: number[] = [];
  const ring = { blockSize: 4096, blocks: 4 };
  for (let round = 0; round < runs(40); round++) {
    const group = { group: 1000 + (round % 100) };
    const fanout = round % 3 === 0 ? { fanout: group } : {};
    const name = round % 4 === 1 ? { interface: "any" } : {};
    using own = receiving({ filter: "udp port 10", ring, timeout: 1, ...fanout, ...name });
    if (round % 5 === 0) await Bun.sleep(2);
    const { received, dropped } = own.statistics();
    seen.push(received, dropped);
  }
  expect(new Set(seen)).toEqual(new Set([0]));
  // It is there, though.
  using own = receiving({ filter: "udp port 9" });
  expect((await packets(own, 10, 5000)).length).toBe(10);
}, 300_000);

test("what is opened and closed leaves neither descriptors nor mappings", async () => {
  await using _ = new Flood(20_000);
  for (const name of ["veth0", "any"]) {
    using own = receiving({ interface: name, filter: "udp port 10" });
    // The first wait of a process opens the set that all waits share.
    await own.next({ timeout: 1 }).catch(() => {});
  }
  const before = { mappings: mappings(), descriptors: openDescriptors() };
  for (let round = 0; round < runs(40); round++) {
    const own = receiving({ interface: round % 2 === 0 ? "veth0" : "any" });
    if (round % 10 === 0) await own.next({ timeout: 5000 });
    own.close();
  }
  expect(mappings()).toBe(before.mappings);
  expect(await settledDescriptors(before.descriptors)).toBeLessThanOrEqual(before.descriptors);
}, 300_000);

test("closed at every moment of an iteration, it ends", async () => {
  await using _ = new Flood(50_000);
  const before = mappings();
  const moments = runs(30);
  for (let moment = 0; moment < moments; moment++) {
    const own = receiving({ timeout: 1 });
    let steps = 0;
    const loops = [
      async () => {
        for await (const batch of own.batches()) {
          steps += batch.length;
          if (moment % 3 === 0 && steps > moment) own.close();
          expect(batch[0]?.data.length).toBeGreaterThan(0);
          if (moment % 5 === 0) await Bun.sleep(1);
        }
      },
      async () => {
        for await (const { data } of own) {
          steps++;
          if (moment % 3 === 1 && steps > moment) own.close();
          expect(data.length).toBeGreaterThan(0);
        }
      },
      async () => {
        while ((await own.next()) !== null) steps++;
      },
    ];
    const running = loops.map((loop) => loop());
    if (moment % 3 === 2) setTimeout(() => own.close(), moment % 20);
    else setTimeout(() => own.close(), 1000);
    await Promise.all(running);
    expect(own.closed).toBe(true);
  }
  expect(mappings()).toBe(before);
}, 300_000);

test("left within a step, a loop gives its packets back, and another goes on", async () => {
  using own = receiving({ filter: "udp port 77", ring: { blockSize: 4096, blocks: 2 } });
  using sender = new Sender(pair.a.name, "veth0");
  for (let round = 0; round < 20; round++) {
    await sender.send(udp(77));
    for await (const batch of own.batches()) {
      expect(batch.length).toBe(1);
      break;
    }
    await sender.send(udp(77));
    await expect(
      (async () => {
        for await (const _ of own) throw new Error("left");
      })(),
    ).rejects.toThrow("left");
  }
  expect(own.statistics()).toEqual({ received: 40, dropped: 0, freezes: 0 });
});

test("views that are kept too long are no crash", async () => {
  await using _ = new Flood(50_000);
  const kept: { readonly data: Uint8Array }[] = [];
  const views: Uint8Array[] = [];
  for (let round = 0; round < 10; round++) {
    const own = receiving({ ring: { blockSize: 65536, blocks: 2 } });
    let steps = 0;
    for await (const batch of own.batches()) {
      for (const packet of batch.slice(0, 10)) {
        kept.push(packet);
        views.push(packet.data);
      }
      if (++steps === 4) own.close();
    }
  }
  Bun.gc(true);
  let sum = 0;
  for (const view of views) sum += (view[0] ?? 0) + view.length;
  for (const { data } of kept) sum += data.length;
  views.length = 0;
  Bun.gc(true);
  await Bun.sleep(1);
  Bun.gc(true);
  for (const { data } of kept) sum += data[0] ?? 0;
  expect(sum).toBeGreaterThan(0);
});

test("a capture that nobody closed is closed when it is collected, with a warning", async () => {
  const { stdout, stderr } = await end([
    ...pair.b.command(
      ...bun(`
        import { capture } from ${entry};
        import { readFileSync } from "node:fs";
        const mapped = () => (readFileSync("/proc/self/maps", "utf8").match(/socket:/g) ?? []).length;
        (() => { capture({ interface: "lo" }); capture({ interface: "lo", signal: globalThis.kept = new AbortController().signal }); })();
        for (let turn = 0; turn < 100 && mapped() > 0; turn++) { Bun.gc(true); await Bun.sleep(5); }
        console.log(mapped());`),
    ),
  ]);
  expect(stdout).toBe("0\n");
  expect(stderr).toContain("a Capture (descriptor");
});

test("what waits keeps the process alive, an idle capture does not", async () => {
  const run = (text: string) =>
    end([
      "timeout",
      String(2 * patience),
      ...pair.b.command(...bun(`import { capture } from ${entry};\n${text}`)),
    ]);
  const open = `const own = globalThis.kept = capture({ interface: "lo" });`;
  const [idle, waiting, closed] = await Promise.all([
    run(open),
    run(`${open} own.next();`),
    run(`${open} own.next().then(console.log); setTimeout(() => own.close(), 20);`),
  ]);
  expect([idle.exitCode, waiting.exitCode]).toEqual([0, 124]);
  expect([closed.exitCode, closed.stdout]).toEqual([0, "null\n"]);
});

/** What a Worker does until it is terminated. */
const WORK = {
  "iterates over batches": "for await (const batch of own.batches()) sum += batch[0].data[0];",
  "iterates over packets": "for await (const { data } of own) sum += data[0];",
  "opens and closes": "for (;;) { own.close(); own = open(); await own.next(); }",
};

for (const [what, work] of Object.entries(WORK)) {
  test(`a Worker that ${what} is terminated under traffic, and leaves nothing`, async () => {
    await using _ = new Flood(30_000);
    const worker = `
      import { capture } from ${entry};
      const open = () => capture({ interface: "veth0", timeout: 2 });
      let own = open(), sum = 0;
      await own.next();
      postMessage("running");
      ${work}`;
    const { exitCode, stdout, stderr } = await end(
      pair.b.command(
        "timeout",
        String(100 * patience),
        ...bun(`
          const { readdirSync, readFileSync } = await import("node:fs");
          const url = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: "text/javascript" }));
          const left = () => [readdirSync("/proc/self/fd").length,
            (readFileSync("/proc/self/maps", "utf8").match(/socket:/g) ?? []).length];
          let first;
          for (let count = 0; count < ${long === undefined ? 4 : 30}; count++) {
            const worker = new Worker(url);
            await new Promise((resolve, reject) => { worker.onmessage = resolve; worker.onerror = ({ message }) => reject(message); });
            await Bun.sleep(count % 7);
            const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
            worker.terminate();
            await closed;
            await Bun.sleep(5);
            first ??= left();
          }
          for (let tries = 0; tries < 200 && (left()[0] > first[0] || left()[1] > 0); tries++) await Bun.sleep(10);
          console.log(left()[0] <= first[0], left()[1]);
          process.exit(0);`),
      ),
    );
    expect([exitCode, stdout, stderr]).toEqual([0, "true 0\n", ""]);
  });
}
