// What happens to waits where descriptors are lacking, or Bun does not wake us.

import { expect, test } from "bun:test";
import { patience } from "../support/patience.ts";
import { bun, end } from "../support/program.ts";

const TWO = `
const { Socket } = rawsock;
const [a, b] = Socket.pair("unix", "dgram");
const buffer = new Uint8Array(8);
`;

/** Runs a script that may open so few descriptors. */
function limited(count: number, script: string) {
  const words = ["sh", "-c", `ulimit -n ${count}; exec timeout ${10 * patience} "$@"`, "sh"];
  return end([...words, ...bun(TWO + script)]);
}

/** Takes descriptors until `left` are left. */
const TAKE = `
function take(left) {
  const taken = [];
  try { for (;;) taken.push(rawsock.socket("unix", "dgram")); } catch ({ code }) {
    if (code !== "EMFILE") throw code;
  }
  for (const fd of taken.splice(0, left)) rawsock.close(fd);
  return taken;
}
const outcome = (promise) => promise.then((value) => value, ({ code }) => code);
`;

for (const left of [0, 1, 2, 3]) {
  test(`a first wait with ${left} descriptors left fails or is served, and so are later ones`, async () => {
    const { stdout, stderr } = await limited(
      64,
      `${TAKE}
      const taken = take(${left});
      const first = outcome(b.recv(buffer));
      setTimeout(() => a.send(new Uint8Array(3)), 20);
      console.log(await first);
      if (${left} === 0) await b.recv(buffer, { dontwait: true }).catch(() => 0);
      taken.forEach(rawsock.close);
      const second = b.recv(buffer);
      setTimeout(() => a.send(new Uint8Array(4)), ${left === 0 ? 40 : 20});
      console.log(await second === ${left === 0 ? "3" : "4"} || await b.recv(buffer) === 4);
      process.exit(0);`,
    );
    expect([stdout, stderr]).toEqual([left === 0 ? "EMFILE\ntrue\n" : "3\ntrue\n", ""]);
  });
}

test("waits go on where the last descriptor is taken while they sleep", async () => {
  const { stdout, stderr } = await limited(
    64,
    `${TAKE}
    setTimeout(() => a.send(buffer), 5);
    await b.recv(buffer);
    const taken = take(0);
    let count = 0;
    const timer = setInterval(() => a.send(buffer), 10);
    while (count < 5) count += (await b.recv(buffer)) > 0 ? 1 : 0;
    clearInterval(timer);
    console.log(count);
    process.exit(0);`,
  );
  expect([stdout, stderr]).toEqual(["5\n", ""]);
});

for (const [how, mock] of [
  ["throws", `Bun.connect = () => { throw new Error("no"); };`],
  ["rejects", `Bun.connect = async () => { throw new Error("no"); };`],
  [
    "does not wait",
    `Bun.connect = async ({ fd, socket }) => {
      rawsock.close(fd);
      const loop = { ref() {}, unref() {} };
      socket.open(loop);
      setImmediate(() => socket.close(loop));
      return loop;
    };`,
  ],
]) {
  test(`where Bun.connect ${how} the clock tells when to look`, async () => {
    const { stdout, stderr } = await limited(
      256,
      `${mock}
      const unref = Socket.open("unix", "dgram").unref();
      unref.recv(buffer).catch(() => 0);
      for (let count = 0; count < 5; count++) {
        setTimeout(() => a.send(new Uint8Array(count)), 20);
        console.log(await b.recv(buffer));
      }
      const before = process.cpuUsage();
      b.recv(buffer).catch(() => 0);
      await Bun.sleep(1500);
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000 < ${300 * patience});
      a.close();
      b.close();`,
    );
    expect([stdout, stderr]).toEqual(["0\n1\n2\n3\n4\ntrue\n", ""]);
  });
}

test("descriptors closed behind a Socket's back fail that Socket's calls alone", async () => {
  const { stdout, stderr } = await limited(
    256,
    `${TAKE}
    const [c, d] = Socket.pair("unix", "dgram");
    const copy = Bun.spawn(["sleep", "5"], { stdio: ["ignore", "ignore", "ignore", d.fd] });
    await outcome(d.recv(buffer, { timeout: 5 }));
    while ((await outcome(d.send(buffer, { dontwait: true }))) === 8);
    const writing = outcome(d.send(buffer));
    const others = b.recv(buffer);
    await Bun.sleep(5);
    rawsock.close(d.fd);
    await c.send(buffer);
    setTimeout(() => a.send(new Uint8Array(2)), 20);
    console.log(await others, typeof (await writing));
    copy.kill();
    process.exit(0);`,
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("2 string\n");
});

test("a set of watched sockets closed behind our back is made again", async () => {
  const { stdout, stderr } = await limited(
    256,
    `${TAKE}
    const { readdirSync, readlinkSync } = await import("node:fs");
    const sets = () => readdirSync("/proc/self/fd").filter((fd) => {
      try { return readlinkSync("/proc/self/fd/" + fd) === "anon_inode:[eventpoll]"; } catch { return false; }
    }).map(Number);
    const before = new Set(sets());
    const waiting = outcome(b.recv(buffer));
    const [own] = sets().filter((fd) => !before.has(fd));
    rawsock.close(own);
    await a.send(new Uint8Array(2));
    const first = await waiting;
    console.log(first);
    const again = b.recv(buffer);
    setTimeout(() => a.send(new Uint8Array(2)), 20);
    console.log(await again);
    process.exit(0);`,
  );
  expect([stdout, stderr]).toEqual(["EBADF\n2\n", ""]);
});

test("the first stream of Node's needs no file: none can be opened any more", async () => {
  const { stdout, stderr } = await limited(
    64,
    `${TAKE}
    const taken = take(0);
    const stream = rawsock.openUnixSocketStream("/nowhere");
    stream.on("error", ({ code, syscall }) => { console.log(code, syscall); process.exit(0); });`,
  );
  expect([stdout, stderr]).toEqual(["EMFILE socket\n", ""]);
});
