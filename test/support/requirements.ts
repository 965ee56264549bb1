// Tests that need a privilege or an outside program: where it is missing they are reported as
// skipped, and their name says how to get it.

import { dlopen } from "bun:ffi";
import { test } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { Family, Protocol, SocketType } from "../../src/base/constants.ts";
import {
  bind,
  close,
  connect,
  getsockname,
  poll,
  Sockaddr,
  SocketError,
  send,
  socket,
} from "../../src/index.ts";
import { libcName } from "./libc.ts";
import { patience } from "./patience.ts";
import { NOBODY } from "./program.ts";

export type Requirement = { readonly met: boolean; readonly remedy: string };

/** capabilities(7), by number. */
const CAPABILITIES = {
  setgid: 6,
  setuid: 7,
  net_bind_service: 10,
  net_broadcast: 11,
  net_admin: 12,
  net_raw: 13,
  sys_admin: 21,
} as const;
export type Capability = keyof typeof CAPABILITIES;

const LINUX = process.platform === "linux";
/** ioctl_ns(2): a descriptor of the user namespace that a namespace belongs to. */
const NS_GET_USERNS = 0xb701;

/** This process' effective capabilities. */
const effective = LINUX
  ? BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`)
  : 0n;

/** Whether a capability counts for this network: the superuser of a user namespace has none here. */
const ownsNetwork = LINUX && canAskForOwner("/proc/self/ns/net");

/** The kernel tells the owner to nobody from outside of it. */
function canAskForOwner(namespace: string): boolean {
  const library = dlopen(libcName, { ioctl: { args: ["i32", "u64"], returns: "i32" } });
  const file = openSync(namespace, "r");
  const owner = library.symbols.ioctl(file, NS_GET_USERNS);
  closeSync(file);
  if (owner >= 0) closeSync(owner);
  library.close();
  return owner >= 0;
}

/** The capability itself, not the user who usually has it. */
export function capability(name: Capability): Requirement {
  const held = ((effective >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
  return {
    met: held && (ownsNetwork || !name.startsWith("net_")),
    remedy: `needs CAP_${name.toUpperCase()} on Linux: sudo npm test`,
  };
}

/** A program on the PATH, from Debian's package of that name unless told. */
export function program(name: string, debianPackage: string = name): Requirement {
  const remedy = `install ${name}: apt-get install ${debianPackage}`;
  return { met: Bun.which(name) !== null, remedy };
}

export const python: Requirement = program("python3");
export const ip: Requirement = program("ip", "iproute2");

const IF_INET6 = "/proc/net/if_inet6";

/** IPv6 on the loopback interface. */
export const ipv6: Requirement = {
  met: !LINUX || (existsSync(IF_INET6) && /^0{31}1 /m.test(readFileSync(IF_INET6, "utf8"))),
  remedy: "needs IPv6: sysctl net.ipv6.conf.lo.disable_ipv6=0",
};

/** Unix datagrams, which wait for room where others are lost. */
export const unixDatagrams: Requirement = {
  met: process.platform !== "win32",
  remedy: "needs Unix datagrams, which Windows has not: elsewhere",
};

/** A connection whose peer has reset it is accepted nevertheless. */
export const resetsAccepted: Requirement = {
  met: process.platform !== "win32",
  remedy: "needs connections that were reset, which Windows does not give out: elsewhere",
};

/** Signals with handlers, sent by other programs. */
export const signals: Requirement = {
  met: process.platform !== "win32",
  remedy: "needs signals, which Windows has not: elsewhere",
};

/** A datagram that nobody takes is told to who sent it: such a one is sent. */
export function refusals(): Requirement {
  const dead = socket("inet", "dgram");
  bind(dead, Sockaddr.inet("127.0.0.1"));
  const address = getsockname(dead);
  close(dead);
  const fd = socket("inet", "dgram");
  try {
    connect(fd, address);
    send(fd, new Uint8Array(1));
    const met = poll([{ fd, events: ["in"] }], 200).length > 0;
    return {
      met,
      remedy: "needs errors of connected datagram sockets, which Wine loses",
    };
  } finally {
    close(fd);
  }
}

/** Sockets of IPv6, whether or not an interface has it. */
export const ipv6Sockets: Requirement = {
  met: !LINUX || existsSync(IF_INET6),
  remedy: "needs a kernel with IPv6: boot without ipv6.disable=1",
};

/** Network namespaces of the tests' own: test/support/namespace.ts. */
export const namespaces: Requirement = ip.met
  ? {
      met: capability("sys_admin").met && capability("net_admin").met && canMakeNamespace(),
      remedy: "needs to make network namespaces on Linux: sudo npm test",
    }
  : ip;

/** Found out once by this process, not once by each file. */
function canMakeNamespace(): boolean {
  const known = process.env.RAWSOCK_TEST_NAMESPACES;
  if (known !== undefined) return known === "yes";
  const name = `rawsock-${process.pid}-probe`;
  const made = Bun.spawnSync(["ip", "netns", "add", name]).exitCode === 0;
  const entered = Bun.spawnSync(["ip", "netns", "exec", name, "true"]).exitCode === 0;
  if (made) Bun.spawnSync(["ip", "netns", "del", name]);
  process.env.RAWSOCK_TEST_NAMESPACES = made && entered ? "yes" : "no";
  return made && entered;
}

/** Network devices of the tests' own, in namespaces: rawsock/tun. */
export const tun: Requirement = existsSync("/dev/net/tun")
  ? namespaces
  : { met: false, remedy: "needs /dev/net/tun: sudo modprobe tun" };

/** Becoming the user nobody: the capabilities, and a user namespace that knows it. */
export const nobody: Requirement = {
  met: capability("setuid").met && capability("setgid").met && mapped("uid") && mapped("gid"),
  remedy: "needs to become another user, on Linux: sudo npm test",
};

function mapped(what: "uid" | "gid"): boolean {
  const lines = readFileSync(`/proc/self/${what}_map`, "utf8").trim().split("\n");
  return lines.some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return NOBODY >= first && NOBODY < first + count;
  });
}

/** Running a program as the user nobody. */
export const setpriv: Requirement = nobody.met ? program("setpriv", "util-linux") : nobody;

const OTHER_KERNEL = "npm run test:kernel";

/** Sockets of a family that few kernels have: socket(2) itself is asked. */
export function family(domain: Family, type: SocketType, protocol?: Protocol): Requirement {
  const what = [domain, type, protocol].filter((word) => word !== undefined).join(" ");
  const remedy = `needs a kernel with sockets of ${what}: ${OTHER_KERNEL}`;
  try {
    close(socket(domain, type, protocol));
    return { met: true, remedy };
  } catch (error) {
    if (error instanceof SocketError) return { met: false, remedy };
    throw error;
  }
}

/** A module of the kernel that is loaded, or can be by who asks for what is in it. */
export function kernelModule(name: string): Requirement {
  const loaded = existsSync(`/sys/module/${name}`);
  const found = loaded || (LINUX && Bun.which("modinfo") !== null && isInstalled(name));
  return { met: found, remedy: `needs a kernel with the module ${name}: ${OTHER_KERNEL}` };
}

function isInstalled(name: string): boolean {
  return Bun.spawnSync(["modinfo", name], { stderr: "ignore" }).exitCode === 0;
}

/** A kernel of that version or a later one. */
export function kernel(version: string): Requirement {
  const own = /^\d+\.\d+/.exec(release())?.[0] ?? "0.0";
  return {
    met: LINUX && Bun.semver.order(`${own}.0`, `${version}.0`) >= 0,
    remedy: `needs Linux ${version} or later, not ${own}`,
  };
}

/** The first call of the zig compiler on a new machine takes longer than bun test's 5 seconds. */
const TIMEOUT = 120_000 * Math.min(patience, 5);

/** `test` where everything is there, else a test that is reported as skipped, with the remedy. */
export function testWith(...requirements: readonly Requirement[]) {
  const missing = requirements.filter(({ met }) => !met);
  const remedies = missing.map(({ remedy }) => remedy).join("; ");
  return (name: string, body: () => unknown, timeout = TIMEOUT): void => {
    const title = missing.length === 0 ? name : `${name} [skipped: ${remedies}]`;
    test.skipIf(missing.length > 0)(title, body as () => Promise<void>, timeout);
  };
}
