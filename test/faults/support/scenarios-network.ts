// Further calls of rawsock/netlink, /tun and /capture for faults.

import type * as capture from "../../../src/capture/index.ts";
import type * as netlink from "../../../src/netlink/index.ts";
import type * as tun from "../../../src/tun/index.ts";
import { again, LIMITS, OWN_NAMESPACE } from "./again.ts";
import type { Provider } from "./provider.ts";

type Netlink = (api: typeof netlink, given: Provider) => unknown;
export const furtherNetlink: Readonly<Record<string, Netlink>> = {
  "Netlink.open in a namespace": async (api) => {
    using socket = api.Netlink.open({ namespace: OWN_NAMESPACE });
    return (await socket.links()).length;
  },
  "Netlink, three at once": async (api) => {
    using socket = api.Netlink.open();
    const all = [socket.links(), socket.addresses(), socket.routes()];
    for (const one of await Promise.allSettled(all)) {
      if (one.status === "rejected") throw one.reason;
    }
    return all.length;
  },
  "Netlink#close while a call waits": async (api) => {
    const socket = api.Netlink.open();
    const waiting = socket.links().catch(({ code }) => code);
    try {
      socket.close();
    } finally {
      await waiting;
    }
  },
  "Netlink#links, again": async (api, given) => {
    using socket = api.Netlink.open();
    return (await again(given, () => socket.links())).length;
  },
  "Ethtool#linkModes, again": async (api, given) => {
    using ethtool = api.Ethtool.open();
    await again(given, () => ethtool.linkModes("lo").catch(unsupported));
  },
  "Netlink#monitor of a change": async (api) => {
    using socket = api.Netlink.open();
    const monitor = socket.monitor({ groups: ["link"], initial: true, resync: true } as never);
    const iterator = monitor[Symbol.asyncIterator]();
    try {
      await iterator.next();
      await socket.setLink("lo", { alias: "faults" } as never);
      await iterator.next();
    } finally {
      await iterator.return?.();
    }
  },
};

/** The loopback interface has no modes. */
function unsupported(error: { code?: string; name?: string }): void {
  if (error.name !== "NetlinkError" || error.code !== "EOPNOTSUPP") throw error;
}

type Tun = (api: typeof tun, given: Provider) => unknown;
export const furtherTun: Readonly<Record<string, Tun>> = {
  "Tun.open in a namespace": (api) => api.Tun.open({ namespace: OWN_NAMESPACE } as never).close(),
  "Tun.open of a name": (api) => api.Tun.open({ name: "faults%d", mode: "tap" }).close(),
};

type Capture = (api: typeof capture, given: Provider) => unknown;
const ring = { blockSize: 1 << 17, blocks: 2 };
/** What comes to the loopback interface. */
async function captured(
  api: typeof capture,
  given: Provider,
  use: (live: capture.Capture) => unknown,
) {
  const live = api.capture({ interface: "lo", filter: "udp", ring, timeout: 1 });
  try {
    const fd = given.udp();
    given.greet(fd);
    return await use(live);
  } finally {
    live.close();
  }
}
/** The packet may have been taken by the call that failed. */
function lateness(error: { timeout?: number }): void {
  if (error.timeout === undefined) throw error;
}
export const furtherCapture: Readonly<Record<string, Capture>> = {
  "Capture#next of a packet": (api, given) =>
    captured(api, given, async (live) => (await live.next(LIMITS))?.data.length),
  "Capture#next, again": (api, given) =>
    captured(api, given, (live) => again(given, () => live.next(LIMITS).catch(lateness))),
  "Capture#batches of a packet": (api, given) =>
    captured(api, given, async (live) => {
      for await (const batch of live.batches()) return batch.length > 0;
      return false;
    }),
  "capture of any interface": (api) =>
    api.capture({ interface: "any", ring, promiscuous: false }).close(),
  "capture, promiscuous and in a group": (api) =>
    api.capture({ interface: "lo", ring, promiscuous: true, fanout: { group: 7 } }).close(),
};
