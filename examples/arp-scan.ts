// Who is on the network of an interface, with duplicates: sudo bun examples/arp-scan.ts eth0
import { convertAddress, ifaddrs, Socket } from "rawsock";
import { build, dissect } from "rawsock/wire";

const ANYBODY = "ff:ff:ff:ff:ff:ff";
const HOSTS_MAX = 65_536;

/** Asks for every address, and waits for answers until `patience` ms after the last question. */
export async function scan(name: string, patience = 1000) {
  const own = ifaddrs().filter((entry) => entry.name === name);
  const hardware = own.find(({ address }) => address?.family === "packet")?.address?.address;
  const { address, netmask } = own.find(({ address }) => address?.family === "inet") ?? {};
  if (hardware === undefined || !address?.address || !netmask?.address) {
    throw new Error(`${name} has no hardware or no IPv4 address`);
  }
  const sender = address.address;
  const mask = convertAddress("inet", netmask.address, { as: "integer" });
  const network = (convertAddress("inet", sender, { as: "integer" }) & mask) >>> 0;
  const hosts = 2 ** 32 - mask;
  if (hosts > HOSTS_MAX) throw new Error(`${name} has a network of ${hosts} addresses`);

  using socket = Socket.open("packet", "raw");
  socket.attachFilter("arp[6:2] = 2"); // replies
  socket.bind({ family: "packet", interface: name, protocol: "arp" });

  const stop = new AbortController();
  async function ask(): Promise<void> {
    const own = { kind: "arp", operation: "request", senderAddress: sender } as const;
    for (let host = 1; host < hosts - 1; host++) {
      const targetAddress = convertAddress("inet", network + host);
      if (targetAddress === sender) continue;
      const ethernet = { kind: "ethernet", destination: ANYBODY, source: hardware } as const;
      const arp = { ...own, senderHardware: hardware as string, targetAddress };
      await socket.send(build([ethernet, arp], { minimumLength: 60 }));
    }
    setTimeout(() => stop.abort(), patience).unref();
  }

  /** By address, who has it: more than one where two think so. */
  const owners = new Map<string, Set<string>>();
  async function listen(): Promise<void> {
    for await (const { data } of socket.messages({ until: stop.signal })) {
      const arp = dissect(data).get("arp");
      if (arp === undefined) continue;
      const known = owners.get(arp.senderAddress) ?? new Set();
      owners.set(arp.senderAddress, known.add(arp.senderHardware));
    }
  }
  await Promise.all([listen(), ask()]);
  return owners;
}

if (import.meta.main) {
  for (const [address, owners] of await scan(process.argv[2] ?? "eth0"))
    console.log(`${address} is at ${[...owners].join(" and at ")}`);
}
