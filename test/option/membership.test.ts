// Multicast groups on real interfaces.

import { expect, test } from "bun:test";
import {
  bind,
  close,
  ifNameIndex,
  type OptionName,
  recv,
  Sockaddr,
  SocketError,
  sendto,
  setSocketOption,
  socket,
  socketOption,
} from "../../src/index.ts";
import { type Namespace, VethPair } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { withSocket } from "../support/sockets.ts";

const set = setSocketOption as (fd: number, name: OptionName, value: unknown) => void;

const families = {
  inet: { group: "239.77.1.1", sender: "10.77.0.1", other: "10.77.0.9", any: "0.0.0.0" },
  inet6: { group: "ff15::7:1", sender: "fd77::1", other: "fd77::9", any: "::" },
} as const;

type Family = keyof typeof families;

const at = (family: Family, address: string, port = 0) => Sockaddr[family](address, port);

/** Does what `a` sends to the group reach a socket in `b` after `join`? */
function reaches(pair: VethPair, family: Family, join: (fd: number) => void): boolean {
  const { group, any, sender } = families[family];
  const receiver = pair.b.enter(() => {
    const fd = socket(family, "dgram");
    bind(fd, at(family, any, 7777));
    join(fd);
    return fd;
  });
  const from = pair.a.enter(() => {
    const fd = socket(family, "dgram");
    bind(fd, at(family, sender));
    const option = family === "inet" ? "IP_MULTICAST_IF" : "IPV6_MULTICAST_IF";
    set(fd, option, pair.interface);
    return fd;
  });
  try {
    setSocketOption(receiver, "SO_RCVTIMEO", 60);
    sendto(from, new Uint8Array([1, 2, 3]), at(family, group, 7777));
    return recv(receiver, new Uint8Array(8)) === 3;
  } catch (error) {
    expect(error).toMatchObject({ name: "SocketError", code: "EAGAIN" });
    return false;
  } finally {
    close(receiver);
    close(from);
  }
}

/** A veth pair whose ends route IPv6 multicast, which takes the kernel up to a second. */
function readyPair(): VethPair {
  const pair = new VethPair();
  const routed = (namespace: Namespace) =>
    namespace
      .ip("-6", "route", "show", "table", "local")
      .includes(`multicast ff00::/8 dev ${pair.interface}`);
  for (const namespace of [pair.a, pair.b]) {
    for (let waited = 0; waited < 2000 && !routed(namespace); waited += 20) Bun.sleepSync(20);
  }
  return pair;
}

const index = (pair: VethPair) =>
  JSON.parse(pair.b.ip("-j", "link", "show", pair.interface))[0].ifindex as number;

testWith(namespaces)(
  "a group is joined by interface name, index and address, and left again",
  () => {
    using pair = readyPair();
    const { group } = families.inet;
    expect(reaches(pair, "inet", () => {})).toBe(false);
    for (const place of [pair.interface, index(pair), "10.77.0.2"]) {
      for (const name of ["IP_ADD_MEMBERSHIP", "MCAST_JOIN_GROUP"] as const) {
        const member = { group, interface: place };
        expect(reaches(pair, "inet", (fd) => set(fd, name, member))).toBe(true);
      }
    }
    for (const leave of ["IP_DROP_MEMBERSHIP", "MCAST_LEAVE_GROUP"] as const) {
      const joinAndLeave = (fd: number) => {
        set(fd, "IP_ADD_MEMBERSHIP", { group, interface: pair.interface });
        set(fd, "IP_MULTICAST_ALL", false);
        set(fd, leave, { group, interface: pair.interface });
      };
      expect(reaches(pair, "inet", joinAndLeave)).toBe(false);
    }
  },
);

