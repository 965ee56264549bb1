// The internet checksum, RFC 1071: of any bytes, and of the packets in frames. Sums are 16-bit, the
// value on the wire read big-endian. Offloaded checksums are the caller's knowledge: a frame
// captured where it was sent may not have got its sums yet.

import { parseAddress } from "../address/text.ts";
import { AF, type ProtocolName } from "../base/constants.ts";
import { protocolNumber } from "../base/protocol.ts";
import {
  type Bytes,
  integer,
  knownKeys,
  oneOf,
  type Span,
  U8_MAX,
  U16_MAX,
  U32_MAX,
  uint8Array,
  view,
  wrongType,
} from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";

/** Which of the library's vector loops this CPU runs best; negative until it was asked. */
let kernel = -1;

/** Asks once, and not before the first sum: CPUID is slow, in a virtual machine above all. */
function kernelOf(): number {
  if (kernel < 0) kernel = native.rawsock_checksum_kernel();
  return kernel;
}

const SPAN_KEYS: ReadonlySet<string> = new Set(["start", "end"]);

/**
 * The checksum of `data`, or of its part from `start` to `end`: the complement of the folded sum,
 * for a checksum field, read big-endian. RangeError where start or end is out of range.
 */
export function internet(data: Bytes, options?: Span): number {
  if (options === undefined && data instanceof Uint8Array && data.length <= U32_MAX) {
    return native.rawsock_checksum_partial(data, 0, data.length, 0, kernelOf()) ^ U16_MAX;
  }
  return sumOf(data, 0, options) ^ U16_MAX;
}

/**
 * `sum` with the big-endian 16-bit words of `data` added, folded to 16 bits but not complemented;
 * an odd last byte is padded with a zero. Sums of parts compose: add the parts in any order, a part
 * that began at an odd offset through combine().
 */
export function partial(data: Bytes, sum = 0, options?: Span): number {
  // A folded sum, which the usual one is, needs no more checks.
  const start = (sum & U16_MAX) === sum ? sum : fold(sum);
  if (options === undefined && data instanceof Uint8Array && data.length <= U32_MAX) {
    return native.rawsock_checksum_partial(data, 0, data.length, start, kernelOf());
  }
  return sumOf(data, start, options);
}

/** What one call sums at most; even, so that the next piece begins with a whole word. */
const PIECE = 2 ** 31;

function sumOf(data: Bytes, sum: number, options: Span | undefined): number {
  const bytes = view(data, "data");
  const { start, end } = span(bytes, options);
  if (end <= U32_MAX) {
    return native.rawsock_checksum_partial(
      bytes as Uint8Array,
      start,
      end - start,
      sum,
      kernelOf(),
    );
  }
  let total = sum;
  for (let offset = start; offset < end; offset += PIECE) {
    const length = Math.min(PIECE, end - offset);
    const piece = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
    total = native.rawsock_checksum_partial(piece, 0, length, total, kernelOf());
  }
  return total;
}

function span(bytes: ArrayBufferView, options: Span | undefined, keys = SPAN_KEYS): Required<Span> {
  if (options === undefined) return { start: 0, end: bytes.byteLength };
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
  knownKeys(options, keys);
  const { start = 0, end } = options;
  // Asked last: a getter among the options can shrink the buffer.
  const length = bytes.byteLength;
  const last = end === undefined ? length : integer(end, "end", 0, length);
  return { start: integer(start, "start", 0, last), end: last };
}

