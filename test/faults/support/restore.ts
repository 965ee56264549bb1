// Undoes what a call has changed of the network whose undoing failed.

import { Netlink } from "../../../src/netlink/index.ts";

const CHANGES = /^Netlink#(add|append|replace|delete|set)|^Tun#setPersist$/;
/** The names and numbers of test/support/netlink-calls.ts. */
const LINK = "calls0";
const ADDRESS = { interface: "lo", address: "192.0.2.9/32" } as const;
const ROUTE = { destination: "198.51.100.0/24", interface: "lo" } as const;
const NEIGHBOUR = { interface: "lo", destination: "192.0.2.7", proxy: true } as const;
const NEXTHOP = 0xca11;
const RULE = { from: "192.0.2.9", table: 77 } as const;

export async function restore(entry: string, name: string): Promise<void> {
  if (!CHANGES.test(name)) return;
  using socket = Netlink.open();
  const changes: (() => Promise<unknown>)[] =
    entry === "tun"
      ? (await socket.links()).flatMap(({ kind, index }) =>
          kind === "tun" ? [() => socket.deleteLink(index)] : [],
        )
      : [
          () => socket.deleteLink(LINK),
          () => socket.deleteLinkName("lo", "calls-loopback"),
          () => socket.deleteAddress(ADDRESS),
          () => socket.deleteRoute(ROUTE),
          () => socket.deleteNeighbour(NEIGHBOUR),
          () => socket.deleteNexthop(NEXTHOP),
          () => socket.deleteRule(RULE),
        ];
  for (const change of changes) {
    // It may not be there.
    await change().catch(({ code }) => code);
  }
}
