// Everything that is set is what `ip -j` shows.

import { expect } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { Netlink } from "../../src/netlink/index.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

type Json = Record<string, unknown>;
const json = (namespace: Namespace, ...words: string[]): Json[] =>
  (JSON.parse(namespace.ip("-j", "-d", ...words) || "[]") as Json[]).filter(
    (one) => Object.keys(one).length > 0,
  );
const shown = (namespace: Namespace, name: string): Json =>
  json(namespace, "link", "show", "dev", name)[0] as Json;

testWith(namespaces)("a link's settings", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.setLink("va", {
    ...{ mtu: 1400, address: "02:00:00:00:00:01", queueLength: 77, alias: "words of mine" },
    ...{ group: 5, promisc: true, allmulti: true, multicast: false, arp: false },
    inet6: { addrGenMode: "none" },
  });
  expect(shown(namespace, "va")).toMatchObject({
    ...{ mtu: 1400, address: "02:00:00:00:00:01", txqlen: 77, ifalias: "words of mine" },
    ...{ group: "5", promiscuity: 1, allmulti: 1, inet6_addr_gen_mode: "none" },
  });
  const flags = shown(namespace, "va").flags as string[];
  expect(flags).toContain("NOARP");
  expect(flags).not.toContain("MULTICAST");
  await netlink.setLink("va", { up: false, alias: "", promisc: false, arp: true });
  await netlink.setLink("va", { name: "renamed" });
  const renamed = shown(namespace, "renamed");
  expect(renamed.flags as string[]).not.toContain("UP");
  expect(renamed.ifalias).toBeUndefined();
  await netlink.addLinkName("renamed", "another-name-that-is-quite-long");
  expect(shown(namespace, "renamed").altnames).toEqual(["another-name-that-is-quite-long"]);
  expect((await netlink.link("another-name-that-is-quite-long")).name).toBe("renamed");
  await netlink.deleteLinkName("renamed", "another-name-that-is-quite-long");
  expect(shown(namespace, "renamed").altnames).toBeUndefined();
  await netlink.deleteLink("renamed");
  expect(json(namespace, "link", "show").map(({ ifname }) => ifname)).toEqual(["lo"]);
});

testWith(namespaces)("links of the kinds that this kernel has, and their ports", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addLink({ kind: "bridge", name: "br0", stpState: 1, forwardDelay: 400 });
  await netlink.setLink("br0", { kind: "bridge", data: { ageingTime: 5000 } });
  await netlink.setLink("vb", { master: "br0" });
  await netlink.setLink("vb", { port: { cost: 77, hairpin: true, priority: 9 } });
  const port = shown(namespace, "vb");
  expect(port.master).toBe("br0");
  expect((port.linkinfo as Json).info_slave_data).toMatchObject({
    cost: 77,
    hairpin: true,
    priority: 9,
  });
  expect((shown(namespace, "br0").linkinfo as Json).info_data).toMatchObject({
    ...{ stp_state: 1, forward_delay: 400, ageing_time: 5000 },
  });
  await netlink.setLink("vb", { master: null });
  expect(shown(namespace, "vb").master).toBeUndefined();
  await netlink.addLink({ kind: "macvlan", name: "mv", link: "va", mode: "private" });
  expect(shown(namespace, "mv")).toMatchObject({ link: "va" });
  expect((shown(namespace, "mv").linkinfo as Json).info_data).toMatchObject({ mode: "private" });
  await netlink.addLink({
    kind: "vxlan",
    name: "vx",
    id: 7,
    group: "239.1.1.1",
    link: "va",
    ttl: 3,
  });
  expect((shown(namespace, "vx").linkinfo as Json).info_data).toMatchObject({
    ...{ id: 7, group: "239.1.1.1", link: "va", ttl: 3 },
  });
  await netlink.addLink({
    kind: "ifb",
    name: "if0",
    mtu: 1234,
    up: true,
    numTxQueues: 2,
    group: 3,
  });
  expect(shown(namespace, "if0")).toMatchObject({ mtu: 1234, num_tx_queues: 2, group: "3" });
  expect(shown(namespace, "if0").flags as string[]).toContain("UP");
});

testWith(namespaces)("links are made in other namespaces and moved there", async () => {
  using here = new Namespace();
  using there = new Namespace();
  using netlink = Netlink.open({ namespace: `/run/netns/${here.name}` });
  const peer = { name: "vb", namespace: there.name, mtu: 1300 };
  await netlink.addLink({ kind: "veth", name: "va", peer });
  expect(shown(there, "vb").mtu).toBe(1300);
  const descriptor = openSync(`/run/netns/${there.name}`, "r");
  try {
    await netlink.setLink("va", { namespace: descriptor, name: "moved" });
    using other = Netlink.open({ namespace: descriptor });
    expect((await other.links()).map(({ name }) => name).sort()).toEqual(["lo", "moved", "vb"]);
  } finally {
    closeSync(descriptor);
  }
  await netlink.addLink({ kind: "ifb", name: "if0", namespace: { pid: process.pid } }).then(
    () => Bun.spawnSync(["ip", "link", "delete", "if0"]),
    () => expect.unreachable(),
  );
  expect(netlink.setLink("lo", { namespace: "no-such-namespace" })).rejects.toMatchObject({
    ...{ code: "ENOENT", syscall: "open" },
  });
});

