// Who is on the network of an interface, with duplicates: sudo bun examples/arp-scan.ts eth0
import { convertAddress, ifaddrs, Socket } from "rawsock";
import { build, dissect } from "rawsock/wire";

const ANYBODY = "ff:ff:ff:ff:ff:ff";
const HOSTS_MAX = 65_536;

/** Asks for every address, and yields the answers until `patience` ms after the last question. */
export async function* scan(name: string, patience = 1000) {
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

  async function ask(): Promise<void> {
    for (let host = 1; host < hosts - 1; host++) {
      const target = convertAddress("inet", network + host);
      if (target === sender) continue;
      const question = { operation: "request", targetAddress: target } as const;
      const frame = build(
        [
          { kind: "ethernet", destination: ANYBODY, source: hardware as string },
          { kind: "arp", senderHardware: hardware as string, senderAddress: sender, ...question },
        ],
        { minimumLength: 60 },
      );
      await socket.send(frame);
    }
    await Bun.sleep(patience);
  }

  const stop = new AbortController();
  const asking = ask().finally(() => stop.abort());
  const known = new Map<string, string>();
  for await (const { data } of socket.messages({ until: stop.signal })) {
    const arp = dissect(data).get("arp");
    if (arp === undefined || known.get(arp.senderAddress) === arp.senderHardware) continue;
    const duplicate = known.has(arp.senderAddress);
    known.set(arp.senderAddress, arp.senderHardware);
    yield { address: arp.senderAddress, hardware: arp.senderHardware, duplicate };
  }
  await asking;
}

if (import.meta.main) {
  process.once("SIGINT", () => process.exit());
  for await (const { address, hardware, duplicate } of scan(process.argv[2] ?? "eth0"))
    console.log(`${address} is at ${hardware}${duplicate ? " as well!" : ""}`);
}
