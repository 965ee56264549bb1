// The first call of a process while a system call fails: what later calls share is made then, or
// by a later call.

import { beforeAll, expect } from "bun:test";
import { Namespace } from "../support/namespace.ts";
import { namespaces, type Requirement, testWith, tun } from "../support/requirements.ts";
import { firstUse } from "./support/first.ts";
import { seed, share, summary } from "./support/hunt.ts";
import { compileInjector, seccomp } from "./support/injector.ts";

/** Of a thousand, in `npm test`: each is a process. */
const USUAL = 15;
const TIMEOUT_MS = 45 * 60_000;

let library: string;
beforeAll(async () => {
  if (seccomp.met) library = await compileInjector();
}, 120_000);

const firsts: readonly (readonly [string, readonly string[], readonly Requirement[]])[] = [
  [
    "rawsock",
    [
      ...["Socket.open", "Socket.pair", "Socket#recv", "Socket#connect of TCP", "Socket#accept"],
      ...["recvmsg of descriptors", "resolve", "ifaddrs", "openIn", "getnameinfo"],
    ],
    [],
  ],
  ["capture", ["Capture#next of a packet", "interfaces"], [namespaces]],
  ["netlink", ["Netlink#links", "Netlink#monitor"], [namespaces]],
  ["tun", ["Tun#recv"], [tun]],
];

for (const [entry, names, requirements] of firsts) {
  testWith(seccomp, ...requirements)(
    `${entry}: a first call that fails is no hindrance to the second`,
    async () => {
      using namespace = namespaces.met ? new Namespace() : null;
      const findings: string[] = [];
      for (const name of names) {
        const place = { library, entry, share: share(USUAL), seed: seed() };
        const report = await firstUse(name, place, namespace);
        console.log(summary(`${name} at first`, report));
        findings.push(...report.findings);
      }
      expect(findings).toEqual([]);
    },
    TIMEOUT_MS,
  );
}