testWith(namespaces)("addresses with all that they can have", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addAddress({
    ...{ interface: "va", address: "10.3.0.1/24", broadcast: "+", label: "va:x", metric: 20 },
    ...{ validLifetime: 1000, preferredLifetime: 500, scope: "link", flags: ["noprefixroute"] },
  });
  await netlink.addAddress({ interface: "va", address: "10.4.0.1", peer: "10.4.0.2/32" });
  const addresses = () =>
    json(namespace, "address", "show", "dev", "va")[0]?.addr_info as readonly Json[];
  const one = (local: string) => addresses().find((address) => address.local === local);
  expect(one("10.3.0.1")).toMatchObject({
    ...{ prefixlen: 24, broadcast: "10.3.0.255", label: "va:x", scope: "link", metric: 20 },
    ...{ dynamic: true, noprefixroute: true },
  });
  expect(one("10.3.0.1")?.valid_life_time as number).toBeGreaterThan(990);
  expect(one("10.4.0.1")).toMatchObject({ address: "10.4.0.2", prefixlen: 32 });
  const lasting = { interface: "va", address: "10.3.0.1/24", label: "va:x" } as const;
  await netlink.replaceAddress({ ...lasting, validLifetime: Number.POSITIVE_INFINITY });
  expect(one("10.3.0.1")?.dynamic).toBeUndefined();
  // What is told can be given back.
  for (const address of await netlink.addresses({ interface: "va", family: "inet" })) {
    await netlink.deleteAddress(address);
    await netlink.addAddress(address);
  }
  expect(addresses().filter(({ family }) => family === "inet")).toHaveLength(3);
  await netlink.deleteAddress({ interface: "va", address: "10.3.0.1/24" });
  expect(one("10.3.0.1")).toBeUndefined();
});

testWith(namespaces)("routes with all that they can have", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addRoute({
    ...{ destination: "10.9.0.0/16", gateway: "10.1.0.9", metric: 5, source: "10.1.0.1" },
    ...{ protocol: "static", metrics: { mtu: 1300, lock: ["mtu"], advmss: 1000 } },
  });
  const route = (...words: string[]) => json(namespace, "route", "show", ...words)[0];
  expect(route("10.9.0.0/16")).toMatchObject({
    ...{ gateway: "10.1.0.9", dev: "va", metric: 5, prefsrc: "10.1.0.1", protocol: "static" },
    metrics: [{ mtu: 1300, advmss: 1000 }],
  });
  expect(namespace.ip("route", "show", "10.9.0.0/16")).toContain("mtu lock 1300");
  await netlink.replaceRoute({ destination: "10.9.0.0/16", gateway: "10.1.0.8", metric: 5 });
  expect(route("10.9.0.0/16")).toMatchObject({ gateway: "10.1.0.8" });
  await netlink.addRoute({
    destination: "10.10.0.0/16",
    multipath: [
      { gateway: "10.1.0.4", weight: 3 },
      { gateway: "10.1.0.5", interface: "va", weight: 256 },
    ],
  });
  expect(route("10.10.0.0/16")?.nexthops).toMatchObject([
    { gateway: "10.1.0.4", weight: 3 },
    { gateway: "10.1.0.5", weight: 256 },
  ]);
  for (const type of ["blackhole", "unreachable", "prohibit", "throw"]) {
    await netlink.addRoute({ destination: "10.11.0.0/16", type, table: 1000 });
    expect(route("10.11.0.0/16", "table", "1000")).toMatchObject({ type });
    await netlink.deleteRoute({ destination: "10.11.0.0/16", type, table: 1000 });
  }
  await netlink.addRoute({ destination: "default", family: "inet6", gateway: "fd00::9" });
  expect(json(namespace, "-6", "route", "show", "default")[0]).toMatchObject({
    gateway: "fd00::9",
  });
  const via = { family: "inet6", host: "fd00::7" };
  await netlink.addRoute({ destination: "10.12.0.1", via, interface: "va", scope: "global" });
  expect(route("10.12.0.1")).toMatchObject({ via: { family: "inet6", host: "fd00::7" } });
  const far = { destination: "10.13.0.0/16", gateway: "10.200.0.1", interface: "va" } as const;
  await netlink.addRoute({ ...far, flags: ["onlink"], preference: undefined });
  expect(route("10.13.0.0/16")?.flags).toEqual(["onlink"]);
  namespace.ip("nexthop", "add", "id", "12", "via", "10.1.0.7", "dev", "va");
  await netlink.addRoute({ destination: "10.14.0.0/16", nexthop: 12 });
  expect(route("10.14.0.0/16")).toMatchObject({ nhid: 12 });
  await netlink.addRoute({
    destination: "fd20::/64",
    interface: "va",
    preference: "high",
    expires: 100,
  });
  expect(json(namespace, "-6", "route", "show", "fd20::/64")[0]).toMatchObject({ pref: "high" });
  // What is told can be given back.
  const own = await netlink.routes({ table: "main", family: "inet" });
  for (const told of own.filter(({ protocol }) => protocol !== "kernel")) {
    await netlink.deleteRoute(told);
    await netlink.addRoute(told);
  }
  expect(await netlink.routes({ table: "main", family: "inet" })).toHaveLength(own.length);
});

