// A packet put together, taken apart and shown, without any socket: bun examples/packet.ts
import { build, dissect, format, hexdump } from "rawsock/wire";

const frame = build([
  { kind: "ethernet", destination: "02:00:00:00:00:02", source: "02:00:00:00:00:01" },
  { kind: "ipv4", source: "192.0.2.1", destination: "198.51.100.7", ttl: 64 },
  { kind: "udp", sourcePort: 40_000, destinationPort: 7 },
  new TextEncoder().encode("hello"),
]);

const packet = dissect(frame);
console.log(format(packet)); // IP 192.0.2.1.40000 > 198.51.100.7.7: UDP, length 5
console.log(packet.get("ipv4")?.ttl, packet.get("udp")?.destinationPort, packet.payload.length);
console.log(hexdump(frame));
