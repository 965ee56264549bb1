// The second header of Linux's cooked captures, which has the interface: LINKTYPE_LINUX_SLL2.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { U8, U16, U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import {
  addressLength,
  COOKED_ADDRESS,
  next,
  numberOf,
  readAddress,
  writeAddress,
} from "./cooked.ts";

/** Linux's cooked captures with the interface: LINKTYPE_LINUX_SLL2. */
export type LinuxSll2 = {
  kind: "linux-sll2";
  /** An EtherType; 4 where LLC follows. */
  protocol: number;
  /** The interface's index. */
  interface: number;
  /** ARPHRD_*: 1 for Ethernet, 772 for the loopback interface. */
  hardwareType: number;
  /** PACKET_*: 0 to this host, 1 broadcast, 2 multicast, 3 to another host, 4 sent. */
  packetType: number;
  /** The sender's; of more than eight bytes the first eight, and none is the empty text. */
  address: string;
  /** Only where it is more than the eight bytes there are. */
  addressLength?: number;
  /** What is behind the address in its eight bytes, only where that is not zeros. */
  padding?: Uint8Array;
  /** The 16 bits that must be zero, only where they are not. */
  reserved?: number;
};

const HEADER = 20;

const PROTOCOL = 0;
const RESERVED = 2;
const INTERFACE = 4;
const HARDWARE_TYPE = 8;
const PACKET_TYPE = 10;
const ADDRESS_LENGTH = 11;
const ADDRESS = 12;

function scan(scan: Scan): number {
  if (scan.left < HEADER) return scan.truncated("linux-sll2", HEADER);
  const { bytes, start } = scan;
  scan.next = next(u16(bytes, start + HARDWARE_TYPE), u16(bytes, start + PROTOCOL));
  return HEADER;
}

function read(bytes: Uint8Array, start: number): LinuxSll2 {
  const length = u8(bytes, start + ADDRESS_LENGTH);
  const layer: LinuxSll2 = {
    kind: "linux-sll2",
    protocol: u16(bytes, start + PROTOCOL),
    interface: u32(bytes, start + INTERFACE),
    hardwareType: u16(bytes, start + HARDWARE_TYPE),
    packetType: u8(bytes, start + PACKET_TYPE),
    ...readAddress(bytes, start + ADDRESS, length),
  };
  const reserved = u16(bytes, start + RESERVED);
  if (reserved !== 0) layer.reserved = reserved;
  return layer;
}

function size(): number {
  return HEADER;
}

function write(layer: Init<LinuxSll2>, { bytes, start, above }: Room): void {
  const protocol = uint(layer.protocol, "linux-sll2.protocol", U16, numberOf(above));
  put16(bytes, start + PROTOCOL, protocol);
  put16(bytes, start + RESERVED, uint(layer.reserved, "linux-sll2.reserved", U16));
  put32(bytes, start + INTERFACE, uint(layer.interface, "linux-sll2.interface", U32));
  put16(bytes, start + HARDWARE_TYPE, uint(layer.hardwareType, "linux-sll2.hardwareType", U16));
  bytes[start + PACKET_TYPE] = uint(layer.packetType, "linux-sll2.packetType", U8);
  bytes[start + ADDRESS_LENGTH] = addressLength(layer, "linux-sll2", U8);
  writeAddress(
    layer,
    bytes.subarray(start + ADDRESS, start + ADDRESS + COOKED_ADDRESS),
    "linux-sll2",
  );
}

const FIELDS: FieldNames<LinuxSll2> = {
  protocol: true,
  interface: true,
  hardwareType: true,
  packetType: true,
  address: true,
  addressLength: true,
  padding: true,
  reserved: true,
};

export const linuxSll2: Protocol<LinuxSll2> = {
  kind: "linux-sll2",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
};
