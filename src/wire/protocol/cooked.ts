// What both headers of Linux's cooked captures have: an address in eight bytes, and a protocol.

import { part } from "../bytes.ts";
import { octets, text, uint, wrongType } from "../field.ts";
import { hardwareSize, parseHardware } from "../parse.ts";
import type { AnyLayer, Protocol } from "../protocol.ts";
import { etherTypes, protocolOf } from "../registry.ts";
import { hardwareText } from "../text.ts";

export const COOKED_ADDRESS = 8;

type Address = { address: string; addressLength?: number; padding?: Uint8Array };
type AddressInit = { [Field in keyof Address]?: Address[Field] | undefined };

/** Where the protocol is a number of netlink's families. */
const NETLINK = 824;
const ETHER_TYPE_MIN = 0x0600;
/** ETH_P_802_2 */
const LLC = 4;

export function next(hardwareType: number, protocol: number): Protocol | undefined {
  if (hardwareType === NETLINK) return undefined;
  if (protocol >= ETHER_TYPE_MIN) return etherTypes.protocol(protocol);
  return protocol === LLC ? protocolOf("llc") : undefined;
}

/** The protocol's number that says that `above` follows. */
export function numberOf(above: AnyLayer | undefined): number | undefined {
  return above?.kind === "llc" ? LLC : etherTypes.of(above);
}

export function readAddress(bytes: Uint8Array, at: number, length: number): Address {
  const end = at + Math.min(length, COOKED_ADDRESS);
  const result: Address = { address: hardwareText(bytes, at, end) };
  if (length > COOKED_ADDRESS) result.addressLength = length;
  const padding = part(bytes, end, at + COOKED_ADDRESS);
  if (padding.some((byte) => byte !== 0)) result.padding = padding;
  return result;
}

export function addressLength(layer: AddressInit, kind: string, most: number): number {
  const address = text(layer.address, `${kind}.address`);
  return uint(layer.addressLength, `${kind}.addressLength`, most, hardwareSize(address));
}

/** Writes into the eight bytes `room`. */
export function writeAddress(layer: AddressInit, room: Uint8Array, kind: string): void {
  const address = text(layer.address, `${kind}.address`);
  const size = hardwareSize(address);
  if (size > COOKED_ADDRESS || !parseHardware(room, 0, address, size)) {
    throw wrongType(`${kind}.address`, `at most ${COOKED_ADDRESS} bytes in hexadecimal`, address);
  }
  const padding = octets(layer.padding, `${kind}.padding`);
  if (size + padding.length > COOKED_ADDRESS) {
    const most = COOKED_ADDRESS - size;
    throw new RangeError(`${kind}.padding must have at most ${most} bytes, not ${padding.length}`);
  }
  room.set(padding, size);
}
