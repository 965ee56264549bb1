// The TLVs of LLDP: IEEE 802.1AB section 8.

import { part, put16, put24, put32, u8, u16, u24, u32 } from "../bytes.ts";
import { list, octets, text, U8, U16, U24, U32, uint, wrongType } from "../field.ts";
import { hardwareSize, ipv4Number, parseHardware, putIpv4, putIpv6 } from "../parse.ts";
import { hardwareText, ipv4Text, ipv6Text } from "../text.ts";
import { readText, textBytes } from "../utf8.ts";
import { flagBits, flagWords, type Names, numberOf, wordOf } from "../word.ts";

const CHASSIS = [
  "",
  "chassis-component",
  "interface-alias",
  "port-component",
  "mac-address",
  "network-address",
  "interface-name",
  "local",
] as const;

const PORT = [
  "",
  "interface-alias",
  "port-component",
  "mac-address",
  "network-address",
  "interface-name",
  "agent-circuit-id",
  "local",
] as const;

const CAPABILITIES = [
  "other",
  "repeater",
  "bridge",
  "access-point",
  "router",
  "telephone",
  "docsis",
  "station",
  "customer-vlan",
  "service-vlan",
  "two-port-relay",
] as const;

const NUMBERING = ["", "unknown", "interface-index", "port-number"] as const;

type Word<List extends readonly string[]> = Exclude<List[number], "">;

/** What the chassis is known by: IEEE 802.1AB, section 8.5.2. */
export type LldpChassis = Word<typeof CHASSIS>;
/** What the port is known by: IEEE 802.1AB, section 8.5.3. */
export type LldpPort = Word<typeof PORT>;
/** What a system does: IEEE 802.1AB, section 8.5.8. */
export type LldpCapability = Word<typeof CAPABILITIES>;
/** How the interface of a management address is numbered: IEEE 802.1AB, section 8.5.9. */
export type LldpNumbering = Word<typeof NUMBERING>;

/** A TLV of LLDP: IEEE 802.1AB, section 8. Those that are not known keep their bytes. */
export type LldpTlv =
  /** The id of a MAC address with colons, of an IPv4 or IPv6 address as such, else any text. */
  | { type: "chassis-id"; subtype: LldpChassis; id: string }
  | { type: "port-id"; subtype: LldpPort; id: string }
  /** For how many seconds all of it is valid; 0 takes it back. */
  | { type: "ttl"; seconds: number }
  | { type: "port-description"; text: string }
  | { type: "system-name"; text: string }
  | { type: "system-description"; text: string }
  | { type: "system-capabilities"; capabilities: LldpCapability[]; enabled: LldpCapability[] }
  /** An IPv4, IPv6 or MAC address, and the interface with it; `object` is an ASN.1 identifier. */
  | {
      type: "management-address";
      address: string;
      numbering: LldpNumbering | number;
      interface: number;
      object: Uint8Array;
    }
  /** Of an organization, whose number is the upper three bytes of a MAC address. */
  | { type: "organization"; oui: number; subtype: number; data: Uint8Array }
  | { type: "end" }
  /** Any other; also one of the above with bytes that it should not have. */
  | { type: number; data: Uint8Array };

const NUMBERS = {
  end: 0,
  "chassis-id": 1,
  "port-id": 2,
  ttl: 3,
  "port-description": 4,
  "system-name": 5,
  "system-description": 6,
  "system-capabilities": 7,
  "management-address": 8,
  organization: 127,
} as const;

const TEXTS = ["port-description", "system-name", "system-description"] as const;

const HEADER = 2;
const TYPE_MAX = 127;
const LENGTH_MAX = 0x1ff;

/** Numbers of address families, by IANA. */
const IPV4 = 1;
const IPV6 = 2;
const MAC = 6;

export function readTlvs(bytes: Uint8Array, start: number, end: number): LldpTlv[] {
  const tlvs: LldpTlv[] = [];
  for (let at = start; at < end; ) {
    const header = u16(bytes, at);
    const behind = at + HEADER + (header & LENGTH_MAX);
    tlvs.push(readTlv(bytes, header >> 9, at + HEADER, behind));
    at = behind;
  }
  return tlvs;
}

function readTlv(bytes: Uint8Array, type: number, at: number, end: number): LldpTlv {
  return readNamed(bytes, type, at, end) ?? { type, data: part(bytes, at, end) };
}

