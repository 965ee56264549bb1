// Everything that `ip -j -d` prints is in our objects, with the same values.

import { expect } from "bun:test";
import { Netlink } from "../../src/netlink/index.ts";
import { Namespace, run } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import {
  addressRules,
  dataDifferences,
  differences,
  type Json,
  linkRules,
  neighbourRules,
  routeRules,
  ruleRules,
} from "./support/iproute.ts";
import { withoutDetection } from "./support/lab.ts";

/** Runs many commands of ip(8) at once, those of IPv6 after the others. */
function batch(namespace: Namespace, commands: readonly string[]): void {
  for (const family of ["-4", "-6"] as const) {
    const own = commands.filter((command) => command.startsWith("-6 ") === (family === "-6"));
    const stdin = Buffer.from(own.map((command) => command.replace(/^-6 /, "")).join("\n"));
    const options = family === "-6" ? ["-6"] : [];
    const command = ["ip", ...options, "-n", namespace.name, "-batch", "-"];
    const { exitCode, stderr } = Bun.spawnSync(command, { stdin });
    if (exitCode !== 0) throw new Error(String(stderr));
  }
}

const json = (namespace: Namespace, ...words: string[]): Json[] =>
  (JSON.parse(namespace.ip("-j", "-d", ...words) || "[]") as Json[]).filter(
    (one) => Object.keys(one).length > 0,
  );

type Lists = readonly [theirs: readonly Json[], ours: readonly Json[]];
const TRIES = 20;

/** What ip(8) tells and what we are told at the same time: links come up meanwhile. */
async function together(
  theirs: () => readonly Json[],
  ours: () => Promise<readonly object[]>,
): Promise<Lists> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = theirs();
    const between = (await ours()) as readonly Json[];
    if (theirs().length === before.length) return [before, between];
  }
  throw new Error("ip(8) tells of more each time");
}

async function compareLinks(netlink: Netlink, namespace: Namespace): Promise<number> {
  const [theirs, ours] = await together(
    () => json(namespace, "link", "show"),
    () => netlink.links(),
  );
  expect(ours.length).toBe(theirs.length);
  const wrong = theirs.flatMap((link) => {
    const own = ours.find(({ index }) => index === link.ifindex) as Json;
    return [...dataDifferences(link, own), ...differences(link, own, linkRules, `${link.ifname}`)];
  });
  expect(wrong).toEqual([]);
  return theirs.length;
}

async function compareAddresses(netlink: Netlink, namespace: Namespace): Promise<number> {
  const listed = () =>
    json(namespace, "address", "show").flatMap(({ ifname, addr_info }) =>
      (addr_info as Json[]).map((one): Json => ({ ...one, ifname })),
    );
  const [theirs, ours] = await together(listed, () => netlink.addresses());
  expect(ours.length).toBe(theirs.length);
  const wrong = theirs.flatMap(({ ifname, ...address }) => {
    const own = ours.find(
      (one) =>
        one.local === address.local && one.interface === ifname && one.family === address.family,
    );
    return differences(address, own, addressRules, `${address.local}`);
  });
  expect(wrong).toEqual([]);
  return theirs.length;
}

async function compareRoutes(netlink: Netlink, namespace: Namespace): Promise<number> {
  const listed = () =>
    (["-4", "-6"] as const).flatMap((family) =>
      json(namespace, family, "route", "show", "table", "all").map(
        (route): Json => ({
          ...route,
          family: family === "-4" ? "inet" : "inet6",
        }),
      ),
    );
  const [theirs, ours] = await together(listed, () => netlink.routes());
  expect(ours.length).toBe(theirs.length);
  // Both are in the kernel's order.
  const wrong = theirs.flatMap((route, place) =>
    differences(route, ours[place], routeRules, `${route.family} ${route.dst}`),
  );
  expect(wrong).toEqual([]);
  return theirs.length;
}

async function compareRules(netlink: Netlink, namespace: Namespace): Promise<number> {
  let count = 0;
  for (const family of ["inet", "inet6"] as const) {
    const [theirs, ours] = await together(
      () => json(namespace, family === "inet" ? "-4" : "-6", "rule", "show"),
      () => netlink.rules({ family }),
    );
    expect(ours.length).toBe(theirs.length);
    const wrong = theirs.flatMap((rule, place) =>
      differences(rule, ours[place], ruleRules, `rule ${rule.priority}`),
    );
    expect(wrong).toEqual([]);
    count += theirs.length;
  }
  return count;
}

async function compareNeighbours(netlink: Netlink, namespace: Namespace): Promise<number> {
  let count = 0;
  for (const proxy of [false, true]) {
    const words = proxy ? ["proxy"] : ["nud", "all"];
    const [theirs, ours] = await together(
      () => json(namespace, "neighbour", "show", ...words),
      () => netlink.neighbours({ proxy }),
    );
    const wrong = theirs.flatMap((neighbour) => {
      const own = ours.find(
        (one) => one.destination === neighbour.dst && one.interface === neighbour.dev,
      );
      return differences(neighbour, own, neighbourRules, `${neighbour.dst}`);
    });
    expect(wrong).toEqual([]);
    count += theirs.length;
  }
  return count;
}

