// Calls that wait for a device: how they end, and what they keep alive.

import { expect } from "bun:test";
import { join } from "node:path";
import { close } from "../../src/calls/index.ts";
import { Socket } from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { end } from "../support/program.ts";
import { testWith, tun as tunDevice } from "../support/requirements.ts";
import { device, numbered, numberIn } from "../support/tun.ts";

const entry = JSON.stringify(join(import.meta.dir, "../../src/tun/index.ts"));
const TO = { family: "inet", address: "10.78.0.2", port: 9 } as const;

/** How many Workers are terminated. */
const WORKERS = process.env.RAWSOCK_TEST_RUNS === undefined ? 8 : 30;

/** Runs a script that has `Tun` and `open`; kills it after some seconds: then the status is 124. */
function run(namespace: Namespace, script: string, seconds = 10) {
  const head = `import { Tun } from ${entry};
    const open = (options) => Tun.open({ namespace: "${namespace.name}", ...options });
    const buffer = new Uint8Array(100);`;
  const words = ["timeout", String(seconds * patience), process.execPath, "-e"];
  return end([...words, `${head}\n${script}`]);
}

testWith(tunDevice)(
  "close ends the calls that wait, in order, and later ones at once",
  async () => {
    using namespace = new Namespace();
    const tun = device(namespace);
    const order: string[] = [];
    const ended = (name: string) => (error: { code: string; syscall: string }) => {
      order.push(`${name} ${error.code} ${error.syscall}`);
    };
    const waits = [
      tun.recv(new Uint8Array(9)).catch(ended("first")),
      tun.recv(new Uint8Array(9)).catch(ended("second")),
      tun.messages().next().catch(ended("loop")),
      tun.readable().catch(ended("ready")),
    ];
    tun.close();
    await Promise.all(waits);
    expect(order).toEqual([
      "first ECANCELED read",
      "second ECANCELED read",
      "loop ECANCELED read",
      "ready ECANCELED poll",
    ]);
    const closed = { code: "EBADF", message: expect.stringContaining("the device is closed") };
    await expect(tun.recv(new Uint8Array(9))).rejects.toMatchObject(closed);
    await expect(tun.send(new Uint8Array(9))).rejects.toMatchObject(closed);
    await expect(tun.writable()).rejects.toMatchObject(closed);
    expect(() => tun.messages()).toThrow("the device is closed");
    const other = device(namespace);
    const wait = other.recv(new Uint8Array(9)).catch(({ code }) => code);
    close(other);
    expect([await wait, other.closed]).toEqual(["ECANCELED", true]);
  },
);

testWith(tunDevice)("signals, timeouts and `until` end waits and lose no packet", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  using socket = Socket.open("inet", "dgram", null, { namespace: namespace.name });
  const buffer = new Uint8Array(100);
  const late = tun.recv(buffer, { timeout: 5 });
  await expect(late).rejects.toThrow("read ETIMEDOUT: no result within 5 ms");
  const reason = new Error("enough");
  const abort = new AbortController();
  const given = tun.recv(buffer, { signal: abort.signal });
  const next = tun.recv(buffer);
  abort.abort(reason);
  await expect(given).rejects.toBe(reason);
  await socket.sendto(numbered(1), TO);
  await next;
  expect(numberIn(buffer)).toBe(1);
  await expect(tun.recv(buffer, { dontwait: true })).rejects.toMatchObject({ code: "EAGAIN" });
  await socket.sendto(numbered(2), TO);
  const seen: number[] = [];
  for await (const { data } of tun.messages({ until: AbortSignal.timeout(20) })) {
    seen.push(numberIn(data));
  }
  expect(seen).toEqual([2]);
  const loop = tun.messages({ timeout: 5 });
  await expect(loop.next()).rejects.toMatchObject({ code: "ETIMEDOUT" });
  expect(() => tun.messages({ size: -1 })).toThrow(RangeError);
  expect(() => tun.messages(null as never)).toThrow(TypeError);
});