function readNamed(bytes: Uint8Array, type: number, at: number, end: number): LldpTlv | undefined {
  const size = end - at;
  switch (type) {
    case NUMBERS.end:
      return size === 0 ? { type: "end" } : undefined;
    case NUMBERS["chassis-id"]: {
      const found = readId(CHASSIS, bytes, at, end);
      return found && { type: "chassis-id", ...found };
    }
    case NUMBERS["port-id"]: {
      const found = readId(PORT, bytes, at, end);
      return found && { type: "port-id", ...found };
    }
    case NUMBERS.ttl:
      return size === 2 ? { type: "ttl", seconds: u16(bytes, at) } : undefined;
    case NUMBERS["port-description"]:
    case NUMBERS["system-name"]:
    case NUMBERS["system-description"]: {
      const found = readText(bytes, at, end);
      const named = TEXTS[type - NUMBERS["port-description"]];
      return found === undefined || named === undefined ? undefined : { type: named, text: found };
    }
    case NUMBERS["system-capabilities"]:
      return size === 4 ? readCapabilities(bytes, at) : undefined;
    case NUMBERS["management-address"]:
      return readManagement(bytes, at, end);
    case NUMBERS.organization:
      if (size < 4) return undefined;
      return {
        type: "organization",
        oui: u24(bytes, at),
        subtype: u8(bytes, at + 3),
        data: part(bytes, at + 4, end),
      };
    default:
      return undefined;
  }
}

function readId<Subtype extends string>(
  names: Names<Subtype>,
  bytes: Uint8Array,
  at: number,
  end: number,
): { subtype: Subtype; id: string } | undefined {
  const subtype = end > at ? wordOf(names, u8(bytes, at)) : 0;
  if (typeof subtype === "number") return undefined;
  const id = readIdText(subtype, bytes, at + 1, end);
  return id === undefined ? undefined : { subtype, id };
}

function readIdText(
  subtype: string,
  bytes: Uint8Array,
  at: number,
  end: number,
): string | undefined {
  if (subtype === "mac-address") return end - at === 6 ? hardwareText(bytes, at, end) : undefined;
  if (subtype !== "network-address") return readText(bytes, at, end);
  return end > at ? readAddress(bytes, u8(bytes, at), at + 1, end) : undefined;
}

/** An address of a family. */
function readAddress(
  bytes: Uint8Array,
  family: number,
  at: number,
  end: number,
): string | undefined {
  const size = end - at;
  if (family === IPV4 && size === 4) return ipv4Text(bytes, at);
  if (family === IPV6 && size === 16) return ipv6Text(bytes, at);
  return family === MAC && size === 6 ? hardwareText(bytes, at, end) : undefined;
}

function readCapabilities(bytes: Uint8Array, at: number): LldpTlv | undefined {
  const capabilities = flagWords(CAPABILITIES, u16(bytes, at));
  const enabled = flagWords(CAPABILITIES, u16(bytes, at + 2));
  if (capabilities === undefined || enabled === undefined) return undefined;
  return { type: "system-capabilities", capabilities, enabled };
}

function readManagement(bytes: Uint8Array, at: number, end: number): LldpTlv | undefined {
  const size = end > at ? u8(bytes, at) : 0;
  const behind = at + 1 + size;
  if (size === 0 || behind + 6 > end) return undefined;
  const object = behind + 6;
  if (object + u8(bytes, behind + 5) !== end) return undefined;
  const address = readAddress(bytes, u8(bytes, at + 1), at + 2, behind);
  if (address === undefined) return undefined;
  return {
    type: "management-address",
    address,
    numbering: wordOf(NUMBERING, u8(bytes, behind)),
    interface: u32(bytes, behind + 1),
    object: part(bytes, object, end),
  };
}

/** The bytes of its value. */
export function tlvSize(tlv: LldpTlv): number {
  const size = exactSize(tlv);
  if (size <= LENGTH_MAX) return size;
  throw new RangeError(`lldp.tlvs: ${tlv.type} must have at most ${LENGTH_MAX} bytes, not ${size}`);
}

function exactSize(tlv: LldpTlv): number {
  switch (tlv.type) {
    case "end":
      return 0;
    case "chassis-id":
    case "port-id":
      return 1 + idBytes(tlv.subtype, tlv.id).length;
    case "ttl":
      return 2;
    case "port-description":
    case "system-name":
    case "system-description":
      return textBytes(tlv.text, "lldp.tlvs: text").length;
    case "system-capabilities":
      return 4;
    case "management-address":
      return 7 + familyBytes(tlv.address, ADDRESS).length + objectOf(tlv.object).length;
    case "organization":
      return 4 + octets(tlv.data, "lldp.tlvs: data").length;
    default:
      if (typeof tlv.type !== "number")
        throw wrongType("lldp.tlvs", "TLVs by type", (tlv as { type: unknown }).type);
      return octets(tlv.data, "lldp.tlvs: data").length;
  }
}

