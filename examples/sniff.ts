// What passes an interface, one line a packet: bun examples/sniff.ts lo
import { bind, close, convertAddress, PACKET, poll, recvfrom, socket } from "rawsock";

const PROTOCOLS: Record<number, string> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6" };

/** Opens a packet socket on one interface; from then on the kernel queues its packets. */
export function openSniffer(name: string): number {
  const fd = socket("packet", "raw", "all");
  bind(fd, { family: "packet", interface: name, protocol: "all" });
  return fd;
}

/** The queued packets, `most` at the most, waiting up to `patience` milliseconds for each. */
export function* packets(fd: number, patience: number, most = Number.POSITIVE_INFINITY) {
  const buffer = new Uint8Array(65536);
  for (let seen = 0; seen < most && poll([{ fd, events: ["in"] }], patience).length > 0; seen++) {
    const { length, address } = recvfrom(fd, buffer);
    // On the loopback interface each packet is seen on its way out and on its way in: packet(7).
    if (address?.pkttype === PACKET.OUTGOING) continue;
    yield { frame: buffer.subarray(0, length), protocol: address?.protocol };
  }
}

/** One line about an Ethernet frame. */
export function describe(frame: Uint8Array, protocol: number | undefined): string {
  const type = `0x${(protocol ?? 0).toString(16).padStart(4, "0")}`;
  const ip = frame.subarray(14);
  const [family, source, size, next] =
    type === "0x0800" ? (["inet", 12, 4, 9] as const) : (["inet6", 8, 16, 6] as const);
  if ((type !== "0x0800" && type !== "0x86dd") || ip.length < source + 2 * size) {
    return `${type} ${frame.length} bytes`;
  }
  const from = convertAddress(family, ip.subarray(source, source + size));
  const to = convertAddress(family, ip.subarray(source + size, source + 2 * size));
  const name = PROTOCOLS[ip[next] as number] ?? `protocol ${ip[next]}`;
  const payload = ip.subarray(family === "inet" ? ((ip[0] as number) & 15) * 4 : 40);
  const echo = { 0: "echo reply", 8: "echo request", 128: "echo request", 129: "echo reply" };
  const detail = name.startsWith("ICMP") ? (echo[payload[0] as keyof typeof echo] ?? "") : "";
  return `${from} > ${to} ${name} ${detail} ${frame.length} bytes`.replace(/ +/g, " ");
}

if (import.meta.main) {
  const fd = openSniffer(process.argv[2] ?? "lo");
  try {
    for (const { frame, protocol } of packets(fd, 10_000)) console.log(describe(frame, protocol));
  } finally {
    close(fd);
  }
}
