// Ethtool beside ethtool(8).

import { expect, setDefaultTimeout, test } from "bun:test";
import { SocketError } from "../../src/index.ts";
import { decodeReply } from "../../src/netlink/ethtool/ethtool.ts";
import { MESSAGES, type MessageName } from "../../src/netlink/ethtool/messages.ts";
import { Ethtool } from "../../src/netlink/index.ts";
import { Writer } from "../../src/netlink/writer.ts";
import { Tun } from "../../src/tun/index.ts";
import { openSockets } from "../support/descriptors.ts";
import { Namespace, run } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { namespaces, program, testWith, tun as tunDevice } from "../support/requirements.ts";

setDefaultTimeout(120_000 * patience);

const ethtool = program("ethtool");

/** A veth pair with four queues of each kind, up. */
function veth(namespace: Namespace): void {
  const queues = ["numrxqueues", "4", "numtxqueues", "4"];
  const peer = ["peer", "name", "veth1"];
  namespace.ip("link", "add", "veth0", ...queues, "type", "veth", ...peer);
  for (const name of ["veth0", "veth1"]) namespace.ip("link", "set", name, "up");
}

/** "Speed: 10000Mb/s" of what ethtool(8) prints. */
function facts(printed: string): Map<string, string> {
  const pairs = [...printed.matchAll(/^\s*([^:\n]+):[ \t]*(.*)$/gm)];
  return new Map(pairs.map(([, name = "", value = ""]) => [name, value]));
}

/** ethtool(8) has other names for these alone. */
const ALIASES: Readonly<Record<string, string>> = {
  "rx-checksumming": "rx-checksum",
  "generic-segmentation-offload": "tx-generic-segmentation",
  "generic-receive-offload": "rx-gro",
  "large-receive-offload": "rx-lro",
  "rx-vlan-offload": "rx-vlan-hw-parse",
  "tx-vlan-offload": "tx-vlan-hw-insert",
  "ntuple-filters": "rx-ntuple-filter",
  "receive-hashing": "rx-hashing",
};
/** Names for several features together. */
const SUMS = /^(tx-checksumming|scatter-gather|tcp-segmentation-offload)$/;

testWith(namespaces, ethtool)(
  "features are those that ethtool(8) tells, also changed",
  async () => {
    using namespace = new Namespace();
    veth(namespace);
    using ours = Ethtool.open({ namespace: namespace.name });
    const compare = async () => {
      const printed = run(...namespace.command("ethtool", "--json", "-k", "veth0"));
      const [{ ifname: _, ...theirs }] = JSON.parse(printed);
      const features = await ours.features("veth0");
      let compared = 0;
      for (const [name, { active, fixed, requested }] of Object.entries<{
        [name: string]: boolean;
      }>(theirs)) {
        if (SUMS.test(name)) continue;
        const own = features[ALIASES[name] ?? name];
        expect({ name, ...own }).toEqual({
          name,
          active: active as boolean,
          fixed: fixed as boolean,
          wanted: requested as boolean,
        });
        compared++;
      }
      const told = Object.keys(theirs).map((name) => ALIASES[name] ?? name);
      expect(Object.keys(features).filter((name) => !told.includes(name))).toEqual([]);
      expect(compared).toBeGreaterThan(50);
      return features;
    };
    const before = await compare();
    expect(before["rx-gro"]).toEqual({ active: false, wanted: false, fixed: false });
    const refused = await ours.setFeatures("veth0", {
      "rx-gro": true,
      "tx-tcp-segmentation": false,
      "rx-all": true,
    });
    expect(refused).toEqual(["rx-all"]);
    const after = await compare();
    expect(after["rx-gro"]?.active).toBe(true);
    expect(after["tx-tcp-segmentation"]?.active).toBe(false);
    await expect(ours.setFeatures("veth0", { "rx-grow": true })).rejects.toMatchObject({
      code: "EOPNOTSUPP",
      detail: "bit name not found",
    });
    await expect(ours.setFeatures("veth0", { "rx-gro": 1 as never })).rejects.toThrow(TypeError);
  },
);

