import { expect, test } from "bun:test";
import { close, recvfrom, Sockaddr, sendto, setSocketOption, socket } from "../../src/index.ts";
import { icmpv6 } from "../../src/wire/index.ts";
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

testWith(namespaces)(
  "the example of a router solicitation shows the routers that answer",
  async () => {
    using pair = new VethPair();
    const child = Bun.spawn(pair.a.command(...example("router-solicitation.ts", pair.interface)), {
      stdout: "pipe",
      stderr: "pipe",
    });
    const router = pair.b.enter(() => socket("inet6", "raw", "icmpv6"));
    pair.b.enter(() => {
      const group = { group: "ff02::2", interface: pair.interface };
      setSocketOption(router, "IPV6_ADD_MEMBERSHIP", group);
      setSocketOption(router, "IPV6_MULTICAST_HOPS", 255);
      setSocketOption(router, "SO_RCVTIMEO", 10_000);
    });
    const buffer = new Uint8Array(1500);
    for (let count = 0; count < 100; count++) {
      const { length, address } = recvfrom(router, buffer);
      const { layer } = icmpv6.decode(buffer.subarray(0, length));
      if (layer.type !== 133) continue;
      expect(layer.options?.[0]).toMatchObject({ type: "source-link-layer-address" });
      const advertisement = icmpv6.encode({
        kind: "icmpv6",
        type: 134,
        hopLimit: 64,
        lifetime: 1800,
        options: [
          {
            type: "prefix",
            prefix: "fd77:1::",
            prefixLength: 64,
            onLink: true,
            autonomous: true,
            validLifetime: 86_400,
            preferredLifetime: 14_400,
          },
        ],
      });
      const to = Sockaddr.inet6(address?.address ?? "", 0, { scopeId: address?.scopeId ?? 0 });
      sendto(router, advertisement, to);
      break;
    }
    close(router);
    const output = await new Response(child.stdout).text();
    expect(await new Response(child.stderr).text()).toBe("");
    expect(output).toContain('prefixes: [ "fd77:1::/64" ]');
    expect(output).toContain("lifetime: 1800");
  },
);
