// struct virtio_net_hdr, which stands before each packet of a device that was opened with
// `virtioHeader`: what is left for the other side to do. Virtual I/O Device specification 1.3,
// 5.1.6; Documentation/networking/tuntap.rst.

import { Flags, Keywords, withPrefix } from "../base/keyword.ts";
import { type Bytes, boolean, integer, knownKeys, U16_MAX, uint8Array } from "../base/validate.ts";
import { furtherConstants } from "../native/library.ts";
import { Structure } from "../native/record.ts";

export type VirtioHeader = {
  /**
   * "needs-csum": the checksum at `checksumStart` + `checksumOffset` holds but the sum of the
   * pseudo-header; "data-valid": the checksums were found right.
   */
  readonly flags: string[];
  /** What the packet is to be cut into: "none", "tcpv4", "tcpv6", "udp-l4", "udp" (fragments). */
  readonly segmentation: string | number;
  /** TCP's congestion window reduced stands in the first segment alone. */
  readonly ecn: boolean;
  /** Of all headers, in bytes: a hint. */
  readonly headerLength: number;
  /** Of the data in each segment, in bytes. */
  readonly segmentSize: number;
  /** Where the bytes begin that the checksum is of, behind this header. */
  readonly checksumStart: number;
  /** Where it is stored, behind `checksumStart`. */
  readonly checksumOffset: number;
};

/** What is left out is none, or 0. */
export type VirtioHeaderInit = {
  readonly flags?: readonly string[];
  readonly segmentation?: string | number;
  readonly ecn?: boolean;
  readonly headerLength?: number;
  readonly segmentSize?: number;
  readonly checksumStart?: number;
  readonly checksumOffset?: number;
};

const table = () => furtherConstants("network").VIRTIO_NET_HDR ?? {};
const flags = new Flags("flag", () => withPrefix(table(), "F_"));
const kinds = new Keywords("segmentation", () => withPrefix(table(), "GSO_"), {
  except: /^ECN$/,
});

const header = new Structure("virtio_net_hdr");
const flagBits = header.integer("flags");
const kind = header.integer("gso_type");
const NUMBERS = {
  headerLength: header.integer("hdr_len"),
  segmentSize: header.integer("gso_size"),
  checksumStart: header.integer("csum_start"),
  checksumOffset: header.integer("csum_offset"),
} as const;
type NumberName = keyof typeof NUMBERS;
const NAMES = Object.keys(NUMBERS) as NumberName[];
const KEYS: ReadonlySet<string> = new Set(["flags", "segmentation", "ecn", ...NAMES]);

/** The bytes of a header. `size` is that of the device, where it is larger. */
export function encodeVirtioHeader(
  init: VirtioHeaderInit = {},
  size = header.size,
): Uint8Array<ArrayBuffer> {
  knownKeys(init, KEYS);
  const bytes = new Uint8Array(integer(size, "size", header.size, U16_MAX));
  flagBits.set(bytes, flags.bits(init.flags ?? [], "flags"));
  const ecn = init.ecn === undefined ? false : boolean(init.ecn, "ecn");
  const segmentation = integer(kinds.number(init.segmentation), "segmentation", 0, 0xff);
  kind.set(bytes, segmentation | (ecn ? ecnBit() : 0));
  for (const name of NAMES) {
    const value = init[name];
    if (value !== undefined) NUMBERS[name].set(bytes, integer(value, name, 0, U16_MAX));
  }
  return bytes;
}

/** The header before a packet. RangeError: there are too few bytes for one. */
export function decodeVirtioHeader(packet: Bytes): VirtioHeader {
  const bytes = uint8Array(packet, "packet");
  if (bytes.length < header.size) {
    throw new RangeError(
      `packet has ${bytes.length} bytes, of which a header takes ${header.size}`,
    );
  }
  const bits = kind.get(bytes);
  const number = (name: NumberName) => NUMBERS[name].get(bytes);
  return {
    flags: flags.words(flagBits.get(bytes), "told"),
    segmentation: kinds.name(bits & ~ecnBit()),
    ecn: (bits & ecnBit()) !== 0,
    headerLength: number("headerLength"),
    segmentSize: number("segmentSize"),
    checksumStart: number("checksumStart"),
    checksumOffset: number("checksumOffset"),
  };
}

function ecnBit(): number {
  return table().GSO_ECN ?? 0;
}