testWith(tunDevice)(
  "calls that wait get packets in the order in which they were made",
  async () => {
    using namespace = new Namespace();
    using tun = device(namespace);
    using socket = Socket.open("inet", "dgram", null, { namespace: namespace.name });
    const buffers = Array.from({ length: 20 }, () => new Uint8Array(100));
    const waits = buffers.map((buffer) => tun.recv(buffer));
    for (let number = 0; number < 20; number++) await socket.sendto(numbered(number), TO);
    await Promise.all(waits);
    expect(buffers.map(numberIn)).toEqual(Array.from({ length: 20 }, (_, number) => number));
  },
);

testWith(tunDevice)(
  "a waiting call keeps the process alive unless unref() was called",
  async () => {
    using namespace = new Namespace();
    const idle = await run(namespace, "globalThis.kept = open();");
    expect([idle.exitCode, idle.stderr]).toEqual([0, ""]);
    const unheld = await run(namespace, "open().unref().recv(buffer);");
    expect(unheld.exitCode).toBe(0);
    const held = await run(namespace, "open().recv(buffer);", 1);
    expect(held.exitCode).toBe(124);
    const again = await run(
      namespace,
      "open().unref().ref().recv(buffer, { timeout: 20 }).catch(({ code }) => console.log(code));",
    );
    expect([again.exitCode, again.stdout]).toEqual([0, "ETIMEDOUT\n"]);
  },
);

testWith(tunDevice)("waiting costs no CPU", async () => {
  using namespace = new Namespace();
  const { stdout } = await run(
    namespace,
    `const tun = open();
    tun.recv(buffer).catch(() => 0);
    await Bun.sleep(100);
    const before = process.cpuUsage();
    await Bun.sleep(1000);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
    tun.close();`,
  );
  expect(Number(stdout)).toBeLessThan(20 * patience);
});

testWith(tunDevice)("a Tun that nobody can reach is closed, with a warning", async () => {
  using namespace = new Namespace();
  const { stdout, stderr } = await run(
    namespace,
    `const { readdirSync } = await import("node:fs");
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const before = descriptors();
    (() => { for (let count = 0; count < 5; count++) open(); })();
    for (let turn = 0; turn < 20; turn++) { Bun.gc(true); await Bun.sleep(10); }
    console.log(descriptors() - before <= 1);`,
  );
  expect(stdout).toBe("true\n");
  expect(stderr.match(/a Tun \(descriptor \d+\) was collected without/g)).toHaveLength(1);
});

testWith(tunDevice)(
  "Workers that are terminated leave no descriptor and no interface",
  async () => {
    using namespace = new Namespace();
    const worker = `import { Tun } from ${entry};
    const tuns = [1, 2].map(() => Tun.open({ namespace: "${namespace.name}" }));
    for (const tun of tuns) tun.recv(new Uint8Array(9)).catch(() => 0);
    (async () => { for await (const _ of tuns[0].messages()); })().catch(() => 0);
    (async () => { for (;;) { Tun.open({ namespace: "${namespace.name}" }).close(); await 0; } })();
    postMessage("running");`;
    const { stdout, stderr, exitCode } = await run(
      namespace,
      `const { readdirSync } = await import("node:fs");
    const type = { type: "text/javascript" };
    const url = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], type));
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const counts = [];
    for (let count = 0; count < ${WORKERS}; count++) {
      const worker = new Worker(url);
      await new Promise((resolve) => { worker.onmessage = resolve; });
      await Bun.sleep(count % 5);
      const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
      worker.terminate();
      await closed;
      await Bun.sleep(2);
      counts.push(descriptors());
    }
    for (let tries = 0; tries < 100 && descriptors() > counts[0]; tries++) await Bun.sleep(10);
    console.log(descriptors() - counts[0]);
    process.exit(0);`,
      60,
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(Number(stdout)).toBeLessThanOrEqual(0);
    const left = JSON.parse(namespace.ip("-j", "link", "show")) as { ifname: string }[];
    expect(left.map(({ ifname }) => ifname)).toEqual(["lo"]);
  },
);
