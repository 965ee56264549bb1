// examples/answer-from.ts, asked by CPython at each address of a host.

import { expect } from "bun:test";
import { example } from "../support/example.ts";
import { listening } from "../support/listening.ts";
import { VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, python, testWith } from "../support/requirements.ts";

/** A connected socket takes no answer from another address than the one it asked. */
const CLIENT = `
import socket, sys
for address in ("10.77.0.2", "10.77.0.3", "10.77.9.9", "10.77.0.255"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.settimeout(5)
    if address.endswith("255"):
        sock.sendto(b"everybody", (address, 7777))
    else:
        sock.connect((address, 7777))
        sock.send(address.encode())
    data, source = sock.recvfrom(100)
    print(data.decode(), "from", source[0])
`;

testWith(namespaces, python)(
  "the example of a server with several addresses answers from the one that was asked",
  async () => {
    using pair = new VethPair();
    pair.b.ip("addr", "add", "10.77.0.3/24", "dev", pair.interface);
    pair.b.ip("addr", "add", "10.77.9.9/32", "dev", "lo");
    pair.a.ip("route", "add", "10.77.9.9", "via", "10.77.0.2");
    await using server = new Peer(pair.b.command(...example("answer-from.ts", "7777")));
    await listening(pair.b, "7777");
    await using client = new Peer(pair.a.command("python3", "-u", "-c", CLIENT));
    for (const address of ["10.77.0.2", "10.77.0.3", "10.77.9.9"]) {
      expect(await client.line()).toBe(`${address} from ${address}`);
      expect(await server.line()).toMatch(
        new RegExp(`^10\\.77\\.0\\.1:\\d+ asked ${address}: answered from ${address}$`),
      );
    }
    expect(await client.line()).toBe("everybody from 10.77.0.2");
    expect(await server.line()).toEndWith("asked 10.77.0.255: answered from 10.77.0.2");

    // An address that no way leads to: the answer is refused, and the server goes on.
    pair.b.ip("route", "add", "unreachable", "10.77.8.0/24");
    const lost = `
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("10.77.8.1", 0))
sock.sendto(b"x", ("10.77.0.2", 7777))
`;
    pair.a.ip("addr", "add", "10.77.8.1/32", "dev", "lo");
    await using stranger = new Peer(pair.a.command("python3", "-c", lost));
    expect(await stranger.exited).toBe(0);
    expect(await server.line()).toContain("sendmsg EHOSTUNREACH 10.77.8.1:");
    process.kill(server.pid, "SIGINT");
    expect(await server.exited).toBe(0);
  },
);
