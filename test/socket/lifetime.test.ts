import { expect, test } from "bun:test";
import { join } from "node:path";
import { ENGINE_HANDLES } from "../support/descriptors.ts";
import { entry } from "../support/entry.ts";
import { patience } from "../support/patience.ts";
import { bun, type Ended, endWithin } from "../support/program.ts";
import { testWith, unixDatagrams } from "../support/requirements.ts";

const UDP = `
const { Socket, Sockaddr } = rawsock;
const open = () => Socket.open("inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
const buffer = new Uint8Array(64);
`;

/** Runs a script to its end; kills it after some seconds: then the status is 124. */
function run(script: string, env: Record<string, string> = {}, seconds = 5): Promise<Ended> {
  return endWithin(seconds * patience, bun(UDP + script), env);
}

test("an idle open socket lets the process end", async () => {
  const { exitCode, stderr } = await run(`
    const socket = open();
    const peer = open();
    const waiting = socket.recv(buffer);
    await peer.sendto(new Uint8Array(1), socket.localAddress);
    await waiting;
    globalThis.kept = [socket, peer];`);
  expect([exitCode, stderr]).toEqual([0, ""]);
});

test(
  "a pending call keeps the process alive",
  async () => {
    const { exitCode } = await run("open().recv(buffer);", {}, 1);
    expect(exitCode).toBe(124);
  },
  10_000 * patience,
);

test("a socket that was unref'd lets the process end with its call pending", async () => {
  const { exitCode, stdout } = await run(`
    open().unref().recv(buffer);
    open().unref().recv(buffer, { timeout: 60_000 });
    const last = open();
    last.recv(buffer).catch(({ code }) => console.log(code));
    setTimeout(() => last.close(), 20);`);
  expect([exitCode, stdout]).toEqual([0, "ECANCELED\n"]);
});

test("unref and ref of a pending call let go and hold again", async () => {
  const gone = await run(`const a = open(); a.recv(buffer); a.unref();`);
  expect(gone.exitCode).toBe(0);
  const held = await run(`
    const a = open(); a.unref(); a.recv(buffer, { timeout: 50 }).catch((e) => console.log(e.code));
    a.ref();`);
  expect([held.exitCode, held.stdout]).toEqual([0, "ETIMEDOUT\n"]);
});

test("an unref'd call is served as soon as others while the process lives", async () => {
  const { stdout } = await run(`
    const a = open().unref(), b = open(), c = open();
    const served = [];
    for (let count = 0; count < 20; count++) {
      const calls = [a, b].map((socket, index) => socket.recv(buffer).then(() => served.push(index)));
      await Bun.sleep(1);
      for (const socket of [a, b]) await c.sendto(new Uint8Array(1), socket.localAddress);
      await Promise.all(calls);
    }
    console.log(served.join(""));`);
  expect(stdout).toBe(`${"01".repeat(20)}\n`);
});

test("waiting costs under 20 ms of CPU in 2 s", async () => {
  const { stdout } = await run(`
    const socket = open();
    socket.recv(buffer).catch(() => 0);
    await Bun.sleep(100);
    const before = process.cpuUsage();
    await Bun.sleep(2000);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
    socket.close();`);
  expect(Number(stdout)).toBeLessThan(20 * patience);
});

test("a socket that is idle after traffic lets the process end at once", async () => {
  const { exitCode, stdout } = await run(`
    const a = open(), b = open();
    for (let count = 0; count < 1000; count++) {
      await a.sendto(buffer, b.localAddress);
      await b.recv(buffer);
    }
    const last = performance.now();
    globalThis.kept = [a, b];
    process.on("exit", () => console.log(performance.now() - last));`);
  expect(exitCode).toBe(0);
  expect(Number(stdout)).toBeLessThan(100 * patience);
});

test("after traffic neither an idle socket nor an unref'd wait costs CPU", async () => {
  const { exitCode, stdout } = await run(`
    const a = open(), b = open(), c = open().unref();
    c.recv(buffer).catch(() => 0);
    for (let count = 0; count < 1000; count++) {
      await a.sendto(buffer, b.localAddress);
      await b.recv(buffer);
    }
    // What arrives and nobody asks for must not wake the thread again and again.
    await a.sendto(buffer, b.localAddress);
    await Bun.sleep(100);
    const before = process.cpuUsage();
    await Bun.sleep(1500);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`);
  expect(exitCode).toBe(0);
  expect(Number(stdout)).toBeLessThan(20 * patience);
});

