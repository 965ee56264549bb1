// macvlan, macvtap and ipvlan: IFLA_MACVLAN_* and IFLA_IPVLAN_* of <linux/if_link.h>. ip-link(8).

import { flagWords, hardware, s32, u32, word } from "../codec.ts";
import { bits, numbered, words } from "../constants.ts";
import { AttributeTable, listOf } from "../table.ts";
import type { Kind } from "./kind.ts";

export const macvlan = {
  data: new AttributeTable("IFLA", "MACVLAN_", {
    MODE: ["mode", word(words("mode", "MACVLAN_MODE"), 4)],
    FLAGS: ["flags", flagWords(bits("flag", "MACVLAN_FLAG"), 2)],
    MACADDR_MODE: ["macaddrMode", word(numbered("macaddrMode", ["add", "del", "flush", "set"]), 4)],
    MACADDR: ["macaddr", hardware],
    MACADDR_DATA: ["macaddrData", listOf("IFLA", "MACVLAN_MACADDR", hardware)],
    MACADDR_COUNT: ["macaddrCount", u32],
    BC_QUEUE_LEN: ["bcqueuelen", u32],
    BC_QUEUE_LEN_USED: ["usedbcqueuelen", u32],
    BC_CUTOFF: ["bclim", s32],
  }),
} satisfies Kind;

export const ipvlan = {
  data: new AttributeTable("IFLA", "IPVLAN_", {
    MODE: ["mode", word(words("mode", "IPVLAN_MODE"), 2)],
    FLAGS: ["flags", flagWords(bits("flag", "IPVLAN_F"), 2)],
  }),
} satisfies Kind;
