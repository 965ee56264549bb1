// Rules, which choose the table that routes are looked up in: struct fib_rule_hdr and FRA_* of
// <linux/fib_rules.h>. ip-rule(8).

import { AF } from "../base/constants.ts";
import { boolean, integer, knownKeys, U8_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import {
  address,
  boolean8,
  interfaceText,
  network32,
  u8,
  u16,
  u32,
  u64At,
  type Value,
  word,
} from "./codec.ts";
import { constant, words } from "./constants.ts";
import { u32At } from "./layout.ts";
import { formatPrefix, parsePrefix } from "./prefix.ts";
import { realms } from "./route-attribute.ts";
import { structure } from "./structure.ts";
import { AttributeTable, type Decoded, type Encoded } from "./table.ts";
import { familyName, familyNumber, protocols, table, tableName, tableNumber } from "./words.ts";
import { Writer } from "./writer.ts";

/** "lookup", "goto", "nop", "blackhole", "unreachable", "prohibit": FR_ACT_*. */
const actions = words("action", "FR_ACT", { also: { lookup: "TO_TBL" } });

/** 64 bits in network order. */
const tunnelId: Value<number | bigint> = {
  decode: (bytes, offset, length) =>
    length === 8 ? u64At(bytes.slice(offset, offset + 8).reverse(), 0) : undefined,
  encode: (value) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
    return bytes;
  },
};

/** -1 as 32 bits: nothing is suppressed. */
const optional: Value<number> = {
  decode: u32.decode,
  encode: u32.encode,
};

const portRange = () => structure("fib_rule_port_range", { start: "start", end: "end" });

const ruleTable = new AttributeTable("FRA", "", {
  DST: ["to", address],
  SRC: ["from", address],
  IFNAME: ["iif", interfaceText],
  GOTO: ["goto", u32],
  PRIORITY: ["priority", u32],
  FWMARK: ["fwmark", u32],
  FLOW: ["flow", realms],
  TUN_ID: ["tunId", tunnelId],
  SUPPRESS_IFGROUP: ["suppressIfgroup", optional],
  SUPPRESS_PREFIXLEN: ["suppressPrefixlen", optional],
  TABLE: ["table", table],
  FWMASK: ["fwmask", u32],
  OIFNAME: ["oif", interfaceText],
  PAD: null,
  L3MDEV: ["l3mdev", boolean8],
  UID_RANGE: ["uidRange", structure("fib_rule_uid_range", { start: "start", end: "end" })],
  PROTOCOL: ["protocol", word(protocols)],
  IP_PROTO: ["ipProto", u8],
  SPORT_RANGE: ["sport", portRange()],
  DPORT_RANGE: ["dport", portRange()],
  DSCP: ["dscp", u8],
  FLOWLABEL: ["flowlabel", network32],
  FLOWLABEL_MASK: ["flowlabelMask", network32],
  SPORT_MASK: ["sportMask", u16],
  DPORT_MASK: ["dportMask", u16],
  DSCP_MASK: ["dscpMask", u8],
});

type Attributes = Decoded<typeof ruleTable.rows>;

/** A rule. What the kernel did not tell is not there. */
export type Rule = Omit<Attributes, "to" | "from" | "priority" | "table"> & {
  /** "inet" or "inet6"; others are of multicast routing. */
  readonly family: string | number;
  /** The lowest comes first. */
  readonly priority: number;
  /** The prefix that the sender must be in, or "all". */
  readonly from: string;
  readonly to?: string;
  /** "lookup", "goto", "blackhole", "unreachable", "prohibit", "nop". */
  readonly action: string | number;
  /** "main", "local", or a number; of rules that look up. */
  readonly table?: string | number;
  readonly tos: number;
  /** Whether it is for packets that do not match. */
  readonly not?: true;
  readonly iifDetached?: true;
  readonly oifDetached?: true;
  readonly unresolved?: true;
};

const header = new Structure("fib_rule_hdr");
const familyField = header.integer("family");
const toField = header.integer("dst_len");
const fromField = header.integer("src_len");
const tosField = header.integer("tos");
const tableField = header.integer("table");
const actionField = header.integer("action");
const flagsField = header.integer("flags");

const FLAGS = {
  not: "INVERT",
  iifDetached: "IIF_DETACHED",
  oifDetached: "OIF_DETACHED",
  unresolved: "UNRESOLVED",
} as const;

/** Both are 32 bits of ones where nothing is suppressed. */
const NOTHING_SUPPRESSED = 0xffff_ffff;

