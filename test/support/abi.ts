// What a manifest says, as C expressions and the values they must have.

import type { ConstantTable, Layout } from "../../src/native/library.ts";

export type Abi = {
  readonly records: Readonly<Record<string, Layout>>;
  readonly constants: Readonly<Record<string, ConstantTable>>;
};

/** Structures of the library's own, which no header has. */
const OWN: ReadonlySet<string> = new Set([
  "address_slot",
  "addrinfo_entry",
  "addrinfo_hints",
  "addrinfo_status",
  "batch_header",
  "checksum_verdict",
  "control_header",
  "interface_entry",
  "interface_header",
  "lookup",
  "message_slot",
  "netdb_entry",
  "readiness_ready",
  "readiness_source",
  "ring",
  "ring_form",
]);

/** Bytes that hold bit-fields, which have no address in C. */
const BIT_FIELDS: ReadonlySet<string> = new Set(["tcp_info.tcpi_flags", "tcp_info.tcpi_wscale"]);

/** Names of groups whose C prefix is not their name. */
const PREFIXES: Readonly<Record<string, string>> = {
  ERRNO: "",
  single: "",
  SIOC: "SIOC",
  FIO: "FIO",
  BIOC: "BIOC",
  TUNSET: "TUNSET",
  TUNGET: "TUNGET",
};

/** Every size, offset and constant: the C expression, and what the manifest says it is. */
export function statements({ records, constants }: Abi): Map<string, number> {
  const values = new Map<string, number>();
  for (const [name, { size, fields }] of Object.entries(records)) {
    // Size 0: this platform lacks it.
    if (OWN.has(name) || size === 0) continue;
    values.set(`sizeof(struct ${name})`, size);
    for (const [field, [offset, width]] of Object.entries(fields)) {
      if (BIT_FIELDS.has(`${name}.${field}`)) continue;
      values.set(`offsetof(struct ${name}, ${field})`, offset);
      values.set(`sizeof(((struct ${name} *)0)->${field})`, width);
    }
  }
  for (const [group, names] of Object.entries(constants)) {
    for (const [name, value] of Object.entries(names)) {
      values.set(`${PREFIXES[group] ?? `${group}_`}${name}`, value);
    }
  }
  return values;
}
