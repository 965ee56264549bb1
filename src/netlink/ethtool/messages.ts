// The messages of the family "ethtool", a table of attributes each.
// Documentation/networking/ethtool-netlink.rst, <linux/ethtool_netlink.h>.

import { boolean8, s32, text, u8, u32, u64, type Value, word } from "../codec.ts";
import { constant, numbered, words } from "../constants.ts";
import { AttributeTable, type Decoded, listOf, nested } from "../table.ts";
import { bitset } from "./bitset.ts";

const duplexes = words("duplex", "DUPLEX", { except: /^$/ });
const ports = words("port", "PORT", { except: /^$/ });
const transceivers = words("transceiver", "XCVR", { except: /^DUMMY/ });
const states = words("state", "ETHTOOL_LINK_EXT_STATE", { except: /^$/ });
const mdix = numbered("mdix", ["unknown", "mdi", "mdi-x", "auto"]);

/** Mb/s; null where the driver does not know. */
const speed: Value<number | null> = {
  decode: (bytes, offset, length, context) => {
    const value = s32.decode(bytes, offset, length, context);
    return value === -1 ? null : u32.decode(bytes, offset, length, context);
  },
  encode: (value, name, context) =>
    value === null ? s32.encode(-1, name, context) : u32.encode(value, name, context),
};

/** Which interface is meant, in every request; the kernel's replies have both. */
export const device = new AttributeTable("ETHTOOL_A", "HEADER_", {
  DEV_INDEX: ["index", u32],
  DEV_NAME: ["name", text(15)],
  FLAGS: ["flags", u32],
});

/** The fields of a table that hold a message's own, with its header beside them. */
const about = ["interface", nested(device)] as const;

export const linkInfo = new AttributeTable("ETHTOOL_A", "LINKINFO_", {
  HEADER: about,
  PORT: ["port", word(ports)],
  PHYADDR: ["phyAddress", u8],
  TP_MDIX: ["mdix", word(mdix)],
  TP_MDIX_CTRL: ["mdixControl", word(mdix)],
  TRANSCEIVER: ["transceiver", word(transceivers)],
});

export const linkModes = new AttributeTable("ETHTOOL_A", "LINKMODES_", {
  HEADER: about,
  AUTONEG: ["autonegotiation", boolean8],
  OURS: ["ours", bitset],
  PEER: ["peer", bitset],
  SPEED: ["speed", speed],
  DUPLEX: ["duplex", word(duplexes)],
  LANES: ["lanes", u32],
  MASTER_SLAVE_CFG: ["masterSlave", u8],
  MASTER_SLAVE_STATE: ["masterSlaveState", u8],
  RATE_MATCHING: ["rateMatching", u8],
});

export const linkState = new AttributeTable("ETHTOOL_A", "LINKSTATE_", {
  HEADER: about,
  LINK: ["link", boolean8],
  SQI: ["signalQuality", u32],
  SQI_MAX: ["signalQualityMax", u32],
  EXT_STATE: ["state", word(states)],
  EXT_SUBSTATE: ["substate", u8],
  EXT_DOWN_CNT: ["downCount", u32],
});

export const features = new AttributeTable("ETHTOOL_A", "FEATURES_", {
  HEADER: about,
  HW: ["changeable", bitset],
  WANTED: ["wanted", bitset],
  ACTIVE: ["active", bitset],
  NOCHANGE: ["fixed", bitset],
});

export const rings = new AttributeTable("ETHTOOL_A", "RINGS_", {
  HEADER: about,
  RX_MAX: ["rxMax", u32],
  RX_MINI_MAX: ["rxMiniMax", u32],
  RX_JUMBO_MAX: ["rxJumboMax", u32],
  TX_MAX: ["txMax", u32],
  RX: ["rx", u32],
  RX_MINI: ["rxMini", u32],
  RX_JUMBO: ["rxJumbo", u32],
  TX: ["tx", u32],
  RX_BUF_LEN: ["rxBufferLength", u32],
  TCP_DATA_SPLIT: ["tcpDataSplit", word(numbered("split", ["unknown", "off", "on"]))],
  CQE_SIZE: ["completionSize", u32],
  TX_PUSH: ["txPush", boolean8],
  RX_PUSH: ["rxPush", boolean8],
  TX_PUSH_BUF_LEN: ["txPushBufferLength", u32],
  TX_PUSH_BUF_LEN_MAX: ["txPushBufferLengthMax", u32],
  HDS_THRESH: ["headerSplitThreshold", u32],
  HDS_THRESH_MAX: ["headerSplitThresholdMax", u32],
});

export const channels = new AttributeTable("ETHTOOL_A", "CHANNELS_", {
  HEADER: about,
  RX_MAX: ["rxMax", u32],
  TX_MAX: ["txMax", u32],
  OTHER_MAX: ["otherMax", u32],
  COMBINED_MAX: ["combinedMax", u32],
  RX_COUNT: ["rx", u32],
  TX_COUNT: ["tx", u32],
  OTHER_COUNT: ["other", u32],
  COMBINED_COUNT: ["combined", u32],
});

