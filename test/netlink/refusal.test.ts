// What the kernel refuses has the words that ip(8) prints.

import { expect } from "bun:test";
import { join } from "node:path";
import { type Netlink, NetlinkError } from "../../src/netlink/index.ts";
import { wordsFor } from "../support/libc.ts";
import { Namespace } from "../support/namespace.ts";
import { end, unprivileged } from "../support/program.ts";
import { namespaces, setpriv, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

const entry = join(import.meta.dir, "../../src/netlink/index.ts");

/** The same mistake by ip(8) and by us. */
const mistakes: readonly [words: string, ours: (netlink: Netlink) => Promise<unknown>][] = [
  ["link add d0 type dummy0", (n) => n.addLink({ kind: "dummy0", name: "d0" })],
  [
    "link add va type veth peer name vc",
    (n) => n.addLink({ kind: "veth", name: "va", peer: "vc" }),
  ],
  ["link set va mtu 70000", (n) => n.setLink("va", { mtu: 70_000 })],
  ["link set va mtu 10", (n) => n.setLink("va", { mtu: 10 })],
  [
    "link set va address 01:00:00:00:00:01",
    (n) => n.setLink("va", { address: "01:00:00:00:00:01" }),
  ],
  ["link set va master vb", (n) => n.setLink("va", { master: "vb" })],
  ["link set lo master br0", (n) => n.setLink("lo", { master: "br0" })],
  ["link set va name lo", (n) => n.setLink("va", { name: "lo" })],
  ["link delete lo", (n) => n.deleteLink("lo")],
  ["link add br1 type bridge priority 65536", (n) => n.addLink({ kind: "bridge", name: "br0" })],
  [
    "address add 10.1.0.1/24 dev va",
    (n) => n.addAddress({ interface: "va", address: "10.1.0.1/24" }),
  ],
  [
    "address add fd00::1/64 dev va",
    (n) => n.addAddress({ interface: "va", address: "fd00::1/64" }),
  ],
  [
    "address delete 10.1.0.3/24 dev va",
    (n) => n.deleteAddress({ interface: "va", address: "10.1.0.3/24" }),
  ],
  [
    "route add 10.9.0.0/16 via 10.77.0.1",
    (n) => n.addRoute({ destination: "10.9.0.0/16", gateway: "10.77.0.1" }),
  ],
  [
    "route add 10.9.0.1/16 dev va",
    (n) => n.addRoute({ destination: "10.9.0.1/16", interface: "va" }),
  ],
  [
    "route add 10.1.0.0/24 dev va proto kernel scope link src 10.1.0.1",
    (n) =>
      n.addRoute({
        destination: "10.1.0.0/24",
        interface: "va",
        protocol: "kernel",
        source: "10.1.0.1",
      }),
  ],
  ["route delete 10.99.0.0/16", (n) => n.deleteRoute({ destination: "10.99.0.0/16" })],
  ["route add 10.9.0.0/16 nhid 77", (n) => n.addRoute({ destination: "10.9.0.0/16", nexthop: 77 })],
  [
    "route add 10.9.0.0/16 dev va src 10.88.0.1",
    (n) => n.addRoute({ destination: "10.9.0.0/16", interface: "va", source: "10.88.0.1" }),
  ],
  [
    "-6 route add fd99::/64 via fd88::1",
    (n) => n.addRoute({ destination: "fd99::/64", gateway: "fd88::1" }),
  ],
  ["route get 10.99.0.1", (n) => n.route("10.99.0.1")],
  ["rule delete priority 999", (n) => n.deleteRule({ priority: 999 })],
  ["rule add priority 0 goto 0", (n) => n.addRule({ priority: 0, goto: 0 })],
  [
    "neighbour delete 10.1.0.99 dev va",
    (n) => n.deleteNeighbour({ interface: "va", destination: "10.1.0.99" }),
  ],
  [
    "neighbour add 10.1.0.99 lladdr 02:00:00:00:00:01 dev lo nud none",
    (n) =>
      n.addNeighbour({
        interface: "lo",
        destination: "10.1.0.99",
        lladdr: "02:00:00:00:00:01",
        state: "none",
      }),
  ],
];

testWith(namespaces)("what the kernel refuses is refused in the words of ip(8)", async () => {
  using made = await lab();
  const { namespace, netlink } = made;
  await netlink.addLink({ kind: "bridge", name: "br0" });
  const wrong: string[] = [];
  let explained = 0;
  for (const [words, ours] of mistakes) {
    const { stderr } = Bun.spawnSync(["ip", "-n", namespace.name, ...words.split(" ")]);
    const theirs = String(stderr).split("\n")[0]?.trim() ?? "";
    if (theirs === "" || theirs.includes("argument")) continue;
    const error = await ours(netlink).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof NetlinkError)) wrong.push(`${words}: ${theirs}: ${error}`);
    else if (theirs.startsWith("Error: ")) {
      explained++;
      const detail = error.detail.replace(/\.$/, "");
      if (`Error: ${detail}.` !== theirs) wrong.push(`${words}: ${theirs}: ${error.message}`);
    } else {
      const text = wordsFor(theirs.replace("RTNETLINK answers: ", ""));
      if (!error.message.includes(text) || error.detail !== "")
        wrong.push(`${words}: ${theirs}: ${error.message}`);
    }
  }
  expect(wrong).toEqual([]);
  // Linux 6.1 explains eight of them, later ones more.
  expect(explained).toBeGreaterThan(7);
});

