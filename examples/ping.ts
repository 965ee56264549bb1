// ping(8) in a few lines: bun examples/ping.ts 127.0.0.1 [count]
import { checksum, close, poll, recvfrom, Sockaddr, sendto, socket } from "rawsock";

const ECHO = { inet: { request: 8, reply: 0 }, inet6: { request: 128, reply: 129 } };

/** An echo request, RFC 792 and RFC 4443, with the time of sending in it. */
function request(type: number, id: number, sequence: number): Uint8Array {
  const packet = new DataView(new ArrayBuffer(64));
  packet.setUint8(0, type);
  packet.setUint16(4, id);
  packet.setUint16(6, sequence);
  packet.setFloat64(8, performance.now());
  packet.setUint16(2, checksum.internet(packet)); // for ICMPv6 the kernel does it
  return new Uint8Array(packet.buffer);
}

/** Sends echo requests one after the other and yields the replies; null for one that is late. */
export function* ping(to: Sockaddr, type: "raw" | "dgram" = "raw", count = 5) {
  const family = to.family as "inet" | "inet6";
  const fd = socket(family, type, family === "inet" ? "icmp" : "icmpv6");
  const id = process.pid & 0xffff;
  const buffer = new Uint8Array(2048);
  try {
    for (let sequence = 1; sequence <= count; sequence++) {
      sendto(fd, request(ECHO[family].request, id, sequence), to);
      yield reply(sequence);
    }
  } finally {
    close(fd);
  }

  function reply(sequence: number) {
    for (let left = 20; left > 0 && poll([{ fd, events: ["in"] }], 1000).length > 0; left--) {
      const { length, address } = recvfrom(fd, buffer);
      // A raw IPv4 socket delivers the IP header too: raw(7).
      const header = family === "inet" && type === "raw" ? ((buffer[0] ?? 0) & 15) * 4 : 0;
      const packet = new DataView(buffer.buffer, header, length - header);
      if (packet.byteLength < 16 || packet.getUint8(0) !== ECHO[family].reply) continue;
      // For a datagram socket the kernel chooses the identifier and delivers no other's: icmp(7).
      const own = type === "dgram" || packet.getUint16(4) === id;
      if (!own || packet.getUint16(6) !== sequence) continue;
      const milliseconds = performance.now() - packet.getFloat64(8);
      return { bytes: packet.byteLength, from: address?.address, sequence, milliseconds };
    }
    return null;
  }
}

if (import.meta.main) {
  const host = process.argv[2] ?? "127.0.0.1";
  const to = host.includes(":") ? Sockaddr.inet6(host) : Sockaddr.inet(host);
  for (const reply of ping(to, "raw", Number(process.argv[3] ?? 5))) {
    if (reply === null) console.log("no answer within a second");
    else
      console.log(`${reply.bytes} bytes from ${reply.from}: ${reply.milliseconds.toFixed(3)} ms`);
  }
}