testWith(namespaces, ethtool)(
  "the link is what ethtool(8) says, by name and by index",
  async () => {
    using namespace = new Namespace();
    veth(namespace);
    using ours = Ethtool.open({ namespace: namespace.name });
    const index = JSON.parse(namespace.ip("-j", "link", "show", "veth0"))[0].ifindex as number;
    for (const which of ["veth0", index]) {
      const theirs = facts(run(...namespace.command("ethtool", "veth0")));
      const [modes, info, state] = await Promise.all([
        ours.linkModes(which),
        ours.linkInfo(which),
        ours.linkState(which),
      ]);
      expect(`${modes.speed}Mb/s`).toBe(theirs.get("Speed") as string);
      expect(modes.duplex).toBe(theirs.get("Duplex")?.toLowerCase() as string);
      expect(modes.autonegotiation).toBe(theirs.get("Auto-negotiation") === "on");
      expect([info.port, theirs.get("Port")]).toEqual(["tp", "Twisted Pair"]);
      expect(info.transceiver).toBe(theirs.get("Transceiver") as string);
      expect(info.mdix).toBe(theirs.get("MDI-X")?.toLowerCase() as string);
      expect(String(info.phyAddress)).toBe(theirs.get("PHYAD") as string);
      expect(state.link).toBe(theirs.get("Link detected") === "yes");
      expect(state.link).toBe(which === "veth0");
      namespace.ip("link", "set", "veth1", "down");
    }
    const theirs = facts(run(...namespace.command("ethtool", "-i", "veth0")));
    expect(await ours.driver("veth0")).toEqual({
      driver: theirs.get("driver") as string,
      version: theirs.get("version") as string,
      firmware: theirs.get("firmware-version") as string,
      bus: theirs.get("bus-info") as string,
    });
    const capabilities = run(...namespace.command("ethtool", "-T", "veth0"));
    const { timestamping = {} } = await ours.timestamping(index);
    expect(Object.keys(timestamping)).toEqual(
      [...capabilities.matchAll(/^\t(\S+)$/gm)].map(([, name]) => name as string),
    );
  },
);

testWith(namespaces, ethtool)("channels are told and set", async () => {
  using namespace = new Namespace();
  veth(namespace);
  using ours = Ethtool.open({ namespace: namespace.name });
  expect(await ours.channels("veth0")).toEqual({ rxMax: 4, txMax: 4, rx: 4, tx: 4 });
  await ours.setChannels("veth0", { rx: 2, tx: 3 });
  const printed = run(...namespace.command("ethtool", "-l", "veth0"));
  expect(printed).toMatch(/Current hardware settings:\nRX:\t+2\nTX:\t+3\n/);
  run(...namespace.command("ethtool", "-L", "veth0", "rx", "1"));
  expect(await ours.channels("veth0")).toEqual({ rxMax: 4, txMax: 4, rx: 1, tx: 3 });
  await expect(ours.setChannels("veth0", { rx: 5 })).rejects.toThrow(
    "ETHTOOL_MSG_CHANNELS_SET EINVAL veth0: Invalid argument (requested channel count exceeds",
  );
  await expect(ours.setChannels("veth0", { rxx: 5 } as object)).rejects.toThrow("did you mean rx?");
  await expect(ours.setChannels("veth0", { rx: -1 })).rejects.toThrow(RangeError);
});

testWith(namespaces, ethtool)("counters and strings are those of ethtool(8)", async () => {
  using namespace = new Namespace();
  veth(namespace);
  using ours = Ethtool.open({ namespace: namespace.name });
  namespace.ip("addr", "add", "10.77.0.1/24", "dev", "veth0");
  const printed = facts(run(...namespace.command("ethtool", "-S", "veth0")));
  printed.delete("NIC statistics");
  const statistics = await ours.statistics("veth0");
  expect(Object.keys(statistics)).toEqual([...printed.keys()]);
  expect(statistics.peer_ifindex).toBe(Number(printed.get("peer_ifindex")));
  const names = await ours.strings("features");
  expect(names).toContain("tx-tcp-segmentation");
  expect((await ours.strings("ts-rx-filters")).slice(0, 3)).toEqual(["none", "all", "some"]);
  expect(await ours.strings(16)).toContain("eth-mac");
  await expect(ours.strings("colours")).rejects.toThrow(/unknown set.*link-modes/);
});

testWith(tunDevice, ethtool)("coalescing is told and set", async () => {
  using namespace = new Namespace();
  using tun = Tun.open({ namespace: namespace.name });
  using ours = Ethtool.open({ namespace: namespace.name });
  expect(await ours.coalesce(tun.name)).toEqual({ rxFrames: 0 });
  await ours.setCoalesce(tun.name, { rxFrames: 8 });
  const printed = run(...namespace.command("ethtool", "-c", tun.name));
  expect(printed).toMatch(/^rx-frames:\s+8$/m);
  await expect(ours.setCoalesce(tun.name, { txFrames: 8 })).rejects.toMatchObject({
    code: "EINVAL",
    detail: "cannot modify an unsupported parameter",
  });
  expect(await ours.driver(tun.name)).toMatchObject({ driver: "tun", bus: "tun" });
});

