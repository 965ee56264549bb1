// AF_TIPC: struct sockaddr_tipc. linux/tipc.h. Linux.

import { AF } from "../base/constants.ts";
import { integer, oneOf, U8_MAX, U32_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type AddressFields, type FamilyCodec, stamp } from "./family.ts";

/** What an address names, and its three words; the numbers are those of linux/tipc.h, from 1. */
const KINDS = ["range", "service", "socket"] as const;
const WORDS = {
  range: ["type", "lower", "upper"],
  service: ["type", "instance", "domain"],
  socket: ["ref", "node"],
} as const;

export type TipcFields = {
  /** Found out by the fields where it is omitted: upper, ref, or else a service. */
  addrtype?: (typeof KINDS)[number];
  /** TIPC_CLUSTER_SCOPE (2) unless told, or TIPC_NODE_SCOPE (3). */
  scope?: number;
  type?: number;
  lower?: number;
  upper?: number;
  instance?: number;
  /** The node to look in; 0 for all. */
  domain?: number;
  ref?: number;
  node?: number;
};

const structure = new Structure("sockaddr_tipc");
const kindField = structure.integer("addrtype");
const scopeField = structure.integer("scope");
const CLUSTER_SCOPE = 2;

function wordAt(bytes: Uint8Array, index: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + structure.offset("addr") + index * 4, 4);
}

function kindOf({ addrtype, upper, ref }: TipcFields): (typeof KINDS)[number] {
  if (addrtype !== undefined) return oneOf(addrtype, "addrtype", KINDS);
  if (upper !== undefined) return "range";
  return ref === undefined ? "service" : "socket";
}

export const tipc: FamilyCodec<TipcFields> = {
  family: AF.TIPC,
  keys: ["addrtype", "scope", ...new Set(Object.values(WORDS).flat())],

  get size() {
    return structure.size;
  },

  get least() {
    return structure.size;
  },

  encode(fields) {
    if (AF.TIPC === undefined) throw new TypeError("this platform has no TIPC sockets");
    const kind = kindOf(fields);
    const bytes = stamp(structure.allocate(), AF.TIPC);
    kindField.set(bytes, KINDS.indexOf(kind) + 1);
    scopeField.set(bytes, integer(fields.scope ?? CLUSTER_SCOPE, "scope", 0, U8_MAX));
    for (const [index, name] of WORDS[kind].entries()) {
      wordAt(bytes, index).setUint32(0, integer(fields[name] ?? 0, name, 0, U32_MAX), true);
    }
    return bytes;
  },

  decode(bytes) {
    const addrtype = KINDS[kindField.get(bytes) - 1];
    if (addrtype === undefined) return {};
    const fields: AddressFields = { addrtype, scope: scopeField.get(bytes) };
    for (const [index, name] of WORDS[addrtype].entries()) {
      fields[name] = wordAt(bytes, index).getUint32(0, true);
    }
    return fields;
  },

  text(bytes) {
    const kind = KINDS[kindField.get(bytes) - 1];
    const words = [0, 1, 2].map((index) => wordAt(bytes, index).getUint32(0, true));
    return `tipc:${kind ?? kindField.get(bytes)} ${words.join(" ")}`;
  },
};