testWith(namespaces)("the same for IPv6, whose interface has a name or an index", () => {
  using pair = readyPair();
  const { group } = families.inet6;
  expect(reaches(pair, "inet6", () => {})).toBe(false);
  for (const place of [pair.interface, index(pair)]) {
    for (const name of ["IPV6_JOIN_GROUP", "IPV6_ADD_MEMBERSHIP", "MCAST_JOIN_GROUP"] as const) {
      const member = { group, interface: place };
      expect(reaches(pair, "inet6", (fd) => set(fd, name, member))).toBe(true);
    }
  }
  for (const leave of ["IPV6_LEAVE_GROUP", "MCAST_LEAVE_GROUP"] as const) {
    const joinAndLeave = (fd: number) => {
      set(fd, "MCAST_JOIN_GROUP", { group, interface: pair.interface });
      set(fd, leave, { group, interface: pair.interface });
    };
    expect(reaches(pair, "inet6", joinAndLeave)).toBe(false);
  }
});

testWith(namespaces)("a source-specific group lets in its source only", () => {
  using pair = readyPair();
  const names = {
    inet: ["IP_ADD_MEMBERSHIP", "IP_ADD_SOURCE_MEMBERSHIP", "MCAST_JOIN_SOURCE_GROUP"],
    inet6: ["IPV6_JOIN_GROUP", "MCAST_JOIN_SOURCE_GROUP"],
  } as const;
  for (const family of ["inet", "inet6"] as const) {
    const { group, sender, other } = families[family];
    const places = family === "inet" ? [pair.interface, "10.77.0.2"] : [pair.interface];
    for (const name of names[family]) {
      for (const place of places) {
        const from = (source: string) => (fd: number) =>
          set(fd, name, { group, source, interface: place });
        expect(reaches(pair, family, from(sender))).toBe(true);
        expect(reaches(pair, family, from(other))).toBe(false);
      }
    }
  }
});

testWith(namespaces)("a source is left, blocked and let in again", () => {
  using pair = readyPair();
  for (const family of ["inet", "inet6"] as const) {
    const { group, sender: source } = families[family];
    const member = { group, source, interface: pair.interface };
    const steps: [boolean, ...OptionName[]][] = [
      [false, "MCAST_JOIN_SOURCE_GROUP", "MCAST_LEAVE_SOURCE_GROUP"],
      [true, "MCAST_JOIN_GROUP"],
      [false, "MCAST_JOIN_GROUP", "MCAST_BLOCK_SOURCE"],
      [true, "MCAST_JOIN_GROUP", "MCAST_BLOCK_SOURCE", "MCAST_UNBLOCK_SOURCE"],
    ];
    for (const [arrives, ...names] of steps) {
      const act = (fd: number) => {
        if (family === "inet") set(fd, "IP_MULTICAST_ALL", false);
        for (const name of names) {
          const { source: _, ...plain } = member;
          set(fd, name, name === "MCAST_JOIN_GROUP" ? plain : member);
        }
      };
      expect(reaches(pair, family, act)).toBe(arrives);
    }
  }
});

testWith(namespaces)("all sources of a group are replaced at once", () => {
  using pair = readyPair();
  for (const family of ["inet", "inet6"] as const) {
    const { group, sender, other } = families[family];
    for (const [mode, sources, arrives] of [
      ["include", [sender, other], true],
      ["include", [other], false],
      ["exclude", [sender], false],
      ["exclude", [], true],
    ] as const) {
      const act = (fd: number) => {
        set(fd, "MCAST_JOIN_GROUP", { group, interface: pair.interface });
        const name = family === "inet" && mode === "include" ? "IP_MSFILTER" : "MCAST_MSFILTER";
        set(fd, name, { group, interface: pair.interface, mode, sources });
      };
      expect(reaches(pair, family, act)).toBe(arrives);
    }
  }
});

testWith(namespaces)("IPV6_PKTINFO fixes the interface until it is null", () => {
  using pair = readyPair();
  pair.a.enter(() => {
    const fd = socket("inet6", "dgram");
    const transmit = () => sendto(fd, new Uint8Array(1), at("inet6", "fd77::2", 7777));
    setSocketOption(fd, "IPV6_PKTINFO", { interface: pair.interface });
    expect(transmit()).toBe(1);
    setSocketOption(fd, "IPV6_PKTINFO", { interface: "lo" });
    expect(transmit).toThrow(/ENETUNREACH/);
    setSocketOption(fd, "IPV6_PKTINFO", null);
    expect(transmit()).toBe(1);
    close(fd);
  });
});

