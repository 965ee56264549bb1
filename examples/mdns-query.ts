// Who offers a service by mDNS: bun examples/mdns-query.ts _http._tcp.local eth0 (and dns-packet)
import dns, { type Answer } from "dns-packet";
import { Socket } from "rawsock";
import { decoded, printable } from "./dns.ts";

const GROUP = { family: "inet", address: "224.0.0.251", port: 5353 } as const;

/** Asks an interface's hosts, and yields the records that come within `patience` ms. RFC 6762. */
export async function* browse(service: string, name: string, patience = 2000) {
  using socket = Socket.open("inet", "dgram");
  // Others on this machine may have the port as well: the group's messages come to all of them.
  socket.setOptions({ SO_REUSEADDR: true, SO_REUSEPORT: true });
  socket.setOptions({ IP_MULTICAST_IF: name, IP_MULTICAST_TTL: 255 });
  socket.bind({ family: "inet", address: "0.0.0.0", port: GROUP.port });
  socket.joinGroup({ group: GROUP.address, interface: name });
  const questions = [{ type: "PTR", name: service } as const];
  const query = dns.encode({ type: "query", questions });
  const until = AbortSignal.timeout(patience);

  await socket.sendto(query, GROUP);
  const again = setTimeout(() => socket.sendto(query, GROUP), 1000);
  const seen = new Set<string>();
  try {
    for await (const { data } of socket.messages({ until })) {
      const { type, answers = [], additionals = [] } = decoded(data) ?? {};
      for (const record of type === "response" ? [...answers, ...additionals] : []) {
        const key = JSON.stringify({ ...record, ttl: 0 });
        if (!seen.has(key)) yield record;
        seen.add(key);
      }
    }
  } finally {
    clearTimeout(again);
  }
}

function describe(record: Answer, service: string): string | undefined {
  if (record.type === "PTR" && record.name === service) return `found ${record.data}`;
  if (record.type === "SRV")
    return `${record.name} is at ${record.data.target}:${record.data.port}`;
  if (record.type === "TXT") return `${record.name} says ${record.data}`;
  if (record.type === "A" || record.type === "AAAA") return `${record.name} has ${record.data}`;
  return undefined;
}

if (import.meta.main) {
  process.once("SIGINT", () => process.exit());
  const [service = "_http._tcp.local", name = "eth0"] = process.argv.slice(2);
  for await (const record of browse(service, name)) {
    const line = describe(record, service);
    if (line !== undefined) console.log(printable(line));
  }
}
