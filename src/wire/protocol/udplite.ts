// UDP-Lite: RFC 3828, whose checksum covers only the first bytes.

import { put16, u16 } from "../bytes.ts";
import { add, finish } from "../checksum.ts";
import { U16, uint } from "../field.ts";
import type { FieldNames, Init, Protocol, Room, Scan } from "../protocol.ts";
import { pseudoSum } from "../pseudo.ts";
import { udpPorts } from "../registry.ts";

/** UDP-Lite: RFC 3828. */
export type Udplite = {
  kind: "udplite";
  sourcePort: number;
  destinationPort: number;
  /** How many bytes, from the header's first, the checksum covers; 0 for all of them. */
  coverage: number;
  checksum: number;
};

const PROTOCOL = 136;
const HEADER = 8;

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const COVERAGE = 4;
const CHECKSUM = 6;

function scan(scan: Scan): number {
  const { bytes, start, left } = scan;
  if (left < HEADER) return scan.truncated("udplite", HEADER);
  const coverage = u16(bytes, start + COVERAGE);
  if (coverage > 0 && coverage < HEADER) {
    const message = `a coverage of ${coverage} is less than the header's ${HEADER}`;
    return scan.malformed("udplite", start + COVERAGE, message);
  }
  // No length is in the header: there are as many bytes, at least.
  if (coverage > left) scan.limit("udplite", start + coverage, start + HEADER);
  scan.next =
    udpPorts.protocol(u16(bytes, start + DESTINATION_PORT)) ??
    udpPorts.protocol(u16(bytes, start + SOURCE_PORT));
  return HEADER;
}

function read(bytes: Uint8Array, start: number): Udplite {
  return {
    kind: "udplite",
    sourcePort: u16(bytes, start + SOURCE_PORT),
    destinationPort: u16(bytes, start + DESTINATION_PORT),
    coverage: u16(bytes, start + COVERAGE),
    checksum: u16(bytes, start + CHECKSUM),
  };
}

function size(): number {
  return HEADER;
}

function write(layer: Init<Udplite>, { bytes, start, end, above }: Room): void {
  const whole = end - start > U16 ? 0 : end - start;
  put16(bytes, start + SOURCE_PORT, uint(layer.sourcePort, "udplite.sourcePort", U16));
  put16(
    bytes,
    start + DESTINATION_PORT,
    uint(layer.destinationPort, "udplite.destinationPort", U16, udpPorts.of(above)),
  );
  put16(bytes, start + COVERAGE, uint(layer.coverage, "udplite.coverage", U16, whole));
  put16(bytes, start + CHECKSUM, uint(layer.checksum, "udplite.checksum", U16));
}

function seal(layer: Init<Udplite>, { bytes, start, end, network }: Room): void {
  if (layer.checksum !== undefined || network < 0) return;
  const coverage = u16(bytes, start + COVERAGE);
  const covered = coverage === 0 ? end : Math.min(end, start + coverage);
  // The pseudo-header has the whole length all the same.
  const sum = finish(add(pseudoSum(bytes, network, start, end, PROTOCOL), bytes, start, covered));
  put16(bytes, start + CHECKSUM, sum === 0 ? U16 : sum);
}

const FIELDS: FieldNames<Udplite> = {
  sourcePort: true,
  destinationPort: true,
  coverage: true,
  checksum: true,
};

export const udplite: Protocol<Udplite> = {
  kind: "udplite",
  fields: FIELDS,
  scan,
  read,
  size,
  write,
  seal,
};
