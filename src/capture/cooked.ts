// The header of packets whose own is left out: LINKTYPE_LINUX_SLL2, written before a packet in the
// ring from the address that the kernel put there. https://www.tcpdump.org/linktypes.html

import { lazy } from "../base/lazy.ts";
import { Structure } from "../native/record.ts";
import { COOKED_SIZE } from "./program.ts";

/** Bytes of a tag: its type and control information. */
export const TAG_SIZE = 4;
/** The longest hardware address that the header has room for. */
const ADDRESS_MAX = 8;

const layout = lazy(() => {
  const address = new Structure("sockaddr_ll");
  return {
    protocol: address.offset("sll_protocol"),
    index: address.offset("sll_ifindex"),
    hatype: address.offset("sll_hatype"),
    pkttype: address.offset("sll_pkttype"),
    halen: address.offset("sll_halen"),
    address: address.offset("sll_addr"),
  };
});

/**
 * Writes the header before a packet that begins at `start` and whose struct sockaddr_ll lies at
 * `from`; with a tag, that too. Where the whole begins.
 */
export function writeHeader(
  bytes: Uint8Array,
  from: number,
  start: number,
  tagged: boolean,
  tag: number,
): number {
  const place = layout();
  const at = start - COOKED_SIZE - (tagged ? TAG_SIZE : 0);
  const high = bytes[from + place.protocol] as number;
  const low = bytes[from + place.protocol + 1] as number;
  if (tagged) {
    bytes[at] = tag >>> 24;
    bytes[at + 1] = tag >>> 16;
    bytes[start - 4] = tag >>> 8;
    bytes[start - 3] = tag;
    bytes[start - 2] = high;
    bytes[start - 1] = low;
  } else {
    bytes[at] = high;
    bytes[at + 1] = low;
  }
  bytes[at + 2] = 0;
  bytes[at + 3] = 0;
  // The host is little-endian, the header is not.
  for (let byte = 0; byte < 4; byte++) {
    bytes[at + 4 + byte] = bytes[from + place.index + 3 - byte] as number;
  }
  bytes[at + 8] = bytes[from + place.hatype + 1] as number;
  bytes[at + 9] = bytes[from + place.hatype] as number;
  bytes[at + 10] = bytes[from + place.pkttype] as number;
  bytes[at + 11] = bytes[from + place.halen] as number;
  for (let byte = 0; byte < ADDRESS_MAX; byte++) {
    bytes[at + 12 + byte] = bytes[from + place.address + byte] as number;
  }
  return at;
}

/** Puts a tag back behind the two addresses of an Ethernet frame: where the frame then begins. */
export function insertTag(bytes: Uint8Array, start: number, tag: number): number {
  const at = start - TAG_SIZE;
  bytes.copyWithin(at, start, start + ADDRESSES);
  bytes[at + ADDRESSES] = tag >>> 24;
  bytes[at + ADDRESSES + 1] = tag >>> 16;
  bytes[at + ADDRESSES + 2] = tag >>> 8;
  bytes[at + ADDRESSES + 3] = tag;
  return at;
}

/** The two addresses that an Ethernet frame begins with. */
export const ADDRESSES = 12;
