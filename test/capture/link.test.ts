// What packets begin with: tags that the card takes off, cooked packets of all interfaces, and the
// links of interfaces, beside tcpdump.

import { describe, expect } from "bun:test";
import { compile } from "../../src/bpf/index.ts";
import {
  type CapturedPacket,
  type CaptureOptions,
  capture,
  interfaces,
} from "../../src/capture/index.ts";
import { withoutHeader } from "../../src/capture/program.ts";
import type { LayerInit } from "../../src/wire/index.ts";
import { Namespace, run, VethPair } from "../support/namespace.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { Tcpdump } from "./support/tcpdump.ts";
import { arp, packets, Sender, tcp, udp, udp6 } from "./support/traffic.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const tcpdump = program("tcpdump");
const test = testWith(namespaces, tcpdump);

/** A veth pair on which nothing else is sent. */
function quietPair(): VethPair {
  const pair = new VethPair();
  for (const side of [pair.a, pair.b]) {
    side.ip("link", "set", "veth0", "arp", "off");
    side.ip("addr", "flush", "dev", "veth0");
    run(...side.command("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/veth0/disable_ipv6"));
  }
  return pair;
}

const tag = (id: number): LayerInit => ({
  kind: "vlan",
  id,
  priority: 5,
  dropEligible: true,
});
/** A tagged frame, the tag of that type. */
function tagged(port: number, type: number, ...ids: number[]): Uint8Array {
  const frame = udp(port, 40, ...ids.map((id) => tag(id)));
  frame[12] = type >> 8;
  frame[13] = type & 0xff;
  return frame;
}

