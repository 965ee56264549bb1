// examples/router-advertisements.ts and examples/router-solicitation.ts with radvd.

import { expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { example } from "../support/example.ts";
import { listening } from "../support/listening.ts";
import { VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const CONFIGURATION = `interface veth0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  AdvLinkMTU 1400;
  AdvOtherConfigFlag on; AdvDefaultLifetime 1800;
  prefix fd77:1::/64 { AdvOnLink on; AdvAutonomous on; AdvValidLifetime 86400; };
  RDNSS fd77::53 { AdvRDNSSLifetime 600; };
  DNSSL example.org { AdvDNSSLLifetime infinity; };
};
`;

testWith(namespaces, program("radvd"))(
  "the examples of routers hear what radvd announces, unasked and asked",
  async () => {
    using pair = new VethPair();
    const directory = mkdtempSync(join(tmpdir(), "rawsock-radvd-"));
    try {
      const file = join(directory, "radvd.conf");
      writeFileSync(file, CONFIGURATION, { mode: 0o644 });
      const mac = /link\/ether (\S+)/.exec(pair.b.ip("link", "show", "veth0"))?.[1];
      const forward = "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding";
      const own = ["-C", file, "-p", join(directory, "pid"), "-n", "-m", "stderr_clean"];
      await using listener = new Peer(
        pair.a.command(...example("router-advertisements.ts", "veth0")),
      );
      await listening(pair.a);
      await using router = new Peer(
        pair.b.command("sh", "-c", `${forward}; exec radvd "$@" 2>/dev/null`, "sh", ...own),
      );
      expect(router.pid).toBeGreaterThan(0);
      const first = await listener.line();
      const rest = [];
      for (let count = 0; count < 5; count++) rest.push(await listener.line());
      expect(first).toMatch(
        /^fe80:[\w:]+: default router for 1800 s, hop limit 64, the rest by DHCPv6$/,
      );
      expect(rest.sort()).toEqual(
        [
          "  prefix fd77:1::/64 for 86400 s on-link autonomous",
          "  DNS fd77::53 for 600 s",
          '  search ["example.org"] for ever',
          "  MTU 1400",
          `  at ${mac}`,
        ].sort(),
      );
      process.kill(listener.pid, "SIGINT");
      expect(await listener.exited).toBe(0);

      await using asking = new Peer(pair.a.command(...example("router-solicitation.ts", "veth0")));
      const answer = [];
      for (let count = 0; count < 6; count++) answer.push(await asking.line());
      expect(answer.join("\n")).toContain(`router: "${first.slice(0, first.indexOf(": "))}"`);
      expect(answer.join("\n")).toContain('prefixes: [ "fd77:1::/64" ]');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  60_000 * patience,
);
