// examples/arp-scan.ts on a network of a few hosts, which the kernel answers for.

import { expect } from "bun:test";
import { example } from "../support/example.ts";
import { VethPair } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, testWith } from "../support/requirements.ts";

testWith(namespaces)(
  "the example of a scan by ARP finds the hosts, and who shares an address",
  async () => {
    using pair = new VethPair();
    const hosts = ["10.77.0.9", "10.77.0.17", "10.77.0.254"];
    for (const host of hosts) pair.b.ip("addr", "add", `${host}/24`, "dev", pair.interface);
    const mac = /link\/ether (\S+)/.exec(pair.b.ip("link", "show", pair.interface))?.[1];
    // Another interface of the same link that answers for 10.77.0.9.
    const other = "02:00:00:00:00:99";
    pair.b.ip("link", "add", "twin", "link", pair.interface, "type", "macvlan", "mode", "bridge");
    pair.b.ip("link", "set", "twin", "address", other, "up");
    pair.b.ip("addr", "add", "10.77.0.9/32", "dev", "twin");
    const script = "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore; exec sleep 0";
    await end(pair.b.command("sh", "-c", script));

    const { stdout, stderr, exitCode } = await end(
      pair.a.command(...example("arp-scan.ts", pair.interface)),
    );
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const answers = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" is at ")) as [string, string][],
    );
    expect([...answers.keys()].sort()).toEqual([
      "10.77.0.17",
      "10.77.0.2",
      "10.77.0.254",
      "10.77.0.9",
    ]);
    const shared = answers.get("10.77.0.9")?.split(" and at ").sort();
    expect(shared).toEqual([other, mac as string].sort());
    answers.delete("10.77.0.9");
    expect([...answers.values()]).toEqual([mac, mac, mac] as string[]);
  },
);
