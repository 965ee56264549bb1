// Tables of attributes: each row says which field an attribute is and how its value is written, so
// that a new attribute is a row. What no row names, or has another length than its row says, is
// kept in `unknown`.

import { wrongType } from "../base/validate.ts";
import { type Attribute, lengthAt, typeAt } from "./attribute.ts";
import type { Value } from "./codec.ts";
import { group } from "./constants.ts";
import { ATTRIBUTE, aligned } from "./layout.ts";
import { Writer } from "./writer.ts";

/** An attribute's field and its value; null: it says nothing that another does not. */
export type Row = readonly [field: string, value: Value<unknown, never>] | null;
export type Rows = Readonly<Record<string, Row>>;

type Fields<R extends Rows> = Exclude<R[keyof R], null>[0];
type ValueOf<R extends Rows, Field> = Extract<R[keyof R], readonly [Field, unknown]>[1];

/** The fields that a table decodes. */
export type Decoded<R extends Rows> = {
  -readonly [F in Fields<R>]?: ValueOf<R, F> extends { decode(...all: never[]): infer T }
    ? Exclude<T, undefined>
    : never;
} & { unknown?: Attribute[] };

/** The fields that a table encodes. */
export type Encoded<R extends Rows> = {
  readonly [F in Fields<R>]?:
    | (ValueOf<R, F> extends { encode(value: infer I, ...more: never[]): unknown } ? I : never)
    | undefined;
} & { readonly unknown?: readonly Attribute[] | undefined };

type AnyValue = Value<unknown, unknown>;
export type Entry = { readonly field: string; readonly value: AnyValue; readonly type: number };
type Record_ = Record<string, unknown>;

/** The row of what says nothing. */
export const IGNORED = Symbol("ignored");

/**
 * The attributes of one kind of message. `prefix` is the C prefix of the constants, as two words
 * where its group has others besides: `new AttributeTable("IFLA", "VLAN_", rows)`.
 */
export class AttributeTable<const R extends Rows> {
  readonly rows: R;
  readonly #group: string;
  readonly #prefix: string;
  #byType: readonly (Entry | typeof IGNORED | undefined)[] | undefined;
  #byField: ReadonlyMap<string, Entry> | undefined;
  #interfaces: string[] | undefined;

  constructor(groupName: string, prefix: string, rows: R) {
    this.#group = groupName;
    this.#prefix = prefix;
    this.rows = rows;
  }

