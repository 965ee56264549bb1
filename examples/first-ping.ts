import { checksum, close, recvfrom, sendto, socket } from "rawsock";

const fd = socket("inet", "raw", "icmp");
const echo = new Uint8Array([8, 0, 0, 0, 0, 7, 0, 1]); // type, code, checksum, identifier, sequence
new DataView(echo.buffer).setUint16(2, checksum.internet(echo));
sendto(fd, echo, { family: "inet", address: "127.0.0.1" });

const buffer = new Uint8Array(1500);
for (;;) {
  const { length, address } = recvfrom(fd, buffer);
  const headerLength = ((buffer[0] ?? 0) & 15) * 4; // raw IPv4 sockets deliver the IP header too
  const [type, , , , , identifier] = buffer.subarray(headerLength, length);
  if (type !== 0 || identifier !== 7) continue; // somebody else's ICMP
  console.log(`${length} bytes from ${address?.address}`);
  break;
}
close(fd);
