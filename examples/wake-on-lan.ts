// Wakes a sleeping computer by its network card: bun examples/wake-on-lan.ts 02:00:00:00:00:01 eth0
import { Socket } from "rawsock";

const EVERYBODY = "255.255.255.255";
/** "discard": whoever is awake ignores it. */
const PORT = 9;

/** The pattern that a card looks for while all else is off: six 0xff and 16 times its address. */
export function magicPacket(hardware: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(hardware)) {
    throw new TypeError(`${hardware} is no hardware address`);
  }
  const address = hardware.split(":").map((byte) => Number.parseInt(byte, 16));
  return Uint8Array.from([...Array(6).fill(0xff), ...Array(16).fill(address).flat()]);
}

/** Sends it to everybody on an interface's link: who sleeps answers no ARP. */
export async function wake(hardware: string, name: string): Promise<void> {
  using socket = Socket.open("inet", "dgram");
  socket.setOptions({ SO_BINDTODEVICE: name, SO_BROADCAST: true });
  await socket.sendto(magicPacket(hardware), { family: "inet", address: EVERYBODY, port: PORT });
}

if (import.meta.main) {
  const [hardware = "", name = "eth0"] = process.argv.slice(2);
  await wake(hardware, name);
}
