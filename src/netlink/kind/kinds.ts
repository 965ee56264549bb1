// The kinds of links by the name that the kernel has for them. Others work too: their data are
// attributes.

import { switch8, u32, word } from "../codec.ts";
import { numbered } from "../constants.ts";
import { AttributeTable } from "../table.ts";
import { bond } from "./bond.ts";
import { bridge } from "./bridge.ts";
import type { Kind } from "./kind.ts";
import { ipvlan, macvlan } from "./macvlan.ts";
import { gre4, gre6, ip6tnl, ipip4 } from "./tunnel.ts";
import { vlan } from "./vlan.ts";
import { geneve, vxlan } from "./vxlan.ts";

const vrf: Kind = {
  data: new AttributeTable("IFLA", "VRF_", { TABLE: ["table", u32] }),
  port: new AttributeTable("IFLA", "VRF_PORT_", { TABLE: ["table", u32] }),
};

/** Only told: such a link is made by opening /dev/net/tun. */
const tun: Kind = {
  data: new AttributeTable("IFLA", "TUN_", {
    OWNER: ["user", u32],
    GROUP: ["group", u32],
    TYPE: ["type", word(numbered("type", ["", "tun", "tap"]))],
    PI: ["pi", switch8],
    VNET_HDR: ["vnetHdr", switch8],
    PERSIST: ["persist", switch8],
    MULTI_QUEUE: ["multiQueue", switch8],
    NUM_QUEUES: ["numqueues", u32],
    NUM_DISABLED_QUEUES: ["numdisabled", u32],
  }),
};

/** Kinds that have nothing of their own: made by name alone. */
const plain: Kind = {};

export const kinds: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    bond,
    bridge,
    dummy: plain,
    erspan: gre4,
    geneve,
    gre: gre4,
    gretap: gre4,
    ifb: plain,
    ip6erspan: gre6,
    ip6gre: gre6,
    ip6gretap: gre6,
    ip6tnl,
    ipip: ipip4,
    ipvlan,
    ipvtap: ipvlan,
    macvlan,
    macvtap: macvlan,
    nlmon: plain,
    sit: ipip4,
    tun,
    vcan: plain,
    veth: plain,
    vlan,
    vrf,
    vxlan,
    wireguard: plain,
  }),
);
