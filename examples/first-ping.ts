import { checksum, Socket } from "rawsock";

using icmp = Socket.open("inet", "raw", "icmp");
const echo = new Uint8Array([8, 0, 0, 0, 0, 7, 0, 1]); // type, code, checksum, identifier, sequence
new DataView(echo.buffer).setUint16(2, checksum.internet(echo));
await icmp.sendto(echo, { family: "inet", address: "127.0.0.1" });

for await (const { data, address } of icmp.messages({ signal: AbortSignal.timeout(1000) })) {
  const header = ((data[0] ?? 0) & 15) * 4; // raw IPv4 sockets deliver the IP header too
  const [type, , , , , identifier] = data.subarray(header);
  if (type !== 0 || identifier !== 7) continue; // somebody else's ICMP
  console.log(`${data.length} bytes from ${address?.address}`);
  break;
}
