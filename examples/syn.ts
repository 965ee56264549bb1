// Which TCP ports are open, by SYNs of our own: sudo bun examples/syn.ts 127.0.0.1 22,80,8000-8010
import { Sockaddr, Socket } from "rawsock";
import { build, dissect } from "rawsock/wire";

/** The address that packets to `target` leave with: connecting a UDP socket sends nothing. */
async function sourceFor(target: string): Promise<string> {
  using socket = Socket.open("inet", "dgram");
  await socket.connect(Sockaddr.inet(target, 9));
  return socket.localAddress.address ?? "0.0.0.0";
}

/**
 * Sends each port a SYN, and waits for answers until `patience` ms after the last. The kernel ends
 * what an answer would open with a RST: it knows of no connection.
 */
export async function scan(target: string, ports: readonly number[], patience = 1000) {
  const states = new Map(ports.map((port) => [port, "silent"]));
  const source = await sourceFor(target);
  const sourcePort = 49_152 + Math.floor(Math.random() * 16_384);
  const sequence = Math.floor(Math.random() * 2 ** 32);
  // A raw socket for TCP receives segments; one for "raw" sends packets with their IP header.
  using replies = Socket.open("inet", "raw", "tcp");
  replies.attachFilter(`src host ${target} and tcp dst port ${sourcePort}`);
  using socket = Socket.open("inet", "raw", "raw");
  const stop = new AbortController();

  async function ask(): Promise<void> {
    const own = { sourcePort, sequence, flags: ["syn" as const], window: 64_240 };
    for (const destinationPort of ports) {
      const ip = { kind: "ipv4", source, destination: target, ttl: 64 } as const;
      const syn = build([ip, { kind: "tcp", destinationPort, ...own }]);
      await socket.sendto(syn, Sockaddr.inet(target));
    }
    setTimeout(() => stop.abort(), patience).unref();
  }

  let left = ports.length;
  async function listen(): Promise<void> {
    for await (const { data } of replies.messages({ until: stop.signal })) {
      const tcp = dissect(data, { link: "raw" }).get("tcp");
      if (tcp?.acknowledgment !== (sequence + 1) % 2 ** 32) continue;
      if (states.get(tcp.sourcePort) === "silent") left--;
      states.set(tcp.sourcePort, tcp.flags.includes("syn") ? "open" : "closed");
      if (left === 0) stop.abort();
    }
  }

  await Promise.all([listen(), ask()]);
  return states;
}

if (import.meta.main) {
  const [target = "127.0.0.1", list = "1-1023"] = process.argv.slice(2);
  const ports = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  for (const [port, state] of await scan(target, ports))
    if (state !== "closed" || ports.length < 10) console.log(`port ${port} is ${state}`);
}
