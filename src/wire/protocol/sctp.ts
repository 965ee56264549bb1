// SCTP: RFC 9260.

import { part, put16, put32, u8, u16, u32 } from "../bytes.ts";
import { crc32c } from "../crc32c.ts";
import { list, octets, U8, U16, U32, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";

/** A chunk of SCTP: RFC 9260, section 3.2. */
export type SctpChunk = {
  /** 0 for DATA, 1 for INIT, and so on. */
  type: number;
  flags: number;
  /** What is behind the chunk's first four bytes, without padding. */
  value: Uint8Array;
  /** Only where it is not the zeros that fill up the last four bytes. */
  padding?: Uint8Array;
};

/** SCTP: RFC 9260; its checksum is a CRC32c. */
export type Sctp = {
  kind: "sctp";
  sourcePort: number;
  destinationPort: number;
  verificationTag: number;
  /** The CRC32c of header and chunks; its bytes are, as SCTP has it, the lowest first. */
  checksum: number;
  chunks: SctpChunk[];
};

const HEADER = 12;
const CHUNK_HEADER = 4;
const CHUNK_MAX = 0xffff;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const VERIFICATION_TAG = 4;
const CHECKSUM = 8;

const CHUNK_FLAGS = 1;
const CHUNK_LENGTH = 2;

function scan(scan: Scan): number {
  const { bytes, start, end, left } = scan;
  if (left < HEADER) return scan.truncated("sctp", HEADER);
  let at = start + HEADER;
  while (at < end) {
    // A chunk that is cut off stays payload: most of what it has is data.
    if (at + CHUNK_HEADER > end) {
      scan.limit("sctp", at + CHUNK_HEADER, at);
      break;
    }
    const length = u16(bytes, at + CHUNK_LENGTH);
    if (length < CHUNK_HEADER) {
      const message = `a chunk's length of ${length} is less than its header's ${CHUNK_HEADER}`;
      return scan.malformed("sctp", at + CHUNK_LENGTH, message);
    }
    if (at + length > end) {
      scan.limit("sctp", at + length, at);
      break;
    }
    at = Math.min(end, at + padded(length));
  }
  return at - start;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function read(bytes: Uint8Array, start: number, end: number): Sctp {
  const chunks: SctpChunk[] = [];
  for (let at = start + HEADER; at < end; ) {
    const length = Math.max(CHUNK_HEADER, u16(bytes, at + CHUNK_LENGTH));
    const behind = Math.min(end, at + padded(length));
    chunks.push(readChunk(bytes, at, at + length, behind));
    at = behind;
  }
  return {
    kind: "sctp",
    sourcePort: u16(bytes, start + SOURCE_PORT),
    destinationPort: u16(bytes, start + DESTINATION_PORT),
    verificationTag: u32(bytes, start + VERIFICATION_TAG),
    checksum: u32(bytes, start + CHECKSUM),
    chunks,
  };
}

function readChunk(bytes: Uint8Array, start: number, end: number, behind: number): SctpChunk {
  const chunk: SctpChunk = {
    type: u8(bytes, start),
    flags: u8(bytes, start + CHUNK_FLAGS),
    value: part(bytes, start + CHUNK_HEADER, end),
  };
  let usual = behind - start === padded(end - start);
  for (let at = end; at < behind; at++) usual &&= u8(bytes, at) === 0;
  if (!usual) chunk.padding = part(bytes, end, behind);
  return chunk;
}

/** How long a chunk says it is, and how many bytes it takes. */
function sizes(chunk: SctpChunk): { length: number; taken: number } {
  const length = CHUNK_HEADER + octets(chunk.value, "sctp.chunks: value").length;
  if (length > CHUNK_MAX) {
    const most = CHUNK_MAX - CHUNK_HEADER;
    const message = `at most ${most} bytes, not ${length - CHUNK_HEADER}`;
    throw new RangeError(`sctp.chunks: value must have ${message}`);
  }
  if (chunk.padding === undefined) return { length, taken: padded(length) };
  return { length, taken: length + octets(chunk.padding, "sctp.chunks: padding").length };
}

function size(layer: Init<Sctp>): number {
  let length = HEADER;
  for (const chunk of list(layer.chunks, "sctp.chunks")) length += sizes(chunk).taken;
  return length;
}

function write(layer: Init<Sctp>, { bytes, start }: Room): void {
  put16(bytes, start + SOURCE_PORT, uint(layer.sourcePort, "sctp.sourcePort", U16));
  put16(bytes, start + DESTINATION_PORT, uint(layer.destinationPort, "sctp.destinationPort", U16));
  const tag = uint(layer.verificationTag, "sctp.verificationTag", U32);
  put32(bytes, start + VERIFICATION_TAG, tag);
  put32(bytes, start + CHECKSUM, uint(layer.checksum, "sctp.checksum", U32));
  let at = start + HEADER;
  for (const chunk of list(layer.chunks, "sctp.chunks")) {
    const { length, taken } = sizes(chunk);
    bytes[at] = uint(chunk.type, "sctp.chunks: type", U8);
    bytes[at + CHUNK_FLAGS] = uint(chunk.flags, "sctp.chunks: flags", U8);
    put16(bytes, at + CHUNK_LENGTH, length);
    bytes.set(octets(chunk.value, "sctp.chunks: value"), at + CHUNK_HEADER);
    bytes.set(octets(chunk.padding, "sctp.chunks: padding"), at + length);
    at += taken;
  }
}

function seal(layer: Init<Sctp>, { bytes, start, end }: Room): void {
  if (layer.checksum !== undefined) return;
  const checksum = crc32c(bytes, start, end);
  for (let index = 0; index < 4; index++) {
    bytes[start + CHECKSUM + index] = checksum >>> (8 * index);
  }
}

const FIELDS: FieldNames<Sctp> = {
  sourcePort: true,
  destinationPort: true,
  verificationTag: true,
  checksum: true,
  chunks: true,
};

export const sctp: Protocol<Sctp> = { kind: "sctp", fields: FIELDS, scan, read, size, write, seal };
