// A namespace with a veth pair, configured by the package itself, and a Netlink in it.

import { Netlink } from "../../../src/netlink/index.ts";
import { Namespace, run } from "../../support/namespace.ts";

/** A namespace with a veth pair whose first end has 10.1.0.1/24. */
export async function lab() {
  const namespace = new Namespace();
  withoutDetection(namespace);
  const netlink = Netlink.open({ namespace: namespace.name });
  await netlink.addLink({ kind: "veth", name: "va", peer: "vb" });
  await netlink.setLink("va", { up: true });
  await netlink.setLink("vb", { up: true });
  await netlink.addAddress({ interface: "va", address: "10.1.0.1/24" });
  await netlink.addAddress({ interface: "va", address: "fd00::1/64", flags: ["nodad"] });
  const stack = new DisposableStack();
  stack.use(namespace);
  stack.use(netlink);
  return { namespace, netlink, [Symbol.dispose]: () => stack.dispose() };
}

/** IPv6 addresses are what they are at once, and stay so. */
export function withoutDetection(namespace: Namespace): void {
  const path = "/proc/sys/net/ipv6/conf/default/accept_dad";
  run(...namespace.command("sh", "-c", `echo 0 > ${path}`));
}
