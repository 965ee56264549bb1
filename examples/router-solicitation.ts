// Which routers and prefixes a network has: sudo bun examples/router-solicitation.ts eth0
import { ifaddrs, Sockaddr, Socket, setSocketOption } from "rawsock";
import { dissect, icmpv6 } from "rawsock/wire";

const ALL_ROUTERS = "ff02::2";
const SOLICITATION = 133;
const ADVERTISEMENT = 134;

/** Asks for routers, and yields those that answer within `patience` milliseconds. */
export async function* routers(name: string, patience = 4000) {
  const own = ifaddrs().filter((entry) => entry.name === name);
  const hardware = own.find(({ address }) => address?.family === "packet")?.address?.address;
  // The kernel computes the checksum of a raw ICMPv6 socket's messages: raw(7), RFC 3542.
  const solicitation = icmpv6.encode({
    kind: "icmpv6",
    type: SOLICITATION,
    options:
      hardware === undefined ? [] : [{ type: "source-link-layer-address", address: hardware }],
  });
  using socket = Socket.open("inet6", "raw", "icmpv6");
  // RFC 4861: others would not be heard, as a router may have passed them on.
  setSocketOption(socket, "IPV6_MULTICAST_HOPS", 255);
  await socket.sendto(solicitation, Sockaddr.inet6(`${ALL_ROUTERS}%${name}`));

  for await (const { data, address } of socket.messages({ until: AbortSignal.timeout(patience) })) {
    const answer = dissect(data, { link: "icmpv6" }).get("icmpv6");
    if (answer?.type !== ADVERTISEMENT) continue;
    const { lifetime, hopLimit, options = [] } = answer;
    const prefixes = options.flatMap((option) =>
      option.type === "prefix" ? `${option.prefix}/${option.prefixLength}` : [],
    );
    yield { router: address?.address, lifetime, hopLimit, prefixes };
  }
}

if (import.meta.main) {
  for await (const router of routers(process.argv[2] ?? "eth0")) console.log(router);
}
