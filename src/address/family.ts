// The address families: how each lays out its struct sockaddr and writes it as text. ip(7),
// ipv6(7), unix(7), packet(7), netlink(7), vsock(7).

import { AF, ethernetProtocols, type Protocol } from "../base/constants.ts";
import { type Bytes, integer, text, uint8Array, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, cString, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const encoder = new TextEncoder();

/** What an address holds, by family. */
export type AddressFields = {
  address?: string;
  port?: number;
  scopeId?: number;
  flowinfo?: number;
  path?: string;
  ifindex?: number;
  protocol?: number;
  hatype?: number;
  pkttype?: number;
  pid?: number;
  groups?: number;
  cid?: number;
};

export type InetFields = { address: string; port?: number };
export type Inet6Fields = InetFields & { scopeId?: number | string; flowinfo?: number };
export type UnixFields = { path: string | Bytes };
export type PacketFields = {
  interface?: string;
  ifindex?: number;
  protocol?: Protocol;
  address?: string | Bytes;
  hatype?: number;
  pkttype?: number;
};
export type NetlinkFields = { pid?: number; groups?: number };
export type VsockFields = { cid: number; port: number };

/** A family's own way with its bytes. */
export interface FamilyCodec {
  /** Bytes of the whole structure. */
  readonly size: number;
  /** The fewest bytes in which all fields lie. */
  readonly least: number;
  /** The fields that a plain object of the family may have, besides `family`. */
  readonly keys: readonly string[];
  decode(bytes: Uint8Array): AddressFields;
  /** How many of the bytes mean anything; omitted: all. */
  used?(bytes: Uint8Array): number;
  text(bytes: Uint8Array): string;
}

const header = new Structure("sockaddr");
const familyField = header.integer("sa_family");
const lengthField = header.integer("sa_len");
/** Bytes before sa_data. */
export const headerSize = header.field("sa_data")[0];

export function familyOf(bytes: Uint8Array): number {
  return familyField.get(bytes);
}

/** Writes family and, where the platform has it, length. */
export function stamp(bytes: Uint8Array, family: number): Uint8Array {
  familyField.set(bytes, family);
  if (lengthField.size > 0) lengthField.set(bytes, bytes.length);
  return bytes;
}

/** inet_pton(3) into fresh bytes, or null where the text is no address of the family. */
export function parseAddress(family: number, address: string): Uint8Array | null {
  const bytes = new Uint8Array(family === AF.INET ? 4 : 16);
  if (address.includes("\0")) return null;
  return native.rawsock_inet_pton(family, cString(address), bytes) === 1 ? bytes : null;
}

const textRoom = allocate(64);

/** inet_ntop(3). */
export function formatAddress(family: number, bytes: Uint8Array, offset = 0): string {
  if (family === AF.INET) {
    const [a, b, c, d] = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
    return `${a}.${b}.${c}.${d}`;
  }
  const length = native.rawsock_inet_ntop(family, bytes, offset, textRoom, textRoom.length);
  return decodeText(textRoom.subarray(0, length));
}

function requireAddress(family: number, address: unknown, name: string): Uint8Array {
  if (typeof address !== "string") throw wrongType("address", `an ${name} address`, address);
  const bytes = parseAddress(family, address);
  if (bytes === null) throw wrongType("address", `an ${name} address`, address);
  return bytes;
}

/** The index of an interface; an unknown name throws. */
export function interfaceIndex(name: string): number {
  const index = native.rawsock_if_nametoindex(cString(text(name, "interface")));
  if (index < 0) throw new TypeError(`there is no interface "${name}"`);
  return index;
}

const nameRoom = allocate(16);

/** The name of an interface, or its index as text where none has it. */
export function interfaceName(index: number): string {
  const length = native.rawsock_if_indextoname(index, nameRoom);
  return length < 0 ? String(index) : decodeText(nameRoom.subarray(0, length));
}

const in4 = new Structure("sockaddr_in");
const in4Port = in4.integer("sin_port", "network");
const in4Address = in4.field("sin_addr");

export const inet = {
  size: in4.size,
  least: in4Address[0] + in4Address[1],
  keys: ["address", "port"],

  encode({ address, port = 0 }: InetFields): Uint8Array {
    const bytes = stamp(in4.allocate(), AF.INET);
    in4Port.set(bytes, integer(port, "port", 0, U16_MAX));
    bytes.set(requireAddress(AF.INET, address, "IPv4"), in4Address[0]);
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return { address: formatAddress(AF.INET, bytes, in4Address[0]), port: in4Port.get(bytes) };
  },

  text(bytes: Uint8Array): string {
    return `${formatAddress(AF.INET, bytes, in4Address[0])}:${in4Port.get(bytes)}`;
  },
} satisfies FamilyCodec & { encode: unknown };

const in6 = new Structure("sockaddr_in6");
const in6Port = in6.integer("sin6_port", "network");
const in6Flow = in6.integer("sin6_flowinfo", "network");
const in6Scope = in6.integer("sin6_scope_id");
const in6Address = in6.field("sin6_addr");

export const inet6 = {
  size: in6.size,
  least: in6Scope.end,
  keys: ["address", "port", "scopeId", "flowinfo"],

  encode({ address, port = 0, scopeId, flowinfo = 0 }: Inet6Fields): Uint8Array {
    const bytes = stamp(in6.allocate(), AF.INET6);
    in6Port.set(bytes, integer(port, "port", 0, U16_MAX));
    in6Flow.set(bytes, integer(flowinfo, "flowinfo", 0, U32_MAX));
    const percent = typeof address === "string" ? address.indexOf("%") : -1;
    const host = percent < 0 ? address : address.slice(0, percent);
    bytes.set(requireAddress(AF.INET6, host, "IPv6"), in6Address[0]);
    const zone = percent < 0 ? undefined : scopeNumber(address.slice(percent + 1));
    const scope = scopeNumber(scopeId ?? zone ?? 0);
    if (zone !== undefined && zone !== scope) {
      throw new TypeError(`the address's zone is ${zone}, but scopeId is ${scope}`);
    }
    in6Scope.set(bytes, scope);
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return {
      address: formatAddress(AF.INET6, bytes, in6Address[0]),
      port: in6Port.get(bytes),
      scopeId: in6Scope.get(bytes),
      flowinfo: in6Flow.get(bytes),
    };
  },

  text(bytes: Uint8Array): string {
    const scope = in6Scope.get(bytes);
    const zone = scope === 0 ? "" : `%${scope}`;
    return `[${formatAddress(AF.INET6, bytes, in6Address[0])}${zone}]:${in6Port.get(bytes)}`;
  },
} satisfies FamilyCodec & { encode: unknown };

/** RFC 4007: a zone is an interface's name or a number. */
function scopeNumber(scope: number | string): number {
  if (typeof scope === "string" && !/^\d+$/.test(scope)) return interfaceIndex(scope);
  return integer(typeof scope === "string" ? Number(scope) : scope, "scopeId", 0, U32_MAX);
}

const un = new Structure("sockaddr_un");
const [unPath, unRoom] = un.field("sun_path");

export const unix = {
  size: un.size,
  least: unPath,
  keys: ["path"],

  encode({ path }: UnixFields): Uint8Array {
    const name = typeof path === "string" ? encoder.encode(path) : uint8Array(path, "path");
    const named = name.length > 0 && name[0] !== 0;
    if (named && name.includes(0)) throw new TypeError("path must not contain a NUL byte");
    const limit = named ? unRoom - 1 : unRoom;
    if (name.length > limit) {
      throw new RangeError(`path must have at most ${limit} bytes, not ${name.length}`);
    }
    // A pathname ends with a NUL, an abstract name does not: unix(7).
    const bytes = stamp(new Uint8Array(unPath + name.length + (named ? 1 : 0)), AF.UNIX);
    bytes.set(name, unPath);
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return { path: decodeText(unixName(bytes)) };
  },

  text(bytes: Uint8Array): string {
    const path = decodeText(unixName(bytes));
    return `unix:${path.startsWith("\0") ? `@${path.slice(1)}` : path}`;
  },
} satisfies FamilyCodec & { encode: unknown };

function unixName(bytes: Uint8Array): Uint8Array {
  if (bytes[unPath] === 0) return bytes.subarray(unPath);
  const end = bytes.indexOf(0, unPath);
  return bytes.subarray(unPath, end < 0 ? bytes.length : end);
}

const ll = new Structure("sockaddr_ll");
const llProtocol = ll.integer("sll_protocol", "network");
const llIndex = ll.integer("sll_ifindex");
const llHatype = ll.integer("sll_hatype");
const llPkttype = ll.integer("sll_pkttype");
const llHalen = ll.integer("sll_halen");
const [llAddress] = ll.field("sll_addr");
/** MAX_ADDR_LEN of the kernel. */
const HARDWARE_ADDRESS_MAX = 32;

export const packet = {
  size: ll.size,
  least: llAddress,
  keys: ["interface", "ifindex", "protocol", "address", "hatype", "pkttype"],

  encode(fields: PacketFields): Uint8Array {
    const { address, hatype = 0, pkttype = 0 } = fields;
    const hardware = address === undefined ? new Uint8Array(0) : hardwareAddress(address);
    const size = Math.max(ll.size, llAddress + hardware.length);
    const bytes = stamp(new Uint8Array(size), packetFamily());
    llProtocol.set(bytes, etherType(fields.protocol));
    llIndex.set(bytes, packetIndex(fields));
    llHatype.set(bytes, integer(hatype, "hatype", 0, U16_MAX));
    llPkttype.set(bytes, integer(pkttype, "pkttype", 0, 0xff));
    llHalen.set(bytes, hardware.length);
    bytes.set(hardware, llAddress);
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return {
      ifindex: llIndex.getSigned(bytes),
      protocol: llProtocol.get(bytes),
      address: formatHardware(bytes),
      hatype: llHatype.get(bytes),
      pkttype: llPkttype.get(bytes),
    };
  },

  // The kernel ends the structure behind the hardware address.
  used: (bytes: Uint8Array): number => llAddress + llHalen.get(bytes),

  text(bytes: Uint8Array): string {
    const index = llIndex.getSigned(bytes);
    const where = index === 0 ? "*" : interfaceName(index);
    const hardware = formatHardware(bytes);
    return `packet:${where}${hardware === "" ? "" : ` ${hardware}`}`;
  },
} satisfies FamilyCodec & { encode: unknown };

function packetFamily(): number {
  if (AF.PACKET === undefined) throw new TypeError("this platform has no packet sockets");
  return AF.PACKET;
}

/** An Ethernet protocol in host order, from its number or keyword. */
export function etherType(protocol: Protocol | undefined): number {
  return integer(ethernetProtocols().number(protocol), "protocol", 0, U16_MAX);
}

function packetIndex({ interface: name, ifindex }: PacketFields): number {
  if (name === undefined) return integer(ifindex ?? 0, "ifindex", 0, 2 ** 31 - 1);
  if (ifindex !== undefined) throw new TypeError("give interface or ifindex, not both");
  return interfaceIndex(name);
}

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

function formatHardware(bytes: Uint8Array): string {
  const end = Math.min(llAddress + llHalen.get(bytes), bytes.length);
  const parts = Array.from(bytes.subarray(llAddress, end), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return parts.join(":");
}

const nl = new Structure("sockaddr_nl");
const nlPid = nl.integer("nl_pid");
const nlGroups = nl.integer("nl_groups");

export const netlink = {
  size: nl.size,
  least: nlGroups.end,
  keys: ["pid", "groups"],

  encode({ pid = 0, groups = 0 }: NetlinkFields): Uint8Array {
    if (AF.NETLINK === undefined) throw new TypeError("this platform has no netlink sockets");
    const bytes = stamp(nl.allocate(), AF.NETLINK);
    nlPid.set(bytes, integer(pid, "pid", 0, U32_MAX));
    nlGroups.set(bytes, integer(groups, "groups", 0, U32_MAX));
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return { pid: nlPid.get(bytes), groups: nlGroups.get(bytes) };
  },

  text(bytes: Uint8Array): string {
    const groups = nlGroups.get(bytes);
    return `netlink:${nlPid.get(bytes)}${groups === 0 ? "" : ` groups 0x${groups.toString(16)}`}`;
  },
} satisfies FamilyCodec & { encode: unknown };

const vm = new Structure("sockaddr_vm");
const vmCid = vm.integer("svm_cid");
const vmPort = vm.integer("svm_port");

export const vsock = {
  size: vm.size,
  least: vmCid.end,
  keys: ["cid", "port"],

  encode({ cid, port }: VsockFields): Uint8Array {
    if (AF.VSOCK === undefined) throw new TypeError("this platform has no vsock sockets");
    const bytes = stamp(vm.allocate(), AF.VSOCK);
    vmCid.set(bytes, integer(cid, "cid", 0, U32_MAX));
    vmPort.set(bytes, integer(port, "port", 0, U32_MAX));
    return bytes;
  },

  decode(bytes: Uint8Array) {
    return { cid: vmCid.get(bytes), port: vmPort.get(bytes) };
  },

  text(bytes: Uint8Array): string {
    return `vsock:${vmCid.get(bytes)}:${vmPort.get(bytes)}`;
  },
} satisfies FamilyCodec & { encode: unknown };

/** The codec of each family that has one. */
export const codecs: ReadonlyMap<number | undefined, FamilyCodec> = new Map<
  number | undefined,
  FamilyCodec
>([
  [AF.INET, inet],
  [AF.INET6, inet6],
  [AF.UNIX, unix],
  [AF.PACKET, packet],
  [AF.NETLINK, netlink],
  [AF.VSOCK, vsock],
]);