const ADDRESS = "lldp.tlvs: address";

function objectOf(object: Uint8Array | undefined): Uint8Array {
  const found = octets(object, "lldp.tlvs: object");
  if (found.length <= U8) return found;
  throw new RangeError(`lldp.tlvs: object must have at most ${U8} bytes, not ${found.length}`);
}

function idBytes(subtype: string, id: string): Uint8Array {
  const name = "lldp.tlvs: id";
  if (subtype === "network-address") return familyBytes(id, name);
  if (subtype !== "mac-address") return textBytes(id, name);
  const bytes = new Uint8Array(6);
  if (!parseHardware(bytes, 0, text(id, name), 6)) throw wrongType(name, "a MAC address", id);
  return bytes;
}

/** The family's number, and the address. */
function familyBytes(address: string, name: string): Uint8Array {
  const given = text(address, name);
  if (ipv4Number(given) >= 0) {
    const bytes = new Uint8Array([IPV4, 0, 0, 0, 0]);
    putIpv4(bytes, 1, given, name);
    return bytes;
  }
  const mac = new Uint8Array([MAC, 0, 0, 0, 0, 0, 0]);
  if (hardwareSize(given) === 6 && parseHardware(mac, 1, given, 6)) return mac;
  const bytes = new Uint8Array(17);
  bytes[0] = IPV6;
  putIpv6(bytes, 1, given, name);
  return bytes;
}

/** Writes the TLV at `at`, its header first. */
export function writeTlv(tlv: LldpTlv, bytes: Uint8Array, at: number): void {
  const type = typeof tlv.type === "number" ? tlv.type : NUMBERS[tlv.type];
  put16(bytes, at, (uint(type, "lldp.tlvs: type", TYPE_MAX) << 9) | tlvSize(tlv));
  writeValue(tlv, bytes, at + HEADER);
}

function writeValue(tlv: LldpTlv, bytes: Uint8Array, at: number): void {
  switch (tlv.type) {
    case "end":
      return;
    case "chassis-id":
      bytes[at] = numberOf(CHASSIS, tlv.subtype, "lldp.tlvs: subtype", U8);
      bytes.set(idBytes(tlv.subtype, tlv.id), at + 1);
      return;
    case "port-id":
      bytes[at] = numberOf(PORT, tlv.subtype, "lldp.tlvs: subtype", U8);
      bytes.set(idBytes(tlv.subtype, tlv.id), at + 1);
      return;
    case "ttl":
      put16(bytes, at, uint(tlv.seconds, "lldp.tlvs: seconds", U16));
      return;
    case "port-description":
    case "system-name":
    case "system-description":
      bytes.set(textBytes(tlv.text, "lldp.tlvs: text"), at);
      return;
    case "system-capabilities":
      put16(bytes, at, capabilityBits(tlv.capabilities, "capabilities"));
      put16(bytes, at + 2, capabilityBits(tlv.enabled, "enabled"));
      return;
    case "management-address":
      writeManagement(tlv, bytes, at);
      return;
    case "organization":
      put24(bytes, at, uint(tlv.oui, "lldp.tlvs: oui", U24));
      bytes[at + 3] = uint(tlv.subtype, "lldp.tlvs: subtype", U8);
      bytes.set(octets(tlv.data, "lldp.tlvs: data"), at + 4);
      return;
    default:
      bytes.set(octets(tlv.data, "lldp.tlvs: data"), at);
  }
}

function capabilityBits(words: readonly LldpCapability[], field: string): number {
  const name = `lldp.tlvs: ${field}`;
  return flagBits(CAPABILITIES, list(words, name), name);
}

function writeManagement(
  tlv: Extract<LldpTlv, { type: "management-address" }>,
  bytes: Uint8Array,
  at: number,
): void {
  const address = familyBytes(tlv.address, ADDRESS);
  const object = objectOf(tlv.object);
  const behind = at + 1 + address.length;
  bytes[at] = address.length;
  bytes.set(address, at + 1);
  bytes[behind] = numberOf(NUMBERING, tlv.numbering, "lldp.tlvs: numbering", U8);
  put32(bytes, behind + 1, uint(tlv.interface, "lldp.tlvs: interface", U32));
  bytes[behind + 5] = object.length;
  bytes.set(object, behind + 6);
}
