// IP and hardware addresses as text: inet_pton(3), inet_ntop(3).

import { AF } from "../base/constants.ts";
import { type Bytes, uint8Array, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, cString, decodeText } from "../native/memory.ts";

/** inet_pton(3) into fresh bytes, or null where the text is no address of the family. */
export function parseAddress(family: number, address: string): Uint8Array | null {
  const bytes = new Uint8Array(family === AF.INET ? 4 : 16);
  if (address.includes("\0")) return null;
  return native.rawsock_inet_pton(family, cString(address), bytes) === 1 ? bytes : null;
}

const room = allocate(64);

/** inet_ntop(3). */
export function formatAddress(family: number, bytes: Uint8Array, offset = 0): string {
  if (family === AF.INET) {
    const [a, b, c, d] = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
    return `${a}.${b}.${c}.${d}`;
  }
  const length = native.rawsock_inet_ntop(family, bytes, offset, room, room.length);
  return decodeText(room.subarray(0, length));
}

/** The bytes of an address of the family; anything else is a TypeError. */
export function requireAddress(family: number, address: unknown, name = "address"): Uint8Array {
  const bytes = typeof address === "string" ? parseAddress(family, address) : null;
  if (bytes !== null) return bytes;
  throw wrongType(name, family === AF.INET ? "an IPv4 address" : "an IPv6 address", address);
}

/** MAX_ADDR_LEN of the kernel. */
const HARDWARE_ADDRESS_MAX = 32;

/** "02:fc:00:00:00:01" as bytes. */
export function hardwareAddress(address: string | Bytes): Uint8Array {
  const bytes =
    typeof address === "string" ? parseHardware(address) : uint8Array(address, "address");
  if (bytes.length > HARDWARE_ADDRESS_MAX) {
    throw new RangeError(`address must have at most ${HARDWARE_ADDRESS_MAX} bytes`);
  }
  return bytes;
}

function parseHardware(address: string): Uint8Array {
  // What a Sockaddr without one has.
  if (address === "") return new Uint8Array(0);
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2})*$/i.test(address)) {
    throw wrongType("address", "a hardware address like 02:fc:00:00:00:01", address);
  }
  return Uint8Array.from(address.split(/[:-]/), (byte) => Number.parseInt(byte, 16));
}

export function formatHardware(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
