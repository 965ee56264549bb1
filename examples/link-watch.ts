// What becomes of the network interfaces, from netlink's bytes: bun examples/link-watch.ts
import { IFF, Socket } from "rawsock";

// rtnetlink(7), linux/rtnetlink.h, linux/if_link.h.
const RTNLGRP_LINK = 1;
const ACTIONS: Record<number, string> = { 16: "new", 17: "deleted" }; // RTM_NEWLINK, RTM_DELLINK
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
/** struct nlmsghdr, struct ifinfomsg behind it, and struct rtattr. */
const HEADER = 16;
const LINK = 16;
const ATTRIBUTE = 4;

/** Messages and attributes begin with their length, and at multiples of four. */
function* pieces(bytes: Uint8Array, field: 2 | 4): Generator<DataView> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0, length = 0; at + ATTRIBUTE <= bytes.length; at += (length + 3) & ~3) {
    length = field === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
    if (length < ATTRIBUTE || at + length > bytes.length) return;
    yield new DataView(bytes.buffer, bytes.byteOffset + at, length);
  }
}

const behind = (view: DataView, start: number) =>
  new Uint8Array(view.buffer, view.byteOffset + start, view.byteLength - start);

/** Yields each interface that is made, changed or deleted. */
export async function* changes(until: AbortSignal) {
  using socket = Socket.open("netlink", "raw", "route");
  socket.bind({ family: "netlink" });
  socket.setOption("NETLINK_ADD_MEMBERSHIP", RTNLGRP_LINK);
  for await (const { data, address } of socket.messages({ until })) {
    // Not what another process sends here: netlink(7).
    if (address?.pid !== 0) continue;
    for (const message of pieces(data, 4)) {
      const action = ACTIONS[message.getUint16(4, true)];
      if (action === undefined) continue;
      const index = message.getInt32(HEADER + 4, true);
      const bits = message.getUint32(HEADER + 8, true);
      const flags = Object.keys(IFF).filter((name) => (bits & (IFF[name] ?? 0)) === IFF[name]);
      const change = { action, index, flags, name: "", mtu: 0 };
      for (const attribute of pieces(behind(message, HEADER + LINK), 2)) {
        const type = attribute.getUint16(2, true);
        if (type === IFLA_MTU) change.mtu = attribute.getUint32(ATTRIBUTE, true);
        if (type === IFLA_IFNAME)
          change.name = new TextDecoder().decode(behind(attribute, ATTRIBUTE).subarray(0, -1));
      }
      yield change;
    }
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for await (const { action, index, name, mtu, flags } of changes(stop.signal))
    console.log(`${action} ${index}: ${name} mtu ${mtu} <${flags.join()}>`);
}