/** A sum of 16-bit words folded to 16 bits with end-around carry. */
export function fold(sum: number): number {
  let folded = integer(sum, "sum", 0, Number.MAX_SAFE_INTEGER);
  while (folded > U16_MAX) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/**
 * The sum of two adjoining or distant parts of the same data: `a` of one that begins at an even
 * offset, `b` of one that begins `offsetOfB` bytes behind it.
 */
export function combine(a: number, b: number, offsetOfB: number): number {
  integer(offsetOfB, "offsetOfB", 0, Number.MAX_SAFE_INTEGER);
  const first = fold(a);
  const second = fold(b);
  // RFC 1071, 2(B): a sum at an odd offset is the byte-swapped sum.
  const aligned = offsetOfB % 2 === 0 ? second : ((second & U8_MAX) << 8) | (second >> 8);
  return fold(first + aligned);
}

/**
 * The sum of the pseudo-header that TCP, UDP and ICMPv6 put before their own bytes (RFC 793,
 * RFC 8200 section 8.1), to go on from: `partial(segment, pseudoHeader(...))`. The addresses are
 * both IPv4 or both IPv6, as text or as 4 or 16 bytes; `protocol` is a number or an IPPROTO
 * keyword; `length` that of the segment.
 */
export function pseudoHeader(
  source: string | Bytes,
  destination: string | Bytes,
  protocol: ProtocolName | number,
  length: number,
): number {
  const from = addressBytes(source, "source");
  const to = addressBytes(destination, "destination");
  if (from.length !== to.length) {
    throw new TypeError("source and destination must be of the same family");
  }
  const name = typeof protocol === "string" ? protocolNumber(AF.INET, protocol) : protocol;
  const number = integer(name, "protocol", 0, U8_MAX);
  integer(length, "length", 0, from.length === 4 ? U16_MAX : U32_MAX);
  return partial(from, partial(to, fold(number + length)));
}

function addressBytes(address: string | Bytes, name: string): Uint8Array {
  if (typeof address === "string") {
    const family = address.includes(":") ? AF.INET6 : AF.INET;
    const bytes = parseAddress(family, address);
    if (bytes === null) throw wrongType(name, "an IPv4 or IPv6 address", address);
    return bytes;
  }
  const bytes = uint8Array(address, name);
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`${name} must have 4 or 16 bytes, not ${bytes.length}`);
  }
  return bytes;
}

/**
 * RFC 1624, equation 3: the checksum of a packet that had the checksum `stored`, after a field at
 * an even offset changed from `from` to `to`, of even lengths. It equals the sum made anew, 0x0000
 * where that is it; UDP, which has no such sum, stores 0xffff then and is not updated at all where
 * 0x0000 was stored.
 */
export function update(stored: number, from: Bytes, to: Bytes): number {
  integer(stored, "stored", 0, U16_MAX);
  const before = evenSum(from, "from");
  const after = evenSum(to, "to");
  return fold((stored ^ U16_MAX) + (before ^ U16_MAX) + after) ^ U16_MAX;
}

function evenSum(data: Bytes, name: string): number {
  const bytes = uint8Array(data, name);
  if (bytes.length % 2 !== 0) {
    throw new RangeError(`${name} must have an even number of bytes, not ${bytes.length}`);
  }
  return partial(bytes);
}

const LINKS = ["ethernet", "none"] as const;
/** As zig/frame_checksum.zig numbers them. */
const LAYERS = ["ip", "icmp", "tcp", "udp", "icmpv6", "igmp", "sctp"] as const;

/** Which part of a buffer is the frame, and what it begins with. */
export type FrameOptions = Span & {
  /** What the frame begins with: an Ethernet header, the default, or the IP header itself. */
  readonly link?: (typeof LINKS)[number];
};

const FRAME_KEYS: ReadonlySet<string> = new Set([...SPAN_KEYS, "link"]);

/**
 * Computes the IPv4 header checksum of a frame, stores it there and returns it.
 *
 * The frame is the part of the buffer from `start` to `end`. An Ethernet header is skipped, with
 * any VLAN tags, 802.1ah, SNAP, PPPoE and MPLS headers; with `link: "none"` the IP header comes
 * first. RangeError, and the frame is as it was, where it is too short for what its headers claim
 * or is not IPv4.
 */
export function ip(frame: Bytes, options?: FrameOptions): number {
  return store(frame, options, 0);
}

/**
 * Computes the checksum of an ICMP message, or an ICMPv6 one in IPv6, stores it and returns it.
 * Frames as in ip(); RangeError also for fragments and other protocols.
 */
export function icmp(frame: Bytes, options?: FrameOptions): number {
  return store(frame, options, 1);
}

/**
 * Computes the checksum of a TCP segment in IPv4 or IPv6, stores it and returns it. Frames and
 * errors as in icmp().
 */
export function tcp(frame: Bytes, options?: FrameOptions): number {
  return store(frame, options, 2);
}

/**
 * Computes the checksum of a UDP datagram in IPv4 or IPv6, stores it and returns it; 0xffff where
 * it is 0, which would say that there is none. Frames and errors as in icmp().
 */
export function udp(frame: Bytes, options?: FrameOptions): number {
  return store(frame, options, 3);
}

/** Computes the checksum of an IGMP message, stores it and returns it. Frames as in icmp(). */
export function igmp(frame: Bytes, options?: FrameOptions): number {
  return store(frame, options, 5);
}

/**
 * Computes the CRC32c of an SCTP packet, stores it and returns it: 32 bits, as they stand on the
 * wire, read big-endian. RFC 9260, section 6.8. Frames as in icmp().
 */
