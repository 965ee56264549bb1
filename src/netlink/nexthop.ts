// Nexthop objects, which routes name by number and share: struct nhmsg and NHA_* of
// <linux/nexthop.h>. ip-nexthop(8).

import { AF } from "../base/constants.ts";
import { boolean, integer, knownKeys, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { address, addressBytes, present, raw, u16, u32, u64, type Value, word } from "./codec.ts";
import { numbered, words } from "./constants.ts";
import type { Which } from "./interfaces.ts";
import { u32At } from "./layout.ts";
import { hopFlags } from "./route-attribute.ts";
import { AttributeTable, checkFields, type Decoded, nested } from "./table.ts";
import { familyName, familyNumber, protocols, scopes } from "./words.ts";
import { Writer } from "./writer.ts";

/** A nexthop in a group. */
export type NexthopMember = {
  readonly id: number;
  /** The share among the others, from 1. */
  readonly weight: number;
};

const memberRecord = new Structure("nexthop_grp");
const WEIGHT_MAX = 256;

const members: Value<
  NexthopMember[],
  readonly { readonly id: number; readonly weight?: number }[]
> = {
  decode: (bytes, offset, length) => {
    const { size } = memberRecord;
    if (length % size !== 0) return undefined;
    return Array.from({ length: length / size }, (_, place) => {
      const at = offset + place * size;
      const weight = (bytes[at + memberRecord.offset("weight")] as number) + 1;
      return { id: u32At(bytes, at + memberRecord.offset("id")), weight };
    });
  },
  encode: (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, "an array of nexthops", value);
    const writer = new Writer();
    for (const [place, member] of value.entries()) {
      const path = `${name}[${place}]`;
      if (typeof member !== "object" || member === null) {
        throw wrongType(path, "an object with id and weight", member);
      }
      checkFields(member, ["id", "weight"], path);
      const bytes = memberRecord.allocate();
      const { id, weight = 1 } = member;
      memberRecord.integer("id").set(bytes, integer(id, `${path}.id`, 1, U32_MAX));
      const share = integer(weight, `${path}.weight`, 1, WEIGHT_MAX);
      memberRecord.integer("weight").set(bytes, share - 1);
      writer.raw(bytes);
    }
    return writer.finish();
  },
};

const resilient = nested(
  new AttributeTable("NHA", "RES_GROUP_", {
    PAD: null,
    BUCKETS: ["buckets", u16],
    // In hundredths of a second.
    IDLE_TIMER: ["idleTimer", u32],
    UNBALANCED_TIMER: ["unbalancedTimer", u32],
    UNBALANCED_TIME: ["unbalancedTime", u64],
  }),
);

const nexthopTable = new AttributeTable("NHA", "", {
  ID: ["id", u32],
  GROUP: ["group", members],
  GROUP_TYPE: ["groupType", word(numbered("groupType", ["mpath", "resilient"]), 2)],
  BLACKHOLE: ["blackhole", present],
  OIF: ["index", u32],
  GATEWAY: ["gateway", address],
  ENCAP_TYPE: ["encapType", word(words("encapType", "LWTUNNEL_ENCAP"), 2)],
  // What it is depends on the type; it goes back to the kernel as it came.
  ENCAP: ["encap", raw],
  // Only asked by.
  GROUPS: null,
  MASTER: null,
  FDB: ["fdb", present],
  RES_GROUP: ["resilient", resilient],
});

type Attributes = Decoded<typeof nexthopTable.rows>;

/** A nexthop object. What the kernel did not tell is not there. */
export type NexthopObject = Omit<Attributes, "id"> & {
  /** The number that routes and groups name it by. */
  readonly id: number;
  /** "inet" or "inet6"; of a group 0. */
  readonly family: string | number;
  /** The name of its interface. */
  interface?: string;
  /** "global", "link", "host". */
  readonly scope: string | number;
  /** Who made it: "unspec", "boot", "static", "dhcp". */
  readonly protocol: string | number;
  /** "onlink", "dead", "linkdown": RTNH_F_*. */
  readonly flags: string[];
};

const header = new Structure("nhmsg");
const familyField = header.integer("nh_family");
const scopeField = header.integer("nh_scope");
const protocolField = header.integer("nh_protocol");
const flagsField = header.integer("nh_flags");

