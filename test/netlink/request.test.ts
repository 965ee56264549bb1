// Requests: many at once and one after the other, dumps among changes, namespaces, and an end at any
// time.

import { expect } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { Netlink } from "../../src/netlink/index.ts";
import { openDescriptors, settledDescriptors } from "../support/descriptors.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

const entry = JSON.stringify(`${import.meta.dir}/../../src/netlink/index.ts`);

/** RAWSOCK_TEST_RUNS=10000 for more than a test run should take. */
const REQUESTS = Number(process.env.RAWSOCK_TEST_RUNS ?? 2000);

/** A struct ifinfomsg of the loopback interface. */
const loopback = new Uint8Array(16);
loopback[4] = 1;

testWith(namespaces)("thousands of requests leave no descriptor and no memory behind", async () => {
  using made = await lab();
  const { netlink } = made;
  const round = async (count: number) => {
    for (let done = 0; done < count; done += 100) {
      const all = Array.from({ length: 50 }, () => netlink.request("getlink", [], loopback));
      const others = Array.from({ length: 50 }, (_, n) =>
        n % 10 === 0 ? netlink.addresses() : netlink.link("lo"),
      );
      const replies = await Promise.all(all);
      expect(replies.every((reply) => reply.length === 1)).toBe(true);
      await Promise.all(others);
    }
  };
  await round(REQUESTS / 4);
  Bun.gc(true);
  const before = { descriptors: openDescriptors(), memory: process.memoryUsage().rss };
  await round(REQUESTS);
  Bun.gc(true);
  expect(await settledDescriptors(before.descriptors)).toBeLessThanOrEqual(before.descriptors);
  expect(process.memoryUsage().rss - before.memory).toBeLessThan(32 * 1024 * 1024);
});

testWith(namespaces)("each of many requests at once has its own reply", async () => {
  using made = await lab();
  const { netlink } = made;
  const links = await netlink.links();
  const asked = Array.from({ length: 600 }, (_, place) => links[place % links.length]?.index ?? 0);
  const mixed = asked.map(async (index, place) => {
    if (place % 7 === 0) return (await netlink.links()).length === links.length;
    if (place % 5 === 0)
      return netlink.link(99_999).then(
        () => false,
        () => true,
      );
    return (await netlink.link(index)).index === index;
  });
  expect((await Promise.all(mixed)).every(Boolean)).toBe(true);
});

testWith(namespaces)(
  "a list made while things change is whole, and has nothing twice",
  async () => {
    using made = await lab();
    const { namespace, netlink } = made;
    const stay = Array.from({ length: 120 }, (_, place) => `stay${place}`);
    for (const name of stay) await netlink.addLink({ kind: "ifb", name });
    const commands = Array.from({ length: 40 }, (_, place) => [
      `link add go${place} type ifb`,
      `link delete go${place}`,
    ]).flat();
    const child = Bun.spawn(["ip", "-n", namespace.name, "-batch", "-"], {
      stdin: Buffer.from(commands.join("\n")),
    });
    let lists = 0;
    let isChanging = true;
    const changing = child.exited.then(() => {
      isChanging = false;
    });
    do {
      // EAGAIN: it changed each time it was read.
      const links = await netlink.links().catch((error: { code?: string }) => {
        if (error.code !== "EAGAIN") throw error;
        return undefined;
      });
      if (links === undefined) continue;
      lists++;
      const names = links.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(stay.every((name) => names.includes(name))).toBe(true);
    } while (isChanging);
    await changing;
    expect(lists).toBeGreaterThan(0);
  },
);

testWith(namespaces)(
  "a namespace by name, path and descriptor, while this process stays",
  async () => {
    using namespace = new Namespace();
    namespace.ip("link", "add", "only-here", "type", "ifb");
    const descriptor = openSync(`/run/netns/${namespace.name}`, "r");
    try {
      for (const where of [namespace.name, `/run/netns/${namespace.name}`, descriptor]) {
        using netlink = Netlink.open({ namespace: where });
        expect((await netlink.links({ kind: "ifb" })).map(({ name }) => name)).toEqual([
          "only-here",
        ]);
      }
    } finally {
      closeSync(descriptor);
    }
    using own = Netlink.open();
    expect(await own.links({ name: "only-here" })).toEqual([]);
    expect(() => Netlink.open({ namespace: "no-such-namespace" })).toThrow("ENOENT");
  },
);

testWith(namespaces)("close() rejects what waits, and what comes later", async () => {
  using namespace = new Namespace();
  const netlink = Netlink.open({ namespace: namespace.name });
  const waiting = Array.from({ length: 100 }, () => netlink.request("getlink", [], loopback));
  netlink.close();
  const outcomes = await Promise.allSettled(waiting);
  const codes = outcomes.map((one) => (one.status === "rejected" ? one.reason.code : "answered"));
  expect(new Set(codes)).toEqual(new Set(["ECANCELED"]));
  expect(netlink.closed).toBe(true);
  expect(netlink.fd).toBe(-1);
  expect(netlink.links()).rejects.toMatchObject({ code: "EBADF" });
  netlink.close();
});

testWith(namespaces)(
  "an idle Netlink lets the process end, and a Worker's end leaks nothing",
  async () => {
    using namespace = new Namespace();
    const script = `import { Netlink } from ${entry};
    const netlink = Netlink.open(); console.log((await netlink.links()).length);`;
    const { stdout, stderr } = await end(namespace.command(process.execPath, "-e", script));
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe(String((await listed(namespace)).length));
    const before = openDescriptors();
    const code = `import { Netlink } from ${entry};
    const netlink = Netlink.open(); const monitor = netlink.monitor();
    postMessage(monitor.closed); await monitor.next();`;
    const worker = new Worker(
      URL.createObjectURL(new Blob([code], { type: "application/typescript" })),
    );
    await new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
    worker.terminate();
    expect(await settledDescriptors(before)).toBeLessThanOrEqual(before);
  },
);

async function listed(namespace: Namespace) {
  using netlink = Netlink.open({ namespace: namespace.name });
  return await netlink.links();
}

testWith(namespaces)("any request, by word or by number", async () => {
  using made = await lab();
  const { netlink } = made;
  // RTM_GETLINK, NLM_F_DUMP.
  const byNumber = await netlink.request(18, 0x300, new Uint8Array(16));
  expect((await netlink.request("getlink", ["dump"], new Uint8Array(16))).length).toBe(
    byNumber.length,
  );
  expect(netlink.request("getlinks", 0)).rejects.toThrow('unknown type "getlinks"');
  expect(netlink.request("getlink", ["dumped"])).rejects.toThrow('unknown flag "dumped"');
  const cut = netlink.request("getaddr", ["dump"], new Uint8Array(3));
  expect(cut).rejects.toMatchObject({ code: "EINVAL", syscall: "RTM_GETADDR" });
  await cut.catch(() => undefined);
  // The kernel does not answer what has no family.
  await expect(netlink.request("getaddr", ["dump"])).rejects.toMatchObject({ code: "EBADMSG" });
  expect((await netlink.addresses()).length).toBeGreaterThan(0);
});
