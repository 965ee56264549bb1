// A call of everything that is public in rawsock/netlink, as test/support/calls.ts has them of
// rawsock. They change the network: the process should be in a network namespace of its own.

import type * as netlink from "../../src/netlink/index.ts";
import { strict } from "./strict.ts";

type Api = typeof netlink;
type Call = (api: Api) => unknown;

/** A change by an unprivileged process. */
const REFUSED = "EPERM";
/** What a kernel or a device may lack. */
const LACKING: ReadonlySet<string> = new Set(["EOPNOTSUPP", "ENODATA", "ENOENT"]);

async function unless(refusals: ReadonlySet<string>, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!strict && refusals.has((error as { code?: string }).code ?? "")) return undefined;
    throw error;
  }
}

const withNetlink =
  (use: (socket: netlink.Netlink, api: Api) => unknown, protocol = "route"): Call =>
  async (api) => {
    using socket = api.Netlink.open({ protocol: protocol as "route" });
    return await use(socket, api);
  };

/** Changes that are undone again; nothing where this process may not. */
const withChange = (...changes: ((socket: netlink.Netlink) => Promise<unknown>)[]): Call =>
  withNetlink((socket) =>
    unless(new Set([REFUSED]), async () => {
      for (const change of changes) await change(socket);
    }),
  );

const withEthtool =
  (use: (ethtool: netlink.Ethtool) => unknown): Call =>
  async (api) => {
    using ethtool = api.Ethtool.open();
    return await unless(new Set([...LACKING, REFUSED]), () => use(ethtool));
  };

const PAIR = { kind: "veth", name: "calls0", peer: { name: "calls1" } } as const;
const ADDRESS = { interface: "lo", address: "192.0.2.9/32" } as const;
const ROUTE = { destination: "198.51.100.0/24", interface: "lo" } as const;
const NEIGHBOUR = { interface: "lo", destination: "192.0.2.7", proxy: true } as const;
const NEXTHOP = { id: 0xca11, blackhole: true } as const;
const RULE = { from: "192.0.2.9", table: 77 } as const;

