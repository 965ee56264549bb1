// Network devices in a namespace of the test's own.

import { checksum } from "../../src/index.ts";
import { Tun, type TunOptions } from "../../src/tun/index.ts";
import type { Namespace } from "./namespace.ts";

/** A device with an interface that is up: 10.78.0.1/24, and fd78::1/64 with `ipv6`. */
export function device(namespace: Namespace, options: TunOptions & { ipv6?: boolean } = {}): Tun {
  const { ipv6 = false, ...rest } = options;
  // What the system sends by itself, router solicitations say, is not the test's.
  const quiet = ipv6 ? "0" : "1";
  namespace.sysctl("net.ipv6.conf.default.disable_ipv6", quiet);
  const tun = Tun.open({ namespace: namespace.name, ...rest });
  namespace.ip("addr", "add", "10.78.0.1/24", "dev", tun.name);
  if (ipv6) namespace.ip("addr", "add", "fd78::1/64", "dev", tun.name, "nodad");
  namespace.ip("link", "set", tun.name, "up");
  return tun;
}

/** An IPv4 packet with UDP in it, from 10.78.0.2 to 10.78.0.1. */
export function udpPacket(payload: Uint8Array, port = 7777): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(28 + payload.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 78, 0, 2, 10, 78, 0, 1]);
  view.setUint16(2, packet.length);
  view.setUint16(20, 5555);
  view.setUint16(22, port);
  view.setUint16(24, 8 + payload.length);
  packet.set(payload, 28);
  checksum.ip(packet, { link: "none" });
  checksum.udp(packet, { link: "none" });
  return packet;
}

/** The number that the first four bytes of a packet's UDP payload say. */
export function numberIn(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(28);
}

/** A UDP payload that begins with a number. */
export function numbered(number: number, length = 16): Uint8Array {
  const payload = new Uint8Array(length);
  new DataView(payload.buffer).setUint32(0, number);
  return payload;
}
