// Offers a service by mDNS: bun examples/mdns-responder.ts demo 8080 eth0 (and dns-packet)
import dns, { type Answer, type Packet } from "dns-packet";
import { type AddressLike, ifaddrs, Socket } from "rawsock";
import { decoded } from "./dns.ts";

const GROUP = { family: "inet", address: "224.0.0.251", port: 5353 } as const;
const SERVICE = "_http._tcp.local";

/** The records of a host and its service, for `ttl` seconds. `flush`: nobody else has such ones. */
function records(name: string, port: number, address: string, ttl = 120): Answer[] {
  const [host, instance] = [`${name}.local`, `${name}.${SERVICE}`];
  return [
    { type: "PTR", name: SERVICE, ttl, data: instance },
    { type: "SRV", name: instance, ttl, flush: true, data: { port, target: host } },
    { type: "TXT", name: instance, ttl, flush: true, data: ["path=/"] },
    { type: "A", name: host, ttl, flush: true, data: address },
  ];
}

/** Announces them, answers for them until `until`, and takes them back. RFC 6762, not probing. */
export async function respond(name: string, port: number, link: string, until: AbortSignal) {
  const own = ifaddrs().find((entry) => entry.name === link && entry.address?.family === "inet");
  const address = own?.address?.address;
  if (address === undefined) throw new Error(`${link} has no IPv4 address`);
  using socket = Socket.open("inet", "dgram");
  socket.setOptions({ SO_REUSEADDR: true, SO_REUSEPORT: true });
  socket.setOptions({ IP_MULTICAST_IF: link, IP_MULTICAST_TTL: 255 });
  socket.bind({ family: "inet", address: "0.0.0.0", port: GROUP.port });
  socket.joinGroup({ group: GROUP.address, interface: link });
  const say = (packet: Packet, to: AddressLike = GROUP) =>
    socket.sendto(dns.encode({ type: "response", flags: dns.AUTHORITATIVE_ANSWER, ...packet }), to);

  const known = records(name, port, address);
  await say({ answers: known });
  for await (const { data, address: from } of socket.messages({ until })) {
    const { type, id, questions = [] } = decoded(data) ?? {};
    const answers = known.filter((record) => questions.some((it) => asks(it, record)));
    if (type !== "query" || answers.length === 0) continue;
    const additionals = known.filter((record) => !answers.includes(record));
    // Who asks from another port wants an answer as of a usual name server: section 6.7.
    if (from?.port === GROUP.port) await say({ answers, additionals });
    else await say({ id, questions, answers, additionals }, from ?? GROUP).catch(complain);
  }
  await say({ answers: records(name, port, address, 0) });
}

/** Who asks from an address that no route leads to is not to end this. */
const complain = ({ message }: Error) => console.error(message);

function asks({ type, name }: { type: string; name: string }, record: Answer): boolean {
  return name.toLowerCase() === record.name.toLowerCase() && [record.type, "ANY"].includes(type);
}

if (import.meta.main) {
  const [name = "demo", port = "80", link = "eth0"] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await respond(name, Number(port), link, stop.signal);
}