const VARIETY = [
  "link set lo up",
  "link add va type veth peer name vb",
  "link add br0 type bridge stp_state 1 forward_delay 400 ageing_time 20000",
  "link set vb master br0",
  "link set vb type bridge_slave cost 77 hairpin on",
  "link set va mtu 1400 alias words group 7 txqueuelen 500",
  "link property add dev va altname another-name-that-is-longer-than-fifteen",
  "link add mv link va type macvlan mode private",
  "link add mp link va type macvlan mode source",
  "link add vx type vxlan id 42 group 239.1.1.1 dev va ttl 5 tos 0x10 dstport 4789 nolearning",
  "link add v6 type vxlan id 43 remote fd00::2 local fd00::1 dstport 4790 srcport 100 200",
  "link add if0 type ifb",
  "tuntap add dev t0 mode tun",
  "tuntap add dev t1 mode tap multi_queue",
  "link set va up",
  "link set vb up",
  "link set br0 up",
  "link set mv up",
  "link set va addrgenmode none",
  "address add 10.1.0.1/24 brd + dev va",
  "address add 10.1.0.2/24 dev va label va:second",
  "address add 10.2.0.1 peer 10.2.0.2/32 dev va",
  "address add 10.3.0.1/24 dev va valid_lft 1000 preferred_lft 500 noprefixroute metric 20",
  "address add fd00::1/64 dev va nodad",
  "address add fd01::1/64 dev va valid_lft 2000 preferred_lft 0",
  "route add 10.9.0.0/16 via 10.1.0.9",
  "route add default via 10.1.0.3 metric 50 mtu lock 1300 advmss 1000 rtt 100 initcwnd 5 hoplimit 9",
  "route add 10.10.0.0/16 nexthop via 10.1.0.4 weight 3 nexthop via 10.1.0.5 dev va weight 5",
  "route add blackhole 10.11.0.0/16",
  "route add unreachable 10.12.0.0/16 metric 5",
  "route add prohibit 10.13.0.0/16",
  "route add throw 10.14.0.0/16 table 100",
  "route add 10.15.0.0/16 dev va table 1000 proto static scope link src 10.1.0.2",
  "route add 10.16.0.1 via inet6 fd00::9 dev va",
  "route add 10.17.0.0/16 via 10.200.0.1 dev va onlink",
  "route add 10.18.0.0/16 via 10.1.0.9 tos 0x10 realm 3/4 features ecn congctl cubic",
  "nexthop add id 12 via 10.1.0.7 dev va",
  "route add 10.19.0.0/16 nhid 12",
  "-6 route add fd10::/64 via fd00::5 pref high",
  "-6 route add fd11::/64 nexthop via fd00::6 nexthop via fd00::7 weight 2",
  "-6 route add unreachable fd12::/64",
  "-6 route add fd13::/64 dev va expires 300",
  "rule add from 10.3.0.0/16 to 10.4.0.0/16 table 100 priority 500",
  "rule add fwmark 0x5/0xff lookup main priority 501",
  "rule add not from 10.5.0.1 iif va oif vb tos 0x10 blackhole priority 502",
  "rule add ipproto tcp sport 100-200 dport 80 uidrange 5-10 table 1000 priority 503",
  "rule add table main suppress_prefixlength 0 priority 504",
  "rule add goto 600 priority 505",
  "rule add l3mdev protocol static priority 506",
  "rule add iif nothing prohibit priority 507",
  "rule add realms 3/4 from 10.6.0.0/16 priority 508",
  "-6 rule add from fd00::/8 table 100 priority 509",
  "neighbour add 10.1.0.9 lladdr 02:00:00:00:00:09 dev va",
  "neighbour add 10.1.0.10 lladdr 02:00:00:00:00:0a dev va nud stale extern_learn",
  "neighbour add fd00::9 lladdr 02:00:00:00:00:0b dev va router",
  "neighbour add proxy 10.1.0.77 dev va",
];

testWith(namespaces)("links of many kinds, with all that they have", async () => {
  using namespace = new Namespace();
  withoutDetection(namespace);
  batch(namespace, VARIETY);
  using netlink = Netlink.open({ namespace: namespace.name });
  expect(await compareLinks(netlink, namespace)).toBe(11);
});

testWith(namespaces)("addresses, routes, rules and neighbours of many sorts", async () => {
  using namespace = new Namespace();
  withoutDetection(namespace);
  batch(namespace, VARIETY);
  using netlink = Netlink.open({ namespace: namespace.name });
  expect(await compareAddresses(netlink, namespace)).toBeGreaterThan(8);
  expect(await compareRoutes(netlink, namespace)).toBeGreaterThan(30);
  expect(await compareRules(netlink, namespace)).toBe(15);
  expect(await compareNeighbours(netlink, namespace)).toBeGreaterThan(4);
});

testWith(namespaces)("500 links and 10,000 routes", async () => {
  using namespace = new Namespace();
  withoutDetection(namespace);
  const pairs = Array.from({ length: 250 }, (_, pair) => [
    `link add left${pair} type veth peer name right${pair}`,
    `address add 10.${pair >> 8}.${pair & 255}.1/30 dev left${pair}`,
    `link set left${pair} up`,
    `link set right${pair} up`,
  ]).flat();
  const routes = Array.from(
    { length: 10_000 },
    (_, place) =>
      `route add 11.${place >> 8}.${place & 255}.0/24 dev left${place % 250} metric ${place}`,
  );
  batch(namespace, ["link set lo up", ...pairs, ...routes]);
  using netlink = Netlink.open({ namespace: namespace.name });
  expect(await compareLinks(netlink, namespace)).toBe(501);
  expect(await compareAddresses(netlink, namespace)).toBeGreaterThan(500);
  expect(await compareRoutes(netlink, namespace)).toBeGreaterThan(10_500);
});

testWith(namespaces)("a link whose other end is in another namespace", async () => {
  using here = new Namespace();
  using there = new Namespace();
  here.ip("link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", there.name);
  using netlink = Netlink.open({ namespace: here.name });
  await compareLinks(netlink, here);
  const link = await netlink.link("va");
  expect(link.link).toBeUndefined();
  expect(link.linkNetnsid).toBe(0);
  run("ip", "-n", there.name, "link", "show", "vb");
});