/** The nexthop of an RTM_NEWNEXTHOP or RTM_DELNEXTHOP; its interface has no name yet. */
export function decodeNexthop(bytes: Uint8Array, start: number, end: number): NexthopObject {
  if (end - start < header.size) throw new RangeError("a nexthop's message is cut off");
  const told: Attributes = {};
  nexthopTable.decode(bytes, start + header.size, end, told);
  return {
    id: 0,
    family: familyName(bytes[start + familyField.offset] as number),
    ...told,
    scope: scopes.name(bytes[start + scopeField.offset] as number),
    protocol: protocols.name(bytes[start + protocolField.offset] as number),
    flags: hopFlags.words(u32At(bytes, start + flagsField.offset), "told"),
  };
}

/** A nexthop to be made or replaced: a way, a group of others, or a blackhole. */
export type NexthopObjectInit = {
  /** The kernel chooses one unless told. */
  readonly id?: number;
  /** Of a way without a gateway, and of a blackhole, "inet" unless told. */
  readonly family?: string | number;
  readonly gateway?: string;
  readonly interface?: Which;
  readonly blackhole?: boolean;
  /** Those that share what goes this way. */
  readonly group?: readonly { readonly id: number; readonly weight?: number }[];
  readonly groupType?: "mpath" | "resilient";
  readonly resilient?: {
    readonly buckets?: number;
    /** Hundredths of a second. */
    readonly idleTimer?: number;
    readonly unbalancedTimer?: number;
  };
  /** For the tables of bridges and VXLANs. */
  readonly fdb?: boolean;
  readonly protocol?: string | number;
  readonly flags?: readonly string[];
  readonly encapType?: string | number;
  readonly encap?: Uint8Array;
};

const KEYS: ReadonlySet<string> = new Set([
  ...["id", "family", "gateway", "interface", "blackhole", "group", "groupType", "resilient"],
  ...["fdb", "protocol", "flags", "encapType", "encap"],
  // Told, and no mistake where it goes back.
  ...["index", "scope", "unknown"],
]);

/** What may be set of the flags; the others are the kernel's, and told ones are left out. */
const SETTABLE = ["onlink"];

/** The body of a request that makes a nexthop; `index` is its interface's, 0 for none. */
export function encodeNexthop(init: NexthopObjectInit, index: number): Uint8Array {
  knownKeys(init, KEYS);
  const { id, gateway, group, groupType, resilient: told, protocol = 0, flags = [] } = init;
  if (id !== undefined) integer(id, "id", 1, U32_MAX);
  if (gateway !== undefined) addressBytes(gateway, "gateway");
  if (!Array.isArray(flags)) throw wrongType("flags", "an array of words", flags);
  const isBlackhole = init.blackhole !== undefined && boolean(init.blackhole, "blackhole");
  const isTable = init.fdb !== undefined && boolean(init.fdb, "fdb");
  const bytes = header.allocate();
  familyField.set(bytes, familyOf(init));
  protocolField.set(bytes, protocols.number(protocol));
  const known = hopFlags.bits(flags, "flags") & hopFlags.bits(SETTABLE, "flags");
  flagsField.set(bytes, known);
  const writer = new Writer().raw(bytes);
  const { unbalancedTime: _, ...settings } = (told ?? {}) as Record<string, unknown>;
  nexthopTable.encode(writer, {
    ...{ id, group, groupType, gateway, encapType: init.encapType, encap: init.encap },
    ...(told !== undefined && { resilient: settings }),
    ...(isBlackhole && { blackhole: true }),
    ...(isTable && { fdb: true }),
    // A blackhole is told with the loopback interface, which it must not be given.
    ...(index !== 0 && !isBlackhole && { index }),
  });
  return writer.finish();
}

function familyOf({ group, family, gateway }: NexthopObjectInit): number {
  if (group !== undefined) return AF.UNSPEC;
  if (family !== undefined) return familyNumber(family);
  return gateway?.includes(":") === true ? AF.INET6 : AF.INET;
}

/** What the kernel is asked for: one, or those of an interface; or what is to go. */
export function nexthopQuery(fields: { id?: number; index?: number }): Uint8Array {
  const writer = new Writer().raw(header.allocate());
  if (fields.id !== undefined) integer(fields.id, "id", 1, U32_MAX);
  nexthopTable.encode(writer, fields);
  return writer.finish();
}
