import { expect, test } from "bun:test";
import * as rawsock from "../../src/index.ts";

const { AF, SOCK, IPPROTO, ETH_P, NETLINK, SOL, SO, IP, IPV6, TCP, UDP } = rawsock;
const { PACKET, MSG, SHUT, IFF, AI, NI, EAI, ERRNO, SCM, ARPHRD } = rawsock;
const GROUPS = {
  ...{ AF, SOCK, IPPROTO, ETH_P, NETLINK, SOL, SO, IP, IPV6, TCP, UDP },
  ...{ PACKET, MSG, SHUT, IFF, AI, NI, EAI, ERRNO, SCM, ARPHRD },
};

test("every group is a frozen object of integers", () => {
  for (const group of Object.values(GROUPS)) {
    expect(Object.isFrozen(group)).toBe(true);
    // A platform may have none at all, Linux has some of each.
    if (process.platform === "linux") expect(Object.keys(group).length).toBeGreaterThan(2);
    for (const [key, value] of Object.entries(group)) {
      expect(key).toMatch(/^[A-Z0-9_]+$/);
      expect(Number.isSafeInteger(value)).toBe(true);
    }
  }
});

test("the values are those of this platform", () => {
  const linux = process.platform === "linux";
  const windows = process.platform === "win32";
  expect(rawsock.AF.INET).toBe(2);
  expect(rawsock.AF.INET6).toBe(linux ? 10 : windows ? 23 : 30);
  expect(rawsock.AF.PACKET).toBe(linux ? 17 : (undefined as never));
  expect(rawsock.SO.REUSEADDR).toBe(linux ? 2 : 4);
  expect(rawsock.SOMAXCONN).toBe(linux ? 4096 : windows ? 0x7fff_ffff : 128);
  expect(rawsock.ERRNO.EAGAIN).toBe(linux || windows ? 11 : 35);
  expect(rawsock.MSG.PEEK).toBe(2);
  expect(rawsock.IPPROTO.ICMPV6).toBe(58);
  expect(rawsock.EAI.NONAME).toBe(linux ? -2 : windows ? 11_001 : 8);
});

test("a returned family or type is its usual keyword, or a number without one", () => {
  expect(new rawsock.Sockaddr(rawsock.AF.UNIX).family).toBe("unix");
  expect(new rawsock.Sockaddr(rawsock.AF.INET).family).toBe("inet");
  expect(new rawsock.Sockaddr("local").family).toBe("unix");
  expect(new rawsock.Sockaddr("route").family).toBe("netlink");
  expect(new rawsock.Sockaddr(null).family).toBe("unspec");
  expect(new rawsock.Sockaddr(250).family).toBe(250);
});
