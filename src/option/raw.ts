// Any socket option at all, as bytes: getsockopt(2), setsockopt(2). What knows no option's name
// stands apart from the tables, which not every program needs.

import { levels } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure } from "../base/error.ts";
import {
  type Bytes,
  copyOf,
  I32_MAX,
  I32_MIN,
  integer,
  U32_MAX,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";

/** More than any option has: the kernel itself refuses larger ones. */
export const LENGTH_MAX = 2 ** 24;

/**
 * getsockopt(2): the bytes of any option, at most `length` of them. Where an option takes input as
 * well (IP_MSFILTER, TCP_ZEROCOPY_RECEIVE), give the bytes to start from instead of a length.
 * RangeError: the kernel has more bytes than `length` and says so; it cuts most options off.
 */
export function getsockopt(
  fd: Descriptor,
  level: number | string,
  name: number,
  length: number | Bytes = 256,
): Uint8Array {
  const number = descriptor(fd, "getsockopt");
  const place = levelNumber(level);
  const option = integer(name, "name", I32_MIN, I32_MAX);
  const room = filled(length);
  const size = native.rawsock_getsockopt(number, place, option, room, room.length);
  if (size < 0) throw failure(size, "getsockopt", number);
  if (size > room.length) {
    throw new RangeError(`length must be ${size} for this option, not ${room.length}`);
  }
  return room.subarray(0, size);
}

function filled(length: number | Bytes): Uint8Array {
  if (typeof length === "number") return allocate(integer(length, "length", 0, LENGTH_MAX));
  return copyOf(length, "length");
}

/** setsockopt(2): sets any option to bytes, or to a number as a C int. */
export function setsockopt(
  fd: Descriptor,
  level: number | string,
  name: number,
  value: Bytes | number,
): void {
  const number = descriptor(fd, "setsockopt");
  const place = levelNumber(level);
  const option = integer(name, "name", I32_MIN, I32_MAX);
  const bytes = typeof value === "number" ? intBytes(value) : uint8Array(value, "value");
  const status = native.rawsock_setsockopt(number, place, option, bytes, 0, bytes.length);
  if (status < 0) throw failure(status, "setsockopt", number);
}

const int = allocate(4);
const intWord = new Int32Array(int.buffer);

/** A C int, whose bits may also be given as an unsigned number. */
function intBytes(value: number): Uint8Array {
  intWord[0] = integer(value, "value", I32_MIN, U32_MAX);
  return int;
}

/** The number of a level, which may be given by its keyword: "socket", "ip", "tcp". */
function levelNumber(level: number | string): number {
  if (level === undefined || level === null) throw wrongType("level", "a number", level);
  return levels.number(level);
}
