// Links whose kinds are modules that few kernels have, made here and shown by ip(8): each is what
// ip(8) itself makes of the same words.

import { expect } from "bun:test";
import { type LinkInit, Netlink } from "../../src/netlink/index.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, type Requirement, testWith } from "../support/requirements.ts";
import { dataDifferences, differences, type Json, linkRules } from "./support/iproute.ts";

type Made = {
  readonly kind: string;
  readonly request: Omit<LinkInit, "name">;
  readonly words: readonly string[];
};

const LINKS: readonly Made[] = [
  {
    kind: "dummy",
    request: { kind: "dummy", mtu: 1400, address: "02:00:00:00:00:99", up: true },
    words: ["mtu", "1400", "address", "02:00:00:00:00:99", "up", "type", "dummy"],
  },
  {
    kind: "vlan",
    request: { kind: "vlan", link: "va", id: 42, protocol: "802.1ad" },
    words: ["link", "va", "type", "vlan", "protocol", "802.1ad", "id", "42"],
  },
  {
    kind: "vlan",
    request: { kind: "vlan", link: "va", id: 7, egressQos: [{ from: 1, to: 2 }] },
    words: ["link", "va", "type", "vlan", "id", "7", "egress-qos-map", "1:2"],
  },
  {
    kind: "macvlan",
    request: { kind: "macvlan", link: "va", mode: "bridge" },
    words: ["link", "va", "type", "macvlan", "mode", "bridge"],
  },
  {
    kind: "ipvlan",
    request: { kind: "ipvlan", link: "va", mode: "l3", flags: ["private"] },
    words: ["link", "va", "type", "ipvlan", "mode", "l3", "private"],
  },
  {
    kind: "vrf",
    request: { kind: "vrf", table: 77, up: true },
    words: ["up", "type", "vrf", "table", "77"],
  },
  {
    kind: "bond",
    request: { kind: "bond", mode: "active-backup", miimon: 200, primaryReselect: "better" },
    words: ["type", "bond", "mode", "active-backup", "miimon", "200", "primary_reselect", "better"],
  },
  {
    kind: "bond",
    request: { kind: "bond", mode: "802.3ad", adLacpRate: "fast", xmitHashPolicy: "layer3+4" },
    words: "type bond mode 802.3ad lacp_rate fast xmit_hash_policy layer3+4".split(" "),
  },
  {
    kind: "bridge",
    request: { kind: "bridge", stpState: 1, ageingTime: 5000 },
    words: ["type", "bridge", "stp_state", "1", "ageing_time", "5000"],
  },
  {
    kind: "wireguard",
    request: { kind: "wireguard", up: true },
    words: ["up", "type", "wireguard"],
  },
  { kind: "ifb", request: { kind: "ifb" }, words: ["type", "ifb"] },
  { kind: "nlmon", request: { kind: "nlmon" }, words: ["type", "nlmon"] },
  {
    kind: "geneve",
    request: { kind: "geneve", id: 9, remote: "10.1.0.9" },
    words: ["type", "geneve", "id", "9", "remote", "10.1.0.9"],
  },
  { kind: "vcan", request: { kind: "vcan" }, words: ["type", "vcan"] },
];

function shown(namespace: Namespace, name: string): Json {
  return (JSON.parse(namespace.ip("-j", "-d", "link", "show", name)) as Json[])[0] as Json;
}

/** Without what no two links have in common. */
function common({ ifindex, address, ...link }: Json): Json {
  const text = JSON.stringify(link, (key, value: unknown) =>
    /^(bridge_id|root_id|gc_timer|ad_actor_system|perm_hwaddr)$/.test(key) ? undefined : value,
  );
  return JSON.parse(text) as Json;
}

/** A namespace with an Ethernet link for others to stand on. */
function base(): Namespace {
  const namespace = new Namespace();
  namespace.ip("link", "add", "va", "type", "veth", "peer", "name", "vb");
  namespace.ip("link", "set", "va", "up");
  return namespace;
}

