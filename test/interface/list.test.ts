import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import {
  IFF,
  type InterfaceAddress,
  ifaddrs,
  ifNameIndex,
  type Sockaddr,
} from "../../src/index.ts";
import { Namespace, run } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, python, testWith } from "../support/requirements.ts";

/** glibc's getifaddrs(3), walked by CPython: one JSON line per entry. */
const GETIFADDRS = `
import ctypes, json
class sockaddr(ctypes.Structure):
  _fields_ = [("family", ctypes.c_ushort), ("data", ctypes.c_ubyte * 26)]
class ifaddrs(ctypes.Structure): pass
P = ctypes.POINTER(ifaddrs)
S = ctypes.POINTER(sockaddr)
ifaddrs._fields_ = [("next", P), ("name", ctypes.c_char_p), ("flags", ctypes.c_uint),
  ("address", S), ("netmask", S), ("destination", S), ("data", ctypes.c_void_p)]
def text(s):
  if not s: return None
  family = s.contents.family
  data = bytes(s.contents.data)
  length = {2: 6, 10: 26, 17: 10 + data[9]}.get(family, 14)
  return [family, data[:length].hex()]
p = P()
assert ctypes.CDLL(None, use_errno=True).getifaddrs(ctypes.byref(p)) == 0
out = []
while p:
  e = p.contents
  pointed = e.flags & 0x12
  destination = text(e.destination)
  # The C libraries name the own address of an interface that has no broadcast address or peer.
  own = destination == text(e.address)
  if own and (not pointed or destination and destination[0] != 17): destination = None
  if not pointed and destination and destination[0] == 17: destination = None
  out.append([e.name.decode(), e.flags, text(e.address), text(e.netmask), destination])
  p = e.next
print(json.dumps(out))
`;

function plain(address: Sockaddr | null): unknown {
  if (address === null) return null;
  const family = new Uint16Array(address.bytes.slice(0, 2).buffer)[0] as number;
  const { data } = address;
  const length = { 2: 6, 10: 26, 17: 10 + (data[9] as number) }[family] ?? 14;
  return [family, data.subarray(0, length).toHex()];
}

function ours(): unknown {
  return ifaddrs().map(({ name, flagBits, address, netmask, destination }) => [
    name,
    flagBits,
    plain(address),
    plain(netmask),
    plain(destination),
  ]);
}

function expectAgreement(namespace: Namespace): void {
  const theirs = JSON.parse(run(...namespace.command("python3", "-c", GETIFADDRS)));
  expect(namespace.enter(ours)).toEqual(theirs);
}

test("the loopback interface is there with its addresses and flags", () => {
  const list = ifaddrs();
  const loopback = list.find(({ name }) => /^(lo0?|loopback_.*)$/.test(name));
  expect(loopback?.flags).toContain("up");
  expect(loopback?.flags).toContain("loopback");
  expect(((loopback?.flagBits ?? 0) & IFF.LOOPBACK) !== 0).toBe(true);
  const inet = list.find(({ address }) => address?.address === "127.0.0.1");
  expect(inet?.index).toBe(loopback?.index as number);
  expect(inet?.netmask?.address).toBe("255.0.0.0");
  expect(inet?.destination).toBeNull();
  expect(inet?.statistics).toBeNull();
});

test("every address that node:os reports is listed", () => {
  // Windows has names for programs, and other ones for people, which node:os tells.
  const named = (name: string) => (process.platform === "win32" ? "" : name);
  const list = ifaddrs().map(({ name, address }) => `${named(name)} ${address?.address}`);
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address } of addresses ?? []) expect(list).toContain(`${named(name)} ${address}`);
  }
});

