// bond: IFLA_BOND_* of <linux/if_link.h>, and IFLA_BOND_SLAVE_* of its ports. ip-link(8).

import { address, hardware, interfaceIndex, s32, switch8, u8, u16, u32, word } from "../codec.ts";
import { numbered } from "../constants.ts";
import { AttributeTable, indexed, nested } from "../table.ts";
import type { Kind } from "./kind.ts";

const list = (what: string, text: string) => numbered(what, text.split(" "));

const MODES = "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb";
const POLICIES = "layer2 layer3+4 layer2+3 encap2+3 encap3+4 vlan+srcmac";
const VALIDATIONS = "none active backup all filter filter_active filter_backup";

const aggregation = new AttributeTable("IFLA", "BOND_AD_INFO_", {
  AGGREGATOR: ["aggregator", u16],
  NUM_PORTS: ["numPorts", u16],
  ACTOR_KEY: ["actorKey", u16],
  PARTNER_KEY: ["partnerKey", u16],
  PARTNER_MAC: ["partnerMac", hardware],
});

export const bond = {
  data: new AttributeTable("IFLA", "BOND_", {
    MODE: ["mode", word(list("mode", MODES))],
    ACTIVE_SLAVE: ["activeSlave", interfaceIndex],
    MIIMON: ["miimon", u32],
    UPDELAY: ["updelay", u32],
    DOWNDELAY: ["downdelay", u32],
    USE_CARRIER: ["useCarrier", switch8],
    ARP_INTERVAL: ["arpInterval", u32],
    ARP_IP_TARGET: ["arpIpTarget", indexed(address)],
    ARP_VALIDATE: ["arpValidate", word(list("arpValidate", VALIDATIONS), 4)],
    ARP_ALL_TARGETS: ["arpAllTargets", word(list("arpAllTargets", "any all"), 4)],
    PRIMARY: ["primary", interfaceIndex],
    PRIMARY_RESELECT: ["primaryReselect", word(list("primaryReselect", "always better failure"))],
    FAIL_OVER_MAC: ["failOverMac", word(list("failOverMac", "none active follow"))],
    XMIT_HASH_POLICY: ["xmitHashPolicy", word(list("xmitHashPolicy", POLICIES))],
    RESEND_IGMP: ["resendIgmp", u32],
    NUM_PEER_NOTIF: ["numPeerNotif", u8],
    ALL_SLAVES_ACTIVE: ["allSlavesActive", u8],
    MIN_LINKS: ["minLinks", u32],
    LP_INTERVAL: ["lpInterval", u32],
    PACKETS_PER_SLAVE: ["packetsPerSlave", u32],
    AD_LACP_RATE: ["adLacpRate", word(list("adLacpRate", "slow fast"))],
    AD_SELECT: ["adSelect", word(list("adSelect", "stable bandwidth count"))],
    AD_INFO: ["adInfo", nested(aggregation)],
    AD_ACTOR_SYS_PRIO: ["adActorSysPrio", u16],
    AD_USER_PORT_KEY: ["adUserPortKey", u16],
    AD_ACTOR_SYSTEM: ["adActorSystem", hardware],
    TLB_DYNAMIC_LB: ["tlbDynamicLb", switch8],
    PEER_NOTIF_DELAY: ["peerNotifyDelay", u32],
    AD_LACP_ACTIVE: ["adLacpActive", word(list("adLacpActive", "off on"))],
    MISSED_MAX: ["arpMissedMax", u8],
    NS_IP6_TARGET: ["nsIp6Target", indexed(address)],
    COUPLED_CONTROL: ["coupledControl", switch8],
    BROADCAST_NEIGH: ["broadcastNeigh", switch8],
  }),
  port: new AttributeTable("IFLA", "BOND_SLAVE_", {
    STATE: ["state", word(list("state", "ACTIVE BACKUP"))],
    MII_STATUS: ["miiStatus", word(list("miiStatus", "UP GOING_DOWN DOWN GOING_BACK"))],
    LINK_FAILURE_COUNT: ["linkFailureCount", u32],
    PERM_HWADDR: ["permHwaddr", hardware],
    QUEUE_ID: ["queueId", u16],
    AD_AGGREGATOR_ID: ["adAggregatorId", u16],
    AD_ACTOR_OPER_PORT_STATE: ["adActorOperPortState", u8],
    AD_PARTNER_OPER_PORT_STATE: ["adPartnerOperPortState", u16],
    PRIO: ["prio", s32],
    ACTOR_PORT_PRIO: ["actorPortPrio", u16],
  }),
} satisfies Kind;
