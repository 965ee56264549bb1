// What ip(8) prints as JSON, compared with the package's objects key by key. A key that nothing is
// said about here is expected under the same name in camel case: one that is missing is a failure.

export type Json = Record<string, unknown>;

/** Where a key's value is found, or whether the object agrees with it; null: not compared. */
type Rule = string | ((theirs: unknown, ours: Json, all: Json) => boolean) | null;
type Rules = Readonly<Record<string, Rule>>;

const camelCase = (key: string) =>
  key.replaceAll(/[_-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Words without regard to case and to `_` or `-`; numbers as numbers, however they are written. */
export function plain(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "bigint") return Number(value);
  if (value === Number.POSITIVE_INFINITY) return 2 ** 32 - 1;
  if (typeof value === "string") {
    if (/^(0x[0-9a-f]+|\d+)$/i.test(value)) return Number(value);
    // A bridge's identity, whose bytes ip(8) writes without leading zeros.
    if (/^[0-9a-f]{4}\.([0-9a-f]{1,2}:){5}/.test(value))
      return value.replaceAll(/\b0(?=[0-9a-f])/g, "");
    if (value === "on") return 1;
    if (value === "off") return 0;
    return value.toLowerCase().replaceAll("_", "-");
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, own]) => [camelCase(key), plain(own)]),
    );
  }
  return value;
}

function same(a: unknown, b: unknown): boolean {
  return Bun.deepEquals(plain(a), plain(b));
}

/** What differs, as lines. */
export function differences(theirs: Json, ours: Json | undefined, rules: Rules, path: string) {
  if (ours === undefined) return [`${path}: not there`];
  const found: string[] = [];
  for (const [key, value] of Object.entries(theirs)) {
    const rule = key in rules ? rules[key] : camelCase(key);
    if (rule === null || rule === undefined) continue;
    if (typeof rule === "function") {
      if (!rule(value, ours, theirs)) found.push(`${path}.${key}: ${JSON.stringify(value)}`);
    } else if (!same(value, ours[rule])) {
      const own = JSON.stringify(ours[rule], (_, one) =>
        typeof one === "bigint" ? `${one}` : one,
      );
      found.push(`${path}.${key}: ${JSON.stringify(value)} is ${own}`);
    }
  }
  return found;
}

const within =
  (field: string, rules: Rules): Rule =>
  (theirs, ours) =>
    differences(theirs as Json, ours[field] as Json, rules, field).length === 0;

const setOf = (list: unknown) => new Set((list as string[]).map((one) => plain(one)));

/** Words that ip(8) makes out of several flags. */
const MADE_UP = new Set(["no-carrier", "m-down"]);

const linkFlags: Rule = (theirs, ours) => {
  const wanted = [...setOf(theirs)].filter((flag) => !MADE_UP.has(flag as string));
  const own = setOf(ours.flags);
  return wanted.every((flag) => own.has(flag)) && wanted.length <= own.size;
};

/** They run, and are not the same the next time. */
const timer =
  (field: string): Rule =>
  (_, ours) =>
    typeof ours[field] === "number";

const has =
  (flag: string): Rule =>
  (theirs, ours) =>
    (ours.flags as string[]).includes(flag) === (theirs !== false);

const dataRules: Rules = {
  // This ip(8) prints the bridge's own identity as that of the root.
  root_id: (theirs, ours) => same(theirs, ours.rootId) || same(theirs, ours.bridgeId),
  hello_timer: timer("helloTimer"),
  tcn_timer: timer("tcnTimer"),
  topology_change_timer: timer("topologyChangeTimer"),
  gc_timer: timer("gcTimer"),
  hold_timer: timer("holdTimer"),
  message_age_timer: timer("messageAgeTimer"),
  forward_delay_timer: timer("forwardDelayTimer"),
  // The names of the bits of the mask before it.
  group_fwd_mask_str: null,
  nopromisc: has("nopromisc"),
  private: has("private"),
  vepa: has("vepa"),
  // This ip(8) has no word for none.
  arp_validate: (theirs, ours) => same(theirs ?? "none", ours.arpValidate),
  remote6: "remote",
  local6: "local",
  group6: "group",
  no_linklocal_learn: "noLinklocalLearn",
};

export const linkRules: Rules = {
  ifindex: "index",
  ifname: "name",
  flags: linkFlags,
  operstate: "state",
  txqlen: "queueLength",
  link_type: "type",
  ifalias: "alias",
  link_index: "linkIndex",
  inet6_addr_gen_mode: (theirs, ours) => same(theirs, (ours.inet6 as Json).addrGenMode),
  linkinfo: (theirs, ours) => linkInfo(theirs as Json, ours).length === 0,
  addr_info: null,
};

function linkInfo(theirs: Json, ours: Json): string[] {
  return differences(
    theirs,
    ours,
    {
      info_kind: "kind",
      info_slave_kind: "portKind",
      info_data: within("data", dataRules),
      info_slave_data: within("port", dataRules),
    },
    "linkinfo",
  );
}