testWith(namespaces)(
  "a refusal names the attribute, and an absent interface its name",
  async () => {
    using made = await lab();
    const { netlink } = made;
    const mtu = await netlink.setLink("va", { mtu: 10 }).catch((reason: unknown) => reason);
    expect(mtu).toBeInstanceOf(NetlinkError);
    expect(mtu).toMatchObject({
      code: "EINVAL",
      syscall: "RTM_NEWLINK",
      detail: "mtu less than device minimum",
    });
    const odd = await netlink
      .addRoute({
        destination: "10.9.0.0/16",
        gateway: "10.1.0.2",
        unknown: [{ type: 15, data: Uint8Array.of(1) }],
      })
      .catch((reason: unknown) => reason);
    // RTA_TABLE, and where it begins.
    expect(odd).toMatchObject({ attribute: 15 });
    expect((odd as NetlinkError).offset).toBeGreaterThan(16);
    for (const call of [
      () => netlink.link("nothing"),
      () => netlink.setLink("nothing", { up: true }),
      () => netlink.addresses({ interface: "nothing" }),
      () => netlink.addRoute({ destination: "10.9.0.0/16", interface: "nothing" }),
      () => netlink.addLink({ kind: "macvlan", name: "mv", link: "nothing" }),
    ]) {
      const error = await call().then(
        () => undefined,
        (reason: NetlinkError) => reason,
      );
      expect(error?.code).toBe("ENODEV");
      expect(error?.message).toContain("nothing");
    }
    expect(await netlink.links({ name: "nothing" })).toEqual([]);
  },
);

testWith(namespaces, setpriv)(
  "a user without privileges reads, and is told what changing needs",
  async () => {
    const script = `import { Netlink } from ${JSON.stringify(entry)};
    using netlink = Netlink.open();
    console.log((await netlink.links()).map(({ name }) => name).join());
    using monitor = netlink.monitor({ groups: ["link"], initial: true });
    console.log((await monitor.next()).value.action);
    await netlink.setLink("lo", { mtu: 1000 }).catch((error) => console.log(error.message));`;
    using namespace = new Namespace();
    const words = unprivileged([process.execPath, "-e", script]);
    const { stdout, stderr } = await end(namespace.command(...words), { HOME: "/tmp" });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      "lo",
      "present",
      "RTM_NEWLINK EPERM lo: Operation not permitted (needs CAP_NET_ADMIN in the network namespace: sudo)",
    ]);
  },
);
