// Attributes: type, length and value, aligned to four bytes, which may hold attributes themselves.
// netlink(7), NLA_* in <linux/netlink.h>.

import { type Bytes, integer, uint8Array, wrongType } from "../base/validate.ts";
import { constant } from "./constants.ts";
import { ATTRIBUTE, aligned, u16At } from "./layout.ts";
import { Writer } from "./writer.ts";

/** An attribute: `data` is a view of the bytes it was decoded from. */
export type Attribute = {
  /** Without the flags that share its place. */
  readonly type: number;
  readonly data: Uint8Array;
  /** Whether the sender marked it as holding attributes; many kernels' replies do not. */
  readonly nested?: true;
  /** Whether the sender marked its value as being in network byte order. */
  readonly networkOrder?: true;
};

/** An attribute to be encoded: `data` may be attributes, which makes it a nested one. */
export type AttributeInit = {
  readonly type: number;
  readonly data?: Bytes | readonly AttributeInit[];
  readonly nested?: boolean;
  readonly networkOrder?: boolean;
};

/** The greatest type: two bits are flags. */
const TYPE_MAX = 0x3fff;

/**
 * Attributes one behind the other, each with its padding. Integers in `data` are the caller's to
 * lay out, in host order unless the attribute says otherwise.
 */
export function encodeAttributes(attributes: readonly AttributeInit[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writeAttributes(writer, attributes);
  return writer.finish();
}

export function writeAttributes(writer: Writer, attributes: readonly AttributeInit[]): void {
  if (!Array.isArray(attributes)) throw wrongType("attributes", "an array", attributes);
  for (const attribute of attributes as readonly AttributeInit[]) {
    const { data = NOTHING, nested, networkOrder } = attribute;
    let type = integer(attribute.type, "type", 0, TYPE_MAX);
    if (networkOrder === true) type |= constant("NLA_F", "NET_BYTEORDER");
    if (Array.isArray(data)) {
      const inner = data as readonly AttributeInit[];
      writer.nest(type, (within) => writeAttributes(within, inner));
      continue;
    }
    if (nested === true) type |= constant("NLA_F", "NESTED");
    writer.attribute(type, uint8Array(data as Bytes, "data"));
  }
}

const NOTHING = new Uint8Array(0);

/**
 * The attributes of a message's body or of a nested attribute. RangeError: one is shorter than its
 * own header or longer than what is left, and says where.
 */
export function decodeAttributes(bytes: Bytes): Attribute[] {
  const all = uint8Array(bytes, "bytes");
  const found: Attribute[] = [];
  const NESTED = constant("NLA_F", "NESTED");
  const NETWORK = constant("NLA_F", "NET_BYTEORDER");
  for (const { type, start, end } of attributesIn(all, 0, all.length)) {
    found.push({
      type: type & TYPE_MAX,
      data: all.subarray(start, end),
      ...((type & NESTED) !== 0 && { nested: true as const }),
      ...((type & NETWORK) !== 0 && { networkOrder: true as const }),
    });
  }
  return found;
}

/** Where the attributes in a part of `bytes` lie; `type` with its flags. */
export function* attributesIn(bytes: Uint8Array, start: number, end: number) {
  for (let offset = start; end - offset >= ATTRIBUTE.size; ) {
    const length = lengthAt(bytes, offset, end);
    yield {
      type: u16At(bytes, offset + 2),
      start: offset + ATTRIBUTE.size,
      end: offset + length,
      offset,
    };
    offset += aligned(length);
  }
}

/** The length of the attribute at `offset` with its header, which it has, and within `end`. */
export function lengthAt(bytes: Uint8Array, offset: number, end: number): number {
  const length = u16At(bytes, offset);
  if (length < ATTRIBUTE.size || length > end - offset)
    throw malformed(offset, length, end - offset);
  return length;
}

/** The type of the attribute at `offset`, without its flags. */
export function typeAt(bytes: Uint8Array, offset: number): number {
  return u16At(bytes, offset + 2) & TYPE_MAX;
}

function malformed(offset: number, length: number, left: number): RangeError {
  return new RangeError(
    `the attribute at ${offset} says that it has ${length} bytes, where ${left} are left`,
  );
}
