// UDP: RFC 768; in jumbograms, RFC 2675, its length is 0.

import { put16, u16 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pseudoSum } from "../pseudo.ts";
import { udpPorts } from "../registry.ts";

/** UDP: RFC 768. */
export type Udp = {
  kind: "udp";
  sourcePort: number;
  destinationPort: number;
  /** Of header and payload. */
  length: number;
  /** 0 where there is none. */
  checksum: number;
};

const PROTOCOL = 17;
const HEADER = 8;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("udp", HEADER);
  const length = u16(bytes, start + LENGTH);
  if (length >= HEADER) scan.limit("udp", start + length, start + HEADER);
  else if (length > 0 || left <= U16) {
    const message = `a length of ${length} is less than the header's ${HEADER}`;
    return scan.malformed("udp", start + LENGTH, message);
  }
  scan.next =
    udpPorts.protocol(u16(bytes, start + DESTINATION_PORT)) ??
    udpPorts.protocol(u16(bytes, start + SOURCE_PORT));
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Udp {
  return {
    kind: "udp",
    sourcePort: u16(bytes, start + SOURCE_PORT),
    destinationPort: u16(bytes, start + DESTINATION_PORT),
    length: u16(bytes, start + LENGTH),
    checksum: u16(bytes, start + CHECKSUM),
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Udp>, { bytes, start, end, above }: Room): void {
  const length = end - start > U16 ? 0 : end - start;
  const port = udpPorts.of(above);
  put16(bytes, start + SOURCE_PORT, uint(layer.sourcePort, "udp.sourcePort", U16));
  put16(
    bytes,
    start + DESTINATION_PORT,
    uint(layer.destinationPort, "udp.destinationPort", U16, port),
  );
  put16(bytes, start + LENGTH, uint(layer.length, "udp.length", U16, length));
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "udp.checksum", U16));
}

function seal(layer: Init<Udp>, { bytes, start, end, network }: Room): void {
  if (layer.checksum !== undefined || network < 0) return;
  const sum = finish(add(pseudoSum(bytes, network, start, end, PROTOCOL), bytes, start, end));
  // 0 would say that there is none.
  put16(bytes, start + CHECKSUM, sum === 0 ? U16 : sum);
}

const FIELDS: FieldNames<Udp> = {
  sourcePort: true,
  destinationPort: true,
  length: true,
  checksum: true,
};

export const udp: Protocol<Udp> = { kind: "udp", fields: FIELDS, scan, read, size, write, seal };