/** Which of them this kernel makes. */
function possible(): ReadonlySet<readonly string[]> {
  if (!namespaces.met) return new Set();
  using namespace = base();
  const made = LINKS.filter(({ words }) => {
    const add = ["ip", "-n", namespace.name, "link", "add", "made", ...words];
    const { exitCode, stderr } = Bun.spawnSync(add);
    if (exitCode === 0) namespace.ip("link", "delete", "made");
    else expect(String(stderr)).toMatch(/Unknown device type|Operation not supported/);
    return exitCode === 0;
  });
  return new Set(made.map(({ words }) => words));
}

const here = possible();

/** What makes a link of such words. */
function makes(words: readonly string[]): Requirement {
  const remedy = "needs a kernel with links of the kind: npm run test:kernel";
  return { met: here.has(words), remedy };
}

const makesKind = (kind: string): Requirement =>
  makes(LINKS.find((made) => made.kind === kind)?.words ?? []);

for (const { kind, request, words } of LINKS) {
  testWith(namespaces, makes(words))(
    `a link of ip-link(8)'s words: ${words.join(" ")}`,
    async () => {
      using ours = base();
      using theirs = base();
      theirs.ip("link", "add", "made", ...words);
      using netlink = Netlink.open({ namespace: ours.name });
      await netlink.addLink({ ...request, name: "made" } as LinkInit);
      const link = shown(ours, "made");
      expect(common(link)).toEqual(common(shown(theirs, "made")));
      expect((link.linkinfo as Json).info_kind).toBe(kind);
      const own = (await netlink.link("made")) as unknown as Json;
      const wrong = [...dataDifferences(link, own), ...differences(link, own, linkRules, kind)];
      expect(wrong).toEqual([]);
      await netlink.deleteLink("made");
      expect(() => shown(ours, "made")).toThrow("does not exist");
    },
  );
}

testWith(
  namespaces,
  makesKind("bond"),
  makesKind("dummy"),
)("ports of a bond are told as ip(8) tells them", async () => {
  using namespace = new Namespace();
  using netlink = Netlink.open({ namespace: namespace.name });
  await netlink.addLink({ kind: "bond", name: "bond0", mode: "active-backup", miimon: 100 });
  for (const name of ["one", "two"]) {
    await netlink.addLink({ kind: "dummy", name });
    await netlink.setLink(name, { master: "bond0" });
  }
  await netlink.setLink("bond0", { up: true });
  for (const name of ["bond0", "one", "two"]) {
    const link = shown(namespace, name);
    const own = (await netlink.link(name)) as unknown as Json;
    const wrong = [...dataDifferences(link, own), ...differences(link, own, linkRules, name)];
    expect(wrong).toEqual([]);
  }
  await netlink.setLink("bond0", { kind: "bond", data: { activeSlave: "two" } });
  expect((shown(namespace, "bond0").linkinfo as Json).info_data).toMatchObject({
    active_slave: "two",
  });
  await netlink.setLink("one", { master: null });
  expect(shown(namespace, "one").master).toBeUndefined();
});

testWith(
  namespaces,
  makesKind("vrf"),
  makesKind("dummy"),
)("a port of a vrf has its table", async () => {
  using namespace = new Namespace();
  using netlink = Netlink.open({ namespace: namespace.name });
  await netlink.addLink({ kind: "vrf", name: "red", table: 77, up: true });
  await netlink.addLink({ kind: "dummy", name: "d0", up: true });
  await netlink.setLink("d0", { master: "red" });
  await netlink.addAddress({ interface: "d0", address: "10.5.0.1/24" });
  const link = shown(namespace, "d0");
  expect((link.linkinfo as Json).info_slave_data).toEqual({ table: 77 });
  expect((await netlink.link("d0")).port).toMatchObject({ table: 77 });
  const routes = await netlink.routes({ table: 77 });
  expect(routes.map(({ destination }) => destination)).toContain("10.5.0.0/24");
});
