// Values of attributes that are C structures of unsigned integers.

import { integer, wrongType } from "../base/validate.ts";
import { type ByteOrder, Structure } from "../native/record.ts";
import type { Value } from "./codec.ts";
import { checkFields } from "./table.ts";

type Members<Names extends Readonly<Record<string, string>>> = Record<Names[keyof Names], number>;

/** A structure: `names` are its members and what they are called here. */
export function structure<const Names extends Readonly<Record<string, string>>>(
  record: string,
  names: Names,
  order: ByteOrder = "host",
): Value<Members<Names>, Partial<Members<Names>>> {
  const layout = new Structure(record);
  const members = Object.entries(names).map(([member, name]) => ({
    name,
    member,
    field: layout.integer(member, order),
  }));
  return {
    decode: (bytes, offset, length) => {
      if (length < layout.size) return undefined;
      const part = bytes.subarray(offset, offset + length);
      const found: Record<string, number> = {};
      for (const { name, field } of members) found[name] = field.get(part);
      return found as Members<Names>;
    },
    encode: (value, name) => {
      if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
      checkFields(value, Object.values(names), name);
      const bytes = layout.allocate();
      for (const { name: key, member, field } of members) {
        const given = (value as Record<string, number | undefined>)[key];
        if (given === undefined) continue;
        const most = 2 ** (layout.field(member)[1] * 8) - 1;
        field.set(bytes, integer(given, `${name}.${key}`, 0, most));
      }
      return bytes;
    },
  };
}