test("nothing is made for waiting before the first wait, and no thread at all", async () => {
  const { stdout } = await run(`
    const { readdirSync, readlinkSync } = await import("node:fs");
    const sets = () => readdirSync("/proc/self/fd").filter((fd) => {
      try { return readlinkSync("/proc/self/fd/" + fd) === "anon_inode:[eventpoll]"; } catch { return false; }
    }).length;
    const threads = () => readdirSync("/proc/self/task").length;
    const a = open(), b = open();
    const before = sets();
    await a.sendto(buffer, b.localAddress);
    await b.recv(buffer);
    const unwaited = sets() - before;
    // The runtime starts threads of its own, for a while.
    await Bun.sleep(50);
    const started = threads();
    b.recv(buffer).catch(() => 0);
    // The first wait, too, is tried once again before the loop is asked.
    await Bun.sleep(20);
    console.log(unwaited, sets() - before, threads() <= started);
    b.close();`);
  // The set, and the duplicate of it that Bun's event loop has.
  expect(stdout).toBe("0 2 true\n");
});

test("a Socket that nobody can reach is closed and warned about once", async () => {
  const leak = `
    const { readdirSync } = await import("node:fs");
    const descriptors = () => readdirSync("/proc/self/fd").length;
    function leak() { for (let count = 0; count < 50; count++) Socket.open("inet", "dgram"); }
    const first = open(); first.recv(buffer, { timeout: 1 }).catch(() => 0); await Bun.sleep(20);
    const before = descriptors();
    leak();
    for (let turn = 0; turn < 20; turn++) { Bun.gc(true); await Bun.sleep(10); }
    console.log(descriptors() - before < 10);
    first.close();`;
  const quiet = await run(leak);
  expect(quiet.stdout).toBe("true\n");
  expect(quiet.stderr.match(/without having been closed/g)).toHaveLength(1);
  expect(quiet.stderr).toContain("RAWSOCK_TRACE=1");
  const traced = await run(leak, { RAWSOCK_TRACE: "1" });
  expect(traced.stderr).toContain("leak");
});

test("a pending call keeps an unreachable Socket open", async () => {
  const { stdout, stderr } = await run(`
    const peer = open();
    let address;
    const waiting = (() => { const s = open(); address = s.localAddress; return s.recv(buffer); })();
    for (let turn = 0; turn < 10; turn++) { Bun.gc(true); await Bun.sleep(5); }
    await peer.sendto(new Uint8Array(3), address);
    console.log(await waiting);
    peer.close();
    process.exit();`);
  expect([stdout, stderr]).toEqual(["3\n", ""]);
});

const TRAFFIC = `
const a = open(), b = open();
(async () => { for await (const m of b.messages()) await b.sendto(m.data, a.localAddress); })().catch(() => 0);
(async () => { const buffer = new Uint8Array(64); await a.sendto(new Uint8Array(8), b.localAddress);
  for (;;) { await a.recv(buffer); await a.sendto(buffer, b.localAddress); } })().catch(() => 0);
`;

test(
  "process.exit at any moment is clean",
  async () => {
    for (let count = 0; count < 50; count++) {
      const { exitCode, signal, stderr } = await run(
        `${TRAFFIC} setTimeout(() => process.exit(7), ${count % 10});`,
      );
      expect([exitCode, signal, stderr]).toEqual([7, null, ""]);
    }
  },
  60_000 * patience,
);

/** Datagrams with two descriptors each, without end; `a` and `b` are the ends of a pair. */
const STORM = `
const [a, b] = Socket.pair("unix", "dgram"), passed = open();
const { Message, recvmsg } = rawsock;
// Nothing else holds the last one.
globalThis.held = [a, b, passed];
const control = [{ kind: "rights", fds: [passed.fd, passed.fd] }];
const iovec = [new Uint8Array(8)];
(async () => { for (;;) await a.sendmsg(new Message({ iovec, control })); })().catch(() => 0);
b.readable().then(() => postMessage("running"));
`;

/** What a Worker does until it is terminated. */
const WORK = {
  traffic: `${TRAFFIC} a.readable().then(() => postMessage("running"));`,
  "an idle wait": `open().recv(buffer).catch(() => 0); postMessage("running");`,
  "sockets that are opened, connected, accepted and closed": `
    const listener = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1")).listen();
    (async () => { for await (using connection of listener.connections()) connection.peerAddress; })();
    (async () => { for (;;) {
      using client = Socket.open("inet", "stream");
      await client.connect(listener.localAddress);
      for (const socket of Socket.pair()) socket.close();
    } })();
    setTimeout(() => postMessage("running"), 5);`,
  "descriptors that messages() brings and nobody looks at": `${STORM}
    (async () => { for await (const { data } of b.messages()) data.length; })().catch(() => 0);`,
  "descriptors that stay in the socket's keeping": `${STORM}
    (async () => { for (;;) {
      for await (const { data } of b.messages()) if (data.length > 0) break;
      await b.recvmsg(kept[kept.push(new Message({ iovec })) - 1]);
    } })().catch(() => 0);
    const kept = [];`,
  "descriptors that recvmsg and recvmmsg bring": `${STORM}
    const messages = [1, 2, 3].map(() => new Message({ iovec }));
    (async () => { for (;;) {
      await b.recvmsg(new Message({ iovec }));
      await b.recvmmsg(messages);
    } })().catch(() => 0);`,
  "descriptors that the plain recvmsg brings": `${STORM}
    const messages = [1, 2, 3].map(() => new Message({ iovec }));
    (async () => { for (;;) {
      await b.readable();
      recvmsg(b, messages[0], { dontwait: true });
      rawsock.recvmmsg(b, messages.slice(1), { dontwait: true });
    } })().catch(() => 0);`,
};

