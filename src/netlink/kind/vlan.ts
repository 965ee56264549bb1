// vlan: IFLA_VLAN_* of <linux/if_link.h>. ip-link(8).

import { ethernetProtocols } from "../../base/constants.ts";
import { wrongType } from "../../base/validate.ts";
import { port as network16, protocol16, u16, type Value } from "../codec.ts";
import { bits } from "../constants.ts";
import { structure } from "../structure.ts";
import { AttributeTable, listOf } from "../table.ts";
import type { Kind } from "./kind.ts";

/** The words that ip(8) has for ETH_P_8021Q and ETH_P_8021AD, besides the header's. */
const TAGS = { "802.1q": "8021q", "802.1ad": "8021ad" } as const;
const named = protocol16(ethernetProtocols);

/** The protocol of a tag: "802.1q" or "802.1ad". */
export const tagProtocol: Value<string | number> = {
  decode: (bytes, offset, length, context) => {
    const word = named.decode(bytes, offset, length, context);
    return Object.entries(TAGS).find(([, own]) => own === word)?.[0] ?? word;
  },
  encode: (value, name, context) => {
    if (typeof value === "number") return network16.encode(value, name, context);
    if (typeof value !== "string") throw wrongType(name, '"802.1q", "802.1ad" or a number', value);
    const word = TAGS[value.toLowerCase() as keyof typeof TAGS] ?? value;
    return named.encode(word, name, context);
  },
};

const flags = bits("flag", "VLAN_FLAG");
const flagRecord = structure("ifla_vlan_flags", { flags: "flags", mask: "mask" });

/** The flags that are set. What is given sets those and clears the others. */
const vlanFlags: Value<string[], readonly string[]> = {
  decode: (bytes, offset, length, context) => {
    const told = flagRecord.decode(bytes, offset, length, context);
    return told && flags.words(told.flags, "told");
  },
  encode: (value, name, context) =>
    flagRecord.encode({ flags: flags.bits(value, name), mask: ALL_FLAGS }, name, context),
};
const ALL_FLAGS = 0xffff_ffff;

const priorities = () =>
  listOf(
    "IFLA",
    "VLAN_QOS_MAPPING",
    structure("ifla_vlan_qos_mapping", { from: "from", to: "to" }),
  );

export const vlan = {
  data: new AttributeTable("IFLA", "VLAN_", {
    ID: ["id", u16],
    FLAGS: ["flags", vlanFlags],
    EGRESS_QOS: ["egressQos", priorities()],
    INGRESS_QOS: ["ingressQos", priorities()],
    PROTOCOL: ["protocol", tagProtocol],
  }),
} satisfies Kind;