  /** The rows by number, made at first use. Those whose constant the headers lack are left out. */
  types(): readonly (Entry | typeof IGNORED | undefined)[] {
    if (this.#byType !== undefined) return this.#byType;
    const constants = group(this.#group);
    const types: (Entry | typeof IGNORED | undefined)[] = [];
    const fields = new Map<string, Entry>();
    for (const [name, row] of Object.entries(this.rows)) {
      const type = constants[this.#prefix + name];
      if (type === undefined) continue;
      while (types.length <= type) types.push(undefined);
      types[type] = row === null ? IGNORED : entry(type, row);
      if (row !== null) fields.set(row[0], types[type] as Entry);
    }
    this.#byField = fields;
    this.#byType = types;
    return types;
  }

  /** The fields, to check the keys of what a user gives. */
  get fields(): string[] {
    return Object.values(this.rows).flatMap((row) => (row === null ? [] : [row[0]]));
  }

  /** The fields that name an interface, and hold its index. */
  get interfaceFields(): string[] {
    this.#interfaces ??= Object.values(this.rows).flatMap((row) =>
      row !== null && "isInterface" in row[1] ? [row[0]] : [],
    );
    return this.#interfaces;
  }

  /** The number of a row's attribute. */
  type(name: string & keyof R): number {
    const type = group(this.#group)[this.#prefix + name];
    if (type !== undefined) return type;
    throw new TypeError(`this platform has no ${this.#group}_${this.#prefix}${name}`);
  }

  /** Sets the fields of `into` from the attributes between `start` and `end`. */
  decode(bytes: Uint8Array, start: number, end: number, into: object, context = 0): void {
    const types = this.types();
    const target = into as Record_ & { unknown?: Attribute[] };
    const header = ATTRIBUTE.size;
    for (let offset = start; end - offset >= header; ) {
      const length = lengthAt(bytes, offset, end);
      const type = typeAt(bytes, offset);
      const row = types[type];
      if (row === undefined) keep(target, type, bytes, offset + header, offset + length);
      else if (row === IGNORED) {
        // Told by another.
      } else {
        const value = row.value.decode(bytes, offset + header, length - header, context);
        if (value !== undefined && row.value.spread !== undefined) Object.assign(target, value);
        else if (value !== undefined) target[row.field] = value;
        else if (row.value.isOften !== "empty" || length > header) {
          keep(target, type, bytes, offset + header, offset + length);
        }
      }
      offset += aligned(length);
    }
  }

  /** Writes the attributes of those fields of `values` that the table has. */
  encode(writer: Writer, values: object, context = 0, path = ""): void {
    this.types();
    for (const [field, { type, value }] of this.#byField as ReadonlyMap<string, Entry>) {
      const given = (values as Record_)[field];
      if (given === undefined) continue;
      const name = path + field;
      const data = value.encode(given, name, context);
      const flags = value.nested === true ? nestedFlag() : 0;
      writer.attribute(type | flags, data, name);
    }
    const { unknown } = values as { unknown?: readonly Attribute[] };
    if (unknown !== undefined) writeUnknown(writer, unknown);
  }
}

function entry(type: number, [field, value]: NonNullable<Row>): Entry {
  return { type, field, value: value as unknown as AnyValue };
}

const nestedFlag = () => group("NLA_F").NESTED ?? 0;

/** Keeps an attribute by its number and its bytes. */
export function keep(
  target: { unknown?: Attribute[] },
  type: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  target.unknown ??= [];
  target.unknown.push({ type, data: bytes.slice(start, end) });
}

/** Attributes by their number and bytes: what has no field, and what was kept. */
function writeUnknown(writer: Writer, unknown: readonly Attribute[]): void {
  if (!Array.isArray(unknown)) throw wrongType("unknown", "an array of attributes", unknown);
  for (const { type, data, nested } of unknown as readonly Attribute[]) {
    writer.attribute(type | (nested === true ? nestedFlag() : 0), data);
  }
}

/** A value that consists of a table's attributes. */
export function nested<const R extends Rows>(
  table: AttributeTable<R>,
): Value<Decoded<R>, Encoded<R>> {
  return {
    nested: true,
    decode: (bytes, offset, length, context) => {
      const into = {};
      table.decode(bytes, offset, offset + length, into, context);
      return into as Decoded<R>;
    },
    encode: (value, name, context) => {
      if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
      checkFields(value, table.fields, name);
      const writer = new Writer();
      table.encode(writer, value, context, `${name}.`);
      return writer.finish();
    },
  };
}

/** Throws for a key that no row has. */
export function checkFields(value: object, fields: readonly string[], name: string): void {
  for (const key in value) {
    if (!fields.includes(key) && key !== "unknown") {
      throw new TypeError(`unknown field "${key}" of ${name}; accepted: ${fields.join(", ")}`);
    }
  }
}

/** Attributes of one type, one after the other, in an attribute: the list of their values. */
export function listOf<T, Input>(
  groupName: string,
  type: string,
  value: Value<T, Input>,
): Value<T[], readonly Input[]> {
  const number = () => group(groupName)[type] ?? 0;
  return {
    nested: true,
    decode: (bytes, offset, length, context) => {
      const found: T[] = [];
      const end = offset + length;
      const header = ATTRIBUTE.size;
      for (let at = offset; end - at >= header; ) {
        const size = lengthAt(bytes, at, end);
        if (typeAt(bytes, at) === number()) {
          const one = value.decode(bytes, at + header, size - header, context);
          if (one !== undefined) found.push(one);
        }
        at += aligned(size);
      }
      return found;
    },
    encode: (values, name, context) => {
      if (!Array.isArray(values)) throw wrongType(name, "an array", values);
      const writer = new Writer();
      const flag = value.nested === true ? nestedFlag() : 0;
      for (const [index, one] of (values as readonly Input[]).entries()) {
        const path = `${name}[${index}]`;
        writer.attribute(number() | flag, value.encode(one, path, context), path);
      }
      return writer.finish();
    },
  };
}

/** Attributes whose type is their place in a list. */
export function indexed<T, Input>(value: Value<T, Input>): Value<T[], readonly Input[]> {
  return {
    nested: true,
    decode: (bytes, offset, length, context) => {
      const found: T[] = [];
      const end = offset + length;
      const header = ATTRIBUTE.size;
      for (let at = offset; end - at >= header; ) {
        const size = lengthAt(bytes, at, end);
        const one = value.decode(bytes, at + header, size - header, context);
        if (one !== undefined) found.push(one);
        at += aligned(size);
      }
      return found;
    },
    encode: (values, name, context) => {
      if (!Array.isArray(values)) throw wrongType(name, "an array", values);
      const writer = new Writer();
      for (const [index, one] of (values as readonly Input[]).entries()) {
        writer.attribute(index, value.encode(one, `${name}[${index}]`, context));
      }
      return writer.finish();
    },
  };
}
