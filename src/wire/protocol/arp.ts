// ARP: RFC 826, for any kind and length of addresses.

import { put16, u8, u16 } from "../bytes.ts";
import { text, U8, U16, uint, wrongType } from "../field.ts";
import { hardwareSize, ipv4Number, parseHardware, putIpv4 } from "../parse.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { hardwareText, ipv4Text } from "../text.ts";

/** Numbers that have no name stay numbers. */
export type ArpOperation = "request" | "reply" | number;

/**
 * Address resolution: RFC 826; addresses of other kinds than Ethernet's and IPv4's are hexadecimal
 * text.
 */
export type Arp = {
  kind: "arp";
  /** 1 for Ethernet. */
  hardwareType: number;
  /** An EtherType: 0x0800 for IPv4. */
  protocolType: number;
  operation: ArpOperation;
  senderHardware: string;
  /** An IPv4 address; of another protocol, its bytes in hexadecimal. */
  senderAddress: string;
  targetHardware: string;
  targetAddress: string;
};

const FIXED = 8;
const ETHERNET = 1;
const IPV4 = 0x0800;
const OPERATIONS = ["request", "reply"] as const;

const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < FIXED) return scan.truncated("arp", FIXED);
  const addresses = u8(bytes, start + HARDWARE_LENGTH) + u8(bytes, start + PROTOCOL_LENGTH);
  const length = FIXED + 2 * addresses;
  if (left < length) return scan.truncated("arp", length);
  scan.limit("arp", start + length, start + length);
  return length;
}

function read(bytes: Uint8Array, start: number): Arp {
  const operation = u16(bytes, start + OPERATION);
  const sender = start + FIXED;
  const senderAddress = sender + u8(bytes, start + HARDWARE_LENGTH);
  const target = senderAddress + u8(bytes, start + PROTOCOL_LENGTH);
  const targetAddress = target + u8(bytes, start + HARDWARE_LENGTH);
  const end = targetAddress + u8(bytes, start + PROTOCOL_LENGTH);
  const protocolType = u16(bytes, start + PROTOCOL_TYPE);
  const four = protocolType === IPV4 && end - targetAddress === 4;
  return {
    kind: "arp",
    hardwareType: u16(bytes, start + HARDWARE_TYPE),
    protocolType,
    operation: OPERATIONS[operation - 1] ?? operation,
    senderHardware: hardwareText(bytes, sender, senderAddress),
    senderAddress: four
      ? ipv4Text(bytes, senderAddress)
      : hardwareText(bytes, senderAddress, target),
    targetHardware: hardwareText(bytes, target, targetAddress),
    targetAddress: four ? ipv4Text(bytes, targetAddress) : hardwareText(bytes, targetAddress, end),
  };
}

/** How long an address of each kind is: that of the longer one, or of Ethernet and IPv4. */
function lengths(layer: Init<Arp>): { hardware: number; protocol: number } {
  return {
    hardware: longer(layer.senderHardware, layer.targetHardware, 6, "arp.senderHardware"),
    protocol: longer(layer.senderAddress, layer.targetAddress, 4, "arp.senderAddress"),
  };
}

function longer(
  sender: string | undefined,
  target: string | undefined,
  fallback: number,
  name: string,
): number {
  if (sender === undefined && target === undefined) return fallback;
  const length = Math.max(addressSize(sender, name), addressSize(target, name));
  if (length <= U8) return length;
  throw new RangeError(`${name} must have at most ${U8} bytes, not ${length}`);
}

function addressSize(address: string | undefined, name: string): number {
  const given = text(address, name);
  return ipv4Number(given) >= 0 ? 4 : hardwareSize(given);
}

function size(layer: Init<Arp>): number {
  const { hardware, protocol } = lengths(layer);
  return FIXED + 2 * (hardware + protocol);
}

function write(layer: Init<Arp>, { bytes, start }: Room): void {
  const { hardware, protocol } = lengths(layer);
  put16(bytes, start + HARDWARE_TYPE, uint(layer.hardwareType, "arp.hardwareType", U16, ETHERNET));
  put16(bytes, start + PROTOCOL_TYPE, uint(layer.protocolType, "arp.protocolType", U16, IPV4));
  bytes[start + HARDWARE_LENGTH] = hardware;
  bytes[start + PROTOCOL_LENGTH] = protocol;
  put16(bytes, start + OPERATION, operationNumber(layer.operation));
  let at = start + FIXED;
  for (const [name, size] of [
    ["senderHardware", hardware],
    ["senderAddress", protocol],
    ["targetHardware", hardware],
    ["targetAddress", protocol],
  ] as const) {
    putAddress(bytes, at, layer[name], size, `arp.${name}`);
    at += size;
  }
}

function operationNumber(operation: ArpOperation | undefined): number {
  if (typeof operation !== "string") return uint(operation, "arp.operation", U16);
  const index = OPERATIONS.indexOf(operation);
  if (index < 0) throw wrongType("arp.operation", '"request", "reply" or a number', operation);
  return index + 1;
}

/** Where there is no address, zeros. */
function putAddress(
  bytes: Uint8Array,
  at: number,
  value: string | undefined,
  size: number,
  name: string,
): void {
  if (value === undefined || value === "") return;
  if (size === 4 && ipv4Number(value) >= 0) putIpv4(bytes, at, value, name);
  else if (!parseHardware(bytes, at, value, size)) {
    throw wrongType(name, `an address of ${size} bytes`, value);
  }
}

const FIELDS: FieldNames<Arp> = {
  hardwareType: true,
  protocolType: true,
  operation: true,
  senderHardware: true,
  senderAddress: true,
  targetHardware: true,
  targetAddress: true,
};

export const arp: Protocol<Arp> = { kind: "arp", fields: FIELDS, scan, read, size, write };
