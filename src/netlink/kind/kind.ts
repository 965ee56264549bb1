// What a kind of link has of its own: the attributes in IFLA_INFO_DATA, and those of its ports in
// IFLA_INFO_SLAVE_DATA. A new kind is a file here and a line in kinds.ts.

import type { AttributeTable, Rows } from "../table.ts";

/** Fields by name. */
export type Fields = Record<string, unknown>;

export type Kind = {
  /** Of the link itself: `data`. */
  readonly data?: AttributeTable<Rows>;
  /** Of a link that is a port of one: `port`. */
  readonly port?: AttributeTable<Rows>;
  /** Makes attributes' fields of what a user gives, where they are not the same. */
  readonly prepare?: (fields: Fields) => Fields;
  /** The reverse, for `data` that was decoded. */
  readonly finish?: (fields: Fields) => void;
  /** What `prepare` takes besides the table's fields. */
  readonly further?: readonly string[];
};

/** Renames a field where it is there. */
export function rename(fields: Fields, from: string, to: string): void {
  if (fields[from] === undefined) return;
  fields[to] = fields[from];
  delete fields[from];
}

/** Whether an address is a multicast group's: 224.0.0.0/4, ff00::/8. */
export function isGroup(address: unknown): boolean {
  return typeof address === "string" && /^(22[4-9]|23\d)\.|^ff/i.test(address);
}

/** Moves an IPv6 address to the field that its attribute has. */
export function byFamily(fields: Fields, name: string): void {
  const value = fields[name];
  if (typeof value === "string" && value.includes(":")) rename(fields, name, `${name}6`);
}

/** Drops an unspecified address, which says that there is none. */
export function dropUnspecified(fields: Fields, name: string): void {
  if (fields[name] === "0.0.0.0" || fields[name] === "::") delete fields[name];
}
