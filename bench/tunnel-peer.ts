// `bun tunnel-peer.ts LIBRARY OWN PEER PREFIX`: what examples/vpn.ts does, with the loop in C.

import { dlopen } from "bun:ffi";
import { Socket } from "../src/index.ts";
import { Netlink } from "../src/netlink/index.ts";
import { Tun } from "../src/tun/index.ts";

const [library = "", own = "", peer = "", address = ""] = process.argv.slice(2);
const { symbols } = dlopen(library, {
  tunnel: { args: ["i32", "i32", "buffer", "u32"], returns: "void" },
});
const socket = Socket.open("inet", "dgram").bind({ family: "inet", address: own, port: 5000 });
socket.setOptions({ SO_RCVBUF: 4_000_000, SO_SNDBUF: 4_000_000 });
await socket.connect({ family: "inet", address: peer, port: 5000 });
const tun = Tun.open({ name: "vpn%d" });
using netlink = Netlink.open();
await netlink.addAddress({ interface: tun.name, address });
await netlink.setLink(tun.name, { up: true, mtu: 1472, queueLength: 2000 });
console.log("ready");
const buffer = new Uint8Array(2048);
symbols.tunnel(tun.fd, socket.fd, buffer, buffer.length);