describe("a tag that was taken off", () => {
  test("is put back, and told", async () => {
    using pair = quietPair();
    using sender = new Sender(pair.a.name, "veth0");
    await using beside = await Tcpdump.start(pair.b, "-i", "veth0");
    using own = capture({ interface: "veth0", namespace: pair.b.name });
    using short = capture({ interface: "veth0", namespace: pair.b.name, snaplen: 20 });
    const sent = [tagged(1, 0x8100, 100), udp(2), tagged(3, 0x88a8, 7, 8), tagged(4, 0x8100, 0)];
    await sender.send(...sent);
    const seen = await packets(own, sent.length);
    expect(seen.map(({ data }) => hex(data))).toEqual(sent.map(hex));
    expect(seen.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
    expect(seen.map(({ vlan }) => vlan)).toEqual([
      { tci: 0xb064, tpid: 0x8100 },
      undefined,
      { tci: 0xb007, tpid: 0x88a8 },
      { tci: 0xb000, tpid: 0x8100 },
    ]);
    expect(Object.keys(seen[1] as object)).not.toContain("vlan");
    expect((await packets(short, 4)).map(({ data }) => hex(data))).toEqual(
      sent.map((frame) => hex(frame.subarray(0, 20))),
    );
    expect((await beside.end(sent.length)).map(hex)).toEqual(sent.map(hex));
  });

  test("is seen by filters", async () => {
    using pair = quietPair();
    using sender = new Sender(pair.a.name, "veth0");
    for (const [filter, ports] of [
      ["vlan", [1, 3]],
      ["vlan 100", [1]],
      ["vlan 100 and udp port 1", [1]],
      ["not vlan", [2]],
      ["udp port 2 or (vlan 7 and vlan 8)", [2, 3]],
    ] as const) {
      using own = capture({ interface: "veth0", namespace: pair.b.name, filter });
      await sender.send(tagged(1, 0x8100, 100), udp(2), tagged(3, 0x88a8, 7, 8));
      const seen = await packets(own, 4, 100);
      expect([filter, seen.map(({ data }) => data.at(-1))]).toEqual([filter, [...ports]]);
    }
  });

  test("is put back into cooked packets", async () => {
    using pair = quietPair();
    using sender = new Sender(pair.a.name, "veth0");
    using own = capture({ interface: "any", namespace: pair.b.name });
    await sender.send(tagged(1, 0x88a8, 100));
    const [packet] = await packets(own, 1);
    // The header, the tag as its payload, and what the tag was before.
    const data = packet?.data as Uint8Array;
    expect(hex(data.subarray(0, 2))).toBe("88a8");
    expect(hex(data.subarray(20, 24))).toBe("b0640800");
    expect(hex(data.subarray(24))).toBe(hex(udp(1, 40).subarray(14)));
    expect(packet?.vlan).toEqual({ tci: 0xb064, tpid: 0x88a8 });
    expect(packet?.length).toBe(data.length);
  });
});

/** What tcpdump and a capture see of the same traffic on all interfaces of a namespace. */
async function onAll(
  options: Partial<CaptureOptions>,
  expression: string,
): Promise<{ own: string[]; others: string[] }> {
  using pair = quietPair();
  pair.b.ip("addr", "add", "10.77.0.2/24", "dev", "veth0");
  using sender = new Sender(pair.a.name, "veth0");
  using local = new Sender(pair.b.name, "lo");
  using outward = new Sender(pair.b.name, "veth0");
  const words = expression === "" ? [] : [expression];
  await using beside = await Tcpdump.start(pair.b, "-i", "any", "-y", "LINUX_SLL2", ...words);
  using own = capture({ interface: "any", namespace: pair.b.name, filter: expression, ...options });
  const sent = [arp(), udp(53), udp6(53, 100), tcp(80, ["syn"]), tcp(80, ["ack"]), udp(9, 700)];
  await sender.send(...sent);
  await outward.send(...sent);
  await local.send(udp(53), tcp(22, ["syn"]));
  const seen = await packets(own, 40, 150);
  // On the loopback interface tcpdump leaves out what goes out.
  const isKept = ({ interface: index, direction }: CapturedPacket) =>
    index !== 1 || direction === "in";
  const kept = seen.filter(isKept).map(({ data }) => hex(data));
  return { own: kept, others: (await beside.end(kept.length)).map(hex) };
}

describe("captures of all interfaces", () => {
  for (const expression of [
    "",
    "udp port 53",
    "ip6",
    "arp or tcp[tcpflags] & tcp-syn != 0",
    "inbound",
    "outbound and udp",
    "host 10.77.0.2 and not udp",
    "len > 200",
    "greater 100 and less 200",
    "ifindex 1",
    // The kernel does not tell this of the header: the capture asks it itself.
    "link[11] = 6 and udp",
    "link[2:2] = 0 and port 80",
  ]) {
    test(`are tcpdump's: "${expression}"`, async () => {
      const { own, others } = await onAll({}, expression);
      expect(own).toEqual(others);
      expect(own.length).toBeGreaterThan(0);
    });
  }

  test("go one way, and are cut", async () => {
    using pair = quietPair();
    using sender = new Sender(pair.a.name, "veth0");
    using outward = new Sender(pair.b.name, "veth0");
    const options = { interface: "any", namespace: pair.b.name, filter: "udp" } as const;
    using inside = capture({ ...options, direction: "in", snaplen: 30 });
    using outside = capture({ ...options, direction: "out", snaplen: 20 });
    await sender.send(udp(1));
    await outward.send(udp(2));
    const [received] = await packets(inside, 2, 150);
    const [sent] = await packets(outside, 2, 150);
    expect([received?.direction, received?.data.length, received?.length]).toEqual(["in", 30, 58]);
    expect([sent?.direction, sent?.data.length, sent?.length]).toEqual(["out", 20, 58]);
  });
});

testWith()("a cooked program for the kernel begins behind the header", () => {
  const kernel = withoutHeader(compile("udp port 53", { link: "linux-sll2" }));
  expect(kernel?.some(({ k }) => k === 0xfffff000)).toBe(true);
  expect(withoutHeader(compile("link[3] = 1", { link: "linux-sll2" }))).toBeUndefined();
  // An extension stays what it is.
  expect(withoutHeader([{ code: 0x20, jt: 0, jf: 0, k: 0xfffff008 }])?.[0]?.k).toBe(0xfffff008);
});

describe("interfaces", () => {
  testWith(namespaces)("are told with link, addresses and flags", () => {
    using namespace = new Namespace();
    const found = namespace.enter(() => interfaces());
    expect(found.find(({ name }) => name === "lo")).toEqual({
      name: "lo",
      index: 1,
      link: "ethernet",
      flags: expect.arrayContaining(["up", "loopback"]),
      addresses: expect.arrayContaining(["127.0.0.1"]),
      hardwareAddress: "00:00:00:00:00:00",
    });
    expect(found.at(-1)).toMatchObject({ name: "any", index: 0, link: "linux-sll2" });
  });

  /** tcpdump's names of links. */
  const LINKS: Readonly<Record<string, unknown>> = {
    EN10MB: "ethernet",
    RAW: "raw",
    LINUX_SLL: "linux-sll2",
    LINUX_SLL2: "linux-sll2",
    NETLINK: "linux-sll2",
  };

  test("have the links that tcpdump has for them", () => {
    using pair = new VethPair();
    for (const kind of ["tun", "tap"]) {
      pair.a.ip("tuntap", "add", "mode", kind, "name", `${kind}0`);
    }
    const local = ["local", "10.77.0.1", "remote", "10.77.0.2"];
    for (const kind of ["ipip", "sit", "gre", "vti", "gretap"]) {
      Bun.spawnSync(
        ["ip", "-n", pair.a.name, "link", "add", `${kind}9`, "type", kind].concat(local),
      );
    }
    // What the tunnels' modules make by themselves has no address, and some cannot be up.
    const found = pair.a
      .enter(() => interfaces())
      .filter(({ name }) => {
        const words = ["ip", "-n", pair.a.name, "link", "set", name, "up"];
        return name === "any" || Bun.spawnSync(words).exitCode === 0;
      });
    let compared = 0;
    for (const { name, link } of found) {
      const words = pair.a.command("tcpdump", "-L", "-i", name);
      const { stdout, stderr } = Bun.spawnSync(words);
      const first = /^ {2}(\w+) \(/m.exec(`${stdout}${stderr}`)?.[1];
      if (first === undefined) continue;
      expect([name, link]).toEqual([name, LINKS[first] as string]);
      using own = capture({ interface: name, namespace: pair.a.name });
      expect([name, own.link]).toEqual([name, link]);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(5);
  });
});
