// Network interfaces by name and by index, and as the zones of IPv6 addresses: if_nametoindex(3),
// RFC 4007.

import { ERRNO } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { I32_MAX, integer, text, U32_MAX, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, cString, decodeText } from "../native/memory.ts";

/** The error of a lookup; an interface that is not there is always ENODEV. */
function refused(result: number, syscall: string, subject: string | number): SocketError {
  const absent = result === -(ERRNO.ENXIO ?? 0) || result === -(ERRNO.ENODEV ?? 0);
  const errno = absent ? (ERRNO.ENODEV ?? ERRNO.ENXIO ?? 0) : -result;
  return new SocketError(errno, syscall, { subject: String(subject) });
}

/** if_nametoindex(3): SocketError ENODEV names an interface that is not there. */
export function interfaceIndex(name: string): number {
  const index = native.rawsock_if_nametoindex(cString(text(name, "interface")));
  if (index < 0) throw refused(index, "if_nametoindex", name);
  return index;
}

/** IF_NAMESIZE bytes, of Windows, which has the longest names. */
const room = allocate(257);

/** if_indextoname(3): SocketError ENODEV tells the index that nobody has. */
export function interfaceName(index: number): string {
  const length = native.rawsock_if_indextoname(index, room);
  if (length < 0) throw refused(length, "if_indextoname", index);
  return decodeText(room.subarray(0, length));
}

/** The name of an interface, or its index as text where it has none or cannot be asked. */
export function interfaceLabel(index: number): string {
  const length = native.rawsock_if_indextoname(index, room);
  return length < 0 ? String(index) : decodeText(room.subarray(0, length));
}

/**
 * The index of an interface given by index, by name, or as the zone of an address ("::%eth0");
 * `name` is the argument's. 0 means any.
 */
export function interfaceNumber(value: string | number, name: string): number {
  if (typeof value === "string") return zoneNumber(value.slice(value.indexOf("%") + 1));
  if (typeof value !== "number") throw wrongType(name, "a name or an index", value);
  return integer(value, name, 0, I32_MAX);
}

/** The index of an interface given by name or by index, not by both. */
export function indexOf({
  interface: name,
  ifindex,
}: {
  interface?: string;
  ifindex?: number;
}): number {
  if (name === undefined) return integer(ifindex ?? 0, "ifindex", 0, I32_MAX);
  if (ifindex !== undefined) throw new TypeError("give interface or ifindex, not both");
  return interfaceIndex(name);
}

/** RFC 4007: a zone is an interface's name or a number. */
export function zoneNumber(zone: string | number): number {
  if (typeof zone === "string" && !/^\d+$/.test(zone)) return interfaceIndex(zone);
  return integer(Number(zone), "scopeId", 0, U32_MAX);
}

/** An IPv6 address without its zone, and the zone's number, 0 where there is none. */
export function splitZone(address: string): readonly [address: string, zone: number] {
  const percent = address.indexOf("%");
  if (percent < 0) return [address, 0];
  return [address.slice(0, percent), zoneNumber(address.slice(percent + 1))];
}