testWith(namespaces)("what is not there is said, with the interface's name", async () => {
  using namespace = new Namespace();
  veth(namespace);
  const before = openSockets();
  const ours = Ethtool.open({ namespace: namespace.name });
  await expect(ours.linkState("absent")).rejects.toThrow(
    "ETHTOOL_MSG_LINKSTATE_GET ENODEV absent: No such device (no device matches name)",
  );
  await expect(ours.driver(9999)).rejects.toThrow("ENODEV 9999");
  for (const name of ["rings", "coalesce", "pause", "privateFlags"] as const) {
    await expect(ours[name]("veth0")).rejects.toMatchObject({ code: "EOPNOTSUPP" });
  }
  await expect(ours.setRings("veth0", { rx: 100 })).rejects.toThrow("RINGS_SET EOPNOTSUPP veth0");
  await expect(ours.setPause("veth0", { rx: true })).rejects.toThrow("PAUSE_SET EOPNOTSUPP veth0");
  await expect(ours.linkState("")).rejects.toThrow("interface must not be empty");
  await expect(ours.linkState(0)).rejects.toThrow(RangeError);
  await expect(ours.linkState("a\0b")).rejects.toThrow("NUL");
  const family = await ours.family();
  expect(family.groups.map(({ name }) => name)).toEqual(["monitor"]);
  ours.close();
  ours.close();
  expect(ours.closed).toBe(true);
  await expect(ours.linkState("veth0")).rejects.toMatchObject({ code: "EBADF" });
  expect(openSockets()).toBeLessThanOrEqual(before);
});

test("options are checked", () => {
  expect(() => Ethtool.open({ namespce: "x" } as object)).toThrow("did you mean namespace?");
  expect(() => new (Ethtool as unknown as new () => Ethtool)()).toThrow("Ethtool.open");
});

/** A message of a kind that no virtual card has. */
const RINGS = { rxMax: 4096, rx: 512, tx: 256, tcpDataSplit: "on", txPush: true } as const;

test("what is encoded is decoded, of kinds that no virtual card has", () => {
  const roundtrip = (name: MessageName, fields: object) => {
    const writer = new Writer();
    (MESSAGES[name] as { encode(writer: Writer, fields: object): void }).encode(writer, fields);
    const told = decodeReply(name, writer.finish());
    expect(told).toEqual(fields);
    return writer.finish();
  };
  roundtrip("RINGS", RINGS);
  roundtrip("PAUSE", { rx: true, tx: false, statistics: { txFrames: 7, rxFrames: 2n ** 60n } });
  roundtrip("LINKMODES", {
    speed: null,
    duplex: "half",
    ours: { "10baseT/Half": true, MII: false },
  });
  roundtrip("LINKSTATE", { link: false, state: "no-cable", signalQuality: 3 });
  roundtrip("COALESCE", { rxMicroseconds: 50, adaptiveRx: true, txAggregateBytes: 9 });
  roundtrip("PRIVFLAGS", { flags: { "legacy-rx": true, other: false } });
  roundtrip("STRSET", {
    sets: [
      {
        id: 1,
        count: 2,
        strings: [
          { index: 0, value: "a" },
          { index: 1, value: "b" },
        ],
      },
    ],
  });
});

test("mutated replies are decoded or refused, whatever is in them", () => {
  const runs = Number(process.env.RAWSOCK_TEST_RUNS ?? 3000);
  const writer = new Writer();
  const fields = {
    interface: { index: 3, name: "veth0" },
    changeable: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`bit-${index}`, true]),
    ),
    active: { "bit-3": true },
  };
  MESSAGES.FEATURES.encode(writer, fields);
  MESSAGES.STRSET.encode(writer, { sets: [{ id: 1, strings: [{ index: 0, value: "name" }] }] });
  const whole = writer.finish();
  let seed = 12345;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const outcomes = { decoded: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const bytes = whole.slice(0, random(4) === 0 ? random(whole.length) : whole.length);
    for (let count = random(6); count > 0; count--) bytes[random(bytes.length)] = random(256);
    for (const name of Object.keys(MESSAGES) as MessageName[]) {
      try {
        decodeReply(name, bytes);
        outcomes.decoded++;
      } catch (error) {
        if (!(error instanceof SocketError) || error.code !== "EBADMSG") throw error;
        outcomes.refused++;
      }
    }
  }
  expect(outcomes.decoded).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(0);
});