test("wrong memberships throw before any system call", () => {
  withSocket("udp", (fd) => {
    for (const value of [
      null,
      "239.1.1.1",
      {},
      { group: 1 },
      { group: "ff15::1" },
      { group: "239.1.1.1", interface: true },
      { group: "239.1.1.1", source: "ff15::1" },
      { group: "239.1.1.1", device: "lo" },
    ]) {
      expect(() => set(fd, "IP_ADD_MEMBERSHIP", value)).toThrow(TypeError);
    }
    const member = { group: "239.1.1.1" };
    expect(() => set(fd, "IP_ADD_MEMBERSHIP", { ...member, interface: -1 })).toThrow(RangeError);
    expect(() => set(fd, "IPV6_JOIN_GROUP", member)).toThrow(TypeError);
    expect(() => set(fd, "MCAST_JOIN_SOURCE_GROUP", member)).toThrow("needs a source");
    expect(() => set(fd, "IP_DROP_MEMBERSHIP", { ...member, interface: "lo" })).toThrow(
      SocketError,
    );
  });
});

test("an interface that is not there is ENODEV, and named, however it is named", () => {
  const absent = { code: "ENODEV", message: expect.stringContaining("no-such-device") };
  const numbered = { code: "ENODEV", message: expect.stringContaining("1000000") };
  withSocket("udp", (fd) => {
    const group = "239.1.1.1";
    for (const [name, value, error] of [
      ["IP_ADD_MEMBERSHIP", { group, interface: "no-such-device" }, absent],
      ["IP_ADD_MEMBERSHIP", { group, interface: 1_000_000 }, numbered],
      ["MCAST_JOIN_GROUP", { group, interface: "no-such-device" }, absent],
      ["IP_MULTICAST_IF", "no-such-device", absent],
    ] as const) {
      expect(() => set(fd, name, value)).toThrow(expect.objectContaining(error));
    }
  });
  withSocket("udp6", (fd) => {
    for (const [name, value, error] of [
      ["MCAST_JOIN_GROUP", { group: "ff02::fb%no-such-device" }, absent],
      ["MCAST_JOIN_GROUP", { group: "ff02::fb", interface: "::%no-such-device" }, absent],
      ["IPV6_JOIN_GROUP", { group: "ff02::fb%1000000" }, numbered],
      ["IPV6_MULTICAST_IF", "no-such-device", absent],
      ["IPV6_MULTICAST_IF", 1_000_000, numbered],
      ["IPV6_PKTINFO", { address: "fe80::1%no-such-device" }, absent],
    ] as const) {
      expect(() => set(fd, name, value)).toThrow(expect.objectContaining(error));
    }
  });
});

test("a zone names the interface of a group, and of any option that takes an interface", () => {
  withSocket("udp6", (fd) => {
    set(fd, "MCAST_JOIN_GROUP", { group: "ff02::fb%lo" });
    set(fd, "MCAST_LEAVE_GROUP", { group: "ff02::fb", interface: "lo" });
    set(fd, "IPV6_JOIN_GROUP", { group: "ff02::fb", interface: "::%lo" });
    set(fd, "IPV6_LEAVE_GROUP", { group: "ff02::fb%lo", interface: "lo" });
    set(fd, "IPV6_MULTICAST_IF", "::%lo");
    expect(socketOption(fd, "IPV6_MULTICAST_IF")).toBe(ifNameIndex("lo"));
    const twice = { group: "ff02::fb%lo", interface: ifNameIndex("lo") + 1 };
    expect(() => set(fd, "MCAST_JOIN_GROUP", twice)).toThrow(TypeError);
  });
});

test("netlink groups are joined by number and listed", () => {
  withSocket("netlink", (fd) => {
    expect(socketOption(fd, "NETLINK_LIST_MEMBERSHIPS")).toEqual([]);
    for (const group of [1, 5, 33]) setSocketOption(fd, "NETLINK_ADD_MEMBERSHIP", group);
    setSocketOption(fd, "NETLINK_DROP_MEMBERSHIP", 5);
    expect(socketOption(fd, "NETLINK_LIST_MEMBERSHIPS")).toEqual([1, 33]);
  });
});
