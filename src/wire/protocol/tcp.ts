// TCP: RFC 9293. Its options are in tcp-options.ts.

import { put16, put32, u8, u16, u32 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { list, U16, U32, uint, wrongType } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pseudoSum } from "../pseudo.ts";
import { tcpPorts } from "../registry.ts";
import {
  optionsSize,
  readOptions,
  scanOptions,
  type TcpOption,
  writeOptions,
} from "./tcp-options.ts";

/** From the lowest bit up; "ae" is of accurate ECN, RFC 9768. */
const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"] as const;

/** A flag of TCP; "ae" is of accurate ECN, RFC 9768. */
export type TcpFlag = (typeof FLAGS)[number];

/** TCP: RFC 9293. */
export type Tcp = {
  kind: "tcp";
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  /** In the order of the bits, from "fin". */
  flags: TcpFlag[];
  window: number;
  checksum: number;
  /** The urgent pointer. */
  urgent: number;
  options: TcpOption[];
  /** The three bits that must be zero, only where they are not. */
  reserved?: number;
};

const PROTOCOL = 6;
const HEADER = 20;
const HEADER_MAX = 60;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const OFFSET_AND_FLAGS = 12;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT = 18;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("tcp", HEADER);
  const length = (u8(bytes, start + OFFSET_AND_FLAGS) >> 4) * 4;
  if (length < HEADER) {
    const message = `a header length of ${length} is less than ${HEADER}`;
    return scan.malformed("tcp", start + OFFSET_AND_FLAGS, message);
  }
  if (left < length) return scan.truncated("tcp", length);
  if (length > HEADER) {
    const wrong = scanOptions(bytes, start + HEADER, start + length);
    if (wrong >= 0) return scan.malformed("tcp", wrong, "an option has no such length");
  }
  scan.next =
    tcpPorts.protocol(u16(bytes, start + DESTINATION_PORT)) ??
    tcpPorts.protocol(u16(bytes, start + SOURCE_PORT));
  return length;
}

function read(bytes: Uint8Array, start: number, end: number): Tcp {
  const bits = u16(bytes, start + OFFSET_AND_FLAGS);
  const layer: Tcp = {
    kind: "tcp",
    sourcePort: u16(bytes, start + SOURCE_PORT),
    destinationPort: u16(bytes, start + DESTINATION_PORT),
    sequence: u32(bytes, start + SEQUENCE),
    acknowledgment: u32(bytes, start + ACKNOWLEDGMENT),
    flags: flagsOf(bits),
    window: u16(bytes, start + WINDOW),
    checksum: u16(bytes, start + CHECKSUM),
    urgent: u16(bytes, start + URGENT),
    options: readOptions(bytes, start + HEADER, end),
  };
  if ((bits & 0xe00) !== 0) layer.reserved = (bits >> 9) & 7;
  return layer;
}

/** The lists of the combinations that were met: a copy costs less than another list. */
const lists: TcpFlag[][] = [];

function flagsOf(bits: number): TcpFlag[] {
  const combination = bits & 0x1ff;
  lists[combination] ??= FLAGS.filter((_, index) => (combination & (1 << index)) !== 0);
  return lists[combination].slice();
}

function size(layer: Init<Tcp>): number {
  const length = HEADER + optionsSize(list(layer.options, "tcp.options"));
  if (length <= HEADER_MAX) return length;
  throw new RangeError(`tcp.options must take at most 40 bytes, not ${length - HEADER}`);
}

function write(layer: Init<Tcp>, { bytes, start, payload, above }: Room): void {
  const port = tcpPorts.of(above);
  put16(bytes, start + SOURCE_PORT, uint(layer.sourcePort, "tcp.sourcePort", U16));
  put16(
    bytes,
    start + DESTINATION_PORT,
    uint(layer.destinationPort, "tcp.destinationPort", U16, port),
  );
  put32(bytes, start + SEQUENCE, uint(layer.sequence, "tcp.sequence", U32));
  put32(bytes, start + ACKNOWLEDGMENT, uint(layer.acknowledgment, "tcp.acknowledgment", U32));
  const reserved = uint(layer.reserved, "tcp.reserved", 7);
  const bits = ((payload - start) << 10) | (reserved << 9) | flagBits(layer.flags);
  put16(bytes, start + OFFSET_AND_FLAGS, bits);
  put16(bytes, start + WINDOW, uint(layer.window, "tcp.window", U16));
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "tcp.checksum", U16));
  put16(bytes, start + URGENT, uint(layer.urgent, "tcp.urgent", U16));
  if (layer.options !== undefined) writeOptions(layer.options, bytes, start + HEADER);
}

function flagBits(flags: readonly TcpFlag[] | undefined): number {
  let bits = 0;
  for (const flag of list(flags, "tcp.flags")) {
    const index = FLAGS.indexOf(flag);
    if (index < 0) throw wrongType("tcp.flags", `of ${FLAGS.join(", ")}`, flag);
    bits |= 1 << index;
  }
  return bits;
}

function seal(layer: Init<Tcp>, { bytes, start, end, network }: Room): void {
  if (layer.checksum !== undefined || network < 0) return;
  const sum = add(pseudoSum(bytes, network, start, end, PROTOCOL), bytes, start, end);
  put16(bytes, start + CHECKSUM, finish(sum));
}

const FIELDS: FieldNames<Tcp> = {
  sourcePort: true,
  destinationPort: true,
  sequence: true,
  acknowledgment: true,
  flags: true,
  window: true,
  checksum: true,
  urgent: true,
  options: true,
  reserved: true,
};

export const tcp: Protocol<Tcp> = { kind: "tcp", fields: FIELDS, scan, read, size, write, seal };