export const coalesce = new AttributeTable("ETHTOOL_A", "COALESCE_", {
  HEADER: about,
  RX_USECS: ["rxMicroseconds", u32],
  RX_MAX_FRAMES: ["rxFrames", u32],
  RX_USECS_IRQ: ["rxMicrosecondsIrq", u32],
  RX_MAX_FRAMES_IRQ: ["rxFramesIrq", u32],
  TX_USECS: ["txMicroseconds", u32],
  TX_MAX_FRAMES: ["txFrames", u32],
  TX_USECS_IRQ: ["txMicrosecondsIrq", u32],
  TX_MAX_FRAMES_IRQ: ["txFramesIrq", u32],
  STATS_BLOCK_USECS: ["statisticsMicroseconds", u32],
  USE_ADAPTIVE_RX: ["adaptiveRx", boolean8],
  USE_ADAPTIVE_TX: ["adaptiveTx", boolean8],
  PKT_RATE_LOW: ["packetRateLow", u32],
  RX_USECS_LOW: ["rxMicrosecondsLow", u32],
  RX_MAX_FRAMES_LOW: ["rxFramesLow", u32],
  TX_USECS_LOW: ["txMicrosecondsLow", u32],
  TX_MAX_FRAMES_LOW: ["txFramesLow", u32],
  PKT_RATE_HIGH: ["packetRateHigh", u32],
  RX_USECS_HIGH: ["rxMicrosecondsHigh", u32],
  RX_MAX_FRAMES_HIGH: ["rxFramesHigh", u32],
  TX_USECS_HIGH: ["txMicrosecondsHigh", u32],
  TX_MAX_FRAMES_HIGH: ["txFramesHigh", u32],
  RATE_SAMPLE_INTERVAL: ["sampleSeconds", u32],
  USE_CQE_MODE_TX: ["completionModeTx", boolean8],
  USE_CQE_MODE_RX: ["completionModeRx", boolean8],
  TX_AGGR_MAX_BYTES: ["txAggregateBytes", u32],
  TX_AGGR_MAX_FRAMES: ["txAggregateFrames", u32],
  TX_AGGR_TIME_USECS: ["txAggregateMicroseconds", u32],
});

const pauseStatistics = new AttributeTable("ETHTOOL_A", "PAUSE_STAT_", {
  TX_FRAMES: ["txFrames", u64],
  RX_FRAMES: ["rxFrames", u64],
});

export const pause = new AttributeTable("ETHTOOL_A", "PAUSE_", {
  HEADER: about,
  AUTONEG: ["autonegotiation", boolean8],
  RX: ["rx", boolean8],
  TX: ["tx", boolean8],
  STATS: ["statistics", nested(pauseStatistics)],
});

export const timestamping = new AttributeTable("ETHTOOL_A", "TSINFO_", {
  HEADER: about,
  TIMESTAMPING: ["timestamping", bitset],
  TX_TYPES: ["txTypes", bitset],
  RX_FILTERS: ["rxFilters", bitset],
  PHC_INDEX: ["clock", u32],
});

export const privateFlags = new AttributeTable("ETHTOOL_A", "PRIVFLAGS_", {
  HEADER: about,
  FLAGS: ["flags", bitset],
});

const string = new AttributeTable("ETHTOOL_A", "STRING_", {
  INDEX: ["index", u32],
  VALUE: ["value", text()],
});

const stringSet = new AttributeTable("ETHTOOL_A", "STRINGSET_", {
  ID: ["id", u32],
  COUNT: ["count", u32],
  STRINGS: ["strings", listOf("ETHTOOL_A", "STRINGS_STRING", nested(string))],
});

export const strings = new AttributeTable("ETHTOOL_A", "STRSET_", {
  HEADER: about,
  STRINGSETS: ["sets", listOf("ETHTOOL_A", "STRINGSETS_STRINGSET", nested(stringSet))],
});

/** The words of ETH_SS_*: "features", "link-modes", "stats". */
export const stringSets = words("set", "ETH_SS", { except: /^COUNT$/ });

/** The kinds of messages, by the C names of the requests: LINKINFO_GET. */
export const MESSAGES = {
  LINKINFO: linkInfo,
  LINKMODES: linkModes,
  LINKSTATE: linkState,
  FEATURES: features,
  RINGS: rings,
  CHANNELS: channels,
  COALESCE: coalesce,
  PAUSE: pause,
  TSINFO: timestamping,
  PRIVFLAGS: privateFlags,
  STRSET: strings,
} as const;

export type MessageName = keyof typeof MESSAGES;
type RowsOf<Name extends MessageName> = (typeof MESSAGES)[Name]["rows"];
/** What a message tells, without its header. */
export type ToldBy<Name extends MessageName> = Omit<Decoded<RowsOf<Name>>, "interface">;

/** ETHTOOL_FLAG_STATS: counters besides, which take the driver longer. */
export const statisticsFlag = () => constant("ETHTOOL_FLAG", "STATS");
