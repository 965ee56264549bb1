// The monitor: nothing is missed, the order is kept, a loss is told once and made good.

import { expect } from "bun:test";
import type { Monitor, MonitorEvent } from "../../src/netlink/index.ts";
import { Netlink } from "../../src/netlink/index.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

const CHANGES = 1000;

/** Runs many commands of ip(8), as another process. */
async function batch(namespace: Namespace, commands: readonly string[]): Promise<void> {
  const child = Bun.spawn(["ip", "-n", namespace.name, "-batch", "-"], {
    stdin: Buffer.from(commands.join("\n")),
    stderr: "pipe",
  });
  const stderr = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(stderr);
}

/** The events until one satisfies `last`. */
async function until(monitor: Monitor, last: (event: MonitorEvent) => boolean) {
  const events: MonitorEvent[] = [];
  for (;;) {
    const { value } = await monitor.next();
    if (value === undefined) return events;
    events.push(value);
    if (last(value)) return events;
  }
}

const isRoute = (destination: string) => (event: MonitorEvent) =>
  event.kind === "route" && event.destination === destination;

testWith(namespaces)(
  "a thousand changes by ip: none is missed, and their order is kept",
  async () => {
    using made = await lab();
    const { namespace, netlink } = made;
    using monitor = netlink.monitor({ groups: ["route"] });
    // Half are made, and every second one goes again.
    const commands = Array.from({ length: CHANGES }, (_, place) => {
      const destination = `11.0.${(place >> 1) >> 8}.${(place >> 1) & 255}`;
      return `route ${place % 2 === 0 ? "add" : "delete"} ${destination} dev va`;
    });
    const [events] = await Promise.all([
      until(monitor, (event) => event.action === "delete" && isRoute("11.0.1.243")(event)),
      batch(namespace, commands),
    ]);
    // IPv6 makes routes of its own meanwhile.
    const told = events.flatMap((event) =>
      event.kind === "route" && event.destination.startsWith("11.")
        ? [`${event.action} ${event.destination} ${event.interface}`]
        : [],
    );
    expect(told).toEqual(
      commands.map((command) => {
        const [, action, destination] = command.split(" ");
        return `${action === "add" ? "new" : "delete"} ${destination} va`;
      }),
    );
  },
);

testWith(namespaces)(
  "changes of every kind are decoded, with the names of that moment",
  async () => {
    using made = await lab();
    const { namespace, netlink } = made;
    using monitor = netlink.monitor();
    const events = until(monitor, (event) => event.kind === "rule" && event.action === "delete");
    await batch(namespace, [
      "link add new0 type ifb",
      "address add 10.5.0.1/24 dev new0",
      "link set new0 name new1",
      "address add 10.6.0.1/24 dev new1",
      "neighbour add 10.1.0.9 lladdr 02:00:00:00:00:09 dev va",
      "neighbour delete 10.1.0.9 dev va",
      "rule add from 10.3.0.0/16 table 100 priority 500",
      "link delete new1",
      "rule delete priority 500",
    ]);
    const told = (await events).map((event) => {
      if (event.kind === "link") return `${event.action} link ${event.name} ${event.linkKind}`;
      if (event.kind === "address") return `${event.action} ${event.address} ${event.interface}`;
      if (event.kind === "neighbour")
        return `${event.action} ${event.destination} ${event.interface}`;
      return event.kind === "rule"
        ? `${event.action} rule ${event.from} ${event.ruleAction}`
        : event.kind;
    });
    for (const one of [
      "new link new0 ifb",
      "new 10.5.0.1/24 new0",
      "new link new1 ifb",
      "new 10.6.0.1/24 new1",
      "new 10.1.0.9 va",
      "delete 10.1.0.9 va",
      "new rule 10.3.0.0/16 lookup",
      "delete 10.6.0.1/24 new1",
      "delete link new1 ifb",
      "delete rule 10.3.0.0/16 lookup",
    ]) {
      expect(told).toContain(one);
    }
  },
);

/** What is there, as far as it has a name, without what changes by itself. */
async function state(netlink: Netlink): Promise<string[]> {
  const links = (await netlink.links()).map(({ name }) => `link ${name}`);
  const addresses = (await netlink.addresses()).map(
    (one) => `address ${one.address} ${one.interface}`,
  );
  const routes = (await netlink.routes()).map((one) => `route ${one.destination} ${one.interface}`);
  return [...links, ...addresses, ...routes].sort();
}

function named(event: MonitorEvent): string {
  if (event.kind === "link") return `link ${event.name}`;
  if (event.kind === "address") return `address ${event.address} ${event.interface}`;
  return event.kind === "route" ? `route ${event.destination} ${event.interface}` : "";
}

/** What events make of what was there. */
function applied(events: readonly MonitorEvent[]): string[] {
  const all: string[] = [];
  for (const event of events) {
    const name = named(event);
    const place = all.indexOf(name);
    if (event.action === "lost") all.length = 0;
    else if (event.action === "delete") all.splice(place, 1);
    else if (place < 0 || event.action === "present") all.push(name);
  }
  return all.sort();
}

const WATCHED = ["link", "address", "route"] as const;

