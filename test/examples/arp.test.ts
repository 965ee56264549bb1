// examples/arp.ts, which the kernel of another host answers, and examples/packet.ts.

import { expect, test } from "bun:test";
import { example } from "../support/example.ts";
import { VethPair } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";

test("the example of a packet needs no privilege", async () => {
  const { stdout, stderr } = await end(example("packet.ts"));
  expect(stderr).toBe("");
  expect(stdout).toStartWith("IP 192.0.2.1.40000 > 198.51.100.7.7: UDP, length 5\n64 7 5\n");
  expect(stdout).toContain("3~hello|");
});

testWith(namespaces)(
  "the example of ARP finds who has an address, or says that nobody does",
  async () => {
    using pair = new VethPair();
    const mac = /link\/ether (\S+)/.exec(pair.b.ip("link", "show", pair.interface))?.[1];
    const command = (target: string) =>
      pair.a.command(...example("arp.ts", pair.interface, target));
    const { stdout, stderr } = await end(command("10.77.0.2"));
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      "ARP, Request who-has 10.77.0.2 tell 10.77.0.1, length 46",
      `ARP, Reply 10.77.0.2 is-at ${mac}, length 28`,
      `10.77.0.2 is at ${mac}`,
      "",
    ]);
    expect((await end(command("10.77.0.99"))).stdout).toEndWith("nobody answers\n");
  },
);
