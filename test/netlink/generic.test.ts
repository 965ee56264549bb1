// Generic netlink: its controller, requests, dumps and what a family tells of itself.

import { expect, test } from "bun:test";
import {
  type Attribute,
  encodeAttributes,
  type GenericEvent,
  Netlink,
} from "../../src/netlink/index.ts";
import { openSockets } from "../support/descriptors.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

/** <linux/genetlink.h>, <linux/ethtool_netlink.h>. */
const CONTROLLER = 16;
const GETFAMILY = 3;
const FAMILY_ID = 1;
const FAMILY_NAME = 2;
const LINKSTATE_GET = 6;
const FEATURES_SET = 12;
const FEATURES_NTF = 13;
const HEADER = 1;
const DEV_NAME = 2;

const text = (value: string) => new TextEncoder().encode(`${value}\0`);
const textIn = ({ data }: Attribute) => new TextDecoder().decode(data.subarray(0, -1));
const about = (name: string) => ({ type: HEADER, data: [{ type: DEV_NAME, data: text(name) }] });
const open = (namespace?: string) =>
  Netlink.open({ protocol: "generic", ...(namespace !== undefined && { namespace }) });

test("the controller tells of itself by name", async () => {
  using netlink = open();
  const family = await netlink.family("nlctrl");
  expect([family.id, family.name, family.version, family.headerSize]).toEqual([
    CONTROLLER,
    "nlctrl",
    2,
    0,
  ]);
  const operation = family.operations.find(({ command }) => command === GETFAMILY);
  expect(operation?.flags).toContain("cmd-cap-dump");
  expect(family.groups).toEqual([{ name: "notify", id: 16 }]);
});

test("all families are those that are found one by one", async () => {
  using netlink = open();
  const families = await netlink.families();
  expect(families.map(({ name }) => name)).toContain("nlctrl");
  const found = await Promise.all(families.map(({ name }) => netlink.family(name)));
  const facts = ({ id, name, version, operations, groups }: (typeof found)[number]) => ({
    ...{ id, name, version, operations, groups },
  });
  expect(found.map(facts)).toEqual(families.map(facts));
});

test("requests and dumps carry attributes, and replies give them back", async () => {
  using netlink = open();
  const family = await netlink.family("nlctrl");
  const attributes = [{ type: FAMILY_NAME, data: text("nlctrl") }];
  const [reply] = await family.request(GETFAMILY, attributes);
  expect(reply?.version).toBe(2);
  expect(reply?.attributes.filter(({ type }) => type === FAMILY_NAME).map(textIn)).toEqual([
    "nlctrl",
  ]);
  expect(await family.request(GETFAMILY, encodeAttributes(attributes))).toEqual([reply as never]);
  const all = await family.dump(GETFAMILY);
  const ids = all.map((one) => one.attributes.find(({ type }) => type === FAMILY_ID)?.data[0]);
  expect(ids).toContain(CONTROLLER);
  const many = await Promise.all(
    Array.from({ length: 200 }, () => family.request(GETFAMILY, attributes)),
  );
  for (const [one] of many) expect(one).toEqual(reply as never);
});

test("what is wrong is refused before it is asked, or by the kernel with its words", async () => {
  using netlink = open();
  const family = await netlink.family("nlctrl");
  await expect(netlink.family("nonesuch")).rejects.toMatchObject({
    code: "ENOENT",
    message: "CTRL_CMD_GETFAMILY ENOENT nonesuch: No such file or directory",
  });
  await expect(netlink.family("a".repeat(16))).rejects.toThrow("at most 15 bytes");
  await expect(netlink.family(7 as never)).rejects.toThrow(TypeError);
  await expect(family.request(256)).rejects.toThrow(RangeError);
  await expect(family.request(3, [], { flag: 1 } as object)).rejects.toThrow("flags");
  await expect(family.request(77, [], { name: "NOTHING" })).rejects.toThrow(/^NOTHING EOPNOTSUPP/);
  await expect(family.request(77)).rejects.toThrow(/^nlctrl request 77 EOPNOTSUPP/);
  expect(() => family.monitor({ groups: ["monitor"] })).toThrow(/unknown group.*notify/);
  using route = Netlink.open();
  await expect(route.family("nlctrl")).rejects.toThrow('Netlink.open({ protocol: "generic" })');
  netlink.close();
  await expect(netlink.family("nlctrl")).rejects.toMatchObject({ code: "EBADF" });
});

testWith(namespaces, program("ethtool"))(
  "what others change is told to a family's group, of that namespace, in order",
  async () => {
    using namespace = new Namespace();
    namespace.ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
    const before = openSockets();
    {
      using netlink = open(namespace.name);
      const family = await netlink.family("ethtool");
      const [state] = await family.request(LINKSTATE_GET, [about("veth0")]);
      expect(state?.attributes[1]?.data[0]).toBe(0);
      const monitor = family.monitor({ groups: ["monitor"] });
      const events: GenericEvent<{ command: number }>[] = [];
      const watching = (async () => {
        for await (const event of monitor) {
          events.push(event);
          if (events.length === 6) break;
        }
      })();
      for (const on of ["on", "off", "on", "off", "on", "off"]) {
        const words = ["ethtool", "-K", "veth0", "gro", on];
        expect(Bun.spawnSync(namespace.command(...words)).exitCode).toBe(0);
      }
      await watching;
      expect(events.map((event) => event.kind === "message" && event.command)).toEqual(
        Array(6).fill(FEATURES_NTF),
      );
      expect(monitor.closed).toBe(true);
      const other = family.monitor();
      const waiting = other.next();
      await Bun.sleep(5);
      netlink.close();
      await expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
      const abort = AbortSignal.abort(new Error("enough"));
      using again = open(namespace.name);
      const third = (await again.family("ethtool")).monitor({ signal: abort });
      await expect(third.next()).rejects.toThrow("enough");
    }
    expect(openSockets()).toBeLessThanOrEqual(before);
  },
);

testWith(namespaces)("an overrun is told as one loss, and the monitor goes on", async () => {
  using namespace = new Namespace();
  namespace.ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
  using netlink = open(namespace.name);
  const family = await netlink.family("ethtool");
  const monitor = family.monitor({ groups: ["monitor"], receiveBuffer: 1 });
  const bit = (on: boolean) => [{ type: 2, data: text("rx-gro") }, ...(on ? [{ type: 3 }] : [])];
  const set = (on: boolean) =>
    family.request(FEATURES_SET, [
      about("veth0"),
      { type: 3, data: [{ type: 3, data: [{ type: 1, data: bit(on) }] }] },
    ]);
  for (let count = 0; count < 200; count++) await set(count % 2 === 0);
  const kinds: string[] = [];
  for await (const { kind } of monitor) {
    kinds.push(kind);
    if (kind === "lost") break;
  }
  expect(kinds.filter((kind) => kind === "lost")).toHaveLength(1);
});
