// Packets where they were captured, in memory that will be used again.

import type { CapturedPacket, VlanTag } from "./packet.ts";

/** A packet of `batches()`: valid until the next step, as what it is made of. */
export type PacketView = CapturedPacket & {
  /** The packet as an object of its own, with bytes of its own. */
  copy(): CapturedPacket;
};

const LOW_WORD = 2 ** 32;
const stamp = new BigInt64Array(1);
const stampWords = new Uint32Array(stamp.buffer);

/** Nanoseconds since 1970 as one number; seconds times 10^9 are exact as a double: 2^9 * 5^9. */
export function timestampOf(seconds: number, nanoseconds: number): bigint {
  const whole = seconds * 1e9;
  const high = Math.floor(whole / LOW_WORD);
  const low = whole - high * LOW_WORD + nanoseconds;
  const carry = low >= LOW_WORD ? 1 : 0;
  stampWords[0] = low - carry * LOW_WORD;
  stampWords[1] = high + carry;
  return stamp[0] as bigint;
}

/** A packet as a plain object, with these bytes. */
export function plain(view: CapturedPacket, data: Uint8Array): CapturedPacket {
  const { length, timestamp, direction, checksum, vlan, dropped } = view;
  const packet = { data, length, timestamp, interface: view.interface, direction, checksum };
  if (vlan === undefined && dropped === undefined) return packet;
  return {
    ...packet,
    ...(vlan === undefined ? {} : { vlan }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}

/** What is told of the tag of a packet: its type and control information in one number. */
export function tagOf(tag: number): VlanTag {
  return { tci: tag & 0xffff, tpid: tag >>> 16 };
}
