// vxlan and geneve: IFLA_VXLAN_* and IFLA_GENEVE_* of <linux/if_link.h>. ip-link(8).

import {
  address,
  hex,
  interfaceIndex,
  network32,
  port,
  present,
  switch8,
  u8,
  u32,
  word,
} from "../codec.ts";
import { words } from "../constants.ts";
import { structure } from "../structure.ts";
import { AttributeTable } from "../table.ts";
import { byFamily, dropUnspecified, type Fields, isGroup, type Kind, rename } from "./kind.ts";

const range = () => structure("ifla_vxlan_port_range", { low: "low", high: "high" }, "network");

export const vxlan = {
  data: new AttributeTable("IFLA", "VXLAN_", {
    ID: ["id", u32],
    GROUP: ["remote", address],
    LINK: ["link", interfaceIndex],
    LOCAL: ["local", address],
    TTL: ["ttl", u8],
    TOS: ["tos", u8],
    LEARNING: ["learning", switch8],
    AGEING: ["ageing", u32],
    LIMIT: ["limit", u32],
    PORT_RANGE: ["portRange", range()],
    PROXY: ["proxy", switch8],
    RSC: ["rsc", switch8],
    L2MISS: ["l2miss", switch8],
    L3MISS: ["l3miss", switch8],
    PORT: ["port", port],
    GROUP6: ["remote6", address],
    LOCAL6: ["local6", address],
    UDP_CSUM: ["udpCsum", switch8],
    UDP_ZERO_CSUM6_TX: ["udpZeroCsum6Tx", switch8],
    UDP_ZERO_CSUM6_RX: ["udpZeroCsum6Rx", switch8],
    REMCSUM_TX: ["remcsumTx", switch8],
    REMCSUM_RX: ["remcsumRx", switch8],
    GBP: ["gbp", present],
    REMCSUM_NOPARTIAL: ["remcsumNopartial", present],
    COLLECT_METADATA: ["external", switch8],
    LABEL: ["label", network32],
    GPE: ["gpe", present],
    TTL_INHERIT: ["ttlInherit", switch8],
    DF: ["df", word(words("df", "VXLAN_DF"))],
    VNIFILTER: ["vnifilter", switch8],
    LOCALBYPASS: ["localbypass", switch8],
    LABEL_POLICY: ["labelPolicy", u32],
    RESERVED_BITS: ["reservedBits", hex],
    MC_ROUTE: ["mcroute", switch8],
  }),
  prepare: (given) => {
    const fields: Fields = { ...given };
    rename(fields, "group", "remote");
    byFamily(fields, "remote");
    byFamily(fields, "local");
    return fields;
  },
  finish: (fields) => {
    rename(fields, "remote6", "remote");
    rename(fields, "local6", "local");
    dropUnspecified(fields, "remote");
    dropUnspecified(fields, "local");
    if (isGroup(fields.remote)) rename(fields, "remote", "group");
  },
  further: ["group"],
} satisfies Kind;

export const geneve = {
  data: new AttributeTable("IFLA", "GENEVE_", {
    ID: ["id", u32],
    REMOTE: ["remote", address],
    TTL: ["ttl", u8],
    TOS: ["tos", u8],
    PORT: ["port", port],
    COLLECT_METADATA: ["external", present],
    REMOTE6: ["remote6", address],
    UDP_CSUM: ["udpCsum", switch8],
    UDP_ZERO_CSUM6_TX: ["udpZeroCsum6Tx", switch8],
    UDP_ZERO_CSUM6_RX: ["udpZeroCsum6Rx", switch8],
    LABEL: ["label", network32],
    TTL_INHERIT: ["ttlInherit", switch8],
    DF: ["df", word(words("df", "GENEVE_DF"))],
    INNER_PROTO_INHERIT: ["innerProtoInherit", present],
    PORT_RANGE: ["portRange", range()],
  }),
  prepare: (given) => {
    const fields: Fields = { ...given };
    byFamily(fields, "remote");
    return fields;
  },
  finish: (fields) => {
    rename(fields, "remote6", "remote");
    dropUnspecified(fields, "remote");
  },
} satisfies Kind;