export const netlinkCalls: Readonly<Record<string, Call>> = {
  "new Netlink": ({ Netlink }) => Reflect.construct(Netlink, []),
  "Netlink.open": withNetlink(() => undefined),
  "Netlink#fd": withNetlink((socket) => socket.fd),
  "Netlink#closed": withNetlink((socket) => socket.closed),
  "Netlink#request": withNetlink((socket) =>
    socket.request("getlink", ["dump"], new Uint8Array(16)),
  ),
  "Netlink#links": withNetlink((socket) => socket.links()),
  "Netlink#link": withNetlink((socket) => socket.link("lo")),
  "Netlink#addresses": withNetlink((socket) => socket.addresses({ interface: "lo" })),
  "Netlink#routes": withNetlink((socket) => socket.routes()),
  "Netlink#neighbours": withNetlink((socket) => socket.neighbours()),
  "Netlink#nexthops": withNetlink((socket) => socket.nexthops()),
  "Netlink#rules": withNetlink((socket) => socket.rules()),
  "Netlink#route": withNetlink((socket) => socket.route("127.0.0.1")),
  "Netlink#addLink": withChange(
    (socket) => socket.addLink(PAIR),
    (socket) => socket.deleteLink(PAIR.name),
  ),
  "Netlink#setLink": withChange((socket) => socket.setLink("lo", { up: true })),
  "Netlink#deleteLink": withChange(
    (socket) => socket.addLink(PAIR),
    (socket) => socket.deleteLink(PAIR.name),
  ),
  "Netlink#addLinkName": withChange(
    (socket) => socket.addLinkName("lo", "calls-loopback"),
    (socket) => socket.deleteLinkName("lo", "calls-loopback"),
  ),
  "Netlink#deleteLinkName": withChange(
    (socket) => socket.addLinkName("lo", "calls-loopback"),
    (socket) => socket.deleteLinkName("lo", "calls-loopback"),
  ),
  "Netlink#addAddress": withChange(
    (socket) => socket.addAddress(ADDRESS),
    (socket) => socket.deleteAddress(ADDRESS),
  ),
  "Netlink#replaceAddress": withChange(
    (socket) => socket.replaceAddress(ADDRESS),
    (socket) => socket.deleteAddress(ADDRESS),
  ),
  "Netlink#deleteAddress": withChange(
    (socket) => socket.addAddress(ADDRESS),
    (socket) => socket.deleteAddress(ADDRESS),
  ),
  "Netlink#addRoute": withChange(
    (socket) => socket.addRoute(ROUTE),
    (socket) => socket.deleteRoute(ROUTE),
  ),
  "Netlink#replaceRoute": withChange(
    (socket) => socket.replaceRoute(ROUTE),
    (socket) => socket.deleteRoute(ROUTE),
  ),
  "Netlink#appendRoute": withChange(
    (socket) => socket.appendRoute(ROUTE),
    (socket) => socket.deleteRoute(ROUTE),
  ),
  "Netlink#deleteRoute": withChange(
    (socket) => socket.addRoute(ROUTE),
    (socket) => socket.deleteRoute(ROUTE),
  ),
  "Netlink#addNeighbour": withChange(
    (socket) => socket.addNeighbour(NEIGHBOUR),
    (socket) => socket.deleteNeighbour(NEIGHBOUR),
  ),
  "Netlink#replaceNeighbour": withChange(
    (socket) => socket.replaceNeighbour(NEIGHBOUR),
    (socket) => socket.deleteNeighbour(NEIGHBOUR),
  ),
  "Netlink#deleteNeighbour": withChange(
    (socket) => socket.addNeighbour(NEIGHBOUR),
    (socket) => socket.deleteNeighbour(NEIGHBOUR),
  ),
  "Netlink#addNexthop": withChange(
    (socket) => socket.addNexthop(NEXTHOP),
    (socket) => socket.deleteNexthop(NEXTHOP.id),
  ),
  "Netlink#replaceNexthop": withChange(
    (socket) => socket.replaceNexthop(NEXTHOP),
    (socket) => socket.deleteNexthop(NEXTHOP.id),
  ),
  "Netlink#deleteNexthop": withChange(
    (socket) => socket.addNexthop(NEXTHOP),
    (socket) => socket.deleteNexthop(NEXTHOP.id),
  ),
  "Netlink#addRule": withChange(
    (socket) => socket.addRule(RULE),
    (socket) => socket.deleteRule(RULE),
  ),
  "Netlink#deleteRule": withChange(
    (socket) => socket.addRule(RULE),
    (socket) => socket.deleteRule(RULE),
  ),
  "Netlink#monitor": withNetlink(async (socket) => {
    for await (const event of socket.monitor({ groups: ["link"], initial: true })) return event;
    return undefined;
  }),
  "Netlink#family": withNetlink((socket) => socket.family("nlctrl"), "generic"),
  "Netlink#families": withNetlink((socket) => socket.families(), "generic"),
  "Netlink#close": withNetlink((socket) => socket.close()),
  "Netlink#Symbol(Symbol.dispose)": withNetlink((socket) => socket[Symbol.dispose]()),
  "Netlink#Symbol(Symbol.asyncDispose)": withNetlink((socket) => socket[Symbol.asyncDispose]()),
  "new NetlinkError": ({ NetlinkError }) =>
    String(Reflect.construct(NetlinkError, [1, "RTM_GETLINK"])),
  "new Ethtool": ({ Ethtool }) => Reflect.construct(Ethtool, []),
  "Ethtool.open": withEthtool(() => undefined),
  "Ethtool#closed": withEthtool((ethtool) => ethtool.closed),
  "Ethtool#family": withEthtool((ethtool) => ethtool.family()),
  "Ethtool#linkState": withEthtool((ethtool) => ethtool.linkState("lo")),
  "Ethtool#linkInfo": withEthtool((ethtool) => ethtool.linkInfo("lo")),
  "Ethtool#linkModes": withEthtool((ethtool) => ethtool.linkModes("lo")),
  "Ethtool#features": withEthtool((ethtool) => ethtool.features("lo")),
  "Ethtool#setFeatures": withEthtool((ethtool) => ethtool.setFeatures("lo", {})),
  "Ethtool#rings": withEthtool((ethtool) => ethtool.rings("lo")),
  "Ethtool#setRings": withEthtool((ethtool) => ethtool.setRings("lo", {})),
  "Ethtool#channels": withEthtool((ethtool) => ethtool.channels("lo")),
  "Ethtool#setChannels": withEthtool((ethtool) => ethtool.setChannels("lo", {})),
  "Ethtool#coalesce": withEthtool((ethtool) => ethtool.coalesce("lo")),
  "Ethtool#setCoalesce": withEthtool((ethtool) => ethtool.setCoalesce("lo", {})),
  "Ethtool#pause": withEthtool((ethtool) => ethtool.pause("lo")),
  "Ethtool#setPause": withEthtool((ethtool) => ethtool.setPause("lo", {})),
  "Ethtool#timestamping": withEthtool((ethtool) => ethtool.timestamping("lo")),
  "Ethtool#privateFlags": withEthtool((ethtool) => ethtool.privateFlags("lo")),
  "Ethtool#setPrivateFlags": withEthtool((ethtool) => ethtool.setPrivateFlags("lo", {})),
  "Ethtool#strings": withEthtool((ethtool) => ethtool.strings("features")),
  "Ethtool#statistics": withEthtool((ethtool) => ethtool.statistics("lo")),
  "Ethtool#driver": withEthtool((ethtool) => ethtool.driver("lo")),
  "Ethtool#close": withEthtool((ethtool) => ethtool.close()),
  "Ethtool#Symbol(Symbol.dispose)": withEthtool((ethtool) => ethtool[Symbol.dispose]()),
  encodeAttributes: (api) => api.encodeAttributes([{ type: 1, data: Uint8Array.of(1) }]),
  decodeAttributes: (api) => api.decodeAttributes(new Uint8Array(0)),
  encodeMessage: (api) => api.encodeMessage({ type: 16, body: new Uint8Array(4) }),
  decodeMessages: (api) => api.decodeMessages(new Uint8Array(0)),
};
