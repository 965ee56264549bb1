// What routers announce to their network: sudo bun examples/router-advertisements.ts eth0
import { Socket } from "rawsock";
import { dissect, type NdpOption } from "rawsock/wire";

const ADVERTISEMENT = 134;
const ALL_NODES = "ff02::1";

/** Listens on an interface, and yields each router's advertisement. RFC 4861. */
export async function* advertisements(name: string, until: AbortSignal) {
  using socket = Socket.open("inet6", "raw", "icmpv6");
  // The kernel's filter, so that this program sleeps through all other ICMPv6.
  socket.setOptions({ ICMP6_FILTER: { pass: [ADVERTISEMENT] }, IPV6_RECVHOPLIMIT: true });
  socket.setOption("SO_BINDTODEVICE", name);
  socket.joinGroup({ group: ALL_NODES, interface: name });
  for await (const { data, address, control } of socket.messages({ until })) {
    const hops = control.find((message) => message.kind === "hoplimit")?.value;
    const advertisement = dissect(data, { link: "icmpv6" }).get("icmpv6");
    // Section 6.1.2: with fewer than 255 it has passed a router, and is a stranger's.
    if (hops !== 255 || advertisement?.type !== ADVERTISEMENT) continue;
    yield { router: address?.address, ...advertisement };
  }
}

const duration = (seconds: number) => (seconds === 0xffff_ffff ? "for ever" : `for ${seconds} s`);

function describe(option: NdpOption): string {
  switch (option.type) {
    case "prefix": {
      const flags = `${option.onLink ? " on-link" : ""}${option.autonomous ? " autonomous" : ""}`;
      const { prefix, prefixLength, validLifetime } = option;
      return `prefix ${prefix}/${prefixLength} ${duration(validLifetime)}${flags}`;
    }
    case "rdnss":
      return `DNS ${option.addresses.join(" ")} ${duration(option.lifetime)}`;
    case "dnssl":
      // Nothing from the network is to steer the terminal.
      return `search ${JSON.stringify(option.domains)} ${duration(option.lifetime)}`;
    case "mtu":
      return `MTU ${option.mtu}`;
    case "source-link-layer-address":
      return `at ${option.address}`;
    default:
      return `option ${option.type}`;
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for await (const it of advertisements(process.argv[2] ?? "eth0", stop.signal)) {
    const role = it.lifetime ? `default router ${duration(it.lifetime)}` : "no default router";
    const dhcp = it.managed ? ", addresses by DHCPv6" : it.other ? ", the rest by DHCPv6" : "";
    console.log(`${it.router}: ${role}, hop limit ${it.hopLimit}${dhcp}`);
    for (const option of it.options ?? []) console.log(`  ${describe(option)}`);
  }
}
