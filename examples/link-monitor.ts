// What happens to the network of this machine, as it happens: bun examples/link-monitor.ts [count]
import { Netlink } from "rawsock/netlink";

/** Prints so many changes, after what is there. */
export async function watch(count: number): Promise<void> {
  using netlink = Netlink.open();
  // Subscribed first and then told what is there: nothing falls in between.
  using monitor = netlink.monitor({ initial: true, resync: true });
  let changes = 0;
  for await (const event of monitor) {
    switch (event.kind) {
      case "link":
        console.log(event.action, "link", event.name, event.linkKind ?? event.type, event.state);
        break;
      case "address":
        console.log(event.action, "address", event.address, "on", event.interface);
        break;
      case "route":
        if (event.table !== "local") {
          const way = event.gateway ?? event.interface ?? event.type;
          console.log(event.action, "route", event.destination, "by", way);
        }
        break;
      case "neighbour":
        console.log(event.action, "neighbour", event.destination, event.lladdr, event.state);
        break;
      case "rule":
        console.log(event.action, "rule", event.priority, "from", event.from, event.ruleAction);
        break;
      case "lost":
        console.log("more happened than could be read; this is what is there now:");
    }
    if (event.action !== "present" && ++changes === count) break;
  }
}

if (import.meta.main) await watch(Number(process.argv[2] ?? Number.POSITIVE_INFINITY));
