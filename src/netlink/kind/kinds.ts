// The kinds of links by the name that the kernel has for them. Others work too: their data are
// attributes.

import { switch8, u32, word } from "../codec.ts";
import { numbered } from "../constants.ts";
import { AttributeTable, type Decoded, type Rows } from "../table.ts";
import { bond } from "./bond.ts";
import { bridge } from "./bridge.ts";
import type { Fields, Kind } from "./kind.ts";
import { ipvlan, macvlan } from "./macvlan.ts";
import { gre4, gre6, ip6tnl, ipip4 } from "./tunnel.ts";
import { vlan } from "./vlan.ts";
import { geneve, vxlan } from "./vxlan.ts";

const vrf = {
  data: new AttributeTable("IFLA", "VRF_", { TABLE: ["table", u32] }),
  port: new AttributeTable("IFLA", "VRF_PORT_", { TABLE: ["table", u32] }),
} satisfies Kind;

/** Only told: such a link is made by opening /dev/net/tun. */
const tun = {
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
} satisfies Kind;

/** Kinds that have nothing of their own: made by name alone. */
const plain = {} satisfies Kind;

const tables = {
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
} satisfies Record<string, Kind>;

export const kinds: ReadonlyMap<string, Kind> = new Map(Object.entries(tables));

type Tables = typeof tables;

/** Kinds of the kernel's own that have no table here: what they tell is `unknown`. */
type Further =
  | ("amt" | "bareudp" | "batadv" | "can" | "gtp" | "hsr" | "ipoib" | "lowpan" | "macsec")
  | ("netdevsim" | "netkit" | "ovpn" | "pfcp" | "rmnet" | "team" | "virt_wifi" | "vti" | "vti6")
  | ("vxcan" | "wwan" | "xfrm");

/** What made a link. A module from outside of the kernel may have another word. */
export type LinkKind = keyof Tables | Further;

/** Attributes that have a field of another name, or several. */
type Replaced = "remote6" | "local6" | "options" | "flowinfo" | "iflags" | "oflags";

type FieldsOf<Table> = Table extends { rows: infer R extends Rows }
  ? Omit<Decoded<R>, Replaced> & Fields
  : Fields;

/** What a kind says about a link: `data`. */
export type KindData<Kind extends LinkKind> = Kind extends keyof Tables
  ? Tables[Kind] extends { data: infer Table }
    ? FieldsOf<Table>
    : Fields
  : Fields;

/** What it says about a link that is a port of one: `port`. */
export type KindPort<Kind extends LinkKind> = Kind extends keyof Tables
  ? Tables[Kind] extends { port: infer Table }
    ? FieldsOf<Table>
    : Fields
  : Fields;
