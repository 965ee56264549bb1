// What an address family is here: how it lays out its struct sockaddr, and the header that all
// have in common.

import { AF } from "../base/constants.ts";
import { Structure } from "../native/record.ts";

/** What an address holds, by family. */
export type AddressFields = {
  address?: string;
  port?: number;
  scopeId?: number;
  flowinfo?: number;
  path?: string;
  ifindex?: number;
  protocol?: number;
  hatype?: number;
  pkttype?: number;
  pid?: number;
  groups?: number;
  cid?: number;
  rxId?: number;
  txId?: number;
  type?: string | number;
  name?: string;
  features?: number;
  mask?: number;
  addrtype?: string;
  scope?: number;
  lower?: number;
  upper?: number;
  instance?: number;
  domain?: number;
  ref?: number;
  node?: number;
};

/** Their names: each is a property of every Sockaddr, undefined in other families. */
export const FIELDS = [
  "address",
  "port",
  "scopeId",
  "flowinfo",
  "path",
  "ifindex",
  "protocol",
  "hatype",
  "pkttype",
  "pid",
  "groups",
  "cid",
  "rxId",
  "txId",
  "type",
  "name",
  "features",
  "mask",
  "addrtype",
  "scope",
  "lower",
  "upper",
  "instance",
  "domain",
  "ref",
  "node",
] as const satisfies readonly (keyof AddressFields)[];

/** A family's own way with its bytes. */
export interface FamilyCodec<Fields = never> {
  /** AF_*; undefined where this platform has no such family. */
  readonly family: number | undefined;
  /** Bytes of the whole structure. */
  readonly size: number;
  /** The fewest bytes in which all fields lie. */
  readonly least: number;
  /** The fields that a plain object of the family may have, besides `family`. */
  readonly keys: readonly string[];
  encode(fields: Fields): Uint8Array;
  decode(bytes: Uint8Array): AddressFields;
  /** How many of the bytes mean anything; omitted: all. */
  used?(bytes: Uint8Array): number;
  text(bytes: Uint8Array): string;
}

const header = new Structure("sockaddr");
const familyField = header.integer("sa_family");
const lengthField = header.integer("sa_len");

/** Bytes before sa_data. */
export function headerSize(): number {
  return header.offset("sa_data");
}

export function familyOf(bytes: Uint8Array): number {
  return familyField.get(bytes);
}

/** Writes family and, where the platform has it, length. */
export function stamp(bytes: Uint8Array, family: number): Uint8Array {
  familyField.set(bytes, family);
  if (header.has("sa_len")) lengthField.set(bytes, bytes.length);
  return bytes;
}

/** The size of struct sockaddr itself, taken for families without a layout of their own. */
export const GENERIC_SIZE = 16;

/** connect(2): an address of no family dissolves an association. */
export const unspecified: FamilyCodec<object> = {
  family: AF.UNSPEC,
  size: GENERIC_SIZE,
  least: 0,
  keys: [],
  encode: () => stamp(new Uint8Array(GENERIC_SIZE), AF.UNSPEC),
  decode: () => ({}),
  text: () => "unspec",
};