testWith(namespaces)("the way that a packet would go", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addRoute({ destination: "10.9.0.0/16", gateway: "10.1.0.9" });
  await netlink.addRoute({ destination: "10.9.0.0/16", gateway: "10.1.0.8", table: 100 });
  await netlink.addRule({ fwmark: 5, table: 100, priority: 100 });
  expect(await netlink.route("10.9.1.1")).toMatchObject({
    ...{ gateway: "10.1.0.9", interface: "va", source: "10.1.0.1", table: "main" },
  });
  const marked = await netlink.route("10.9.1.1", { mark: 5, source: "10.1.0.1", interface: "va" });
  expect(marked).toMatchObject({ gateway: "10.1.0.8", table: 100, from: "10.1.0.1" });
  const [theirs] = json(namespace, "route", "get", "10.9.1.1", "mark", "5");
  expect(theirs?.gateway).toBe("10.1.0.8");
  expect(netlink.route("10.99.0.1")).rejects.toMatchObject({ code: "ENETUNREACH" });
});

testWith(namespaces)("neighbours, proxy entries and a bridge's table", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  const entry = { interface: "va", destination: "10.1.0.9", lladdr: "02:00:00:00:00:09" } as const;
  await netlink.addNeighbour(entry);
  const neighbour = (...words: string[]) => json(namespace, "neighbour", "show", ...words);
  expect(neighbour("10.1.0.9")[0]).toMatchObject({ lladdr: entry.lladdr, state: ["PERMANENT"] });
  await netlink.replaceNeighbour({ ...entry, lladdr: "02:00:00:00:00:0a", state: "stale" });
  expect(neighbour("10.1.0.9")[0]).toMatchObject({ lladdr: "02:00:00:00:00:0a", state: ["STALE"] });
  await netlink.deleteNeighbour({ interface: "va", destination: "10.1.0.9" });
  await netlink.addNeighbour({ interface: "va", destination: "10.1.0.77", proxy: true });
  expect(neighbour("proxy")[0]).toMatchObject({ dst: "10.1.0.77", proxy: null });
  expect(await netlink.neighbours({ proxy: true, interface: "va" })).toMatchObject([
    { destination: "10.1.0.77", flags: ["proxy"] },
  ]);
  await netlink.deleteNeighbour({ interface: "va", destination: "10.1.0.77", proxy: true });
  expect(neighbour("proxy")).toEqual([]);
  await netlink.addLink({ kind: "bridge", name: "br0" });
  await netlink.setLink("vb", { master: "br0" });
  const own = { family: "bridge", interface: "vb", lladdr: "02:00:00:00:00:0c" } as const;
  await netlink.addNeighbour({ ...own, flags: ["master"], state: "permanent" });
  const table = await netlink.neighbours({ family: "bridge", interface: "vb" });
  expect(table.map(({ lladdr }) => lladdr)).toContain("02:00:00:00:00:0c");
});

testWith(namespaces)("rules", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addRule({
    ...{ from: "10.3.0.0/16", to: "10.4.0.0/16", table: 1000, priority: 500, fwmark: 5 },
    ...{ fwmask: 0xff, iif: "va", not: true, tos: 16, suppressPrefixlen: 8, protocol: "static" },
  });
  const rule = (priority: number) => json(namespace, "rule", "show", "priority", `${priority}`)[0];
  expect(rule(500)).toMatchObject({
    ...{ src: "10.3.0.0", srclen: 16, dst: "10.4.0.0", dstlen: 16, table: "1000", not: null },
    ...{ fwmark: "0x5", fwmask: "0xff", iif: "va", suppress_prefixlen: 8, protocol: "static" },
  });
  await netlink.addRule({
    ...{ priority: 501, ipProto: 6, sport: { start: 1, end: 9 }, dport: { start: 80, end: 80 } },
    ...{ uidRange: { start: 5, end: 10 }, action: "prohibit" },
  });
  expect(rule(501)).toMatchObject({
    ...{
      ipproto: "tcp",
      sport_start: 1,
      sport_end: 9,
      dport: 80,
      uid_start: 5,
      action: "prohibit",
    },
  });
  await netlink.addRule({ priority: 502, goto: 600 });
  expect(rule(502)).toMatchObject({ goto: 600, unresolved: null });
  await netlink.addRule({ priority: 503, from: "fd00::/8", table: 100 });
  expect(json(namespace, "-6", "rule", "show", "priority", "503")[0]).toMatchObject({
    src: "fd00::",
  });
  for (const told of await netlink.rules()) {
    if (told.priority >= 500 && told.priority < 600) await netlink.deleteRule(told);
  }
  expect(rule(500)).toBeUndefined();
  expect(await netlink.rules({ priority: 503 })).toEqual([]);
});
