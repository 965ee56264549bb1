// examples/wake-on-lan.ts, which tshark has to recognize on the other side of a link.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { magicPacket } from "../../examples/wake-on-lan.ts";
import { example } from "../support/example.ts";
import { run, VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const MAC = "02:00:5e:10:20:30";

testWith(
  namespaces,
  program("tcpdump"),
  program("tshark"),
)(
  "the example of wake-on-lan sends what tshark takes for such a packet, to everybody",
  async () => {
    using pair = new VethPair();
    const directory = mkdtempSync(join(tmpdir(), "rawsock-wake-"));
    const file = join(directory, "packets");
    try {
      // tcpdump tells when it has begun; what is sent before is lost.
      const words = ["-i", pair.interface, "-c", "1", "-w", file, "udp port 9"];
      const script = 'exec timeout 20 tcpdump -Z root --immediate-mode -U "$@" 2>&1';
      await using capture = new Peer(pair.b.command("sh", "-c", script, "sh", ...words));
      while (!(await capture.line()).includes("listening on"));
      const sent = await end(pair.a.command(...example("wake-on-lan.ts", MAC, pair.interface)));
      expect(sent).toEqual({ stdout: "", stderr: "", exitCode: 0, signal: null });
      expect(await capture.exited).toBe(0);
      const fields = ["wol.mac", "eth.dst", "ip.dst", "udp.dstport"].flatMap((it) => ["-e", it]);
      const seen = run("tshark", "-n", "-r", file, "-T", "fields", ...fields);
      expect(seen.trim().split("\t")).toEqual([
        Array(16).fill(MAC).join(),
        "ff:ff:ff:ff:ff:ff",
        "255.255.255.255",
        "9",
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

test("it refuses what is no hardware address", () => {
  expect(magicPacket(MAC)).toHaveLength(102);
  expect(() => magicPacket("02:00:5e:10:20")).toThrow("02:00:5e:10:20 is no hardware address");
});
