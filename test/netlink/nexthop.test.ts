// Nexthop objects are as ip-nexthop(8) tells them, made by it or by us.

import { expect } from "bun:test";
import { Netlink } from "../../src/netlink/index.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

testWith(namespaces)("nexthops and groups of them, made here, are those of ip(8)", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addNexthop({ id: 12, gateway: "10.1.0.7", interface: "va", protocol: "static" });
  await netlink.addNexthop({ id: 13, interface: "va" });
  await netlink.addNexthop({ id: 14, blackhole: true });
  await netlink.addNexthop({ id: 15, gateway: "10.1.0.8", interface: "va", flags: ["onlink"] });
  await netlink.addNexthop({
    id: 20,
    group: [{ id: 12, weight: 3 }, { id: 15 }],
  });
  await netlink.addNexthop({
    ...{ id: 21, group: [{ id: 12 }, { id: 15, weight: 256 }], groupType: "resilient" },
    resilient: { buckets: 64, idleTimer: 1000, unbalancedTimer: 2000 },
  });
  type Told = Record<string, unknown>;
  const theirs = JSON.parse(namespace.ip("-j", "nexthop", "show")) as Told[];
  const ours = await netlink.nexthops();
  expect(ours.map(({ id }) => id)).toEqual([12, 13, 14, 15, 20, 21]);
  for (const [place, own] of ours.entries()) {
    const told = theirs[place] as Told;
    expect([own.id, own.gateway, own.blackhole === true]).toEqual([
      ...[told.id, told.gateway, told.blackhole !== undefined],
    ] as never);
    if (told.dev !== undefined) expect(own.interface).toBe(told.dev as string);
    if (told.scope !== undefined) expect(own.scope).toBe(told.scope as string);
    if (told.protocol !== undefined) expect(own.protocol).toBe(told.protocol as string);
    expect(own.flags).toEqual(told.flags as string[]);
    const group = (told.group as Told[] | undefined)?.map(({ id, weight = 1 }) => ({ id, weight }));
    expect(own.group as unknown).toEqual(group);
    if (told.type !== undefined) expect(own.groupType).toBe(told.type as string);
  }
  expect(ours[5]?.resilient).toMatchObject({ buckets: 64, idleTimer: 1000 });
  await netlink.addRoute({ destination: "10.77.0.0/16", nexthop: 20 });
  const [route] = await netlink.routes({ destination: "10.77.0.0/16" });
  expect([route?.nexthop, route?.multipath?.map(({ weight }) => weight)]).toEqual([20, [3, 1]]);
});

testWith(namespaces)("they are found, replaced, given back and removed", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  namespace.ip("nexthop", "add", "id", "5", "via", "10.1.0.5", "dev", "va");
  namespace.ip("-6", "nexthop", "add", "id", "6", "via", "fe80::5", "dev", "va");
  namespace.ip("nexthop", "add", "id", "7", "blackhole");
  const [five] = await netlink.nexthops({ id: 5 });
  expect(five).toMatchObject({ id: 5, family: "inet", gateway: "10.1.0.5", interface: "va" });
  expect(five).toMatchObject({ scope: "link", protocol: "unspec", flags: [] });
  expect((await netlink.nexthops({ interface: "va" })).map(({ id }) => id)).toEqual([5, 6]);
  expect(await netlink.nexthops({ id: 99 })).toEqual([]);
  await netlink.replaceNexthop({ id: 5, gateway: "10.1.0.55", interface: "va" });
  expect(namespace.ip("nexthop", "show", "id", "5")).toContain("10.1.0.55");
  const all = await netlink.nexthops();
  for (const { id } of all) await netlink.deleteNexthop(id);
  expect(namespace.ip("nexthop", "show").trim()).toBe("");
  for (const told of all) await netlink.addNexthop(told as never);
  expect(await netlink.nexthops()).toEqual(all);
});

testWith(namespaces)("what is wrong is refused before it is asked, or by the kernel", async () => {
  using made = await lab();
  const { netlink } = made;
  await expect(netlink.addNexthop({ id: 0 })).rejects.toThrow(RangeError);
  await expect(netlink.addNexthop({ way: 1 } as object)).rejects.toThrow("way");
  await expect(netlink.addNexthop({ gateway: "nowhere" })).rejects.toThrow(TypeError);
  await expect(netlink.addNexthop({ group: [{ id: 1, weight: 257 }] })).rejects.toThrow(
    "group[0].weight",
  );
  await expect(netlink.addNexthop({ group: [{ id: 1, share: 1 } as never] })).rejects.toThrow(
    "share",
  );
  await expect(netlink.deleteNexthop(7)).rejects.toMatchObject({ code: "ENOENT" });
  await expect(netlink.addNexthop({ group: [{ id: 7 }] })).rejects.toMatchObject({
    code: "EINVAL",
    detail: "Invalid nexthop id",
  });
});

testWith(namespaces)("`await using` closes it", async () => {
  let kept: Netlink | undefined;
  {
    await using netlink = Netlink.open();
    kept = netlink;
    await netlink.links();
  }
  expect(kept.closed).toBe(true);
});