testWith(namespaces)(
  "it begins with what is there, without a gap, while things change",
  async () => {
    using made = await lab();
    const { namespace, netlink } = made;
    const commands = Array.from({ length: 300 }, (_, place) => [
      `route add 11.1.${place >> 8}.${place & 255} dev va`,
      ...(place % 3 === 0 ? [`route delete 11.1.${place >> 8}.${place & 255} dev va`] : []),
    ]).flat();
    const changing = batch(namespace, commands);
    for (let round = 0; round < 5; round++) {
      using early = netlink.monitor({ groups: WATCHED, initial: true });
      const { value } = await early.next();
      expect(value?.action).toBe("present");
    }
    using monitor = netlink.monitor({ groups: WATCHED, initial: true });
    const events = await until(monitor, () => true);
    await changing;
    await netlink.addRoute({ destination: "11.2.0.1", interface: "va" });
    events.push(...(await until(monitor, isRoute("11.2.0.1"))));

    expect(applied(events)).toEqual(await state(netlink));
    const first = events.findIndex(({ action }) => action !== "present");
    // All that was there comes before all that changes.
    const rest = first < 0 ? [] : events.slice(first);
    expect(rest.every(({ action }) => action !== "present")).toBe(true);
  },
);

testWith(namespaces)("an overrun is told once, and it goes on", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  using monitor = netlink.monitor({ groups: ["route"], receiveBuffer: 8192 });
  // It is subscribed before it is read.
  const commands = Array.from(
    { length: 400 },
    (_, n) => `route add 11.3.${n >> 8}.${n & 255} dev va`,
  );
  await batch(namespace, commands);
  const { value } = await monitor.next();
  expect(value).toEqual({ action: "lost", kind: "lost" });
  await netlink.addRoute({ destination: "11.4.0.1", interface: "va" });
  const rest: MonitorEvent[] = [];
  const waiting = until(monitor, isRoute("11.5.0.1")).then((events) => rest.push(...events));
  await Bun.sleep(20);
  await netlink.addRoute({ destination: "11.5.0.1", interface: "va" });
  await waiting;
  expect(rest.filter(({ action }) => action === "lost")).toEqual([]);
  expect(rest.length).toBeLessThan(400);
});

testWith(namespaces)("after an overrun what is there is told again", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  const options = { groups: WATCHED, initial: true, resync: true, receiveBuffer: 8192 };
  using monitor = netlink.monitor(options);
  const events = await until(monitor, ({ kind }) => kind === "route");
  const commands = Array.from(
    { length: 400 },
    (_, n) => `route add 11.6.${n >> 8}.${n & 255} dev va`,
  );
  await batch(namespace, [...commands, "link set va mtu 1400"]);
  const last = until(monitor, isRoute("11.7.0.1"));
  await Bun.sleep(50);
  await netlink.addRoute({ destination: "11.7.0.1", interface: "va" });
  events.push(...(await last));
  expect(events.filter(({ action }) => action === "lost")).toHaveLength(1);
  const after = events.slice(events.findIndex(({ action }) => action === "lost"));
  expect(applied(after)).toEqual(await state(netlink));
});

testWith(namespaces)("an aborted signal, close() and leaving the loop end it", async () => {
  using made = await lab();
  const { netlink } = made;
  const controller = new AbortController();
  const aborted = netlink.monitor({ signal: controller.signal });
  const waiting = aborted.next();
  controller.abort(new Error("enough"));
  expect(waiting).rejects.toThrow("enough");
  await waiting.catch(() => undefined);
  expect(aborted.closed).toBe(true);
  const left = netlink.monitor({ groups: ["link"] });
  await netlink.setLink("va", { mtu: 1400 });
  for await (const event of left) {
    expect(event.kind).toBe("link");
    break;
  }
  expect(left.closed).toBe(true);
  const closed = netlink.monitor({ groups: ["rule"] });
  const pending = closed.next();
  await Bun.sleep(10);
  netlink.close();
  expect(pending).rejects.toMatchObject({ code: "ECANCELED" });
  await pending.catch(() => undefined);
  expect(await closed.next()).toEqual({ value: undefined, done: true });
});

testWith(namespaces)("it watches the namespace that its Netlink is in", async () => {
  using namespace = new Namespace();
  // Made inside, by a thread that has left since.
  using netlink = namespace.enter(() => Netlink.open());
  using monitor = netlink.monitor({ groups: ["link"] });
  const waiting = monitor.next();
  await netlink.addLink({ kind: "ifb", name: "here0" });
  expect((await waiting).value).toMatchObject({ action: "new", name: "here0" });
});

testWith(namespaces)(
  "what it is not told to watch, or cannot be told, is not watched",
  async () => {
    using made = await lab();
    const { namespace, netlink } = made;
    expect(() => netlink.monitor({ groups: ["links" as "link"] })).toThrow('unknown group "links"');
    expect(() => netlink.monitor({ group: [] } as object)).toThrow('unknown option "group"');
    // RTNLGRP_NEXTHOP, whose messages are told as they are.
    using monitor = netlink.monitor({ groups: [32, "rule"] });
    const waiting = until(monitor, ({ kind }) => kind === "rule");
    await netlink.setLink("va", { mtu: 1400 });
    namespace.ip("nexthop", "add", "id", "12", "via", "10.1.0.7", "dev", "va");
    await netlink.addRule({ priority: 500, table: 100 });
    const events = await waiting;
    expect(events.map(({ kind }) => kind)).toEqual(["other", "rule"]);
    expect(events[0]).toMatchObject({ message: { type: 104 } });
  },
);