testWith(namespaces, python)("aliases, peers, scopes and downs agree with getifaddrs(3)", () => {
  using namespace = new Namespace();
  namespace.ip("link", "add", "fifteen-letters", "type", "veth", "peer", "name", "right");
  namespace.ip("addr", "add", "10.1.0.1/20", "brd", "+", "dev", "fifteen-letters");
  namespace.ip("addr", "add", "10.1.0.9/32", "dev", "right", "label", "right:alias");
  namespace.ip("addr", "add", "10.2.0.1", "peer", "10.2.0.2", "dev", "right");
  namespace.ip("addr", "add", "fd00::1", "peer", "fd00::2", "dev", "right");
  namespace.ip("addr", "add", "10.3.0.1", "peer", "10.3.0.2/24", "dev", "lo");
  namespace.ip("addr", "add", "fe80::77/64", "dev", "lo");
  namespace.ip("link", "set", "right", "up");
  namespace.ip("link", "add", "bridge", "type", "bridge");
  namespace.ip("tuntap", "add", "tun0", "mode", "tun");
  namespace.ip("addr", "add", "10.4.0.1", "peer", "10.4.0.2", "dev", "tun0");
  expectAgreement(namespace);

  const list = namespace.enter(ifaddrs);
  const by = (address: string) => list.find((entry) => entry.address?.address === address);
  expect(by("10.1.0.1")?.name).toBe("fifteen-letters");
  expect(by("10.1.0.1")?.destination?.address).toBe("10.1.15.255");
  expect(by("10.1.0.9")?.name).toBe("right:alias");
  expect(by("10.1.0.9")?.destination).toBeNull();
  expect(by("10.2.0.1")?.destination?.address).toBe("10.2.0.2");
  expect(by("fd00::1")?.destination?.address).toBe("fd00::2");
  expect(by("10.3.0.1")?.destination?.address).toBe("10.3.0.2");
  expect(by("10.4.0.1")?.destination?.address).toBe("10.4.0.2");
  expect(by("10.4.0.1")?.flags).toContain("pointopoint");
  expect(by("fe80::77")?.address?.scopeId).toBe(1);
  const bridge = list.find(({ name }) => name === "bridge");
  expect(bridge?.flags).not.toContain("up");
  expect(bridge?.address?.family).toBe("packet");
});

testWith(namespaces, python)(
  "three hundred interfaces agree with getifaddrs(3)",
  async () => {
    using namespace = new Namespace();
    const before = namespace.enter(() => ifNameIndex()).length;
    const commands = Array.from({ length: 150 }, (_, index) => [
      `link add left${index} type veth peer name right${index}`,
      `addr add 10.8.${index}.1/30 dev left${index}`,
      `addr add fd00:${index}::1/64 dev right${index}`,
    ]).flat();
    const batch = Bun.spawnSync(["ip", "-n", namespace.name, "-batch", "-"], {
      stdin: Buffer.from(commands.join("\n")),
    });
    expect(batch.exitCode).toBe(0);
    expectAgreement(namespace);
    expect(namespace.enter(() => ifNameIndex())).toHaveLength(before + 300);
  },
  60_000 * patience,
);

testWith(namespaces)("a list read while interfaces come and go is consistent", async () => {
  using namespace = new Namespace();
  const churn = Array.from({ length: 40 }, (_, index) => [
    `link add churn${index} type veth peer name other${index}`,
    `addr add 10.9.${index}.1/24 dev churn${index}`,
    `link del churn${index}`,
  ]).flat();
  const process = Bun.spawn(["ip", "-n", namespace.name, "-batch", "-"], {
    stdin: Buffer.from(churn.join("\n")),
  });
  namespace.enter(() => {
    for (let round = 0; round < 500; round++) {
      const list = ifaddrs();
      const links = new Set(
        list.filter(({ netmask }) => netmask === null).map(({ index }) => index),
      );
      for (const { index, name } of list) {
        expect(links).toContain(index);
        expect(name).not.toBe("");
      }
    }
  });
  expect(await process.exited).toBe(0);
});

testWith(namespaces)("statistics count what was sent, and only in their own namespace", () => {
  using namespace = new Namespace();
  const list = namespace.enter(ifaddrs);
  const [loopback] = list;
  expect(loopback?.name).toBe("lo");
  expect(namespace.ping("127.0.0.1", 3)).toBe(3);
  const counted = namespace.enter(() => loopback?.statistics);
  expect(counted?.txPackets).toBe(6);
  expect(counted?.rxPackets).toBe(6);
  expect(counted?.txBytes).toBe(6 * 84);

  const late = namespace.enter(ifaddrs)[0];
  expect(late?.statistics).toBeNull();
});

testWith(namespaces, python)(
  "interfaces that IPv6 does not know are listed like the others",
  () => {
    using namespace = new Namespace();
    namespace.ip("link", "add", "left", "type", "veth", "peer", "name", "right");
    namespace.ip("addr", "add", "10.5.0.1/24", "dev", "right");
    // RFC 8200: IPv6 needs 1280 bytes.
    namespace.ip("link", "set", "left", "mtu", "1000");
    namespace.ip("link", "set", "right", "up");
    expectAgreement(namespace);
    namespace.ip("link", "set", "right", "mtu", "68");
    expectAgreement(namespace);
  },
);

