// examples/udp-echo.ts, to which CPython sends trains of datagrams, and single ones.

import { expect } from "bun:test";
import { Socket } from "../../src/index.ts";
import { build } from "../../src/wire/index.ts";
import { example } from "../support/example.ts";
import { listening } from "../support/listening.ts";
import { VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, python, testWith } from "../support/requirements.ts";

/** UDP_SEGMENT is 103, of the level of UDP. */
const CLIENT = `
import socket
for target in (("10.77.0.2", 7777), ("fd77::2", 7777)):
    family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.connect(target)
    sock.setsockopt(socket.IPPROTO_UDP, 103, 1000)
    sock.send(b"a" * 2500)
    sizes = [len(sock.recv(65536)) for _ in range(3)]
    sock.setsockopt(socket.IPPROTO_UDP, 103, 0)
    sock.send(b"b" * 1200)
    print(sizes, len(sock.recv(65536)))
`;

testWith(namespaces, python)(
  "the example of an echo gives trains of datagrams back as they came, with their times",
  async () => {
    using pair = new VethPair();
    await using server = new Peer(pair.b.command(...example("udp-echo.ts", "7777")));
    await listening(pair.b, "7777");
    await using client = new Peer(pair.a.command("python3", "-u", "-c", CLIENT));
    for (const peer of ["[::ffff:10.77.0.1]", "[fd77::1]"]) {
      expect(await client.line()).toBe("[1000, 1000, 500] 1200");
      const start = peer.replaceAll(/[.[\]]/g, "\\$&");
      const line = (count: number, size: number) =>
        new RegExp(`^${start}:\\d+: ${count} of ${size} bytes, back after \\d+ us$`);
      expect(await server.line()).toMatch(line(3, 1000));
      expect(await server.line()).toMatch(line(1, 1200));
    }
    // To port 0 nothing can be sent: the server says so, and goes on.
    const packet = build([
      { kind: "ipv4", source: "10.77.0.1", destination: "10.77.0.2", ttl: 64 },
      { kind: "udp", sourcePort: 0, destinationPort: 7777 },
      Uint8Array.of(1),
    ]);
    using raw = pair.a.enter(() => Socket.open("inet", "raw", "raw"));
    await raw.sendto(packet, { family: "inet", address: "10.77.0.2" });
    const refused = "[::ffff:10.77.0.1]:0: 1 of 1 bytes, not sent back";
    expect(await server.line()).toBe(refused);
    process.kill(server.pid, "SIGINT");
    expect(await server.exited).toBe(0);
  },
);
