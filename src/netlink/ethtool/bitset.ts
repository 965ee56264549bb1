// Sets of bits by name: ETHTOOL_A_BITSET_*. Documentation/networking/ethtool-netlink.rst.

import { boolean, wrongType } from "../../base/validate.ts";
import { attributesIn, typeAt } from "../attribute.ts";
import { text, type Value } from "../codec.ts";
import { group } from "../constants.ts";
import { Writer } from "../writer.ts";

/** Which of the bits are set; of those that are not told nothing is known, or they are not. */
export type Bitset = Record<string, boolean>;

const names = text();
const TYPE_MASK = 0x3fff;

/** A list of bits, each with its name; without a mask those alone that are set. */
export const bitset: Value<Bitset, Readonly<Bitset>> = {
  nested: true,
  decode: (bytes, offset, length) => {
    const { BITSET_NOMASK, BITSET_BITS } = group("ETHTOOL_A");
    const found: Bitset = {};
    let isList = false;
    for (const { type, start, end } of attributesIn(bytes, offset, offset + length)) {
      const kind = type & TYPE_MASK;
      if (kind === BITSET_NOMASK) isList = true;
      if (kind !== BITSET_BITS) continue;
      for (const bit of attributesIn(bytes, start, end)) {
        const [name, isSet] = one(bytes, bit.start, bit.end);
        // The kernel has bits that mean nothing yet, and no name.
        if (name !== undefined && name !== "") found[name] = isSet || isList;
      }
    }
    return found;
  },
  encode: (value, name) => {
    if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
    const { BITSET_BITS, BITSET_BITS_BIT, BITSET_BIT_NAME, BITSET_BIT_VALUE } = group("ETHTOOL_A");
    const writer = new Writer();
    writer.nest(BITSET_BITS ?? 0, (list) => {
      for (const [bit, on] of Object.entries(value)) {
        list.nest(BITSET_BITS_BIT ?? 0, (inner) => {
          inner.attribute(BITSET_BIT_NAME ?? 0, names.encode(bit, name, 0));
          if (boolean(on, `${name}.${bit}`)) {
            inner.attribute(BITSET_BIT_VALUE ?? 0, new Uint8Array(0));
          }
        });
      }
    });
    return writer.finish();
  },
};

function one(
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly [string | undefined, boolean] {
  const { BITSET_BIT_NAME, BITSET_BIT_VALUE } = group("ETHTOOL_A");
  let name: string | undefined;
  let isSet = false;
  for (const attribute of attributesIn(bytes, start, end)) {
    const type = typeAt(bytes, attribute.offset);
    if (type === BITSET_BIT_NAME) {
      name = names.decode(bytes, attribute.start, attribute.end - attribute.start, 0);
    }
    if (type === BITSET_BIT_VALUE) isSet = true;
  }
  return [name, isSet];
}
