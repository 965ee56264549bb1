// A laboratory of two networks joined by a cable, with routes: sudo bun examples/veth-lab.ts
// It lives in network namespaces of its own; nothing of this machine's is touched.
import { readlinkSync } from "node:fs";
import { Socket } from "rawsock";
import { Netlink } from "rawsock/netlink";

/** A process in a network namespace of its own, which lasts as long as the process. */
async function host(): Promise<{ namespace: string; [Symbol.dispose](): void }> {
  const child = Bun.spawn(["unshare", "--net", "sleep", "60"]);
  const namespace = `/proc/${child.pid}/ns/net`;
  const ours = readlinkSync("/proc/self/ns/net");
  for (let tries = 0; readlinkSync(namespace) === ours; tries++) {
    if (tries === 500) throw new Error("unshare made no network namespace");
    await Bun.sleep(10);
  }
  return { namespace, [Symbol.dispose]: () => child.kill() };
}

using left = await host();
using right = await host();
using near = Netlink.open({ namespace: left.namespace });
using far = Netlink.open({ namespace: right.namespace });

// The cable, and an address at each end of it.
const peer = { name: "cable", namespace: right.namespace };
await near.addLink({ kind: "veth", name: "cable", peer });
await near.addAddress({ interface: "cable", address: "10.0.0.1/24" });
await far.addAddress({ interface: "cable", address: "10.0.0.2/24" });
for (const end of [near, far]) {
  await end.setLink("lo", { up: true });
  await end.setLink("cable", { up: true, mtu: 1400 });
}

// A network behind the far end, and the way there and back.
await far.addAddress({ interface: "lo", address: "10.9.0.1/32" });
await near.addAddress({ interface: "lo", address: "10.8.0.1/32" });
await near.addRoute({ destination: "10.9.0.0/16", gateway: "10.0.0.2", source: "10.8.0.1" });
await far.addRoute({ destination: "10.8.0.0/16", gateway: "10.0.0.1" });

const { gateway, source } = await near.route("10.9.0.1");
console.log(`to 10.9.0.1 by ${gateway} from ${source}`);

// A datagram goes over it.
using server = Socket.open("inet", "dgram", "udp", { namespace: right.namespace });
using client = Socket.open("inet", "dgram", "udp", { namespace: left.namespace });
server.bind({ family: "inet", address: "10.9.0.1", port: 7000 });
await client.sendto(Buffer.from("hello"), { family: "inet", address: "10.9.0.1", port: 7000 });
const buffer = new Uint8Array(100);
const { length, address } = await server.recvfrom(buffer, { timeout: 2000 });
console.log(`${Buffer.from(buffer.subarray(0, length))} from ${address?.address}`);
for (const { destination, lladdr, state } of await near.neighbours({ interface: "cable" })) {
  if (destination === "10.0.0.2")
    console.log(`its neighbour ${destination} is ${state}: ${lladdr}`);
}
