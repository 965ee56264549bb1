// Gets an address from a DHCP server, as RFC 2131 wants: sudo bun examples/dhcp-client.ts eth0
import { ifaddrs, Socket } from "rawsock";
import {
  type Dhcp,
  type DhcpMessage,
  type DhcpOptionValues,
  dhcp,
  dhcpOptions,
  dissect,
} from "rawsock/wire";

const SERVERS = { family: "inet", address: "255.255.255.255", port: 67 } as const;
const WANTED = ["subnet-mask", "router", "domain-name-server", "domain-name"] as const;

/** Discovers, and requests the first offer: the acknowledgement; undefined where nobody answers. */
export async function lease(name: string, patience = [1000, 2000, 4000]) {
  const link = ifaddrs().find((entry) => entry.name === name && entry.address?.family === "packet");
  const hardware = link?.address?.address;
  if (hardware === undefined) throw new Error(`${name} has no hardware address`);
  // Bound to the interface it can send, although that has no address and no route yet.
  using socket = Socket.open("inet", "dgram");
  socket.setOptions({ SO_BINDTODEVICE: name, SO_BROADCAST: true, SO_REUSEADDR: true });
  socket.bind({ family: "inet", address: "0.0.0.0", port: 68 });
  const [transaction = 0] = crypto.getRandomValues(new Uint32Array(1));

  async function ask(messageType: DhcpMessage, values: DhcpOptionValues) {
    const options = dhcpOptions({ ...values, "parameter-request-list": [...WANTED] });
    // `broadcast`: answers to an address that is not ours yet would not be let in.
    const header = { kind: "dhcp", operation: "request", broadcast: true } as const;
    const message = dhcp.encode({ ...header, transaction, hardware, messageType, options });
    for (const wait of patience) {
      await socket.sendto(message, SERVERS);
      for await (const { data } of socket.messages({ until: AbortSignal.timeout(wait) })) {
        const reply = dissect(data, { link: "dhcp" }).get("dhcp");
        if (reply?.operation !== "reply" || reply.transaction !== transaction) continue;
        if (messageType === "discover" ? reply.messageType === "offer" : isAnswer(reply))
          return reply;
      }
    }
    return undefined;
  }

  const offer = await ask("discover", {});
  const server = offer?.options.get("server-identifier");
  if (offer === undefined || typeof server !== "string") return undefined;
  const request = { "requested-address": offer.your, "server-identifier": server };
  return await ask("request", request);
}

function isAnswer({ messageType }: Dhcp): boolean {
  return messageType === "ack" || messageType === "nak";
}

if (import.meta.main) {
  process.once("SIGINT", () => process.exit());
  const answer = await lease(process.argv[2] ?? "eth0");
  console.log(answer?.messageType ?? "nobody answers", answer?.your ?? "");
  for (const [name, value] of answer?.options ?? []) console.log(`  ${name}: ${value}`);
  process.exitCode = answer?.messageType === "ack" ? 0 : 1;
}
