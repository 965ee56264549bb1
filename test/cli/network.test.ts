// `rawsock interfaces`, `routes`, `monitor` and `arp` beside ip(8).

import { afterAll, beforeAll, expect } from "bun:test";
import { namespaces, testWith } from "../support/requirements.ts";
import { command, objects, Row, start } from "./support.ts";

let row: Row;

beforeAll(() => {
  if (namespaces.met) row = new Row();
});
afterAll(() => row?.[Symbol.dispose]());

testWith(namespaces)("interfaces and addresses are those of ip -j", async () => {
  const { stdout } = await command(["interfaces", "--json"], row.router);
  const theirs = JSON.parse(row.router.ip("-j", "-d", "addr"));
  const told = theirs.filter(({ ifname }: { ifname?: string }) => ifname !== undefined);
  const ours = objects(stdout);
  expect(ours).toHaveLength(told.length);
  for (const [index, link] of told.entries()) {
    const { name, mtu, address, state, type, addresses } = ours[index];
    const { ifname, operstate, link_type } = link;
    expect({ name, mtu, address, state, type }).toEqual({
      name: ifname,
      mtu: link.mtu,
      address: link.address,
      state: operstate.toLowerCase(),
      type: link_type,
    });
    expect(addresses.map(({ address: text }: { address: string }) => text)).toEqual(
      link.addr_info.map(
        ({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`,
      ),
    );
  }
  const text = await command(["interfaces", "-4", "left"], row.router);
  expect(text.stdout).toContain("    inet 10.78.1.2/24 scope global\n");
  expect(text.stdout).not.toContain("inet6");
  const counters = await command(["interfaces", "-s", "left"], row.router);
  expect(counters.stdout).toMatch(/^ {4}received \d+ packets, \d+ bytes, 0 errors, \d+ dropped\n/m);
  const absent = await command(["interfaces", "nothing"], row.router);
  expect([absent.stderr, absent.exitCode]).toEqual([
    "rawsock interfaces: there is no interface nothing\n",
    1,
  ]);
});

testWith(namespaces)("routes are those of ip route, word for word", async () => {
  row.router.ip(
    "route",
    "add",
    "10.90.0.0/16",
    "via",
    "10.78.2.2",
    "metric",
    "7",
    "proto",
    "static",
  );
  row.router.ip("route", "add", "blackhole", "10.91.0.0/16");
  const lines = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean)
      .sort();
  for (const [family, flag] of [
    ["-4", "-4"],
    ["-6", "-6"],
  ] as const) {
    const { stdout } = await command(["routes", flag], row.router);
    expect(lines(stdout)).toEqual(lines(row.router.ip(family, "route")));
  }
  const get = await command(["routes", "--get", "10.90.1.2"], row.router);
  expect(get.stdout).toStartWith("10.90.1.2 via 10.78.2.2 dev right src 10.78.2.1");
  const [route] = objects(
    (await command(["routes", "--json", "--get", "10.90.1.2"], row.router)).stdout,
  );
  expect(route).toMatchObject({ gateway: "10.78.2.2", interface: "right", source: "10.78.2.1" });
  const rules = await command(["routes", "--rules", "-4"], row.router);
  expect(lines(rules.stdout)).toEqual(lines(row.router.ip("rule").replaceAll("\t", " ")));
});

testWith(namespaces)("changes are told while they happen", async () => {
  await using text = start(["monitor", "-a", "address", "route"], row.a);
  await using json = start(["monitor", "--json", "-c2", "link"], row.a);
  await text.until("= address   lo: inet 127.0.0.1/8");
  await Bun.sleep(300);
  row.a.ip("addr", "add", "10.95.0.1/24", "dev", "right");
  await text.until(/\+ address {3}right: inet 10\.95\.0\.1\/24/);
  await text.until(
    /\+ route .*10\.95\.0\.0\/24 dev right proto kernel scope link src 10\.95\.0\.1/,
  );
  row.a.ip("addr", "del", "10.95.0.1/24", "dev", "right");
  await text.until(/- address {3}right: inet 10\.95\.0\.1\/24/);
  for (let up = 0; json.child.exitCode === null && up < 20; up++) {
    row.a.ip("link", "set", "right", "txqueuelen", String(500 + up));
    await Bun.sleep(50);
  }
  const events = objects((await json.end()).stdout);
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({ action: "new", kind: "link", name: "right" });
  const { stderr, exitCode } = await text.end("SIGINT");
  expect([stderr, exitCode]).toEqual(["", 0]);
});

testWith(namespaces)("who is in a subnet answers, twice where two have the address", async () => {
  // A second one that claims the router's address.
  const { a, router } = row;
  router.ip("link", "add", "bridge", "type", "bridge");
  router.ip("addr", "flush", "dev", "left");
  router.ip("link", "set", "left", "master", "bridge");
  router.ip("link", "set", "bridge", "up", "address", "02:00:00:00:00:11");
  router.ip("addr", "add", "10.78.1.2/24", "dev", "bridge");
  const other = ["type", "veth", "peer", "name", "twin", "netns", row.b.name];
  router.ip("link", "add", "port", ...other);
  router.ip("link", "set", "port", "master", "bridge", "up");
  row.b.ip("link", "set", "twin", "address", "02:00:00:00:00:22", "up");
  row.b.ip("addr", "add", "10.78.1.2/24", "dev", "twin");
  row.b.ip("addr", "add", "10.78.1.9/24", "dev", "twin");

  const { stdout, stderr, exitCode } = await command(["arp", "-n", "-w0.3", "10.78.1.0/28"], a);
  const found = stdout.split("\n").filter((line) => /^10/.test(line));
  expect(found.filter((line) => line.startsWith("10.78.1.2 "))).toHaveLength(2);
  expect(found.join("\n")).toMatch(/10\.78\.1\.9 +02:00:00:00:00:22/);
  expect(found.filter((line) => line.includes("(DUPLICATE)"))).toHaveLength(1);
  expect(stdout).toMatch(/right: 13 addresses, 2 answered, 1 duplicates, [\d.]+ s\n$/);
  expect([stderr, exitCode]).toEqual(["", 0]);
  const none = await command(["arp", "--json", "-c1", "-w0.1", "10.78.1.77"], a);
  expect(objects(none.stdout)).toMatchObject([{ event: "summary", addresses: 1, answered: 0 }]);
  expect(none.exitCode).toBe(1);
});
