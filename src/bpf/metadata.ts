// What a program can ask about a packet besides its bytes: the kernel's extensions.

import { EXTENSION, LINK_BASE, NETWORK_BASE } from "./instruction.ts";
import { payloadOffset } from "./payload.ts";

/** A packet's bytes: any view, or a whole buffer. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** What the kernel knows about a packet. Numbers are unsigned. */
export type PacketMetadata = {
  /** Of the packet on the wire (`ld len`), where the bytes are only its beginning. */
  readonly length?: number;
  /** The EtherType (`ld proto`); unless told, that of the Ethernet frame. */
  readonly protocol?: number;
  /** To whom it is addressed (`ld type`): PACKET_HOST and so on of packet(7). Default 0, to us. */
  readonly pkttype?: number;
  /** The interface's index (`ld ifidx`). Without a device the kernel ends the program. */
  readonly ifindex?: number;
  /** The interface's ARPHRD_* type (`ld hatype`). Without a device the kernel ends the program. */
  readonly hatype?: number;
  /** The tag that the card or the kernel took out of the frame (`ld vlan_tci`, `vlan_tpid`). */
  readonly vlan?: { readonly tci: number; readonly tpid: number };
  /** SO_MARK's. Default 0, as of the following. */
  readonly mark?: number;
  /** The receive queue's number (`ld queue`). */
  readonly queue?: number;
  /** The hash of the packet's flow (`ld rxhash`). */
  readonly rxhash?: number;
  /** The processor that runs the program (`ld cpu`). */
  readonly cpu?: number;
  /** Where the network header begins. Default 14, behind that of Ethernet. */
  readonly network?: number;
};

/** The bits of each number. */
const WIDTHS = {
  length: 32,
  protocol: 16,
  pkttype: 3,
  ifindex: 32,
  hatype: 16,
  mark: 32,
  queue: 16,
  rxhash: 32,
  cpu: 32,
  network: 16,
} as const satisfies { readonly [Name in keyof PacketMetadata]?: number };

const NAMES = Object.keys(WIDTHS) as (keyof typeof WIDTHS)[];
const KEYS: ReadonlySet<string> = new Set([...NAMES, "vlan"]);

/** A packet of which nothing more is known. */
export const NOTHING_KNOWN: PacketMetadata = Object.freeze({});

/** Ethernet's header. */
const NETWORK_OFFSET = 14;

/** Throws a TypeError or RangeError that names what is wrong. */
export function checkMetadata(metadata: PacketMetadata): void {
  for (const name in metadata) {
    if (!KEYS.has(name)) {
      throw new TypeError(`unknown metadata "${name}"; accepted: ${[...KEYS].join(", ")}`);
    }
  }
  for (const name of NAMES) {
    const value = metadata[name];
    if (value !== undefined) checkNumber(name, value, WIDTHS[name]);
  }
  if (metadata.vlan === undefined) return;
  checkNumber("vlan.tci", metadata.vlan.tci, 16);
  checkNumber("vlan.tpid", metadata.vlan.tpid, 16);
}