export function sctp(frame: Bytes, options?: FrameOptions): number {
  const { bytes, start, length, link } = frameOf(frame, options);
  const place = native.rawsock_checksum_store_sctp(bytes, start, length, link);
  if (place < 0) throw refusal(place, "sctp");
  return new DataView(bytes.buffer, bytes.byteOffset + start + place).getUint32(0);
}

function store(frame: Bytes, options: FrameOptions | undefined, layer: number): number {
  let value: number;
  if (options === undefined && frame instanceof Uint8Array && frame.length <= U32_MAX) {
    value = native.rawsock_checksum_store(frame, 0, frame.length, 0, layer, kernelOf());
  } else {
    const { bytes, start, length, link } = frameOf(frame, options);
    value = native.rawsock_checksum_store(bytes, start, length, link, layer, kernelOf());
  }
  if (value < 0) throw refusal(value, LAYERS[layer] as string);
  return value;
}

/** One checksum of a frame. */
export type Verdict = {
  /** Whose checksum it is. */
  readonly layer: (typeof LAYERS)[number];
  /** Whether a receiver accepts it. */
  readonly valid: boolean;
  /** What the function of that name would store, icmp() for icmpv6. */
  readonly expected: number;
  /** What is stored. */
  readonly actual: number;
};

const verdictLayout = new Structure("checksum_verdict");
const verdictFields = {
  layer: verdictLayout.integer("layer"),
  valid: verdictLayout.integer("valid"),
  expected: verdictLayout.integer("expected"),
  actual: verdictLayout.integer("actual"),
};
/** IPv4 has two. */
const verdicts = allocate(verdictLayout.size * 2);

/** What is there to judge of a frame, outermost first, and why there is no more. */
export type Verdicts = Verdict[] & {
  /**
   * Why what lies behind the last judged header is not judged: "is a fragment: …", "is shorter
   * than its IPv4 total length". Null where everything is. Not enumerable.
   */
  readonly unjudged: string | null;
};

/**
 * Compares the checksums of a frame with what they should be, outermost first: that of the IPv4
 * header, then that of the ICMP, IGMP, TCP, UDP or SCTP message. The frame is only read; frames as
 * in ip().
 *
 * A UDP checksum of zero is absent: valid in IPv4 (RFC 768), not in IPv6 (RFC 8200 section 8.1).
 * Where what lies behind a whole IPv4 header is a fragment, another protocol, cut off or malformed,
 * the header is judged alone, and `unjudged` says why the rest is not. Where no checksum can be
 * judged, as in an IPv6 fragment or an ARP frame, a RangeError says so.
 */
export function verify(frame: Bytes, options?: FrameOptions): Verdicts {
  const { bytes, start, length, link } = frameOf(frame, options);
  const count = native.rawsock_checksum_verify(bytes, start, length, link, kernelOf(), verdicts);
  if (count < 0) throw refusal(count, "verify");
  const list = Array.from({ length: count }, (_, index) => {
    const verdict = verdicts.subarray(index * verdictLayout.size);
    return {
      layer: LAYERS[verdictFields.layer.get(verdict)] as (typeof LAYERS)[number],
      valid: verdictFields.valid.get(verdict) === 1,
      expected: verdictFields.expected.get(verdict),
      actual: verdictFields.actual.get(verdict),
    };
  });
  const alone = count === 1 && list[0]?.layer === "ip";
  const rest = alone ? native.rawsock_checksum_unjudged(bytes, start, length, link, kernelOf()) : 0;
  const unjudged = rest === 0 ? null : `the frame ${explanation(rest)}`;
  return Object.defineProperty(list, "unjudged", { value: unjudged }) as Verdicts;
}

function frameOf(frame: Bytes, options: FrameOptions | undefined) {
  const bytes = view(frame, "frame");
  const link = linkNumber(options?.link);
  const { start, end } = span(bytes, options, FRAME_KEYS);
  // No packet is as long as the native call's 32 bits allow.
  const length = Math.min(end - start, PIECE);
  const near = start + length <= U32_MAX;
  const data = near ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  return { bytes: data as Uint8Array, start: near ? start : 0, length, link };
}

function linkNumber(link: unknown = "ethernet"): number {
  return LINKS.indexOf(oneOf(link, "link", LINKS));
}

function refusal(result: number, what: string): RangeError {
  return new RangeError(`checksum.${what}: the frame ${explanation(result)}`);
}

function explanation(result: number): string {
  const text = allocate(128);
  const length = native.rawsock_checksum_explain(result, text, text.length);
  return decodeText(text.subarray(0, length));
}
