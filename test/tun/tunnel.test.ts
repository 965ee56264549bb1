// The example: a VPN between two namespaces.

import { expect } from "bun:test";
import { join } from "node:path";
import { VethPair } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { program, python, testWith, tun as tunDevice } from "../support/requirements.ts";
import { download } from "./download.ts";

const example = join(import.meta.dir, "../../examples/vpn.ts");
/** Through the tunnel; 100 MB where the tests are to be long. */
const BYTES = process.env.RAWSOCK_TEST_RUNS === undefined ? 10_000_000 : 100_000_000;

testWith(
  tunDevice,
  python,
  program("ping", "iputils-ping"),
)(
  `the example's tunnel carries pings, and ${BYTES / 1e6} MB of TCP whole in each direction`,
  async () => {
    using veth = new VethPair();
    const { a, b } = veth;
    const start = (namespace: typeof a, own: number, peer: number) => {
      const ends = [`10.77.0.${own}:5000`, `10.77.0.${peer}:5000`, `10.9.0.${own}/24`];
      return new Peer(namespace.command(process.execPath, example, ...ends));
    };
    await using left = start(a, 1, 2);
    await using right = start(b, 2, 1);
    expect(await left.line()).toBe("vpn0 10.9.0.1/24 to 10.77.0.2:5000");
    expect(await right.line()).toBe("vpn0 10.9.0.2/24 to 10.77.0.1:5000");

    const ping = ["ping", "-c", "3", "-i", String(0.1 * patience), "-W", "5", "10.9.0.2"];
    const { stdout } = await end(a.command(...ping));
    expect(stdout).toContain("3 packets transmitted, 3 received");
    for (const [server, client, address] of [
      [b, a, "10.9.0.2"],
      [a, b, "10.9.0.1"],
    ] as const) {
      const begin = performance.now();
      const { received, expected } = await download(server, client, address, BYTES);
      if (process.env.RAWSOCK_TEST_RUNS !== undefined) {
        const seconds = (performance.now() - begin) / 1000;
        console.log(`${(BYTES / 1e6 / seconds).toFixed(1)} MB/s`);
      }
      expect(received).toBe(expected);
    }
    // Nothing of it went past the tunnel.
    const packets = (what: "rx" | "tx") => {
      const [link] = JSON.parse(a.ip("-j", "-s", "link", "show", "dev", "vpn0"));
      return link.stats64[what].bytes as number;
    };
    expect(packets("rx")).toBeGreaterThan(BYTES);
    expect(packets("tx")).toBeGreaterThan(BYTES);
  },
);

testWith(tunDevice)("without its words the example says what they are", async () => {
  const { stderr, exitCode } = await end([process.execPath, example, "10.0.0.1:1"]);
  expect(stderr).toStartWith("usage: vpn.ts ");
  expect(exitCode).toBe(2);
});