function checkNumber(name: string, value: unknown, bits: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, not ${typeof value}`);
  }
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return;
  throw new RangeError(`${name} must be an integer from 0 to ${2 ** bits - 1}, not ${value}`);
}

/** The bytes of a view or buffer, without copying. */
export function bytesOf(packet: Bytes): Uint8Array {
  if (packet instanceof Uint8Array) return packet;
  if (ArrayBuffer.isView(packet)) {
    return new Uint8Array(packet.buffer, packet.byteOffset, packet.byteLength);
  }
  // By name, as those of another realm are of another class.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(packet))) {
    return new Uint8Array(packet);
  }
  throw new TypeError(`packet must be an ArrayBuffer or a view, not ${typeof packet}`);
}

/** No value: the program ends. */
export const NONE = -1;

/**
 * Loads 1, 2 or 4 bytes from an offset of a program, as signed 32 bits: negative ones count from
 * the network or the link header. An unsigned value, or NONE outside of the packet.
 */
export function load(
  bytes: Uint8Array,
  offset: number,
  size: number,
  metadata: PacketMetadata,
): number {
  const start = offset >= 0 ? offset : startOf(offset >>> 0, metadata);
  if (start < 0 || start + size > bytes.length) return NONE;
  let value = 0;
  for (let index = 0; index < size; index++) {
    value = value * 256 + (bytes[start + index] as number);
  }
  return value;
}

function startOf(offset: number, { network = NETWORK_OFFSET }: PacketMetadata): number {
  if (offset >= NETWORK_BASE) return offset - NETWORK_BASE + network;
  return offset >= LINK_BASE ? offset - LINK_BASE : -1;
}

/**
 * What an extension tells, unsigned; NONE where there is no device to tell of. Both registers are
 * taken as 32 bits, of whatever sign.
 */
export function extension(
  offset: number,
  bytes: Uint8Array,
  a: number,
  x: number,
  metadata: PacketMetadata,
): number {
  switch (offset) {
    case EXTENSION.PROTOCOL:
      return protocolOf(bytes, metadata);
    case EXTENSION.PKTTYPE:
      return metadata.pkttype ?? 0;
    case EXTENSION.IFINDEX:
      return metadata.ifindex ?? NONE;
    case EXTENSION.NLATTR:
      return attribute(bytes, a >>> 0, x | 0, false);
    case EXTENSION.NLATTR_NEST:
      return attribute(bytes, a >>> 0, x | 0, true);
    case EXTENSION.MARK:
      return metadata.mark ?? 0;
    case EXTENSION.QUEUE:
      return metadata.queue ?? 0;
    case EXTENSION.HATYPE:
      return metadata.hatype ?? NONE;
    case EXTENSION.RXHASH:
      return metadata.rxhash ?? 0;
    case EXTENSION.CPU:
      return metadata.cpu ?? 0;
    case EXTENSION.ALU_XOR_X:
      return (a ^ x) >>> 0;
    case EXTENSION.VLAN_TAG:
      return metadata.vlan?.tci ?? 0;
    case EXTENSION.VLAN_TAG_PRESENT:
      return metadata.vlan === undefined ? 0 : 1;
    case EXTENSION.PAY_OFFSET:
      return payloadOffset(bytes, {
        protocol: metadata.vlan?.tpid ?? protocolOf(bytes, metadata),
        network: metadata.network ?? NETWORK_OFFSET,
        ...(metadata.vlan === undefined ? {} : { inside: protocolOf(bytes, metadata) }),
      });
    case EXTENSION.RANDOM:
      return Math.floor(Math.random() * 2 ** 32);
    case EXTENSION.VLAN_TPID:
      return metadata.vlan?.tpid ?? 0;
  }
  throw new RangeError(`no extension has the offset ${offset | 0}`);
}

/** Below this, Ethernet's type field is a length (IEEE 802.3): eth_type_trans(). */
const TYPE_LEAST = 0x0600;
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

function protocolOf(bytes: Uint8Array, { protocol }: PacketMetadata): number {
  if (protocol !== undefined) return protocol;
  if (bytes.length < NETWORK_OFFSET) return 0;
  const type = ((bytes[12] as number) << 8) | (bytes[13] as number);
  if (type >= TYPE_LEAST) return type;
  return bytes[14] === 0xff && bytes[15] === 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

/** struct nlattr: length and type, in the machine's byte order. */
const ATTRIBUTE_HEADER = 4;
const ATTRIBUTE_TYPE = 0x3fff;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The offset of the netlink attribute of a type, found from an offset on or nested in the
 * attribute there; 0 where there is none.
 */
function attribute(bytes: Uint8Array, start: number, type: number, nested: boolean): number {
  if (start > bytes.length - ATTRIBUTE_HEADER) return 0;
  const rest = bytes.length - start;
  if (!nested) return attributeWithin(bytes, start, rest, type);
  const length = wordAt(bytes, start);
  if (length > rest) return 0;
  return attributeWithin(bytes, start + ATTRIBUTE_HEADER, length - ATTRIBUTE_HEADER, type);
}

function attributeWithin(bytes: Uint8Array, start: number, size: number, type: number): number {
  for (let offset = start, rest = size; rest >= ATTRIBUTE_HEADER; ) {
    const length = wordAt(bytes, offset);
    if (length < ATTRIBUTE_HEADER || length > rest) return 0;
    if ((wordAt(bytes, offset + 2) & ATTRIBUTE_TYPE) === type) return offset;
    const step = (length + 3) & ~3;
    offset += step;
    rest -= step;
  }
  return 0;
}

function wordAt(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number;
  const second = bytes[offset + 1] as number;
  return LITTLE_ENDIAN ? first | (second << 8) : (first << 8) | second;
}
