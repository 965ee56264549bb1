// What a lookup off the event loop leaves behind, and where it cannot begin.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { getaddrinfo, resolve } from "../../src/index.ts";
import { ENGINE_HANDLES } from "../support/descriptors.ts";
import { entry } from "../support/entry.ts";
import { wordsFor } from "../support/libc.ts";
import { patience } from "../support/patience.ts";
import { bun, end } from "../support/program.ts";

setDefaultTimeout(60_000 * patience);

const INDEX = JSON.stringify(entry);
const COUNTING = JSON.stringify(`${import.meta.dir}/../support/descriptors.ts`);

test("wrong limits are refused before anything is asked", async () => {
  const lookup = (limits: object) => () => resolve({ node: "127.0.0.1" }, limits);
  expect(lookup({ timeout: -1 })).toThrow(RangeError);
  expect(lookup({ timeout: "1" })).toThrow(TypeError);
  expect(lookup({ signal: 1 })).toThrow(TypeError);
  expect(lookup({ abort: 1 })).toThrow(TypeError);
});

test("a Worker terminated at any moment of its lookups leaves no descriptor", async () => {
  const script = `
    const { openDescriptors } = await import(${COUNTING});
    const source = 'const { resolve } = await import(${INDEX});' +
      'const next = () => resolve({ node: "localhost" }).then(next);' +
      'for (let n = 0; n < 8; n++) next(); postMessage("started")';
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const round = async (delay) => {
      const worker = new Worker(url);
      await new Promise((started) => { worker.onmessage = started; });
      await Bun.sleep(delay);
      const closed = new Promise((done) => worker.addEventListener("close", done));
      worker.terminate();
      await closed;
    };
    await round(1);
    await Bun.sleep(100);
    const before = openDescriptors();
    for (let number = 0; number < 30; number++) await round(number % 7);
    for (let tries = 0; tries < 100 && openDescriptors() > before; tries++) await Bun.sleep(20);
    console.log(openDescriptors() - before);`;
  const { stdout, exitCode } = await end(bun(script));
  expect(Number(stdout)).toBeLessThanOrEqual(ENGINE_HANDLES);
  expect(exitCode).toBe(0);
});

test("an address is answered as by getaddrinfo, and without end does not starve timers", async () => {
  for (const node of ["127.0.0.1", "::1", "fe80::1%1", "0x7f.1"]) {
    const hints = { node, service: 80, type: "stream", passive: true } as const;
    expect(await resolve(hints)).toEqual(getaddrinfo(hints));
  }
  for (const node of ["127.0.0.1", "::2"]) {
    const hints = { node, canonname: true, addrconfig: true } as const;
    const direct = Promise.try(() => getaddrinfo(hints)).catch(({ code }) => code);
    const answer = await resolve(hints).catch(({ code }) => code);
    expect(answer).toEqual(await direct);
  }
  let over = false;
  setTimeout(() => {
    over = true;
  }, 5);
  while (!over) await resolve({ node: "192.0.2.1" });
});

test("lookups that follow each other share a thread", async () => {
  const threads = () => readdirSync("/proc/self/task");
  const before = new Set(threads());
  const made = new Set<string>();
  for (let count = 0; count < 60; count++) {
    await resolve({ node: "localhost" });
    for (const thread of threads()) if (!before.has(thread)) made.add(thread);
  }
  // Of the engine's threads some may begin meanwhile.
  expect(made.size).toBeLessThan(20);
});

test("where no descriptor is left, lookups fail and say so", async () => {
  const script = `
    const address = rawsock.Sockaddr.inet("127.0.0.1", 80);
    rawsock.checksum.fold(0); // loads the code; the C library has yet to load its own
    try { for (;;) rawsock.socket("unix", "dgram"); } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
    console.log((await rawsock.resolve({ node: "127.0.0.1", type: "stream" })).length);
    for (const call of [
      () => rawsock.resolve({ node: "localhost" }),
      () => rawsock.getnameinfo(address, { namereqd: true }),
    ]) {
      try { console.log(await call()); } catch ({ name, code, errno, syscall, message }) {
        console.log(name, code, errno === rawsock.ERRNO.EMFILE, message);
      }
    }`;
  const { stdout } = await end(["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...bun(script)]);
  const reason = `EMFILE: ${wordsFor("Too many open files")}`;
  expect(stdout).toBe(
    `1\nAddrInfoError EAI_SYSTEM true getaddrinfo EAI_SYSTEM localhost: ${reason}\n` +
      `AddrInfoError EAI_SYSTEM true getnameinfo EAI_SYSTEM 127.0.0.1:80: ${reason}\n`,
  );
});
