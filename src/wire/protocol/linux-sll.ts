// The header of Linux's cooked captures: LINKTYPE_LINUX_SLL, as libpcap writes it.

import { put16, u16 } from "../bytes.ts";
import { U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import {
  addressLength,
  COOKED_ADDRESS,
  next,
  numberOf,
  readAddress,
  writeAddress,
} from "./cooked.ts";

/** Linux's cooked captures: LINKTYPE_LINUX_SLL. */
export type LinuxSll = {
  kind: "linux-sll";
  /** PACKET_*: 0 to this host, 1 broadcast, 2 multicast, 3 to another host, 4 sent. */
  packetType: number;
  /** ARPHRD_*: 1 for Ethernet, 772 for the loopback interface. */
  hardwareType: number;
  /** The sender's; of more than eight bytes the first eight, and none is the empty text. */
  address: string;
  /** An EtherType; 4 where LLC follows. */
  protocol: number;
  /** Only where it is more than the eight bytes there are. */
  addressLength?: number;
  /** What is behind the address in its eight bytes, only where that is not zeros. */
  padding?: Uint8Array;
};

const HEADER = 16;

const PACKET_TYPE = 0;
const HARDWARE_TYPE = 2;
const ADDRESS_LENGTH = 4;
const ADDRESS = 6;
const PROTOCOL = 14;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("linux-sll", HEADER);
  const { bytes, start } = scan;
  scan.next = next(u16(bytes, start + HARDWARE_TYPE), u16(bytes, start + PROTOCOL));
  return HEADER;
}

function read(bytes: Uint8Array, start: number): LinuxSll {
  const { address, ...rest } = readAddress(
    bytes,
    start + ADDRESS,
    u16(bytes, start + ADDRESS_LENGTH),
  );
  return {
    kind: "linux-sll",
    packetType: u16(bytes, start + PACKET_TYPE),
    hardwareType: u16(bytes, start + HARDWARE_TYPE),
    address,
    protocol: u16(bytes, start + PROTOCOL),
    ...rest,
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<LinuxSll>, { bytes, start, above }: Room): void {
  put16(bytes, start + PACKET_TYPE, uint(layer.packetType, "linux-sll.packetType", U16));
  put16(bytes, start + HARDWARE_TYPE, uint(layer.hardwareType, "linux-sll.hardwareType", U16));
  put16(bytes, start + ADDRESS_LENGTH, addressLength(layer, "linux-sll", U16));
  writeAddress(
    layer,
    bytes.subarray(start + ADDRESS, start + ADDRESS + COOKED_ADDRESS),
    "linux-sll",
  );
  const protocol = uint(layer.protocol, "linux-sll.protocol", U16, numberOf(above));
  put16(bytes, start + PROTOCOL, protocol);
}

const FIELDS: FieldNames<LinuxSll> = {
  packetType: true,
  hardwareType: true,
  address: true,
  protocol: true,
  addressLength: true,
  padding: true,
};

export const linuxSll: Protocol<LinuxSll> = {
  kind: "linux-sll",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
