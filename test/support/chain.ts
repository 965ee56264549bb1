// Two hosts with a router between them, in network namespaces of the tests' own.

import { Namespace, run } from "./namespace.ts";

/** left is 10.78.1.2, the router 10.78.1.1 and 10.78.2.1, right 10.78.2.2; fd78:1::2 and so on. */
export class Chain implements Disposable {
  readonly left = new Namespace();
  readonly router = new Namespace();
  readonly right = new Namespace();

  constructor() {
    for (const [host, net] of [
      [this.left, 1],
      [this.right, 2],
    ] as const) {
      const peer = ["peer", "name", `veth${net}`, "netns", this.router.name];
      host.ip("link", "add", "veth0", "type", "veth", ...peer);
      address(host, "veth0", net, 2);
      address(this.router, `veth${net}`, net, 1);
      host.ip("route", "add", "default", "via", `10.78.${net}.1`);
      host.ip("-6", "route", "add", "default", "via", `fd78:${net}::1`);
    }
    const forwarding = "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1";
    // Else of traceroute's probes only some would be answered.
    const limits = "net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0";
    for (const host of [this.router, this.right]) {
      run(...host.command("sh", "-c", `${forwarding} ${limits}`));
    }
    // IPv6 begins when the link is known to be up, which the kernel looks at once a second.
    for (let tries = 0; this.left.ping("fd78:2::2") === 0; tries++) {
      if (tries === 5) throw new Error("the way from left to right is not there");
    }
  }

  [Symbol.dispose](): void {
    for (const host of [this.left, this.router, this.right]) host[Symbol.dispose]();
  }
}

function address(namespace: Namespace, name: string, net: number, host: number): void {
  namespace.ip("addr", "add", `10.78.${net}.${host}/24`, "dev", name);
  namespace.ip("addr", "add", `fd78:${net}::${host}/64`, "dev", name, "nodad");
  namespace.ip("link", "set", name, "up");
}
