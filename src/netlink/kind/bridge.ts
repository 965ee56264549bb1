// bridge: IFLA_BR_* of <linux/if_link.h>, and IFLA_BRPORT_* of its ports. ip-link(8).

import { formatHardware, hardwareAddress } from "../../address/text.ts";
import { wrongType } from "../../base/validate.ts";
import {
  hardware,
  interfaceIndex,
  switch8,
  timer,
  u8,
  u16,
  u32,
  u64,
  type Value,
  word,
} from "../codec.ts";
import { constant, words } from "../constants.ts";
import { structure } from "../structure.ts";
import { AttributeTable } from "../table.ts";
import type { Fields, Kind } from "./kind.ts";
import { tagProtocol } from "./vlan.ts";

/** "8000.02:fc:00:00:00:01": a priority, in hexadecimal, and a hardware address. */
const identity: Value<string> = {
  decode: (bytes, offset, length) => {
    if (length !== 8) return undefined;
    const priority = bytes.subarray(offset, offset + 2).toHex();
    return `${priority}.${formatHardware(bytes.subarray(offset + 2, offset + 8))}`;
  },
  encode: (value, name) => {
    const [, priority, address] = /^([0-9a-f]{4})\.(.*)$/i.exec(value) ?? [];
    if (priority === undefined || address === undefined) {
      throw wrongType(name, "a bridge's identity like 8000.02:fc:00:00:00:01", value);
    }
    const bytes = new Uint8Array(8);
    bytes.set(Uint8Array.fromHex(priority));
    bytes.set(hardwareAddress(address), 2);
    return bytes;
  },
};

const options = structure("br_boolopt_multi", { optval: "values", optmask: "mask" });

const data = new AttributeTable("IFLA", "BR_", {
  FORWARD_DELAY: ["forwardDelay", u32],
  HELLO_TIME: ["helloTime", u32],
  MAX_AGE: ["maxAge", u32],
  AGEING_TIME: ["ageingTime", u32],
  STP_STATE: ["stpState", u32],
  PRIORITY: ["priority", u16],
  VLAN_FILTERING: ["vlanFiltering", switch8],
  VLAN_PROTOCOL: ["vlanProtocol", tagProtocol],
  GROUP_FWD_MASK: ["groupFwdMask", u16],
  ROOT_ID: ["rootId", identity],
  BRIDGE_ID: ["bridgeId", identity],
  ROOT_PORT: ["rootPort", u16],
  ROOT_PATH_COST: ["rootPathCost", u32],
  TOPOLOGY_CHANGE: ["topologyChange", switch8],
  TOPOLOGY_CHANGE_DETECTED: ["topologyChangeDetected", switch8],
  HELLO_TIMER: ["helloTimer", timer],
  TCN_TIMER: ["tcnTimer", timer],
  TOPOLOGY_CHANGE_TIMER: ["topologyChangeTimer", timer],
  GC_TIMER: ["gcTimer", timer],
  GROUP_ADDR: ["groupAddr", hardware],
  MCAST_ROUTER: ["mcastRouter", u8],
  MCAST_SNOOPING: ["mcastSnooping", switch8],
  MCAST_QUERY_USE_IFADDR: ["mcastQueryUseIfaddr", switch8],
  MCAST_QUERIER: ["mcastQuerier", switch8],
  MCAST_HASH_ELASTICITY: ["mcastHashElasticity", u32],
  MCAST_HASH_MAX: ["mcastHashMax", u32],
  MCAST_LAST_MEMBER_CNT: ["mcastLastMemberCnt", u32],
  MCAST_STARTUP_QUERY_CNT: ["mcastStartupQueryCnt", u32],
  MCAST_LAST_MEMBER_INTVL: ["mcastLastMemberIntvl", u64],
  MCAST_MEMBERSHIP_INTVL: ["mcastMembershipIntvl", u64],
  MCAST_QUERIER_INTVL: ["mcastQuerierIntvl", u64],
  MCAST_QUERY_INTVL: ["mcastQueryIntvl", u64],
  MCAST_QUERY_RESPONSE_INTVL: ["mcastQueryResponseIntvl", u64],
  MCAST_STARTUP_QUERY_INTVL: ["mcastStartupQueryIntvl", u64],
  NF_CALL_IPTABLES: ["nfCallIptables", switch8],
  NF_CALL_IP6TABLES: ["nfCallIp6tables", switch8],
  NF_CALL_ARPTABLES: ["nfCallArptables", switch8],
  VLAN_DEFAULT_PVID: ["vlanDefaultPvid", u16],
  PAD: null,
  VLAN_STATS_ENABLED: ["vlanStatsEnabled", switch8],
  MCAST_STATS_ENABLED: ["mcastStatsEnabled", switch8],
  MCAST_IGMP_VERSION: ["mcastIgmpVersion", u8],
  MCAST_MLD_VERSION: ["mcastMldVersion", u8],
  VLAN_STATS_PER_PORT: ["vlanStatsPerPort", switch8],
  MULTI_BOOLOPT: ["options", options],
  FDB_N_LEARNED: ["fdbNLearned", u32],
  FDB_MAX_LEARNED: ["fdbMaxLearned", u32],
});

