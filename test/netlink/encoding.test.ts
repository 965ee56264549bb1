// The messages that make links are those that ip(8) sends, also of kinds that this kernel lacks:
// strace(1) shows them before the kernel answers.

import { expect, test } from "bun:test";
import { type Attribute, decodeAttributes } from "../../src/netlink/index.ts";
import type { Interfaces } from "../../src/netlink/interfaces.ts";
import { type LinkInit, makingRequest } from "../../src/netlink/link-request.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const LOOPBACK = 1;
const INTERFACE_HEADER = 16;
const MESSAGE_HEADER = 16;
/** IFLA_LINKINFO, IFLA_INFO_DATA, IFLA_EXT_MASK, IFLA_IFNAME, IFLA_INFO_KIND. */
const [LINKINFO, DATA] = [18, 2];

/** Every interface is the loopback. */
const interfaces = { index: async () => LOOPBACK } as unknown as Interfaces;

/** What ip(8) would send, without the header of struct nlmsghdr. */
function sent(namespace: Namespace, words: readonly string[]): Uint8Array {
  const trace = ["strace", "-e", "trace=sendmsg,sendto", "-e", "write=all"];
  const command = namespace.command(...trace, "ip", "link", "add", ...words);
  const { stderr } = Bun.spawnSync(command);
  const calls = String(stderr).split(/^send(?:msg|to)\(/m);
  const call = calls.findLast((text) => text.includes("RTM_NEWLINK") && text.includes("CREATE"));
  const lines = [...(call ?? "").matchAll(/^ \| [0-9a-f]+ {2}((?:[0-9a-f]{2} {1,2})+)/gm)];
  const hex = lines.map(([, bytes = ""]) => bytes.replaceAll(" ", "")).join("");
  if (hex === "") throw new Error(`no request in ${stderr}`);
  return Uint8Array.fromHex(hex).subarray(MESSAGE_HEADER);
}

/** Attributes by the path of their types. */
function flat(body: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (attributes: readonly Attribute[], path: string) => {
    for (const { type, data } of attributes) {
      const own = `${path}/${type}`;
      const isNest = own === `/${LINKINFO}` || own === `/${LINKINFO}/${DATA}`;
      if (isNest) walk(decodeAttributes(data), own);
      else found.set(own, data.toHex());
    }
  };
  walk(decodeAttributes(body.subarray(INTERFACE_HEADER)), "");
  return found;
}

type Row = readonly [words: string, init: LinkInit, defaults?: readonly string[]];

/** `defaults`: attributes that ip(8) sends unasked, with what the kernel takes without them. */
const rows: readonly Row[] = [
  ["new0 type dummy", { kind: "dummy", name: "new0" }],
  ["new0 type ifb", { kind: "ifb", name: "new0" }],
  ["new0 type wireguard", { kind: "wireguard", name: "new0" }],
  ["new0 type vrf table 10", { kind: "vrf", name: "new0", table: 10 }],
  ["new0 link lo type vlan id 5", { kind: "vlan", name: "new0", link: "lo", id: 5 }],
  [
    "new0 link lo type vlan proto 802.1ad id 6 ingress-qos-map 1:2 egress-qos-map 3:4 5:6",
    {
      ...{ kind: "vlan", name: "new0", link: "lo", id: 6, protocol: "802.1ad" },
      ingressQos: [{ from: 1, to: 2 }],
      egressQos: [
        { from: 3, to: 4 },
        { from: 5, to: 6 },
      ],
    },
  ],
  [
    "new0 link lo type macvlan mode vepa",
    { kind: "macvlan", name: "new0", link: "lo", mode: "vepa" },
  ],
  [
    "new0 link lo type macvtap mode bridge bcqueuelen 9",
    { kind: "macvtap", name: "new0", link: "lo", mode: "bridge", bcqueuelen: 9 },
  ],
  [
    "new0 link lo type ipvlan mode l3 private",
    { kind: "ipvlan", name: "new0", link: "lo", mode: "l3", flags: ["private"] },
  ],
  [
    "new0 type gre remote 10.0.0.1 local 10.0.0.2 ttl 5 key 7 csum",
    {
      kind: "gre",
      name: "new0",
      remote: "10.0.0.1",
      local: "10.0.0.2",
      ttl: 5,
      key: 7,
      csum: true,
    },
    // pmtudisc is on.
    ["/18/2/10"],
  ],
  [
    "new0 type gretap remote 10.0.0.1 ikey 8 oseq nopmtudisc dev lo",
    {
      ...{ kind: "gretap", name: "new0", remote: "10.0.0.1", ikey: 8, oseq: true },
      ...{ pmtudisc: false, link: "lo" },
    },
  ],
  [
    "new0 type ip6gre remote fd00::1 local fd00::2 hoplimit 7 tclass 5 flowlabel 9 encaplimit 3",
    {
      ...{ kind: "ip6gre", name: "new0", remote: "fd00::1", local: "fd00::2", hoplimit: 7 },
      ...{ tclass: 5, flowlabel: 9, encapLimit: 3 },
    },
    // The version of ERSPAN, which it is not; checksums of an encapsulation that is not there.
    ["/18/2/22", "/18/2/15"],
  ],
  [
    "new0 type ipip remote 10.0.0.1 local 10.0.0.2 tos 4",
    { kind: "ipip", name: "new0", remote: "10.0.0.1", local: "10.0.0.2", tos: 4 },
    ["/18/2/10"],
  ],
  [
    "new0 type sit remote 10.0.0.1 ttl 9",
    { kind: "sit", name: "new0", remote: "10.0.0.1", ttl: 9 },
    ["/18/2/10"],
  ],
  [
    "new0 type ip6tnl remote fd00::1 local fd00::2 encaplimit none",
    {
      ...{ kind: "ip6tnl", name: "new0", remote: "fd00::1", local: "fd00::2" },
      ip6TnlFIgnEncapLimit: true,
    },
    // The hop limit is 64, the encapsulation limit 4; checksums as above.
    ["/18/2/4", "/18/2/6", "/18/2/16"],
  ],
  [
    "new0 type geneve id 5 remote 10.0.0.1 dstport 6082 ttl inherit udpcsum",
    {
      ...{ kind: "geneve", name: "new0", id: 5, remote: "10.0.0.1", port: 6082 },
      ...{ ttlInherit: true, udpCsum: true },
    },
  ],
  [
    "new0 type vxlan id 7 remote fd00::1 dstport 4789 nolearning srcport 10 20 df set gbp",
    {
      ...{ kind: "vxlan", name: "new0", id: 7, remote: "fd00::1", port: 4789, learning: false },
      ...{ portRange: { low: 10, high: 20 }, df: "set", gbp: true },
    },
  ],
  [
    "new0 type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4",
    {
      ...{ kind: "bond", name: "new0", mode: "802.3ad", miimon: 100, adLacpRate: "fast" },
      xmitHashPolicy: "layer3+4",
    },
  ],
  [
    "new0 type bond mode active-backup arp_interval 50 arp_ip_target 10.0.0.1,10.0.0.2 primary lo",
    {
      ...{ kind: "bond", name: "new0", mode: "active-backup", arpInterval: 50, primary: "lo" },
      arpIpTarget: ["10.0.0.1", "10.0.0.2"],
    },
  ],
  [
    "new0 type bridge forward_delay 400 vlan_filtering 1 vlan_protocol 802.1ad group_address 01:80:c2:00:00:01",
    {
      ...{ kind: "bridge", name: "new0", forwardDelay: 400, vlanFiltering: true },
      ...{ vlanProtocol: "802.1ad", groupAddr: "01:80:c2:00:00:01" },
    },
  ],
  [
    "new0 address 02:00:00:00:00:01 mtu 1400 txqueuelen 9 numtxqueues 3 alias x type ifb",
    {
      ...{ kind: "ifb", name: "new0", address: "02:00:00:00:00:01", mtu: 1400, queueLength: 9 },
      ...{ numTxQueues: 3, alias: "x" },
    },
  ],
];

testWith(namespaces, program("strace"))("links are made with the attributes of ip(8)", async () => {
  using namespace = new Namespace();
  const wrong: string[] = [];
  for (const [words, init, defaults = []] of rows) {
    const theirs = flat(sent(namespace, words.split(" ")));
    const ours = flat((await makingRequest(init, interfaces)).body);
    for (const [path, value] of ours) {
      if (theirs.get(path) !== value) wrong.push(`${words}: ${path} ${value} ${theirs.get(path)}`);
    }
    for (const [path, value] of theirs) {
      const isDefault = /^0*$/.test(value) || defaults.includes(path);
      if (!ours.has(path) && !isDefault) wrong.push(`${words}: lacks ${path} ${value}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("a kind without a table takes attributes as they are", async () => {
  const init = {
    kind: "other",
    name: "new0",
    data: { unknown: [{ type: 3, data: Uint8Array.of(7) }] },
  };
  const { body } = await makingRequest(init, interfaces);
  expect(flat(body).get("/18/2/3")).toBe("07");
  expect(flat(body).get("/18/1")).toBe(Buffer.from("other").toString("hex"));
});

test("what a link does not have is refused before anything is sent", async () => {
  const wrong: [LinkInit, string][] = [
    [{ kind: "vlan", name: "new0", ident: 5 }, 'unknown setting "ident"'],
    [{ kind: "vlan", name: "new0", data: { ident: 5 } }, 'unknown field "ident"'],
    [{ kind: "vlan", name: "new0", id: 70_000 }, "id must be an integer from 0 to 65535"],
    [{ kind: "gre", name: "new0", remote: "10.0.0" }, "remote must be an IPv4 or IPv6 address"],
    [{ kind: "macvlan", name: "new0", mode: "odd" }, 'unknown mode "odd"'],
    [{ kind: "dummy", name: "sixteen-letters-" }, "name must have at most 15 bytes"],
    [{ kind: "", name: "new0" }, "kind must be"],
    [{ kind: "dummy", name: "new0", up: "yes" as unknown as boolean }, "up must be a boolean"],
  ];
  for (const [init, message] of wrong) {
    expect(makingRequest(init, interfaces)).rejects.toThrow(message);
  }
});