testWith(namespaces)("an interface's own broadcast address is read late", () => {
  using namespace = new Namespace();
  namespace.ip("link", "add", "left", "type", "veth", "peer", "name", "right");
  const find = () =>
    namespace.enter(() => ifaddrs().find(({ name }) => name === "left") as InterfaceAddress);
  // Where IPv6 lately did not know all, this is how often it is left out.
  for (let call = 0; call < 33; call++) find();
  const usual = find();
  expect(namespace.enter(() => usual.destination?.address)).toBe("ff:ff:ff:ff:ff:ff");
  expect(usual.destination?.ifindex).toBe(usual.index);

  const changed = find();
  const elsewhere = find();
  namespace.ip("link", "set", "left", "broadcast", "02:00:00:00:00:09");
  expect(namespace.enter(() => changed.destination?.address)).toBe("02:00:00:00:00:09");
  expect(elsewhere.destination).toBeNull();
  const gone = find();
  namespace.ip("link", "del", "left");
  expect(namespace.enter(() => gone.destination)).toBeNull();
});

testWith(namespaces)("flag filters keep what they say", () => {
  using namespace = new Namespace();
  namespace.ip("link", "add", "left", "type", "veth", "peer", "name", "right");
  namespace.enter(() => {
    const own = ["lo", "left", "right"];
    const names = (options: Parameters<typeof ifaddrs>[0]) =>
      new Set(ifaddrs(options).flatMap(({ name }) => (own.includes(name) ? name : [])));
    expect(names({})).toEqual(new Set(["lo", "left", "right"]));
    expect(names({ flagsAnd: [] })).toEqual(new Set(["lo", "left", "right"]));
    expect(names({ flagsOr: [] })).toEqual(new Set());
    expect(names({ flagsAnd: ["up"] })).toEqual(new Set(["lo"]));
    expect(names({ flagsAnd: ["broadcast", "multicast"] })).toEqual(new Set(["left", "right"]));
    expect(names({ flagsAnd: ["up", "broadcast"] })).toEqual(new Set());
    expect(names({ flagsOr: ["up", "broadcast"] })).toEqual(new Set(["lo", "left", "right"]));
  });
});

test("wrong filters throw and name the accepted flags", () => {
  expect(() => ifaddrs({ flagsAnd: ["nonsense"] })).toThrow(/accepted: .*running/);
  expect(() => ifaddrs({ flagsOr: "up" as never })).toThrow(TypeError);
  expect(() => ifaddrs({ flagsOr: [1 as never] })).toThrow(TypeError);
  expect(() => ifaddrs({ flags: [] } as never)).toThrow(TypeError);
});

test("an entry shows its fields in JSON and in the console", () => {
  const [first] = ifaddrs();
  expect(JSON.parse(JSON.stringify(first))).toMatchObject({ name: first?.name, netmask: null });
  expect(Bun.inspect(first)).toContain("flagBits");
});

test("names and indices of interfaces convert to each other", () => {
  for (const { index, name } of ifNameIndex()) {
    expect(ifNameIndex(name)).toBe(index);
    expect(ifNameIndex(index)).toBe(name);
  }
});

test("unknown and impossible interfaces throw", () => {
  const code = (code: string) => expect.objectContaining({ code });
  expect(() => ifNameIndex("no-such-thing")).toThrow(code("ENODEV"));
  expect(() => ifNameIndex(2 ** 31 - 1)).toThrow(code("ENODEV"));
  expect(() => ifNameIndex(0)).toThrow(code("ENODEV"));
  expect(() => ifNameIndex("no-such-thing")).toThrow("no-such-thing");
  expect(() => ifNameIndex(2 ** 31 - 1)).toThrow("2147483647");
  expect(() => ifNameIndex("a\0b")).toThrow(TypeError);
  expect(() => ifNameIndex(1.5)).toThrow(RangeError);
  expect(() => ifNameIndex(-1)).toThrow(RangeError);
  expect(() => ifNameIndex(null as never)).toThrow(TypeError);
});

testWith(python)("CPython sees the same names", async () => {
  await using peer = Peer.python("import socket; print(sorted(socket.if_nameindex()))");
  const expected = ifNameIndex()
    .sort((a, b) => a.index - b.index)
    .map(({ index, name }) => `(${index}, '${name}')`);
  expect(await peer.line()).toBe(`[${expected.join(", ")}]`);
});

test("entries are equal where they say the same, and only there; a clone has what it says", () => {
  const [first, second] = [ifaddrs(), ifaddrs()];
  expect(first).toEqual(second);
  for (const [index, entry] of first.entries()) {
    for (const other of first.slice(index + 1)) expect(entry).not.toEqual(other);
    const { flagBits, bytes } = entry;
    expect(structuredClone(entry)).toMatchObject({ index: entry.index, flagBits, bytes });
  }
});
