// Faults that the suite has found: each of them every time.

import { beforeAll, expect } from "bun:test";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { hunt, seed } from "./support/hunt.ts";
import { compileInjector, seccomp } from "./support/injector.ts";

let library: string;
beforeAll(async () => {
  if (seccomp.met) library = await compileInjector();
}, 120_000);

/** What they are, by the entry point: a public call, a system call, its errno, from when on. */
const found: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  rawsock: {
    "a listener whose every connection is lost holds up the thread": [
      "Socket#accept | accept4 ENETDOWN 0+",
      "Socket#connections | accept4 EPROTO 0+",
    ],
    "EAGAIN of connect waits for ever where it is no Unix socket": [
      "connect | connect EAGAIN 0+",
      "Socket#connect | connect EAGAIN 0+",
    ],
    "a socket stays non-blocking after connect": [
      "connect of TCP | fcntl EPERM 2",
      "connect of TCP | fcntl EBADF 1",
    ],
    "signals without end hold up a list of interfaces": [
      "ifNameIndex | sendto EINTR 0+",
      "ifaddrs | recvfrom EINTR 1+",
    ],
    "a clock that does not go makes a wait endless": ["recv, late | clock_gettime EINVAL 0+"],
    "a socket that fails is drained for ever": [
      "Socket#attachFilter, drained | recvfrom EBADF 0+",
      "Socket#attachFilter, drained | recvfrom ENETDOWN 1+",
    ],
    "a signal ends what does not wait": ["poll | ppoll EINTR 0", "Socket#readable | ppoll EINTR 0"],
    "a lookup's descriptor blocks": ["resolve of a name | fcntl EBADF 1"],
  },
  capture: {
    "a capture whose counters cannot be read is never closed": [
      "Capture#batches | getsockopt EBADF 1",
      "Capture#close | getsockopt EINVAL 1+",
      "Capture#Symbol(Symbol.asyncIterator) | getsockopt EFAULT 1",
    ],
    "whatever fails, the interface is said to be absent": [
      "capture | ioctl EPERM 0",
      "capture | ioctl ENOMEM 0+",
    ],
    "whatever fails, the interface has no link of its own": ["interfaces | ioctl EBADF 0"],
    "it was not setsockopt(2) that failed": ["capture | mmap ENOMEM 0", "capture | mmap ENOMEM 1"],
    "signals without end hold up a list of what can be captured from": [
      "interfaces | recvfrom EINTR 0+",
    ],
  },
  netlink: {
    "a signal ends a monitor": ["Netlink#monitor of a change | ppoll EINTR 0"],
    "the second socket stays open where closing the first one fails": [
      "Ethtool#close | close EIO 0",
      "Ethtool#closed | close EBADF 0+",
    ],
    "after a dump that could not be read the next one is refused": [
      "Netlink#links, again | recvfrom ENOBUFS 0",
      "Netlink#links, again | recvfrom ENOMEM 0+",
    ],
    "a family that was not found once is never found again": [
      "Ethtool#linkModes, again | sendto ENOBUFS 0",
      "Ethtool#linkModes, again | recvfrom ENOMEM 1",
    ],
    "what waits for a reply waits for ever where the socket cannot be closed": [
      "Netlink#close while a call waits | close EIO 0",
    ],
  },
};

for (const [entry, kinds] of Object.entries(found)) {
  testWith(seccomp, ...(entry === "rawsock" ? [] : [namespaces]))(
    `${entry}: ${Object.keys(kinds).join("; ")}: not any more`,
    async () => {
      using namespace = entry === "rawsock" ? null : new Namespace();
      const only = Object.values(kinds).flat();
      const names = [...new Set(only.map((one) => one.split(" | ")[0] as string))];
      const plan = { library, entry, names, only, share: 1000, seed: seed() };
      const { findings, faults } = await hunt(plan, namespace);
      expect(findings).toEqual([]);
      expect(faults).toBe(only.length);
    },
  );
}
