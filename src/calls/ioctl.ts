// ioctl(2).

import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { check } from "../base/error.ts";
import { type Bytes, integer, uint8Array } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";

const U32_MAX = 0xffff_ffff;
/** Larger than what any request about sockets and interfaces writes. */
const ROOM = 4096;

let room: Uint8Array<ArrayBuffer> | undefined;

/**
 * ioctl(2): what the call returns. `request` is a constant such as `SIOC.GIFMTU` or `FIO.NREAD`.
 * Bytes, a struct ifreq say, are read and written in place; a number, 0 where it is omitted, is the
 * argument itself, as in C. A request that writes more than the bytes that are given does not reach
 * past 4,096 bytes of room of its own, and what does not fit is lost.
 */
export function ioctl(fd: Descriptor, request: number, argument: Bytes | number = 0): number {
  const number = descriptor(fd, "ioctl");
  integer(request, "request", 0, U32_MAX);
  if (typeof argument === "number") {
    integer(argument, "argument", 0, U32_MAX);
    return check(native.rawsock_ioctl(number, request, null, argument), "ioctl", number);
  }
  const bytes = uint8Array(argument, "argument");
  if (bytes.length >= ROOM) {
    return check(native.rawsock_ioctl(number, request, bytes, 0), "ioctl", number);
  }
  room ??= allocate(ROOM);
  room.fill(0);
  room.set(bytes);
  const result = check(native.rawsock_ioctl(number, request, room, 0), "ioctl", number);
  bytes.set(room.subarray(0, bytes.length));
  return result;
}
