// What comes in on an interface, one line a packet: bun examples/sniff.ts lo icmp or icmp6
import { type Capture, capture, type Program } from "rawsock/capture";
import { dissect } from "rawsock/wire";

const PROTOCOLS: Record<number, string> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6" };
const MESSAGES: Record<string, Record<number, string>> = {
  icmp: { 0: "echo reply", 8: "echo request" },
  icmpv6: { 128: "echo request", 129: "echo reply" },
};

/**
 * Captures what comes in on one interface, and nothing of others: the filter is there before the
 * first packet. On the loopback interface each packet would be seen on its way out, too.
 */
export function openSniffer(name: string, filter: string | Program = ""): Capture {
  return capture({ interface: name, filter, direction: "in" });
}

/** The packets, waiting up to `patience` milliseconds for each. */
export async function* packets(sniffer: Capture, patience: number) {
  for (;;) {
    const packet = await sniffer.next({ timeout: patience }).catch((error) => {
      if (error.code === "ETIMEDOUT") return null;
      throw error;
    });
    if (packet === null) return;
    yield packet;
  }
}

/** One line about an Ethernet frame. */
export function describe(frame: Uint8Array): string {
  const packet = dissect(frame);
  const ip = packet.get("ipv4") ?? packet.get("ipv6");
  if (ip === undefined) {
    const type = packet.get("ethernet")?.type ?? 0;
    return `0x${type.toString(16).padStart(4, "0")} ${frame.length} bytes`;
  }
  const icmp = packet.get("icmp") ?? packet.get("icmpv6");
  const number = ip.kind === "ipv4" ? ip.protocol : ip.nextHeader;
  const name = PROTOCOLS[number] ?? `protocol ${number}`;
  const detail = icmp === undefined ? undefined : MESSAGES[icmp.kind]?.[icmp.type];
  const words = [ip.source, ">", ip.destination, name, detail, frame.length, "bytes"];
  return words.filter((word) => word !== undefined).join(" ");
}

if (import.meta.main) {
  const [name = "lo", ...words] = process.argv.slice(2);
  using sniffer = openSniffer(name, words.join(" "));
  for await (const { data } of packets(sniffer, 10_000)) console.log(describe(data));
}