/** What differs in a link's own data, told key by key. */
export function dataDifferences(theirs: Json, ours: Json): string[] {
  const info = (theirs.linkinfo ?? {}) as Json;
  const path = String(theirs.ifname);
  return [
    ...(info.info_data === undefined
      ? []
      : differences(info.info_data as Json, ours.data as Json, dataRules, `${path}.data`)),
    ...(info.info_slave_data === undefined
      ? []
      : differences(info.info_slave_data as Json, ours.port as Json, dataRules, `${path}.port`)),
  ];
}

/** A second may pass between the two. */
const seconds =
  (field: string): Rule =>
  (theirs, ours) =>
    Math.abs((theirs as number) - (plain(ours[field]) as number)) <= 2;

export const addressRules: Rules = {
  // The other end, where there is one.
  address: (theirs, ours) => (ours.peer as string).split("/")[0] === theirs,
  prefixlen: "prefixLength",
  valid_life_time: seconds("validLifetime"),
  preferred_life_time: seconds("preferredLifetime"),
  dynamic: (theirs, ours) => (ours.flags as string[]).includes("permanent") !== theirs,
  ...Object.fromEntries(
    ["noprefixroute", "tentative", "deprecated", "secondary", "temporary", "nodad"].map((flag) => [
      flag,
      has(flag),
    ]),
  ),
  mngtmpaddr: has("mngtmpaddr"),
  autojoin: has("autojoin"),
  "stable-privacy": has("stable-privacy"),
};

const hopRules: Rules = {
  dev: "interface",
  flags: (theirs, ours) => same([...setOf(theirs)].sort(), [...setOf(ours.flags)].sort()),
};

export const routeRules: Rules = {
  dst: "destination",
  dev: "interface",
  iif: "incomingInterface",
  prefsrc: "source",
  nhid: "nexthop",
  pref: "preference",
  // Whether the nexthop object is "nh_info"; it is another object's.
  nh_info: null,
  cache: null,
  flags: hopRules.flags as Rule,
  tos: (theirs, ours) => theirs === ours.tos || plain(theirs) === ours.tos,
  error: (theirs, ours) => ((theirs as number) | 0) === ours.error,
  expires: seconds("expires"),
  metrics: (theirs, ours) =>
    differences((theirs as Json[])[0] as Json, ours.metrics as Json, METRICS, "metrics").length ===
    0,
  nexthops: (theirs, ours) =>
    (theirs as Json[]).every(
      (hop, place) =>
        differences(hop, (ours.multipath as Json[])[place], hopRules, "hop").length === 0,
    ),
};

const METRICS: Rules = {
  // null, where the feature is on.
  ecn: (_, ours) => (ours.features as string[]).includes("ecn"),
  rto_min: "rtoMin",
};

const prefix =
  (field: string, length: string): Rule =>
  (theirs, ours, all) => {
    const bits = all[length];
    return ours[field] === (bits === undefined ? theirs : `${theirs}/${bits}`);
  };

const isTrue =
  (field: string): Rule =>
  (_, ours) =>
    ours[field] === true;

export const ruleRules: Rules = {
  src: prefix("from", "srclen"),
  srclen: null,
  dst: prefix("to", "dstlen"),
  dstlen: null,
  not: isTrue("not"),
  l3mdev: isTrue("l3mdev"),
  iif_detached: isTrue("iifDetached"),
  oif_detached: isTrue("oifDetached"),
  unresolved: isTrue("unresolved"),
  nop: (_, ours) => ours.action === "nop",
  uid_start: (theirs, ours) => (ours.uidRange as Json).start === theirs,
  uid_end: (theirs, ours) => (ours.uidRange as Json).end === theirs,
  ipproto: (theirs, ours) => theirs === "tcp" && ours.ipProto === 6,
  sport: (theirs, ours) => (ours.sport as Json).start === theirs,
  dport: (theirs, ours) => (ours.dport as Json).start === theirs,
  sport_start: (theirs, ours) => (ours.sport as Json).start === theirs,
  sport_end: (theirs, ours) => (ours.sport as Json).end === theirs,
  dport_start: (theirs, ours) => (ours.dport as Json).start === theirs,
  dport_end: (theirs, ours) => (ours.dport as Json).end === theirs,
  tos: (theirs, ours) => theirs === ours.tos || plain(theirs) === ours.tos,
  flow_from: (theirs, ours) => plain(theirs) === (ours.flow as Json).from,
  flow_to: (theirs, ours) => plain(theirs) === (ours.flow as Json).to,
};

export const neighbourRules: Rules = {
  dst: "destination",
  dev: "interface",
  state: (theirs, ours) => same((theirs as string[])[0], ours.state),
  router: has("router"),
  proxy: has("proxy"),
  extern_learn: has("extern-learn"),
  managed: has("managed"),
};
