// The pseudo-header that TCP, UDP, ICMPv6 and others put before their own bytes for the checksum:
// RFC 9293 section 3.1, RFC 8200 section 8.1. Its addresses are those at the ends of the way: the
// final destination where there is a routing header or a source route, the home address of a
// mobile node (RFC 6275 section 11.3.1).

import { u8 } from "./bytes.ts";
import { add } from "./checksum.ts";

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;

/**
 * The sum of the pseudo-header for what is between `start` and `end`; the IP header begins at
 * `network`, and only extension headers are between.
 */
export function pseudoSum(
  bytes: Uint8Array,
  network: number,
  start: number,
  end: number,
  protocol: number,
): number {
  const length = end - start;
  const sum = protocol + (length & 0xffff) + (length >>> 16);
  if (u8(bytes, network) >> 4 === 4) {
    const destination = routedIpv4(bytes, network);
    const sumOfSource = add(sum, bytes, network + 12, network + 16);
    return add(sumOfSource, bytes, destination, destination + 4);
  }
  if (start === network + 40) return add(sum, bytes, network + 8, network + 40);
  return sum + extendedSum(bytes, network, start);
}

const LOOSE_ROUTE = 131;
const STRICT_ROUTE = 137;

/** Where the final destination is: the end of a source route that is not used up. */
function routedIpv4(bytes: Uint8Array, network: number): number {
  const end = network + (u8(bytes, network) & 15) * 4;
  for (let at = network + 20; at + 1 < end; ) {
    const type = u8(bytes, at);
    if (type === 0) break;
    if (type === 1) {
      at++;
      continue;
    }
    const length = u8(bytes, at + 1);
    if (length < 2 || at + length > end) break;
    if (type === LOOSE_ROUTE || type === STRICT_ROUTE) {
      // The pointer counts from 1 at the type; a route has whole addresses behind 3 bytes.
      const last = at + 3 + 4 * (Math.floor((length - 3) / 4) - 1);
      if (length >= 7 && u8(bytes, at + 2) < length) return last;
    }
    at += length;
  }
  return network + 16;
}

/** The sum of both addresses, with extension headers up to `start`. */
function extendedSum(bytes: Uint8Array, network: number, start: number): number {
  let source = add(0, bytes, network + 8, network + 24);
  let destination = add(0, bytes, network + 24, network + 40);
  let type = u8(bytes, network + 6);
  for (let at = network + 40; at + 8 <= start; ) {
    let size = (u8(bytes, at + 1) + 1) * 8;
    if (type === FRAGMENT) size = 8;
    else if (type === AUTHENTICATION) size = (u8(bytes, at + 1) + 2) * 4;
    else if (type === ROUTING) destination = routedIpv6(bytes, network, at, size) ?? destination;
    else if (type === DESTINATION_OPTIONS) source = homeAddress(bytes, at, size) ?? source;
    else if (type !== HOP_BY_HOP && type !== MOBILITY) break;
    type = u8(bytes, at);
    at += size;
  }
  return source + destination;
}

const SOURCE_ROUTE = 0;
const HOME = 2;
const LOW_POWER = 3;
const SEGMENTS = 4;

/** The sum of the final destination of a routing header with segments left. */
function routedIpv6(
  bytes: Uint8Array,
  network: number,
  at: number,
  size: number,
): number | undefined {
  if (u8(bytes, at + 3) === 0 || at + size > bytes.length) return undefined;
  const end = at + size;
  switch (u8(bytes, at + 2)) {
    case SOURCE_ROUTE:
    case HOME:
      return size >= 24 ? add(0, bytes, end - 16, end) : undefined;
    case SEGMENTS:
      // RFC 8754: the last segment comes first.
      return size >= 24 ? add(0, bytes, at + 8, at + 24) : undefined;
    case LOW_POWER: {
      // RFC 6554: the last address without the bytes that it shares with the destination.
      const shared = u8(bytes, at + 4) & 15;
      const padding = u8(bytes, at + 5) >> 4;
      const last = end - padding - (16 - shared);
      if (last < at + 8) return undefined;
      const address = new Uint8Array(16);
      address.set(bytes.subarray(network + 24, network + 24 + shared));
      address.set(bytes.subarray(last, last + 16 - shared), shared);
      return add(0, address, 0, 16);
    }
    default:
      return undefined;
  }
}

const PAD_1 = 0;
const HOME_ADDRESS = 201;

/** The sum of the home address in destination options. */
function homeAddress(bytes: Uint8Array, at: number, size: number): number | undefined {
  const end = Math.min(at + size, bytes.length);
  for (let option = at + 2; option + 1 < end; ) {
    if (u8(bytes, option) === PAD_1) {
      option++;
      continue;
    }
    const length = u8(bytes, option + 1);
    if (u8(bytes, option) === HOME_ADDRESS && length === 16 && option + 18 <= end) {
      return add(0, bytes, option + 2, option + 18);
    }
    option += 2 + length;
  }
  return undefined;
}
