// examples/dhcp-client.ts with dnsmasq, and examples/dhcp-server.ts with BusyBox' udhcpc.

import { expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configdev, Socket } from "../../src/index.ts";
import { example } from "../support/example.ts";
import { listening } from "../support/listening.ts";
import { VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

/** A server's and a client's side; the client's has no address. */
function link(): VethPair {
  const pair = new VethPair();
  pair.b.ip("addr", "flush", "dev", pair.interface, "scope", "global");
  return pair;
}

testWith(namespaces, program("dnsmasq", "dnsmasq-base"))(
  "the example of a DHCP client gets its address from dnsmasq",
  async () => {
    using pair = link();
    const words = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping"];
    const own = ["--user=root", "--pid-file=", "--leasefile-ro", "--log-facility=-", "--log-dhcp"];
    const range = ["--dhcp-range=10.77.0.50,10.77.0.60,1h", "--dhcp-option=6,10.77.0.1"];
    const at = [`--interface=${pair.interface}`, "--bind-interfaces", "--domain=example.org"];
    await using server = Bun.spawn(pair.a.command("dnsmasq", ...words, ...own, ...range, ...at), {
      stdout: "ignore",
      stderr: "pipe",
    });
    const command = pair.b.command(...example("dhcp-client.ts", pair.interface));
    const { stdout, stderr, exitCode } = await end(command);
    server.kill();
    const log = await new Response(server.stderr).text();
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ack 10\.77\.0\.(5\d|60)\n/);
    expect(stdout).toContain("  server-identifier: 10.77.0.1\n");
    expect(stdout).toContain("  lease-time: 3600\n");
    expect(stdout).toContain("  subnet-mask: 255.255.255.0\n");
    expect(stdout).toContain("  router: 10.77.0.1\n");
    expect(stdout).toContain("  domain-name-server: 10.77.0.1\n");
    expect(stdout).toContain("  domain-name: example.org\n");
    expect(exitCode).toBe(0);
    const steps = [...log.matchAll(/DHCP(DISCOVER|OFFER|REQUEST|ACK)\(/g)].map(([, step]) => step);
    expect(steps.slice(-4)).toEqual(["DISCOVER", "OFFER", "REQUEST", "ACK"]);

    // What it got works.
    const [, address = ""] = /^ack (\S+)/.exec(stdout) ?? [];
    pair.b.enter(() => {
      using socket = Socket.open("inet", "dgram");
      configdev(socket, pair.interface, address, { netmask: "255.255.255.0" });
    });
    expect(pair.a.ping(address)).toBe(1);
  },
);

testWith(namespaces, program("udhcpc"))(
  "the example of a DHCP server leases an address to BusyBox' client, twice the same",
  async () => {
    using pair = link();
    const directory = mkdtempSync(join(tmpdir(), "rawsock-udhcpc-"));
    const script = join(directory, "script");
    const said = 'echo "$1 $ip $subnet $router $lease $serverid"';
    writeFileSync(script, `#!/bin/sh\n${said}\n`, { mode: 0o755 });
    try {
      await using server = new Peer(
        pair.a.command(...example("dhcp-server.ts", pair.interface, "10.77.0.100", "10.77.0.101")),
      );
      await listening(pair.a, "67");
      const client = (...words: string[]) =>
        end(
          pair.b.command("udhcpc", "-i", pair.interface, "-f", "-q", "-n", "-s", script, ...words),
        );
      const bound = "bound 10.77.0.100 255.255.255.0 10.77.0.1 3600 10.77.0.1";
      for (const words of [[], ["-r", "10.77.0.100"]]) {
        const { stdout, exitCode } = await client(...words);
        expect(stdout.split("\n")).toContain(bound);
        expect(exitCode).toBe(0);
        expect(await server.line()).toMatch(/^offer 10\.77\.0\.100 to [\w:]{17}$/);
        expect(await server.line()).toMatch(/^ack 10\.77\.0\.100 to [\w:]{17}$/);
      }
      process.kill(server.pid, "SIGINT");
      expect(await server.exited).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
