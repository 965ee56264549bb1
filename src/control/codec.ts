// How one kind of control message lies in memory: the interface of all of them, and the codecs
// of the kinds that are a single integer.

import { integer, wrongType } from "../base/validate.ts";

/** One kind at one level; the data only, the header is control.ts's. */
export interface ControlCodec<M extends { readonly kind: string } = { readonly kind: string }> {
  readonly kind: M["kind"];
  readonly level: number;
  readonly type: number;
  /** Whether `message` is this codec's to encode, where several share a kind; else all are. */
  takes?(message: M): boolean;
  /** Bytes of the data. */
  size(message: M): number;
  /** Writes the data at `at`, zeros before. Throws where a field is wrong. */
  encode(message: M, view: DataView, at: number): void;
  /** The field that says it all, where that is one integer. */
  readonly field?: string;
  /** Bytes it has when received, where shorter data mean something else. */
  readonly receivedSize?: number;
  /** The message, or null where `length` bytes are not the kind's data. */
  decode(view: DataView, at: number, length: number): M | null;
}

/** Where a codec stands: nothing is made of it where the platform lacks the level or type. */
export type Place = readonly [level: number | undefined, type: number | undefined];

/** The codec at a place, as a list for the table: empty where the platform lacks the place. */
export function at<M extends { readonly kind: string }>(
  [level, type]: Place,
  kind: M["kind"],
  codec: Omit<ControlCodec<M>, "kind" | "level" | "type">,
): ControlCodec[] {
  if (level === undefined || type === undefined) return [];
  return [{ kind, level, type, ...codec } as unknown as ControlCodec];
}

type Width = 1 | 2 | 4;

/** An unsigned integer of some width, little-endian. */
function getUnsigned(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

function setUnsigned(view: DataView, at: number, width: number, value: number): void {
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value >>> 0, true);
}

type IntegerShape = {
  readonly least?: number;
  readonly most: number;
  /** Bytes when sent; 4 unless told. */
  readonly width?: Width;
  /** Bytes it may also have when received. */
  readonly also?: Width;
  /** Read and written as a signed number. */
  readonly signed?: boolean;
};

/** What makes the message of a value; a literal is several times as fast as a computed key. */
function maker(kind: string, field: string): (value: number) => object {
  if (field === "value") return (value) => ({ kind, value });
  if (field === "size") return (size) => ({ kind, size });
  return (value) => ({ kind, [field]: value });
}

/** A kind whose data is the integer `field`. */
export function integerAt<Kind extends string, Name extends string>(
  place: Place,
  kind: Kind,
  field: Name,
  { least = 0, most, width = 4, also, signed = false }: IntegerShape,
): ControlCodec[] {
  type M = { readonly kind: Kind } & { readonly [name in Name]: number };
  const make = maker(kind, field) as (value: number) => M;
  return at<M>(place, kind as M["kind"], {
    field,
    size: () => width,
    encode(message, view, at) {
      setUnsigned(view, at, width, integer(message[field], field, least, most));
    },
    decode(view, at, length) {
      if (length !== width && length !== also) return null;
      const value = getUnsigned(view, at, length);
      return make(signed && length === 4 ? value | 0 : value);
    },
  });
}

const NANOSECONDS = 1_000_000_000n;
const HALF = 65_536;
const sum = new BigInt64Array(1);
const sumWords = new Uint32Array(sum.buffer);

/**
 * The time of a struct of 64-bit seconds and, `fractionAt` bytes on, a 64-bit fraction, each unit
 * of which is `unit` nanoseconds. By halves of the seconds: four bigints less than the plain sum.
 */
export function nanosecondsAt(
  view: DataView,
  at: number,
  fractionAt: number,
  unit: number,
): bigint {
  const seconds = view.getUint32(at, true);
  const fraction = view.getUint32(at + fractionAt, true);
  const large = view.getUint32(at + 4, true) | view.getUint32(at + fractionAt + 4, true);
  if (large !== 0) {
    const whole = view.getBigInt64(at, true) * NANOSECONDS;
    return whole + view.getBigInt64(at + fractionAt, true) * BigInt(unit);
  }
  const low = (seconds % HALF) * 1e9 + fraction * unit;
  const high = Math.floor(seconds / HALF) * 1e9 + Math.floor(low / HALF);
  sumWords[0] = (high % HALF) * HALF + (low % HALF);
  sumWords[1] = high / HALF;
  return sum[0] as bigint;
}

/** Writes a time as 64-bit seconds and, `fractionAt` bytes on, 64-bit nanoseconds. */
export function setNanoseconds(view: DataView, at: number, fractionAt: number, time: bigint): void {
  const fraction = ((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  view.setBigInt64(at, (time - fraction) / NANOSECONDS, true);
  view.setBigInt64(at + fractionAt, fraction, true);
}

const TIME_LIMIT = 2n ** 63n;

/** A kernel time: a bigint that fits 64 signed bits. */
export function time(value: unknown, name: string): bigint {
  if (typeof value !== "bigint") throw wrongType(name, "a bigint", value);
  if (value < -TIME_LIMIT || value >= TIME_LIMIT) {
    throw new RangeError(`${name} must be from -2^63 to 2^63 - 1, not ${value}`);
  }
  return value;
}