/** Bits of br_boolopt_multi that ip(8) has words for. */
const OPTIONS = {
  noLinklocalLearn: "NO_LL_LEARN",
  mcastVlanSnooping: "MCAST_VLAN_SNOOPING",
  mstEnabled: "MST_ENABLE",
} as const;

function prepare(given: Fields): Fields {
  const fields = { ...given };
  let values = 0;
  let mask = 0;
  for (const [field, name] of Object.entries(OPTIONS)) {
    const on = fields[field];
    if (on === undefined) continue;
    const bit = 1 << constant("BR_BOOLOPT", name);
    mask |= bit;
    if (on === true || on === 1) values |= bit;
    delete fields[field];
  }
  return mask === 0 ? fields : { ...fields, options: { values, mask } };
}

function finish(fields: Fields): void {
  const { options: told } = fields as { options?: { values: number; mask: number } };
  if (told === undefined) return;
  delete fields.options;
  for (const [field, name] of Object.entries(OPTIONS)) {
    const bit = 1 << constant("BR_BOOLOPT", name);
    if ((told.mask & bit) !== 0) fields[field] = (told.values & bit) !== 0;
  }
}

const port = new AttributeTable("IFLA", "BRPORT_", {
  STATE: ["state", word(words("state", "BR_STATE"))],
  PRIORITY: ["priority", u16],
  COST: ["cost", u32],
  MODE: ["hairpin", switch8],
  GUARD: ["guard", switch8],
  PROTECT: ["rootBlock", switch8],
  FAST_LEAVE: ["fastleave", switch8],
  LEARNING: ["learning", switch8],
  UNICAST_FLOOD: ["flood", switch8],
  PROXYARP: ["proxyArp", switch8],
  LEARNING_SYNC: ["learningSync", switch8],
  PROXYARP_WIFI: ["proxyArpWifi", switch8],
  ROOT_ID: ["rootId", identity],
  BRIDGE_ID: ["bridgeId", identity],
  DESIGNATED_PORT: ["designatedPort", u16],
  DESIGNATED_COST: ["designatedCost", u16],
  ID: ["id", u16],
  NO: ["no", u16],
  TOPOLOGY_CHANGE_ACK: ["topologyChangeAck", switch8],
  CONFIG_PENDING: ["configPending", switch8],
  MESSAGE_AGE_TIMER: ["messageAgeTimer", timer],
  FORWARD_DELAY_TIMER: ["forwardDelayTimer", timer],
  HOLD_TIMER: ["holdTimer", timer],
  MULTICAST_ROUTER: ["multicastRouter", u8],
  PAD: null,
  MCAST_FLOOD: ["mcastFlood", switch8],
  MCAST_TO_UCAST: ["mcastToUnicast", switch8],
  VLAN_TUNNEL: ["vlanTunnel", switch8],
  BCAST_FLOOD: ["bcastFlood", switch8],
  GROUP_FWD_MASK: ["groupFwdMask", u16],
  NEIGH_SUPPRESS: ["neighSuppress", switch8],
  ISOLATED: ["isolated", switch8],
  BACKUP_PORT: ["backupPort", interfaceIndex],
  MRP_RING_OPEN: ["mrpRingOpen", switch8],
  MRP_IN_OPEN: ["mrpInOpen", switch8],
  MCAST_EHT_HOSTS_LIMIT: ["mcastEhtHostsLimit", u32],
  MCAST_EHT_HOSTS_CNT: ["mcastEhtHostsCnt", u32],
  LOCKED: ["locked", switch8],
  MAB: ["mab", switch8],
  MCAST_N_GROUPS: ["mcastNGroups", u32],
  MCAST_MAX_GROUPS: ["mcastMaxGroups", u32],
  NEIGH_VLAN_SUPPRESS: ["neighVlanSuppress", switch8],
  BACKUP_NHID: ["backupNhid", u32],
});

export const bridge = {
  data,
  port,
  prepare,
  finish,
  further: Object.keys(OPTIONS),
} satisfies Kind;
