// What routers announce to their network: sudo bun examples/router-advertisements.ts eth0
import { Socket } from "rawsock";
import { dissect } from "rawsock/wire";

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

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const name = process.argv[2] ?? "eth0";
  for await (const {
    router,
    lifetime = 0,
    hopLimit,
    managed,
    other,
    options = [],
  } of advertisements(name, stop.signal)) {
    const role = lifetime === 0 ? "no default router" : `default router ${duration(lifetime)}`;
    const dhcp = managed ? ", addresses by DHCPv6" : other ? ", the rest by DHCPv6" : "";
    console.log(`${router}: ${role}, hop limit ${hopLimit}${dhcp}`);
    for (const option of options) {
      if (option.type === "prefix") {
        const { prefix, prefixLength, validLifetime, autonomous, onLink } = option;
        const flags = `${onLink ? " on-link" : ""}${autonomous ? " autonomous" : ""}`;
        console.log(`  prefix ${prefix}/${prefixLength} ${duration(validLifetime)}${flags}`);
      } else if (option.type === "rdnss") {
        console.log(`  DNS ${option.addresses.join(" ")} ${duration(option.lifetime)}`);
      } else if (option.type === "dnssl") {
        console.log(`  search ${option.domains.join(" ")} ${duration(option.lifetime)}`);
      } else if (option.type === "mtu") console.log(`  MTU ${option.mtu}`);
      else if (option.type === "source-link-layer-address") console.log(`  at ${option.address}`);
    }
  }
}
