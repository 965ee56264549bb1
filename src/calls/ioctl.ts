// ioctl(2).

import { FIO, SIOC } from "../base/constants.ts";
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
    return check(native.rawsock_ioctl(number, request, bytes, bytes.length), "ioctl", number);
  }
  room ??= allocate(ROOM);
  room.fill(0);
  room.set(bytes);
  const result = check(native.rawsock_ioctl(number, request, room, bytes.length), "ioctl", number);
  bytes.set(room.subarray(0, bytes.length));
  return result;
}

const count = new Int32Array(new ArrayBuffer(4));
const countBytes = new Uint8Array(count.buffer);

/**
 * Bytes that are there to be read; of a datagram socket those of the next datagram. FIONREAD, which
 * SIOCINQ is: tcp(7), udp(7), unix(7).
 */
export function unread(fd: Descriptor): number {
  return counted(fd, "FIONREAD", FIO.NREAD);
}

/**
 * Bytes sent that the peer has not acknowledged, or that have not left: SIOCOUTQ. tcp(7), udp(7).
 * TypeError: this platform cannot tell; only Linux can.
 */
export function unsent(fd: Descriptor): number {
  if (SIOC.OUTQ === undefined) throw new TypeError("this platform has no SIOCOUTQ");
  return counted(fd, "SIOCOUTQ", SIOC.OUTQ);
}

function counted(fd: Descriptor, name: string, request: number): number {
  const number = descriptor(fd, "ioctl");
  check(
    native.rawsock_ioctl(number, request, countBytes, countBytes.length),
    `ioctl ${name}`,
    number,
  );
  return count[0] as number;
}