/** The rule of an RTM_NEWRULE or RTM_DELRULE. */
export function decodeRule(bytes: Uint8Array, start: number, end: number): Rule {
  if (end - start < header.size) throw new RangeError("a rule's message is cut off");
  const family = bytes[start + familyField.offset] as number;
  const told: Attributes = {};
  ruleTable.decode(bytes, start + header.size, end, told);
  const { to, from, priority = 0, table: own, ...rest } = told;
  if (rest.suppressIfgroup === NOTHING_SUPPRESSED) delete rest.suppressIfgroup;
  if (rest.suppressPrefixlen === NOTHING_SUPPRESSED) delete rest.suppressPrefixlen;
  const toLength = bytes[start + toField.offset] as number;
  const fromLength = bytes[start + fromField.offset] as number;
  const number = bytes[start + tableField.offset] as number;
  const flags = u32At(bytes, start + flagsField.offset);
  const route = own ?? tableName(number);
  const rule: Rule = {
    family: familyName(family),
    priority,
    from: fromLength === 0 ? "all" : formatPrefix(family, from, fromLength),
    ...(toLength !== 0 && { to: formatPrefix(family, to, toLength) }),
    action: actions.name(bytes[start + actionField.offset] as number),
    ...(route !== "unspec" && route !== 0 && { table: route }),
    tos: bytes[start + tosField.offset] as number,
    ...rest,
  };
  for (const [field, name] of Object.entries(FLAGS)) {
    if ((flags & constant("FIB_RULE", name)) !== 0) Object.assign(rule, { [field]: true });
  }
  return rule;
}

/** A rule to be made or removed. */
export type RuleInit = Omit<Encoded<typeof ruleTable.rows>, "to" | "from"> & {
  /** "inet6" where no prefix tells it. */
  readonly family?: string | number;
  readonly from?: string;
  readonly to?: string;
  readonly action?: string | number;
  readonly tos?: number;
  readonly not?: boolean;
};

const PLAIN = ruleTable.fields.filter((field) => field !== "to" && field !== "from");
const KEYS: ReadonlySet<string> = new Set([
  ...["family", "from", "to", "action", "tos", "not", "unknown"],
  ...["iifDetached", "oifDetached", "unresolved"],
  ...PLAIN,
]);

/** The body of a request about a rule. */
export function encodeRule(init: RuleInit, isRemoval: boolean): Uint8Array {
  knownKeys(init, KEYS);
  const told = init.family === undefined ? AF.UNSPEC : familyNumber(init.family);
  const from = parsePrefix(init.from ?? "all", "from", told);
  const to = parsePrefix(init.to ?? "all", "to", from.family);
  const bytes = header.allocate();
  familyField.set(bytes, to.family || from.family || AF.INET);
  toField.set(bytes, to.length);
  fromField.set(bytes, from.length);
  tosField.set(bytes, integer(init.tos ?? 0, "tos", 0, U8_MAX));
  const action = actionNumber(init, isRemoval);
  const number = tableOf(init, action, isRemoval);
  tableField.set(bytes, number <= U8_MAX ? number : 0);
  actionField.set(bytes, action);
  const isInverse = init.not !== undefined && boolean(init.not, "not");
  flagsField.set(bytes, isInverse ? constant("FIB_RULE", "INVERT") : 0);
  const writer = new Writer().raw(bytes);
  if (to.length > 0) writer.attribute(ruleTable.type("DST"), to.bytes);
  if (from.length > 0) writer.attribute(ruleTable.type("SRC"), from.bytes);
  const fields: Record<string, unknown> = {};
  for (const name of PLAIN) fields[name] = (init as Record<string, unknown>)[name];
  if (number <= U8_MAX) delete fields.table;
  ruleTable.encode(writer, { ...fields, unknown: init.unknown });
  return writer.finish();
}

/** As ip(8) does, a new rule that looks up does so in "main" where nothing else is said. */
function tableOf(init: RuleInit, action: number, isRemoval: boolean): number {
  if (init.table !== undefined) return tableNumber(init.table);
  const isLookup = action === constant("FR_ACT", "TO_TBL");
  return isLookup && !isRemoval && init.l3mdev !== true ? tableNumber("main") : 0;
}

function actionNumber(init: RuleInit, isRemoval: boolean): number {
  if (init.action !== undefined) return actions.number(init.action);
  if (init.goto !== undefined) return constant("FR_ACT", "GOTO");
  return isRemoval && init.table === undefined ? 0 : constant("FR_ACT", "TO_TBL");
}

/** What the kernel is asked for: the rules of a family. */
export function ruleQuery(family: number): Uint8Array {
  const bytes = header.allocate();
  familyField.set(bytes, family);
  return bytes;
}
