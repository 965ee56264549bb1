// A VPN between two machines, without encryption: IP packets in UDP.
// bun examples/vpn.ts 192.0.2.1:5000 198.51.100.2:5000 10.9.0.1/24
import { type AddressLike, Socket } from "rawsock";
import { Netlink } from "rawsock/netlink";
import { Tun } from "rawsock/tun";

/** What IPv4, and the IPv4 and UDP headers around it, leave of Ethernet's 1,500 bytes. */
const MTU = 1472;
/** Another host's, or this one's, fault that is over with the packet that met it. */
const PASSING = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EINVAL", "EIO"]);

function address(text: string): AddressLike {
  const [host = "", port] = text.split(":");
  return { family: "inet", address: host, port: Number(port) };
}

/** A new interface that is up and has the address. */
async function open(prefix: string): Promise<Tun> {
  const tun = Tun.open({ name: "vpn%d" });
  using netlink = Netlink.open();
  await netlink.addAddress({ interface: tun.name, address: prefix });
  await netlink.setLink(tun.name, { up: true, mtu: MTU, queueLength: 2000 });
  return tun;
}

/** What an error loses, as networks do: one packet, if it passes. */
function lost(error: unknown): number {
  if (!PASSING.has((error as { code: string }).code)) throw error;
  return 1;
}

/** Passes packets on. */
async function forward(from: Pick<Tun, "messages">, to: Pick<Tun, "sendmmsg">): Promise<never> {
  for (;;) {
    try {
      for await (const batch of from.messages({ batch: true, reuse: true, size: 2048 })) {
        const packets = batch.map(({ data }) => data);
        for (let start = 0; start < packets.length; ) {
          start += await to.sendmmsg(packets, { start }).catch(lost);
        }
      }
    } catch (error) {
      lost(error);
    }
  }
}

const [here, there, prefix] = process.argv.slice(2);
if (here === undefined || there === undefined || prefix === undefined) {
  console.error("usage: vpn.ts OWN-ADDRESS:PORT PEER-ADDRESS:PORT INNER-ADDRESS/LENGTH");
  process.exit(2);
}
using socket = Socket.open("inet", "dgram").bind(address(here));
socket.setOptions({ SO_RCVBUF: 4_000_000, SO_SNDBUF: 4_000_000 });
// What does not come from there is not received.
await socket.connect(address(there));
using tun = await open(prefix);
console.log(`${tun.name} ${prefix} to ${there}`);
await Promise.all([forward(tun, socket), forward(socket, tun)]);