for (const [what, work] of Object.entries(WORK)) {
  const needed = work.includes(STORM) ? [unixDatagrams] : [];
  testWith(...needed)(
    `a Worker is terminated under ${what}, and leaves no descriptor behind`,
    async () => {
      const worker = `import * as rawsock from ${JSON.stringify(entry)};
      ${UDP} ${work}`;
      const counting = JSON.stringify(join(import.meta.dir, "../support/descriptors.ts"));
      const { exitCode, stdout, stderr } = await endWithin(
        50 * patience,
        bun(`
        const { openDescriptors } = await import(${counting});
        const url = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: "text/javascript" }));
        const counts = [];
        for (let count = 0; count < 30; count++) {
          const worker = new Worker(url);
          await new Promise((resolve, reject) => {
            worker.onmessage = resolve;
            worker.onerror = ({ message }) => reject(new Error(message));
          });
          await Bun.sleep(count % 5);
          const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
          worker.terminate();
          await closed;
          await Bun.sleep(2);
          counts.push(openDescriptors());
        }
        // The last one may not be gone yet.
        for (let tries = 0; tries < 100 && openDescriptors() > counts[0]; tries++) await Bun.sleep(10);
        console.log(openDescriptors() - counts[0]);
        process.exit(0);`),
      );
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(Number(stdout)).toBeLessThanOrEqual(ENGINE_HANDLES);
    },
    60_000 * patience,
  );
}

testWith(unixDatagrams)(
  "descriptors that a Worker has looked at are its own, and outlive it",
  async () => {
    const worker = `import * as rawsock from ${JSON.stringify(entry)};
    ${UDP} ${STORM.replace(/b.readable.*/, "")}
    (async () => { for await (const { control } of b.messages()) {
      postMessage([passed.fd, ...control[0].fds]);
      break;
    } })();`;
    const { exitCode, stdout } = await run(`
    const { fstatSync } = await import("node:fs");
    const worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: "text/javascript" })));
    const [passed, ...fds] = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    const inodes = fds.map((fd) => fstatSync(fd).ino);
    const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
    worker.terminate();
    await closed;
    const isOpen = () => { try { return fstatSync(passed).ino === inodes[0]; } catch { return false; } };
    for (let tries = 0; tries < 100 && isOpen(); tries++) await Bun.sleep(10);
    console.log(isOpen(), fds.map((fd) => fstatSync(fd).ino === inodes[0]));
    process.exit(0);`);
    expect([exitCode, stdout]).toEqual([0, "false [ true, true ]\n"]);
  },
);

test("two Workers and the main thread wait at the same time", async () => {
  const { exitCode, stdout } = await run(`
    const worker = ${JSON.stringify(`
      import * as rawsock from ${JSON.stringify(entry)};
      ${UDP}
      const a = open(), b = open();
      (async () => { for (;;) { const { length, address } = await b.recvfrom(buffer);
        await b.sendto(buffer, address, { end: length }); } })().catch(() => 0);
      const back = new Uint8Array(8);
      for (let n = 0; n < 2000; n++) { await a.sendto(new Uint8Array([n]), b.localAddress); await a.recv(back);
        if (back[0] !== (n & 255)) throw new Error("wrong"); }
      b.close();
      postMessage("done");
    `)};
    const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
    const workers = [new Worker(url), new Worker(url)];
    const done = workers.map((w) => new Promise((resolve) => { w.onmessage = ({ data }) => resolve(data); }));
    const a = open(), b = open();
    const echo = (async () => { for (let n = 0; n < 2000; n++) { await b.recv(buffer); await b.sendto(buffer, a.localAddress); } })();
    for (let n = 0; n < 2000; n++) { await a.sendto(new Uint8Array(1), b.localAddress); await a.recv(new Uint8Array(64)); }
    await echo;
    console.log(await Promise.all(done));
    process.exit(0);`);
  expect([exitCode, stdout]).toEqual([0, '[ "done", "done" ]\n']);
});
