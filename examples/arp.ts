// Who has an IPv4 address on the network of an interface: sudo bun examples/arp.ts eth0 192.0.2.1
import { ifaddrs, Socket } from "rawsock";
import { build, dissect, format } from "rawsock/wire";

const ANYBODY = "ff:ff:ff:ff:ff:ff";

/** Asks, and waits up to `patience` milliseconds: the hardware address of who answers, or null. */
export async function whoHas(name: string, target: string, patience = 1000) {
  const own = ifaddrs().filter((entry) => entry.name === name);
  const hardware = own.find(({ address }) => address?.family === "packet")?.address?.address;
  const address = own.find(({ address }) => address?.family === "inet")?.address?.address;
  if (hardware === undefined || address === undefined) {
    throw new Error(`${name} has no hardware or no IPv4 address`);
  }
  const request = build(
    [
      { kind: "ethernet", destination: ANYBODY, source: hardware },
      {
        kind: "arp",
        operation: "request",
        senderHardware: hardware,
        senderAddress: address,
        targetAddress: target,
      },
    ],
    { minimumLength: 60 },
  );
  using socket = Socket.open("packet", "raw", "arp");
  socket.bind({ family: "packet", interface: name, protocol: "arp" });
  console.log(format(request));
  await socket.send(request);

  for await (const { data } of socket.messages({ until: AbortSignal.timeout(patience) })) {
    const packet = dissect(data);
    const arp = packet.get("arp");
    if (arp?.operation !== "reply" || arp.senderAddress !== target) continue;
    console.log(format(packet));
    return arp.senderHardware;
  }
  return null;
}

if (import.meta.main) {
  const [name = "eth0", target = "192.0.2.1"] = process.argv.slice(2);
  const owner = await whoHas(name, target);
  console.log(owner === null ? "nobody answers" : `${target} is at ${owner}`);
}
