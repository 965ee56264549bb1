// Whether a TCP port is open, by a SYN of our own: sudo bun examples/syn.ts 127.0.0.1 80
import { Sockaddr, Socket } from "rawsock";
import { build, dissect, format } from "rawsock/wire";

/** The address that packets to `target` leave with: connecting a UDP socket sends nothing. */
async function sourceFor(target: string): Promise<string> {
  using socket = Socket.open("inet", "dgram");
  await socket.connect(Sockaddr.inet(target, 9));
  return socket.localAddress.address ?? "0.0.0.0";
}

/** Sends a SYN and waits for the answer. The kernel ends what the answer would open, with a RST. */
export async function probe(target: string, port: number, patience = 1000) {
  const sourcePort = 49_152 + Math.floor(Math.random() * 16_384);
  const sequence = Math.floor(Math.random() * 2 ** 32);
  const syn = build([
    { kind: "ipv4", source: await sourceFor(target), destination: target, ttl: 64 },
    {
      kind: "tcp",
      sourcePort,
      destinationPort: port,
      sequence,
      flags: ["syn"],
      window: 64_240,
      options: [{ kind: "mss", value: 1460 }],
    },
  ]);
  // A raw socket for TCP receives segments; one for "raw" sends packets with their IP header.
  using replies = Socket.open("inet", "raw", "tcp");
  using socket = Socket.open("inet", "raw", "raw");
  console.log(format(syn, { link: "raw" }));
  await socket.sendto(syn, Sockaddr.inet(target));

  try {
    for await (const { data } of replies.messages({ signal: AbortSignal.timeout(patience) })) {
      const packet = dissect(data, { link: "raw" });
      const tcp = packet.get("tcp");
      if (tcp?.sourcePort !== port || tcp.destinationPort !== sourcePort) continue;
      if (tcp.acknowledgment !== (sequence + 1) % 2 ** 32) continue;
      console.log(format(packet));
      return tcp.flags.includes("syn") ? "open" : "closed";
    }
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") throw error;
  }
  return "silent";
}

if (import.meta.main) {
  const [target = "127.0.0.1", port = "80"] = process.argv.slice(2);
  console.log(`port ${port} of ${target} is ${await probe(target, Number(port))}`);
}
