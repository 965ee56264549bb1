// Leases addresses: sudo bun examples/dhcp-server.ts eth0 192.0.2.100 192.0.2.199
import { convertAddress, ifaddrs, Socket } from "rawsock";
import { type Dhcp, type DhcpMessage, dhcp, dhcpOptions, dissect } from "rawsock/wire";

const NOWHERE = "0.0.0.0";

/** Answers the clients on an interface, and yields what it told whom. RFC 2131, section 4.3. */
export async function* serve(name: string, first: string, last: string) {
  const own = ifaddrs().find((entry) => entry.name === name && entry.address?.family === "inet");
  const server = own?.address?.address;
  if (server === undefined) throw new Error(`${name} has no IPv4 address`);
  const identity = { "server-identifier": server };
  const network = { "subnet-mask": own?.netmask?.address, router: [server], "lease-time": 3600 };
  const end = convertAddress("inet", last, { as: "integer" });
  const leases = new Map<string, string>();
  using socket = Socket.open("inet", "dgram");
  socket.setOptions({ SO_BINDTODEVICE: name, SO_BROADCAST: true, SO_REUSEADDR: true });
  socket.bind({ family: "inet", address: NOWHERE, port: 67 });

  for await (const { data } of socket.messages()) {
    const request = dissect(data, { link: "dhcp" }).get("dhcp");
    if (request?.operation !== "request" || request.relay !== NOWHERE) continue;
    const messageType = answer(request);
    if (messageType === undefined) continue;
    const { transaction, broadcast, hardware, client } = request;
    const isLease = messageType !== "nak";
    const your = isLease ? (leases.get(hardware) ?? NOWHERE) : NOWHERE;
    const options = dhcpOptions(isLease ? { ...identity, ...network } : identity);
    const header = { kind: "dhcp", operation: "reply", transaction, broadcast, hardware } as const;
    const message = dhcp.encode({ ...header, messageType, client, your, options });
    // Who has no address yet would not be let hear anything but a broadcast.
    const address = isLease && client === your ? client : "255.255.255.255";
    await socket.sendto(message, { family: "inet", address, port: 68 });
    yield { hardware, messageType, your };
  }

  function answer({ messageType, hardware, client, options }: Dhcp): DhcpMessage | undefined {
    const chosen = options.get("server-identifier") ?? server;
    if (messageType === "discover") return reserve(hardware) ? "offer" : undefined;
    if (messageType === "release" || chosen !== server) leases.delete(hardware);
    else if (messageType === "request")
      return leases.get(hardware) === (options.get("requested-address") ?? client) ? "ack" : "nak";
    return undefined;
  }

  function reserve(hardware: string): boolean {
    const taken = new Set(leases.values());
    let next = convertAddress("inet", first, { as: "integer" });
    while (next <= end && taken.has(convertAddress("inet", next))) next++;
    if (!leases.has(hardware) && next <= end) leases.set(hardware, convertAddress("inet", next));
    return leases.has(hardware);
  }
}

if (import.meta.main) {
  const [name = "eth0", first = "192.0.2.100", last = first] = process.argv.slice(2);
  process.once("SIGINT", () => process.exit());
  for await (const { hardware, messageType, your } of serve(name, first, last))
    console.log(`${messageType} ${your} to ${hardware}`);
}
